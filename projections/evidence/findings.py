"""What verifying finds, in words: what, where, what it means, and what to do."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from schemas.errors import DecodeError

_ALTERED = "the record is not what admission wrote: it was changed, or put there by somebody else"
_COMPARE = "compare the record with a replica, a back-up or an earlier export; ask the agency for its receipt and copy"
_STOP = "stop using this log as evidence; look up who could write to the topic, and since when"
_FOREIGN = "the record was not signed by a key that the directory knew to be good at that position"
_LOST = "a fact that was admitted is no longer in the log"
_REDRIVE = "let the agency publish it again (`ionics outbox`, or its import): admission decides anew"
_LOOK = "look into the log of the stage; `ionics status` shows whether it runs"
_REBUILD = "rebuild the generation from the log: derived topics and tables are never repaired by hand"
_KEPT = 100

MEANINGS: Mapping[str, tuple[str, str]] = {
    "UNREADABLE": (_ALTERED, _COMPARE),
    "WIRE_FORMAT": (_ALTERED, _COMPARE),
    "SIZE": (_ALTERED, _COMPARE),
    "UNKNOWN_SCHEMA": ("the record names a schema that the log's dictionary lacks", _COMPARE),
    "ALGORITHM": (_FOREIGN, _STOP),
    "UNKNOWN_KEY": (_FOREIGN, _STOP),
    "KEY_NOT_GOOD": (_FOREIGN, _STOP),
    "BAD_SIGNATURE": ("the bytes are not those that the agency signed: they, or the signature, were changed", _COMPARE),
    "OWNERSHIP": ("one agency signed what is said to be another's", _STOP),
    "EVENT_TYPE": (_ALTERED, _COMPARE),
    "COUNTRY": ("the report names another country than the directory had for its agency", _STOP),
    "IDENTITY": ("the ids are not those of this deployment, agency, reference and revision", _STOP),
    "PARTITION": ("the record lies under another key or in another partition than its incident", _STOP),
    "ADMISSION": ("what admission noted beside the signed bytes does not agree with them", _COMPARE),
    "CHAIN": ("the predecessor that a revision names was in the log when it was admitted, and is not now", _COMPARE),
    "DOUBLED_INCIDENT": ("one revision stands twice in the log of truth", _STOP),
    "MISSING_DECISION": ("submissions were taken and nothing says what became of them", _COMPARE),
    "DOUBLED_DECISION": ("admission decided twice about one submission, or somebody else wrote a decision", _STOP),
    "DECISION_OUT_OF_PLACE": ("a decision is not in the order or the partition of its submission", _STOP),
    "MISSING_INCIDENT": (_LOST, _COMPARE),
    "UNDECIDED_INCIDENT": ("an incident is in the log of truth without having been admitted", _STOP),
    "DISAGREEMENT": ("incident and decision say different things of one submission", _COMPARE),
    "DIRECTORY_GAP": ("records of the directory are missing, so keys cannot be judged", "export the directory anew"),
    "DIRECTORY_SHORT": (
        "the directory ends before the position by which the record was judged",
        "export directory and incidents together, the incidents first",
    ),
    "FOREIGN_DIRECTORY": ("the directory was founded by others than those you trust", _STOP),
    "FILE_CHANGED": ("a file of the export is not the one that its manifest names", "fetch the export again"),
    "SUBMISSION_AHEAD": ("there is a decision about a submission that the topic never had", _STOP),
    "SUBMISSION_LOST": ("the topic of submissions lacks records that it should still keep", _LOOK),
    "MISSING_ENRICHED": ("an incident that was admitted is in no view", _LOOK),
    "DOUBLED_ENRICHED": ("one incident was enriched twice: a stage wrote outside its transaction", _REBUILD),
    "FOREIGN_ENRICHED": ("an enriched record belongs to no incident of the log of truth", _REBUILD),
    "ENRICHED_DIFFERS": ("an enriched record does not begin with the bytes of its incident", _REBUILD),
    "MISSING_ROW": ("readers do not see what was admitted and enriched", _REBUILD),
    "STALE_ROW": ("readers see another revision than the latest", _REBUILD),
    "FOREIGN_ROW": ("readers see what no enriched record says", _REBUILD),
    "MISSING_MATCH": ("readers do not see a link, judgement, case, alert or watch", _REBUILD),
    "STALE_MATCH": ("readers see something else than the latest of a link, judgement, case, alert or watch", _REBUILD),
    "FOREIGN_MATCH": ("readers see a link, judgement, case, alert or watch that no record says", _REBUILD),
    "MISSING_THREAD": ("the parties do not see a request for information", _REBUILD),
    "STALE_THREAD": ("the parties see a request for information otherwise than its messages make it", _REBUILD),
    "FOREIGN_THREAD": ("readers see a request for information that no message says", _REBUILD),
    "CASE_VERSION": ("the versions of a case are not 1, 2, …: a stage wrote outside its transaction", _REBUILD),
    "ALERT_REVISION": ("the revisions of an alert are not 1, 2, …: a stage wrote outside its transaction", _REBUILD),
    "MISSING_REVISION": ("readers do not see a revision of the history", _REBUILD),
    "FOREIGN_REVISION": ("readers see a revision that no enriched record says", _REBUILD),
    "MISSING_ITEMS": ("an incident is shown without all of its substances, or with some twice", _REBUILD),
}
"""Code → what it means, what to do."""


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it must be.

    Attributes:
        code: of `MEANINGS`.
        where: topic/partition/offset, a table, or a file.
        what: in words.
    """

    code: str
    where: str
    what: str
    incident_id: str | None = None
    revision: int | None = None

    @property
    def meaning(self) -> str:
        """What it means."""
        return MEANINGS[self.code][0]

    @property
    def remedy(self) -> str:
        """What to do."""
        return MEANINGS[self.code][1]


class Findings:
    """Findings as they are made: all counted, the first hundred of each code kept.

    Attributes:
        counts: by code.
    """

    def __init__(self) -> None:
        self.counts = Counter[str]()
        self._kept: list[Finding] = []

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._kept)

    def add(self, findings: Iterable[Finding]) -> None:
        """Take in findings."""
        for finding in findings:
            self.counts[finding.code] += 1
            if self.counts[finding.code] <= _KEPT:
                self._kept.append(finding)


def unreadable(topic: str, batch: pl.DataFrame, faults: Mapping[int, DecodeError]) -> Iterator[Finding]:
    """The records of a batch that do not decode, by their index in it."""
    for index, error in faults.items():
        partition, offset = batch.select("partition", "offset").row(index)
        yield Finding("UNREADABLE", f"{topic}/{partition}/{offset}", str(error))
