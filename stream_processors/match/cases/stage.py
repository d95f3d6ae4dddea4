"""The stage of the cases.

Its state is a fold of `ionics.links.gN` and `ionics.judgements` up to the positions to go on from, and of the versions
in `ionics.cases.gN`. Each record makes the events of what it alone changes, so they do not depend on where batches are
cut; in which order the two topics meet decides which versions there are, and never how the cases end.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import takewhile

from schemas.codec import FRAME_BYTES, RecordCodec, codec, frame
from schemas.errors import ContractError
from schemas.judgement import Pair
from schemas.known_schemas import KnownSchemas
from schemas.reading import Record
from schemas.topics import JUDGEMENTS, cases, links
from stream_processors.admit.records import dead_letter
from stream_processors.match.cases.drafts import DraftMap
from stream_processors.match.cases.events import case_steps, written
from stream_processors.match.cases.reading import FactReader
from stream_processors.match.cases.tracking import KeptCases, Step, Tracker
from stream_processors.runtime import Log, Output, Partition, Processed

_logger = logging.getLogger(__name__)


class _Draft:
    """State with what a batch changes of it: cases, last version of each, next offset of each input."""

    def __init__(self, kept: KeptCases, versions: dict[str, int], positions: dict[str, int]) -> None:
        self.tracker = Tracker(kept)
        self.versions = DraftMap(versions)
        self.positions = DraftMap(positions)

    def commit(self) -> None:
        """Take over what was changed."""
        self.tracker.commit()
        self.versions.commit()
        self.positions.commit()


class Cases:
    """Folds links and judgements into cases; see `stream_processors.runtime.stage.Stage`.

    A record costs time in proportion to the cases that it touches. Of a case with 5,000 members and 20,000 links (`make
    bench ONLY=cases`, medians of processor time on x86_64): a further member 27 ms, with a version of 430 kB; a further
    link between members 0.8 ms; a member that is amended 0.1 s; a key that holds all of its links 0.34 s.
    """

    name = "cases"

    def __init__(self, schemas: KnownSchemas, generation: int) -> None:
        self.topic = links(generation).name
        self._inputs = (self.topic, JUDGEMENTS.name)
        self._output = cases(generation).name
        self._schemas, self._reader = schemas, FactReader(schemas)
        self._frame = frame(schemas.dictionary.id_of("case_event"))
        self._heads: dict[int, RecordCodec] = {}
        self._kept = KeptCases()
        self._versions: dict[str, int] = {}
        self._positions: dict[str, int] = {}

    def restore(self, log: Log, stored: Mapping[Partition, int]) -> dict[Partition, int]:
        """Go on from the stored positions, or from those of the last event where they are greater.

        So an event is not made again where stored positions were lost.
        """
        inputs = [Partition(topic, 0) for topic in self._inputs]
        if any(where not in stored for where in inputs):
            return {}  # one input without the other would make events of half of the facts
        self._versions, followed = self._told(log)
        go_on = {where: max(stored[where], at) for where, at in zip(inputs, followed, strict=True)}
        self._positions = {where.topic: at for where, at in go_on.items()}
        self._kept = KeptCases()
        tracker = Tracker(self._kept)
        for where, end in go_on.items():
            before = takewhile(lambda record, end=end: record.offset < end, log.read(where, 0))  # type: ignore[misc]  # mypy cannot infer a default
            for record in before:
                try:
                    tracker.fold(self._reader.fact(record))
                except ContractError:
                    continue  # a dead letter
        tracker.commit()
        tracker.find_all(iter(self._kept.facts.links))
        tracker.commit()
        return go_on

    def _told(self, log: Log) -> tuple[dict[str, int], Sequence[int]]:
        """The last version of each case, and the positions of the last event."""
        versions: dict[str, int] = {}
        last: bytes | None = None
        for record in log.read(Partition(self._output, 0), 0):
            value = record.value or b""
            try:
                head = self._head(int.from_bytes(value[1:FRAME_BYTES], "big")).decode_first(value[FRAME_BYTES:])[0]
            except ContractError:
                _logger.warning("%s/0 offset %d cannot be read and is passed over", self._output, record.offset)
                continue
            versions[head["case_id"]] = max(head["version"], versions.get(head["case_id"], 0))
            last = value
        if last is None:
            return versions, (0, 0)
        return versions, self._schemas.decoded(last, "case_event")["positions"]

    def _head(self, schema_id: int) -> RecordCodec:
        if schema_id not in self._heads:
            self._heads[schema_id] = RecordCodec(_head(self._schemas.schema(schema_id, "case_event")))
        return self._heads[schema_id]

    def process(self, batch: Sequence[Record]) -> Processed[_Draft]:
        """See `Stage.process`."""
        draft = _Draft(self._kept, self._versions, self._positions)
        outputs: list[Output] = []
        for record in batch:
            fact = self._reader.fact(record)
            draft.positions.put(record.topic, record.offset + 1)
            step = draft.tracker.take(fact)
            if step is not None:
                outputs += self._events(draft, step, record)
        return Processed(outputs, draft)

    def _events(self, draft: _Draft, step: Step, record: Record) -> Iterable[Output]:
        tracker = draft.tracker

        def reasons(pair: Pair) -> list[dict[str, object]]:
            link = tracker.link(pair)
            return [] if link is None else self._reader.reasons(link)

        for found in case_steps(step):
            event = written(found, tracker, reasons)
            case_id = found.key[1]
            event["version"] = (draft.versions.get(case_id) or 0) + 1
            event["at"] = datetime.fromtimestamp(record.timestamp_ms / 1000, UTC)
            event["positions"] = [draft.positions.get(topic) or 0 for topic in self._inputs]
            draft.versions.put(case_id, event["version"])
            yield Output(self._output, 0, case_id.encode(), self._frame + codec("case_event").encode(event))

    def park(self, record: Record, error: Exception) -> Processed[_Draft]:
        """What the matcher or a person did not write as it must be is put aside whole."""
        draft = _Draft(self._kept, self._versions, self._positions)
        draft.positions.put(record.topic, record.offset + 1)
        return Processed([dead_letter(record, self.name, str(error))], draft)

    def apply(self, delta: _Draft) -> None:
        """See `Stage.apply`."""
        delta.commit()


def _head(schema: Mapping[str, object]) -> dict[str, object]:
    """The schema of the first fields of a case event, up to its version: enough for a fold of many events."""
    fields = schema["fields"]
    if not isinstance(fields, list):
        raise ContractError("the schema of case events has no fields")
    end = [field["name"] for field in fields].index("version") + 1
    return {"type": "record", "name": "CaseHead", "fields": fields[:end]}
