"""Dead letters: what a stage could not process, and what became of each.

The topic keeps the original bytes for ever. Whether a letter was driven again or discarded stands in `ionics.audit`, as
an act of an operator that names the letter; the newest one counts.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from projections.audit_log import record_audit
from schemas.codec import FRAME_BYTES, codec
from schemas.errors import DecodeError, LogError
from schemas.publishing import publish
from schemas.reading import Record, read_topic
from schemas.settings import Settings
from schemas.topics import AUDIT, DEAD_LETTERS, SUBMISSIONS
from stream_processors.admit.records import dead_letter as dead_letter_of

REDRIVEN, DISCARDED = "DEAD_LETTER_REDRIVEN", "DEAD_LETTER_DISCARDED"
_STAGE, _ERROR, _POSITION = _OWN = ("ionics-dl-stage", "ionics-dl-error", "ionics-dl-position")


@dataclass(frozen=True)
class DeadLetter:
    """One record of the topic.

    Attributes:
        record: the original key, value and headers, and after these the stage's own.
        settled: code of the last act on it, or None.
        reason: of that act.
    """

    record: Record
    settled: str | None
    reason: str | None

    @property
    def stage(self) -> str:
        """The stage that could not process it."""
        return self._own(_STAGE)

    @property
    def error(self) -> str:
        """What went wrong, in words."""
        return self._own(_ERROR)

    @property
    def position(self) -> str:
        """Where the record stood, as topic/partition/offset."""
        return self._own(_POSITION) or str(self.record.offset)

    def _own(self, name: str) -> str:
        """The last of that name: the stage puts its headers after those it found."""
        found = (value for key, value in reversed(self.record.headers) if key == name)
        return next((value.decode("utf-8", "replace") for value in found), "")


def dead_letters(settings: Settings) -> Iterator[DeadLetter]:
    """All dead letters, the oldest first.

    Raises:
        LogError: the log cannot be read.
    """
    acts: dict[str, tuple[str, str | None]] = {}
    for record in read_topic(settings, AUDIT.name):
        try:
            entry = codec("audit").decode((record.value or b"")[FRAME_BYTES:])
        except DecodeError:
            continue  # not ours; it stays for auditors
        if entry["code"] in (REDRIVEN, DISCARDED) and entry["subject"]:
            acts[entry["subject"]] = (entry["code"], entry["reason"])
    for record in read_topic(settings, DEAD_LETTERS.name):
        yield DeadLetter(record, *acts.get(_subject(record), (None, None)))


def dead_letter(settings: Settings, position: str) -> DeadLetter:
    """The letter of a position: where the record stood, or its offset in the topic of dead letters.

    Raises:
        LogError: there is none, or the log cannot be read.
    """
    for each in dead_letters(settings):
        if position in (each.position, str(each.record.offset)):
            return each
    raise LogError(f"no dead letter at {position}; see: ionics dead-letters list")


def put_aside(settings: Settings, stage: str, record: Record, error: str) -> None:
    """Write a dead letter from outside a transaction, unless an earlier attempt has written it.

    Raises:
        LogError: the log cannot be read or written.
    """
    made = dead_letter_of(record, stage, error)
    position = dict(made.headers)[_POSITION]
    for known in read_topic(settings, DEAD_LETTERS.name):
        if (_POSITION, position) in known.headers and (_STAGE, stage.encode()) in known.headers:
            return
    publish(settings, DEAD_LETTERS.name, [(made.key, made.value)], made.partition, made.headers)


def redrive(settings: Settings, letter: DeadLetter, actor: str, reason: str) -> None:
    """Submit the original once more, as it was; admission decides as on any retry.

    It is submitted before the act is written down: killed in between, the letter stays open, and one that is driven
    again twice is a duplicate for admission.

    Args:
        settings: where the deployment is.
        letter: what to drive again.
        actor: the focal point who does.
        reason: why; kept in the audit.

    Raises:
        LogError: it was no submission, or the log cannot be written.
    """
    topic, partition, _ = [*letter.position.rsplit("/", 2), "", ""][:3]
    if topic != SUBMISSIONS.name:
        raise LogError(
            f"{letter.position} is no submission: what is admitted is in the log already; `ionics rebuild` brings it "
            "into the views"
        )
    record = letter.record
    original = record.headers[: -len(_OWN)]
    publish(settings, SUBMISSIONS.name, [(record.key, record.value)], int(partition), original)
    _settle(settings, letter, REDRIVEN, actor, reason)


def discard(settings: Settings, letter: DeadLetter, actor: str, reason: str) -> None:
    """Write down that a letter needs nothing more. It stays in the log.

    Raises:
        LogError: the audit cannot be written.
    """
    _settle(settings, letter, DISCARDED, actor, reason)


def _settle(settings: Settings, letter: DeadLetter, code: str, actor: str, reason: str) -> None:
    words = f"{letter.position}, which {letter.stage} could not process"
    subject = _subject(letter.record)
    record_audit(settings, "OPERATOR_ACT", code, words, actor=actor, subject=subject, reason=reason)


def _subject(record: Record) -> str:
    return f"{DEAD_LETTERS.name}/{record.partition}/{record.offset}"
