"""What must hold at the end of a seed, and of the views at each of their commits.

Not judged by what the stages think of themselves: the logs are compared with a run of the same stages, one submission
at a time, without a fault, a log, a worker or a restart between them, which sees of the directory exactly what each
decision says that it saw.
"""

from collections import Counter
from collections.abc import Callable, Sequence

import polars as pl

from deploy.stages import STREAMING, generated
from schemas.case import CaseVersion
from schemas.codec import FRAME_BYTES, codec
from schemas.dictionary import SchemaDictionary
from schemas.directory import Directory
from schemas.known_schemas import KnownSchemas
from schemas.reading import Record
from schemas.topics import (
    DECISIONS,
    DIRECTORY,
    INCIDENTS,
    JUDGEMENTS,
    SCHEMAS,
    SPECIAL_ALERTS,
    SUBMISSIONS,
    WATCHES,
    alerts,
    cases,
    enriched,
    links,
)
from stream_processors.admit import Admission
from stream_processors.alert.reading import FactReader
from stream_processors.enrich import Enrichment
from stream_processors.match import Matcher, shipped_model
from stream_processors.match.matcher import Taken
from stream_processors.match.writing import encoded
from stream_processors.runtime import Output, Partition, Processed
from tests.simulation.agencies import PARTITIONS_USED
from tests.simulation.members import TOPICS
from tests.simulation.members import expected as members_expected
from tests.simulation.stages import Fragile, PoisonError
from tests.simulation.tables import folded, row_of
from tests.simulation.world import GENERATION, World, reference
from tests.unit.alert.expected import contents as expected_alerts
from tests.unit.alert.expected import folded as folded_alerts
from tests.unit.match.worlds import Said
from tests.unit.match_cases.expected import expected as expected_cases
from tests.unit.match_cases.facts import folded as folded_cases
from tests.unit.stream_processors.world import DICTIONARY, HERE

ENRICHED = enriched(GENERATION).name
Copy = tuple[int, bytes | None, bytes | None]
"""Partition, key, value."""


class BreachError(AssertionError):
    """A guarantee does not hold; says which, and of what."""


def check_views(world: World) -> None:
    """The views are the fold of exactly the events before their positions.

    Raises:
        BreachError: they are not.
    """
    rows = []
    for number in range(PARTITIONS_USED):
        where = Partition(ENRICHED, number)
        known = world.broker.logs[where].committed(0, world.tables.positions.get((ENRICHED, number), 0))
        rows += [row_of(record.value or b"") for record in known]
    expected, tables = folded(rows), world.tables
    _check_members(world)
    if (expected.revisions, expected.current) != (tables.revisions, tables.current):
        raise BreachError("views: they are not what lies before their positions")
    if +expected.counts != +tables.counts:
        raise BreachError(f"views: counts {dict(+tables.counts)}, expected {dict(+expected.counts)}")


def _check_members(world: World) -> None:
    """They are the fold of what lies before their positions, and never go back: what was taken away stays away."""
    now = world.members.positions
    if world.members != members_expected(world.broker, now):
        raise BreachError("members: their tables are not what lies before their positions")
    if any(now[topic] < before for topic, before in world.members_were_at.items()):
        raise BreachError("members: an older state was written over a newer one")
    world.members_were_at = dict(now)


def check(world: World) -> None:
    """Everything that is promised, once all has drained.

    Raises:
        BreachError: something is lost, doubled, invented or otherwise than without faults.
    """
    check_logs(world)
    for number in range(PARTITIONS_USED):
        end = world.broker.logs[Partition(ENRICHED, number)]
        if end.holds_more(world.tables.positions.get((ENRICHED, number), 0)):
            raise BreachError(f"lost: the views did not come to the end of {ENRICHED}/{number}")
    for topic in (each.name for each in TOPICS):
        if world.broker.logs[Partition(topic, 0)].holds_more(world.members.positions.get(topic, 0)):
            raise BreachError(f"lost: the tables of members did not come to the end of {topic}")
    check_views(world)


def check_logs(world: World) -> None:
    """The same of the logs alone.

    Raises:
        BreachError: something is lost, doubled, invented or otherwise than without faults.
    """
    _check_outboxes(world)
    for stage in STREAMING:
        CHECKS[stage.name](world)


def committed(world: World, topic: str, number: int) -> list[Record]:
    """The committed records of a partition."""
    log = world.broker.logs[Partition(topic, number)]
    if log.stable != log.end:
        raise BreachError(f"stuck: a transaction is open in {topic}/{number}")
    return list(log.committed(0, log.end))


