"""`IncidentProducer`: how an agency reports, amends and withdraws incidents."""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, Self, overload

from producers.background import BackgroundDelivery
from producers.building import IncidentBuilder, Known, Submission
from producers.delivery import Delivery, FlushResult
from producers.https import ApiConnection, HttpsReceipts, HttpsSender
from producers.kafka_sender import KafkaSender
from producers.outbox import Outbox
from producers.receipts import Receipt, ReceiptReader
from schemas.errors import LogError, OutboxError
from schemas.identity import check_name
from schemas.keys import SigningKey
from schemas.known_schemas import KnownSchemas
from schemas.settings import Settings, load_settings
from schemas.topics import agency_principal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from producers.outbox import Envelope
    from producers.transport import ReceiptSource, Sender
    from schemas.incident import Incident, IncidentContent

_BATCH = 2_000
_HISTORY_AFTER_S = 1.0
_POLL_S = 0.1
_logger = logging.getLogger(__name__)


class Report(NamedTuple):
    """One incident for `IncidentProducer.report_many`; a plain tuple in this order does as well."""

    content: IncidentContent | Mapping[str, Any]
    source_ref: str | None = None
    importer: str | None = None
    import_line: int | None = None
    import_lines: int | None = None


def _now() -> datetime:
    return datetime.now(UTC)


