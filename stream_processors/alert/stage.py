"""The stage of the alerts.

Its state is a fold of its inputs up to the positions to go on from, and of the revisions in `ionics.alerts.gN`. Each
record makes the events of what it alone changes, so they do not depend on where batches are cut; how partitions
interleave decides how many revisions there are, and never what alerts come to say.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from schemas.alert import RAISED, WITHDRAWN
from schemas.codec import FRAME_BYTES, RecordCodec, codec, frame
from schemas.errors import ContractError
from schemas.known_schemas import KnownSchemas
from schemas.reading import Record
from schemas.topics import SPECIAL_ALERTS, WATCHES, alerts, enriched
from schemas.watch import Watch
from stream_processors.admit.records import dead_letter
from stream_processors.alert.facts import Revised
from stream_processors.alert.finding import written
from stream_processors.alert.judging import Alerting, Change, KeptAlerts
from stream_processors.alert.reading import FactReader, Given
from stream_processors.alert.restoring import restored
from stream_processors.match.cases.drafts import DraftMap
from stream_processors.runtime import Log, Output, Partition, Processed

_logger = logging.getLogger(__name__)
_AT_ONCE = 20_000


class _Last(NamedTuple):
    """The last revision of an alert."""

    revision: int
    raised: bool


class _Draft:
    """State with what a batch changes of it: alerts, their last revisions, next offset of each input."""

    def __init__(self, kept: KeptAlerts, last: dict[str, _Last], positions: dict[Partition, int]) -> None:
        self.alerting = Alerting(kept)
        self.last = DraftMap(last)
        self.positions = DraftMap(positions)

    def commit(self) -> None:
        """Take over what was changed."""
        self.alerting.commit()
        self.last.commit()
        self.positions.commit()


class Alerts:
    """Folds incidents, watches and special alerts into alerts; see `stream_processors.runtime.stage.Stage`."""

    name = "alert"

    def __init__(self, schemas: KnownSchemas, generation: int) -> None:
        topics = enriched(generation), SPECIAL_ALERTS, WATCHES
        self.topic = topics[0].name
        self._inputs = [Partition(topic.name, number) for topic in topics for number in range(topic.partitions)]
        self._output = alerts(generation).name
        self._schemas, self._reader = schemas, FactReader(schemas)
        self._frame = frame(schemas.dictionary.id_of("alert"))
        self._heads: dict[int, RecordCodec] = {}
        self._kept = KeptAlerts()
        self._last: dict[str, _Last] = {}
        self._positions: dict[Partition, int] = {}

    def restore(self, log: Log, stored: Mapping[Partition, int]) -> dict[Partition, int]:
        """Go on from the stored positions, or from those of the last event where they are greater.

        So an event is not made again where stored positions were lost.
        """
        if any(where not in stored for where in self._inputs):
            return {}  # alerts of some partitions alone would say what is not so
        self._last, followed = self._told(log)
        go_on = {where: max(stored[where], at) for where, at in zip(self._inputs, followed, strict=True)}
        self._positions = dict(go_on)
        self._kept = restored(self._facts(log, go_on))
        return go_on

    def _facts(self, log: Log, ends: Mapping[Partition, int]) -> Iterator[Given]:
        for where, end in ends.items():
            records = (record for record in log.read(where, 0) if record.offset < end) if end else iter(())
            while part := list(islice(records, _AT_ONCE)):
                yield from self._reader.readable(part)

    def _told(self, log: Log) -> tuple[dict[str, _Last], Sequence[int]]:
        """The last revision of each alert, and the positions of the last event."""
        found: dict[str, _Last] = {}
        last: bytes | None = None
        for record in log.read(Partition(self._output, 0), 0):
            value = record.value or b""
            try:
                head = self._head(int.from_bytes(value[1:FRAME_BYTES], "big")).decode_first(value[FRAME_BYTES:])[0]
            except ContractError:
                _logger.warning("%s/0 offset %d cannot be read and is passed over", self._output, record.offset)
                continue
            known = found.get(head["alert_id"])
            if known is None or known.revision < head["revision"]:
                found[head["alert_id"]] = _Last(head["revision"], head["status"] == RAISED)
            last = value
        if last is None:
            return found, [0] * len(self._inputs)
        return found, self._schemas.decoded(last, "alert")["positions"]

    def _head(self, schema_id: int) -> RecordCodec:
        if schema_id not in self._heads:
            self._heads[schema_id] = RecordCodec(_head(self._schemas.schema(schema_id, "alert")))
        return self._heads[schema_id]

    def process(self, batch: Sequence[Record]) -> Processed[_Draft]:
        """See `Stage.process`."""
        draft = _Draft(self._kept, self._last, self._positions)
        outputs: list[Output] = []
        for record, given in zip(batch, self._reader.facts(batch), strict=True):
            draft.positions.put(Partition(record.topic, record.partition), record.offset + 1)
            outputs += self._events(draft, _taken(draft.alerting, given))
        return Processed(outputs, draft)

    def _events(self, draft: _Draft, changes: Sequence[Change]) -> Iterator[Output]:
        for change in changes:
            last = draft.last.get(change.alert_id)
            told = change.now or change.was
            if told is None or (change.now is None and not (last and last.raised)):
                continue  # an earlier version of this stage did not tell it
            policies = [(class_, *(draft.alerting.book.policies.get(class_) or ("", ()))) for class_ in told.classes]
            event = written(told.finding, policies)
            event["alert_id"] = change.alert_id
            event["revision"] = last.revision + 1 if last else 1
            event["status"] = RAISED if change.now else WITHDRAWN
            event["positions"] = [draft.positions.get(where) or 0 for where in self._inputs]
            draft.last.put(change.alert_id, _Last(event["revision"], change.now is not None))
            yield Output(self._output, 0, change.alert_id.encode(), self._frame + codec("alert").encode(event))

    def park(self, record: Record, error: Exception) -> Processed[_Draft]:
        """What neither enrichment nor a person wrote as it must be is put aside whole."""
        draft = _Draft(self._kept, self._last, self._positions)
        draft.positions.put(Partition(record.topic, record.partition), record.offset + 1)
        return Processed([dead_letter(record, self.name, str(error))], draft)

    def apply(self, delta: _Draft) -> None:
        """See `Stage.apply`."""
        delta.commit()


def _taken(alerting: Alerting, given: Given) -> list[Change]:
    if isinstance(given, Revised):
        return alerting.take(given)
    return alerting.take_watch(given) if isinstance(given, Watch) else alerting.take_special(given)


def _head(schema: Mapping[str, object]) -> dict[str, object]:
    """The schema of the first fields of an alert, up to its status: enough for a fold of many events."""
    fields = schema["fields"]
    if not isinstance(fields, list):
        raise ContractError("the schema of alerts has no fields")
    end = [field["name"] for field in fields].index("status") + 1
    return {"type": "record", "name": "AlertHead", "fields": fields[:end]}