def _check_outboxes(world: World) -> None:
    """What an agency put into its outbox is in the log, in order for each incident; all else is what strangers sent."""
    sent = [record for n in range(PARTITIONS_USED) for record in committed(world, SUBMISSIONS.name, n)]
    signatures = [dict(record.headers).get("ionics-sig", b"") for record in sent]
    first = {signature: index for index, signature in reversed(list(enumerate(signatures)))}
    known = set[bytes]()
    for agency in world.agencies:
        last = dict[str, int]()
        for incident, signature in dict.fromkeys(agency.kept):  # one made twice in a millisecond is the same
            if signature not in first:
                raise BreachError(f"lost: a report of {agency.name} left its outbox and is not in the log")
            if first[signature] < last.get(incident, -1):
                raise BreachError(f"changed: two revisions of {incident} came in another order than they were made")
            last[incident] = first[signature]
            known.add(signature)
    strange = Counter(r.value for r, signature in zip(sent, signatures, strict=True) if signature not in known)
    if strange != Counter(world.hostile):
        raise BreachError("invented: submissions that nobody made")


def _check_admission(world: World) -> None:
    """One decision for each submission, and all that is written as a run without faults writes it."""
    for number in range(PARTITIONS_USED):
        _check_decisions(world, number)
    written = _reference(world)
    for topic in sorted(written.keys() | _topics(world)):
        _compare(topic, written.get(topic, []), _stands(world, topic))


def _check_decisions(world: World, number: int) -> None:
    """Exactly one for each submission, in their order."""
    sent = len(committed(world, SUBMISSIONS.name, number))
    decided = [decision["submission_offset"] for decision in _decisions(world, number)]
    if missing := set(range(sent)) - set(decided):
        raise BreachError(f"lost: submissions {sorted(missing)} of partition {number} have no decision")
    if doubled := [offset for offset, count in Counter(decided).items() if count > 1]:
        raise BreachError(f"doubled: submissions {sorted(doubled)} of partition {number} have several decisions")
    if decided != list(range(sent)):
        raise BreachError(f"changed: decisions of partition {number} stand in another order than submissions")


def _decisions(world: World, number: int) -> list[dict[str, object]]:
    values = [record.value or b"" for record in committed(world, DECISIONS.name, number)]
    return [codec("decision").decode(value[FRAME_BYTES:]) for value in values]


class _Frozen:
    """The directory as it stood at an offset."""

    def __init__(self, records: Sequence[Record]) -> None:
        self._records = records
        self._known: dict[int, Directory] = {}
        self.at = 0

    def directory(self) -> Directory:
        """See `Sources.directory`."""
        if self.at not in self._known:
            self._known[self.at] = Directory(HERE).fold(self._records[: self.at])
        return self._known[self.at]

    def dictionary(self) -> SchemaDictionary:
        """See `Sources.dictionary`."""
        return DICTIONARY


def _reference(world: World) -> dict[str, list[Copy]]:
    """What admission writes of the same submissions where nothing goes wrong, by topic."""
    written = dict[str, list[Copy]]()
    sources = _Frozen(committed(world, DIRECTORY.name, 0))
    stage = Fragile(Admission(sources))
    for number in range(PARTITIONS_USED):
        for record, decision in zip(committed(world, SUBMISSIONS.name, number), _decisions(world, number), strict=True):
            sources.at = int(str(decision["directory_offset"]))
            done = _processed(stage, record)
            stage.apply(done.delta)
            for output in done.outputs:
                written.setdefault(output.topic, []).append(_copy(output))
    return written


def _processed(stage: Fragile, record: Record) -> Processed[object]:
    try:
        return stage.process([record])
    except PoisonError as error:
        return stage.park(record, error)


def _copy(record: Output | Record) -> Copy:
    return record.partition, record.key, record.value


def _topics(world: World) -> set[str]:
    others = {topic.name for topic in (SUBMISSIONS, SCHEMAS, WATCHES, SPECIAL_ALERTS, *TOPICS, *generated(GENERATION))}
    return {where.topic for where, log in world.broker.logs.items() if log.end} - others


def _stands(world: World, topic: str) -> list[Copy]:
    numbers = sorted(where.number for where in world.broker.logs if where.topic == topic)
    return [_copy(record) for number in numbers for record in committed(world, topic, number)]


