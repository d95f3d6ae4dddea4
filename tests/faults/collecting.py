"""The books of a run: read from the log, the tables, the dead letters and the journals."""

from collections.abc import Collection, Iterable, Iterator

import psycopg

from deploy.stages import REACTING, STAGES, STREAMING
from projections.dead_letters import dead_letters
from schemas.codec import FRAME_BYTES, RecordCodec, codec
from schemas.columnar import ColumnarDecoder
from schemas.dictionary import read_dictionary
from schemas.directory import read_directory
from schemas.errors import DecodeError
from schemas.reading import Record, read_topic
from schemas.settings import Settings
from schemas.topics import DECISIONS, INCIDENTS, SUBMISSIONS, enriched, receipts
from tests.faults.journal import Told
from tests.faults.ledger import Books, Decision, Position, Revision
from tests.faults.world import WAYS, WEBHOOK

_DELIVERED = (
    "SELECT event_id::text, revision, coalesce(group_id, delivery_id)::text FROM dissemination.delivery "
    "WHERE via = %s AND event_kind = 'incident' AND state = 'DELIVERED'"
)
_PUT_ASIDE = (*STREAMING, STAGES["project"], *REACTING)
"""Stages that put aside what of their inputs they cannot read; others pass it over."""
"""Topics where a stage that meets a record it cannot read must put it aside."""


def collect(settings: Settings, told: Iterable[Told], poison: Iterable[str], heard: Collection[str]) -> Books:
    """Everything that was said, once nothing moves any more.

    Args:
        settings: where the deployment is.
        told: the journals of all agencies.
        poison: positions of poisoned records, as topic/partition/offset.
        heard: ids of the webhooks that came to their receiver.
    """
    all_poison = set(poison)
    books = Books(poison=set(_to_be_put_aside(settings, all_poison)))
    for each in told:
        books.intended |= each.intended
        books.reported |= each.reported
        books.receipts_told += each.receipts
    for record in read_topic(settings, SUBMISSIONS.name):
        event = dict(record.headers).get("ce_id")
        books.submissions[record.partition, record.offset] = None if event is None else event.decode()
    decided = codec("decision")
    books.decisions = list(_decisions(read_topic(settings, DECISIONS.name), decided, all_poison))
    for agency in read_directory(settings).agencies:
        books.receipts += _decisions(read_topic(settings, receipts(agency).name), codec("receipt"), all_poison)
    books.incidents = [each for each, _ in _admitted(settings, INCIDENTS.name, all_poison)]
    for each, revision in _admitted(settings, enriched(settings.generation).name, all_poison):
        books.enriched.append(each)
        books.enriched_revisions.add(revision)
    with psycopg.connect(settings.database_url) as connection:
        schema = f"g{settings.generation}"
        rows = connection.execute(f"select incident_id::text, revision from {schema}.incident_revision").fetchall()
        books.revisions = [(incident, revision) for incident, revision in rows]
        found = connection.execute(f"select incident_id::text, revision from {schema}.incident").fetchall()
        books.current = dict(found)
        for way in WAYS:
            told_by = connection.execute(_DELIVERED, [way]).fetchall()
            books.delivered[way] = [(incident, revision) for incident, revision, _ in told_by]
            books.unheard += [id_ for _, _, id_ in told_by if way == WEBHOOK and id_ not in heard]
    letters = [f"{each.stage}: {each.position}" for each in dead_letters(settings) if each.stage]
    # A stage that reacts puts aside at least once: killed before it has said so, again.
    at_least_once = tuple(f"{stage.name}: " for stage in REACTING)
    again = {each for each in letters if each.startswith(at_least_once)}
    books.dead_letters = [each for each in letters if each not in again] + sorted(again)
    return books


def _to_be_put_aside(settings: Settings, poison: Iterable[str]) -> Iterator[str]:
    """Each stage with each record that it must put aside."""
    for stage in _PUT_ASIDE:
        inputs = {topic.name for topic in stage.inputs(settings.generation)}
        yield from (f"{stage.name}: {each}" for each in poison if each.rsplit("/", 2)[0] in inputs)


def _decisions(records: Iterable[Record], decoder: RecordCodec, poison: set[str]) -> Iterator[Decision]:
    for record in records:
        if position_of(record) in poison:
            continue
        fields = decoder.decode((record.value or b"")[FRAME_BYTES:])
        where = fields["submission_partition"], fields["submission_offset"]
        yield Decision(where, fields["outcome"], fields["event_id"])


def _admitted(settings: Settings, topic: str, poison: set[str]) -> Iterator[tuple[tuple[str, Position], Revision]]:
    """Event and submission position, and the revision, of each record of incidents or enriched that is no poison."""
    by_schema: dict[int, list[bytes]] = {}
    for record in read_topic(settings, topic):
        if position_of(record) not in poison:
            value = record.value or b""
            by_schema.setdefault(int.from_bytes(value[1:FRAME_BYTES], "big"), []).append(value)
    schemas = read_dictionary(settings).schemas
    names = ["event_id", "admission_submission_partition", "admission_submission_offset", "incident_id", "revision"]
    for schema_id, values in by_schema.items():
        decoded = ColumnarDecoder(schemas[schema_id]).decode(schema_id, values)
        if decoded.faults:
            raise DecodeError(f"{len(decoded.faults)} values of {topic} do not decode")
        for event, partition, offset, incident, revision in decoded.columns.select(names).iter_rows():
            yield (event, (partition, offset)), (incident, revision)


def position_of(record: Record) -> str:
    """As topic/partition/offset."""
    return f"{record.topic}/{record.partition}/{record.offset}"
