"""Reports that come over HTTP: signed with the gateway key of the caller's agency, through the SDK and its outbox."""

import threading
import time
from pathlib import Path

from producers import IncidentProducer, Receipt
from projections.api.problems import ProblemError
from schemas.directory import Agency
from schemas.errors import IdentityError, LogError
from schemas.settings import Settings

_ASK_AGAIN_S = 0.05


class Publishers:
    """One producer an agency, made at its first report."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._producers: dict[str, IncidentProducer] = {}
        self._making = threading.Lock()

    def of(self, agency: Agency) -> IncidentProducer:
        """The producer of an agency.

        Raises:
            ProblemError: 409, the agency has no gateway key here.
        """
        id_ = agency.agency_id
        with self._making:
            if id_ not in self._producers:
                try:
                    self._producers[id_] = IncidentProducer(
                        id_,
                        reporting_country=agency.country,
                        settings=self._settings,
                        key=gateway_key_path(self._settings, id_),
                        outbox=self._settings.home / "outbox" / f"gateway.{id_}.sqlite",
                    )
                except IdentityError:
                    raise ProblemError(
                        409, "NO_GATEWAY_KEY", f"{id_} has registered no key with which this API may sign for it"
                    ) from None
            return self._producers[id_]

    def receipt(self, agency: Agency, event_id: str, wait_s: float) -> Receipt | None:
        """The receipt by which an event of the agency was admitted, if it comes in time.

        Raises:
            ProblemError: 409, the agency has no gateway key here; 503, receipts cannot be read.
        """
        producer = self.of(agency)
        deadline = time.monotonic() + wait_s
        while True:
            try:
                found = producer.receipt(event_id)
            except LogError:
                raise ProblemError(
                    503, "UNAVAILABLE", "receipts cannot be read; ask again", headers={"Retry-After": "5"}
                ) from None
            if found is not None or time.monotonic() >= deadline:
                return found
            time.sleep(_ASK_AGAIN_S)

    def close(self) -> None:
        """Try to deliver the rest."""
        for producer in self._producers.values():
            producer.close()


def gateway_key_path(settings: Settings, agency_id: str) -> Path:
    """The file of an agency's gateway key."""
    return settings.home / "keys" / f"gateway.{agency_id}.key"