class IncidentProducer:
    """Reports the incidents of one agency, with or without a connection.

    What `report`, `amend` and `withdraw` return is signed and on the disk. A thread delivers it as soon as there is a
    connection; what is not delivered when the program ends is delivered by the next one. Safe for several threads.

    Args:
        agency_id: the agency, as the directory of the deployment names it.
        reporting_country: its ISO 3166-1 alpha-3 code; None for an international organisation.
        settings: where the deployment is; else `load_settings()`. Without `bootstrap` everything stays in the outbox.
        key: its signing key or the file that holds it; else `keys/<agency>.key` in the home.
        outbox: the file of its outbox; else `outbox/<agency>.sqlite` in the home.
        token: gives a bearer token of the HTTP API that is good now, or the file that always holds one. With it
            everything goes over HTTPS, by the API, and no address of Kafka is needed.
        api_url: address of the HTTP API, else that of the settings; used where there is a token.
        clock: the moment of reporting.
        entropy: random bytes for references of incidents that have none.
        jitter: random numbers from 0 to 1, which spread attempts to connect.

    Raises:
        SettingsError: no deployment is set, or with a token no address of the API, or one that is not https.
        IdentityError: the key cannot be used, or the agency id has the wrong form.
        OutboxError: the outbox cannot be used, or belongs to another agency or deployment.
    """

    def __init__(
        self,
        agency_id: str,
        *,
        reporting_country: str | None = None,
        settings: Settings | None = None,
        key: SigningKey | Path | None = None,
        outbox: Path | None = None,
        token: Callable[[], str] | Path | None = None,
        api_url: str | None = None,
        clock: Callable[[], datetime] = _now,
        entropy: Callable[[int], bytes] = os.urandom,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        check_name("agency", agency_id)
        settings = (settings or load_settings()).as_principal(agency_principal(agency_id))
        deployment = settings.require("deployment")
        if not isinstance(key, SigningKey):
            key = SigningKey.load(key or settings.home / "keys" / f"{agency_id}.key")
        self._api = None if token is None else ApiConnection(api_url or settings.require("api_url"), token)
        self._online = self._api is not None or bool(settings.bootstrap)
        self._outbox = Outbox(outbox or settings.home / "outbox" / f"{agency_id}.sqlite", deployment, agency_id)
        self._builder = IncidentBuilder(
            deployment, agency_id, reporting_country, key, self._outbox.producer, clock, entropy
        )
        self._receipts: ReceiptSource[Any]
        sender: Sender
        if self._api is None:
            schemas = KnownSchemas.of(settings)
            self._receipts = ReceiptReader(settings, agency_id, schemas)
            sender = KafkaSender(settings, agency_id, schemas)
        else:
            self._receipts, sender = HttpsReceipts(self._api), HttpsSender(self._api)
        self._reading = threading.Lock()
        self._delivery = Delivery(self._outbox, sender, self._before_first)
        self._background = BackgroundDelivery(self._delivery, self._outbox.count, jitter)
        self._begun = threading.Event()
        self._closing = threading.Event()
        self._closed = False
        if self._online and self._outbox.count():
            self._background.wake()

    def report(
        self,
        content: IncidentContent | Mapping[str, Any],
        *,
        source_ref: str | None = None,
        importer: str | None = None,
        import_line: int | None = None,
        import_lines: int | None = None,
    ) -> Submission:
        """Report a new incident. It is in the outbox, on the disk, when this returns; no connection is needed.

        Args:
            content: what the officer states, as a model or as its fields.
            source_ref: the agency's own reference, which names the incident for ever; else a UUIDv7 is made. The same
                reference with the same content reports the same incident once more, which changes nothing.
            importer: name and version of the importer, where it comes from a file.
            import_line: first line of it in that file.
            import_lines: number of lines it was made from.

        Raises:
            InvalidIncidentError: a rule is broken; with code, field path and message.
            OutboxError: it could not be written to the disk.
        """
        return self._kept(self._builder.report(content, source_ref, importer, import_line, import_lines))

    def amend(
        self,
        incident: Incident,
        receipt: Known,
        content_or_changes: IncidentContent | Mapping[str, Any],
        *,
        reason: str,
    ) -> Submission:
        """State an incident anew, as the revision after the last one known.

        Args:
            incident: the incident as last known.
            receipt: the receipt of that revision or, while it is not yet there, its submission.
            content_or_changes: the whole new content, or only the fields that change (each as a whole).
            reason: why.

        Raises:
            InvalidIncidentError: a rule is broken, the incident is another agency's, or the receipt is not its own.
            OutboxError: it could not be written to the disk.
        """
        return self._kept(self._builder.amend(incident, receipt, content_or_changes, reason))

    def withdraw(self, incident: Incident, receipt: Known, *, reason: str) -> Submission:
        """Take an incident back. Its history stays.

        Raises:
            InvalidIncidentError: the reason is missing, or the incident or the receipt is another's.
            OutboxError: it could not be written to the disk.
        """
        return self._kept(self._builder.withdraw(incident, receipt, reason))

    def report_many(
        self, reports: Iterable[Report | tuple[Any, ...]], *, progress: Callable[[int], None] | None = None
    ) -> list[Submission]:
        """Report many incidents, 2,000 in a transaction of the outbox, while those before are delivered.

        Args:
            reports: `Report`s, or tuples of the same fields.
            progress: called after each transaction with the number that is on the disk.

        Raises:
            InvalidIncidentError: an incident breaks a rule; those before it are in the outbox.
            OutboxError: they could not be written to the disk.
        """
        done: list[Submission] = []
        for batch in self.report_batches(reports):
            done += batch
            if progress is not None:
                progress(len(done))
        return done

    def report_batches(self, reports: Iterable[Report | tuple[Any, ...]]) -> Iterator[list[Submission]]:
        """The same for streams of any length: each batch is given back as soon as it is on the disk.

        Raises:
            InvalidIncidentError: an incident breaks a rule; those before it are in the outbox.
            OutboxError: they could not be written to the disk.
        """
        self._check_open()
        source = iter(reports)
        build = self._builder.report
        while True:
            built: list[tuple[Submission, Envelope]] = []
            try:
                # Not a list comprehension: what was built before a fault must be kept.
                built.extend(build(*report) for report in islice(source, _BATCH))
            finally:
                if built:
                    self._outbox.append([envelope for _, envelope in built])
                    self._wake()
            if not built:
                return
            yield [submission for submission, _ in built]

    def flush(self, timeout: float = 30.0) -> FlushResult:
        """Deliver what the outbox holds, in order, and say how far it came.

        Without a connection it returns after a few seconds with `error` set.

        Raises:
            OutboxError: the outbox cannot be read.
        """
        self._check_open()
        if not self._online:
            remaining = self._outbox.count()
            error = LogError("neither bootstrap nor a token is set: no deployment to deliver to") if remaining else None
            return FlushResult(0, remaining, error)
        return self._background.flush(timeout)

    def receipt(self, submission: Submission | str) -> Receipt | None:
        """The receipt, if it has come: of a submission, or by an event id the one by which that event was admitted.

        Raises:
            LogError: receipts cannot be read.
            SettingsError: no address of Kafka is set.
        """
        with self._reading:
            self._receipts.begin_at_end()
            self._receipts.poll()
            found = self._found(submission)
            if found is None:
                self._receipts.read_history()
                found = self._found(submission)
        return found

    @overload
    def wait(self, submissions: Submission, timeout: float = ...) -> Receipt: ...

    @overload
    def wait(self, submissions: Iterable[Submission], timeout: float = ...) -> list[Receipt]: ...

    def wait(self, submissions: Submission | Iterable[Submission], timeout: float = 30.0) -> Receipt | list[Receipt]:
        """Wait for receipts, in the order of the submissions.

        Raises:
            LogError: not all have come in time; it says how many are still in the outbox and why.
        """
        self._check_open()
        wanted = [submissions] if isinstance(submissions, Submission) else list(submissions)
        digests = [each.signed_digest for each in wanted]
        began = time.monotonic()
        missing, history, index = digests, False, self._receipts.index
        if self._online:
            self._begun.wait(min(_HISTORY_AFTER_S, timeout))
        while missing := [digest for digest in missing if digest not in index]:
            waited = time.monotonic() - began
            if waited > timeout or not self._online:
                raise self._late(len(missing), timeout)
            with self._reading:
                try:
                    if waited > _HISTORY_AFTER_S and not history:
                        self._receipts.read_history()
                        history = True
                    self._receipts.poll(_POLL_S)
                except LogError:
                    # The broker may come back in time; opened anew, reading goes on after the last receipt taken in.
                    self._receipts.close()
                    self._closing.wait(_POLL_S)
        with self._reading:
            found = index.get_all(digests)
        return found[0] if isinstance(submissions, Submission) else found

    def close(self, timeout: float = 5.0) -> int:
        """Try for so many seconds to deliver the rest; the number that remains in the outbox.

        Raises:
            OutboxError: the outbox cannot be read.
        """
        if self._closed:
            return 0
        deadline = time.monotonic() + timeout
        self._background.stop()
        try:
            remaining = self.flush(max(0.1, deadline - time.monotonic())).remaining
        finally:
            self._closed = True
            self._closing.set()
            self._delivery.close()
            with self._reading:
                self._receipts.close()
            if self._api is not None:
                self._api.close()
            self._outbox.close()
        if remaining:
            _logger.warning(
                "%d reports remain in the outbox %s; `ionics outbox flush` delivers them", remaining, self._outbox.path
            )
        return remaining

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _kept(self, built: tuple[Submission, Envelope]) -> Submission:
        self._check_open()
        submission, envelope = built
        self._outbox.append([envelope])
        self._wake()
        return submission

    def _wake(self) -> None:
        if self._online:
            self._background.wake()

    def _check_open(self) -> None:
        if self._closed:
            raise OutboxError(f"outbox {self._outbox.path} was closed with its producer")

    def _before_first(self) -> None:
        """Receipts of what is delivered from now on lie after the present end of their topic."""
        try:
            end = self._receipts.end()
        except LogError:
            return  # Delivery does not depend on receipts; they are read from the beginning then.
        # Not to be waited for: who holds it has begun to read, from the beginning.
        if self._reading.acquire(blocking=False):
            try:
                self._receipts.begin_at(end)
            finally:
                self._reading.release()
        self._begun.set()

    def _found(self, submission: Submission | str) -> Receipt | None:
        index = self._receipts.index
        return index.of_event(submission) if isinstance(submission, str) else index.get(submission.signed_digest)

    def _late(self, missing: int, timeout: float) -> LogError:
        waiting = self._outbox.count()
        cause = f" ({self._background.error})" if self._background.error else ""
        return LogError(
            f"{missing} receipts have not come within {timeout:.0f} s; {waiting} reports are still in the outbox{cause}"
        )