def _compare(topic: str, expected: list[Copy], actual: list[Copy]) -> None:
    if topic not in (DECISIONS.name, INCIDENTS.name):  # several partitions of the input write into one of the output
        expected, actual = sorted(expected, key=repr), sorted(actual, key=repr)
    if expected == actual:
        return
    lost, more = Counter(expected) - Counter(actual), Counter(actual) - Counter(expected)
    if lost and not more:
        raise BreachError(f"lost: {lost.total()} records of {topic}")
    if more and not lost:
        doubled = sum(count for copy, count in more.items() if copy in expected)
        raise BreachError(f"doubled: {doubled}, invented: {more.total() - doubled} records of {topic}")
    raise BreachError(f"changed: {max(lost.total(), more.total(), 1)} records of {topic} are not as without faults")


def _check_enriched(world: World) -> None:
    """Each admitted incident once, in the order of its partition, as enrichment without faults writes it."""
    enrichment = Enrichment(KnownSchemas(lambda: DICTIONARY), reference(), GENERATION)
    for number in range(PARTITIONS_USED):
        admitted = committed(world, INCIDENTS.name, number)
        expected = [_copy(output) for output in enrichment.process(admitted).outputs] if admitted else []
        _compare(ENRICHED, expected, [_copy(record) for record in committed(world, ENRICHED, number)])


def _check_links(world: World) -> None:
    """What the links say is what one matcher says of all that is enriched, taken at once."""
    said, expected = Said(), Said()
    for record in committed(world, links(GENERATION).name, 0):
        said.take(_told(record.value or b""))
    values = [record.value or b"" for n in range(PARTITIONS_USED) for record in committed(world, ENRICHED, n)]
    if values:
        known = KnownSchemas(lambda: DICTIONARY)
        by_schema: dict[int, list[bytes]] = {}
        for value in values:
            by_schema.setdefault(int.from_bytes(value[1:FRAME_BYTES], "big"), []).append(value)
        frames = [known.columnar(id_, "enriched").decode(id_, some).columns for id_, some in by_schema.items()]
        taken = Matcher(shipped_model()).take(pl.concat(frames, how="diagonal_relaxed"))
        for _, body in encoded(taken):
            expected.take(_told(bytes(FRAME_BYTES) + body))
    if (said.counting(), said.closed) != (expected.counting(), expected.closed):
        raise BreachError("changed: links and closed keys are not those of the enriched incidents")


def _told(value: bytes) -> Taken:
    event = codec("match_event").decode(value[FRAME_BYTES:])
    parts = {"moved": event["moved"], "keys": event["key"], "links": event["link"]}
    return Taken(**{name: [part] for name, part in parts.items() if part is not None})


def _check_cases(world: World) -> None:
    """Each version of each case once, and what they come to is what the rules make of all links and judgements."""
    written = [
        codec("case_event").decode((r.value or b"")[FRAME_BYTES:]) for r in _all_of(world, cases(GENERATION).name)
    ]
    try:
        standing = folded_cases(map(CaseVersion.of, written))
    except AssertionError as error:
        raise BreachError(f"doubled or lost: a version of a case does not follow the one before: {error}") from error
    facts = [*_all_of(world, links(GENERATION).name), *_all_of(world, JUDGEMENTS.name)]
    if standing != expected_cases(Output(r.topic, 0, r.key, r.value) for r in facts):
        raise BreachError("changed: the cases are not those of the links and judgements")


def _check_alerts(world: World) -> None:
    """Each revision of each alert once, and what stands is what follows from all facts together."""
    written = [
        codec("alert").decode_canonical((r.value or b"")[FRAME_BYTES:]) for r in _all_of(world, alerts(GENERATION).name)
    ]
    try:
        stands = folded_alerts(written)
    except AssertionError as error:
        raise BreachError("doubled or lost: a revision of an alert does not follow the one before") from error
    said = [record for topic in (WATCHES, SPECIAL_ALERTS) for record in _all_of(world, topic.name)]
    incidents = [record for n in range(PARTITIONS_USED) for record in committed(world, ENRICHED, n)]
    facts = FactReader(KnownSchemas(lambda: DICTIONARY)).facts([*said, *incidents])
    if stands != expected_alerts(facts):
        raise BreachError("changed: the alerts are not those of the incidents, watches and special alerts")


def _all_of(world: World, topic: str) -> list[Record]:
    return committed(world, topic, 0)


CHECKS: dict[str, Callable[[World], None]] = {
    "admit": _check_admission,
    "enrich": _check_enriched,
    "match": _check_links,
    "cases": _check_cases,
    "alert": _check_alerts,
}
"""For each stage of the catalogue, what must hold of its outputs."""
