"""A replay: what is selected and may be seen, into files that are whole or not there, at the pace asked for."""

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import fastavro
import orjson
import polars as pl
import pytest

from projections.replay.decoding import KindDecoder
from projections.replay.originals import AvroSink
from projections.replay.publishing import published
from projections.replay.replaying import Pace, Replayed, replay
from projections.replay.selection import Selection
from projections.replay.sight import Everything, RuleSight, Sight
from projections.replay.source import Span
from projections.replay.tables import JsonLinesSink, ParquetSink, table_of
from schemas.codec import codec
from schemas.dictionary import SUBJECTS
from schemas.directory import Directory, FocalPoint, Group, Members
from schemas.errors import AccessLogError, ForbiddenError, ReplayError
from schemas.reading import Record
from schemas.topics import DECISIONS, INCIDENTS
from tests.unit.evidence.history import History, chained, history
from tests.unit.stream_processors.world import CUSTOMS, DICTIONARY, body, submission

SHUT = {"audience": ["agency:nzl-customs"], "tlp": "RED"}
LENT = {"audience": ["group:pacific"], "tlp": "AMBER"}


def _changed(ref: str, first: dict[str, Any], then: dict[str, Any]) -> list[Any]:
    """An incident whose second revision has another audience."""
    before, after = chained(ref, 1, **first)[0], chained(ref, 2, **then)[1]
    return [submission(before, CUSTOMS), submission(after, CUSTOMS)]


WORLD = history(
    submission(body("shut", **SHUT)),
    submission(body("lent", **LENT)),
    *_changed("narrowed", {}, SHUT),
    *_changed("widened", SHUT, {}),
    submission(body("joint", operation_id="op-pacific")),
)
DECODER = KindDecoder(DICTIONARY, "admitted")


class _Kept:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.tables: list[pl.DataFrame] = []

    def write(self, batch: pl.DataFrame, table: pl.DataFrame) -> None:
        assert batch.height == table.height > 0
        self.tables.append(table)

    def close(self) -> None:
        """Nothing to do."""

    @property
    def revisions(self) -> set[tuple[str, int]]:
        """Reference and revision of each row."""
        return {each for table in self.tables for each in table.select("source_ref", "revision").iter_rows()}


def _members(*rights: str, group: Sequence[str] = ()) -> Members:
    directory = WORLD.directory()
    members = Members(Directory("dev-test").fold(directory))
    members.focal_points["eye"] = FocalPoint("eye", "aus-police", "EYE", "i", "s", frozenset(rights))
    members.groups["pacific"] = Group("pacific", "Pacific", frozenset(group))
    return members


def _replayed(
    selection: Selection | None = None, sight: Sight | None = None, source: History = WORLD
) -> tuple[_Kept, Replayed]:
    kept = _Kept()
    done = replay(
        source, INCIDENTS.name, DECODER, selection or Selection(), sight or Everything(), kept, lambda _: None
    )
    return kept, done


def _judged(members: Members, source: History = WORLD) -> Sight:
    return RuleSight("eye", lambda: members, source, INCIDENTS.name, DECODER)


def test_all_of_it() -> None:
    """Each record once, and the report says so."""
    kept, done = _replayed()
    records = WORLD.records[INCIDENTS.name]
    assert (len(records), len(records)) == (done.read, done.given)
    assert sum(extent.records for extent in done.extents.values()) == len(records)
    assert {("three", 1), ("three", 2), ("three", 3), ("shut", 1)} <= kept.revisions
    for partition, extent in done.extents.items():
        offsets = [record.offset for record in records if record.partition == partition]
        assert (len(offsets), min(offsets), max(offsets)) == (extent.records, extent.first, extent.last)


def test_a_selection_gives_what_it_names() -> None:
    """By incident, agency, operation, time and offset."""
    three = WORLD.admitted("three", 1)
    id_ = (three.key or b"").decode()
    assert {("three", n) for n in (1, 2, 3)} == _replayed(Selection(incident_id=id_[:13].upper()))[0].revisions
    assert {("police", 1)} == _replayed(Selection(agency_id="aus-police"))[0].revisions
    assert {("joint", 1)} == _replayed(Selection(operation_id="op-pacific"))[0].revisions
    where = Selection(partitions=frozenset({three.partition}), first=three.offset, last=three.offset)
    assert {("three", 1)} == _replayed(where)[0].revisions
    with pytest.raises(ReplayError, match="partition 99"):
        _replayed(Selection(partitions=frozenset({99})))


def test_since_is_included_and_until_is_not() -> None:
    """So that one time after the other leaves nothing out and gives nothing twice."""
    admitted = sorted(
        codec("admitted").decode((r.value or b"")[5:])["admission"]["admitted_at"]
        for r in WORLD.records[INCIDENTS.name]
    )
    middle = admitted[len(admitted) // 2]
    before, after = _replayed(Selection(until=middle))[1], _replayed(Selection(since=middle))[1]
    assert (len(admitted) // 2, len(admitted)) == (before.given, before.given + after.given)


def test_a_selection_that_these_records_cannot_answer_is_refused() -> None:
    """A decision names no operation."""
    decisions = KindDecoder(DICTIONARY, "decision")
    with pytest.raises(ReplayError, match="operation_id"):
        replay(
            WORLD,
            DECISIONS.name,
            decisions,
            Selection(operation_id="x"),
            Everything(),
            _Kept(),
            lambda _: None,
        )


def test_a_viewer_gets_what_the_rule_shows() -> None:
    """Of each incident the revisions that it shows, if it shows the latest; by group while in it; no position."""
    kept, _ = _replayed(sight=_judged(_members("audit")))
    refs = {ref for ref, _ in kept.revisions}
    assert {"three", "police", "joint"} <= refs
    assert refs.isdisjoint({"shut", "lent", "narrowed"})
    assert ("widened", 2) in kept.revisions
    assert ("widened", 1) not in kept.revisions
    assert ("lent", 1) in _replayed(sight=_judged(_members("audit", group=["aus-police"])))[0].revisions
    told = {name for table in kept.tables for name in table.columns}
    assert told.isdisjoint({"partition", "offset", "appended_at", "admission_submission_offset"})


def test_what_a_viewer_gets_does_not_depend_on_what_it_may_not_see() -> None:
    """The same rows as from a log in which the hidden incidents do not exist."""
    members = _members("audit")
    seen, _ = _replayed(sight=_judged(members))
    hidden = {WORLD.admitted(ref, 1).key for ref in ("shut", "lent", "narrowed")}
    open_ = WORLD.spoil(INCIDENTS.name, lambda record: None if record.key in hidden else record)
    alone, _ = _replayed(sight=_judged(members, open_), source=open_)
    assert pl.concat(seen.tables).equals(pl.concat(alone.tables))


def test_rights_are_judged_when_a_batch_leaves() -> None:
    """Whoever loses the right in the middle gets nothing more."""
    members, kept = _members("audit"), _Kept()
    cut = WORLD.copy()
    cut.cuts = 5
    sight = _judged(members, cut)

    def withdraw(_: object) -> None:
        members.focal_points["eye"] = FocalPoint("eye", "aus-police", "EYE", "i", "s", frozenset())

    with pytest.raises(ForbiddenError):
        replay(cut, INCIDENTS.name, DECODER, Selection(), sight, kept, withdraw)
    assert len(kept.tables) == 1


def test_nothing_leaves_that_is_not_in_the_access_log() -> None:
    """The ids of a batch are told before the batch is given."""
    kept = _Kept()

    def refuse(ids: Sequence[str]) -> None:
        assert ids
        raise AccessLogError("no")

    with pytest.raises(AccessLogError):
        replay(WORLD, INCIDENTS.name, DECODER, Selection(), Everything(), kept, refuse)
    assert kept.tables == []


def test_records_that_do_not_decode_are_named() -> None:
    """And left out; the others are given."""
    victim = WORLD.admitted("three", 2)
    spoilt = WORLD.spoil(
        INCIDENTS.name,
        lambda r: Record(r.topic, r.partition, r.offset, r.timestamp_ms, r.key, b"\x00", ()) if r == victim else r,
    )
    _, done = _replayed(source=spoilt)
    assert done.unreadable == [f"{victim.topic}/{victim.partition}/{victim.offset}"]
    assert done.given == len(WORLD.records[INCIDENTS.name]) - 1


def test_parquet_and_json_lines_hold_the_same(tmp_path: Path) -> None:
    """Of every batch, with types where the format has them."""
    cut = WORLD.copy()
    cut.cuts = 7
    parquet = ParquetSink(tmp_path / "a", table_of(DECODER.no_records, DECODER.empty, whole=True))
    lines = JsonLinesSink(tmp_path / "b")
    for sink in (parquet, lines):
        replay(cut, INCIDENTS.name, DECODER, Selection(), Everything(), sink, lambda _: None)
        sink.close()
    table = pl.read_parquet(tmp_path / "a")
    read = [orjson.loads(line) for line in (tmp_path / "b").read_bytes().splitlines()]
    assert table["incident_id"].to_list() == [line["incident_id"] for line in read]
    assert table["items"].to_list() == [line["items"] for line in read]
    assert [sig.hex() for sig in table["admission_signature"]] == [line["admission_signature"] for line in read]
    first = read[0]["admission_admitted_at"]
    assert table["admission_admitted_at"][0] == datetime.fromisoformat(first).astimezone(UTC)


def test_avro_holds_the_original_bytes(tmp_path: Path) -> None:
    """Any Avro reader gives the records of the log."""
    cut = WORLD.copy()
    cut.cuts = 7
    sink = AvroSink(tmp_path / "a", DICTIONARY, "admitted")
    replay(cut, INCIDENTS.name, DECODER, Selection(), Everything(), sink, lambda _: None)
    sink.close()
    expected = [codec("admitted").decode((r.value or b"")[5:]) for r in WORLD.records[INCIDENTS.name]]
    with (tmp_path / "a").open("rb") as file:
        assert expected == list(fastavro.reader(file))
    bodies = b"".join((r.value or b"")[5:] for r in WORLD.records[INCIDENTS.name][:7])
    assert bodies in (tmp_path / "a").read_bytes()


def test_avro_holds_earlier_versions_under_the_newest(tmp_path: Path) -> None:
    """A field that a version lacks has its default."""
    known = type(DICTIONARY)()
    old = {"type": "record", "name": "T", "fields": [{"name": "a", "type": "int"}]}
    new = {**old, "fields": [*old["fields"], {"name": "b", "type": "int", "default": 7}]}  # type: ignore[misc]  # it has fields
    for id_, schema in ((1, old), (2, new)):
        known.schemas[id_], known.subjects[id_] = schema, SUBJECTS["admitted"]
    sink = AvroSink(tmp_path / "a", known, "admitted")
    values = [b"\x00\x00\x00\x00\x01\x02", b"\x00\x00\x00\x00\x02\x04\x06"]
    sink.write(pl.DataFrame({"value": values}), pl.DataFrame())
    sink.close()
    assert list(fastavro.reader(io.BytesIO((tmp_path / "a").read_bytes()))) == [{"a": 1, "b": 7}, {"a": 2, "b": 3}]


def test_an_interrupted_file_is_not_there(tmp_path: Path) -> None:
    """Under its name is a whole file or none; what a killed process left is written over."""
    path = tmp_path / "x.jsonl"
    with pytest.raises(KeyboardInterrupt):
        _interrupted(path)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / ".x.jsonl.part").write_text("left by a process that was killed")
    with published(path) as beside:
        assert not beside.exists()
        beside.write_text("whole")
        assert not path.exists()
    assert [each.read_text() for each in tmp_path.iterdir()] == ["whole"]
    with pytest.raises(ReplayError, match="exists"), published(path):
        pass
    with pytest.raises(ReplayError, match="cannot be written"):
        _interrupted(tmp_path / "no" / "x")


def _interrupted(path: Path) -> None:
    with published(path) as beside:
        beside.write_text("half")
        raise KeyboardInterrupt


def test_a_pace_is_held() -> None:
    """So many a second, in slices of a tenth of a second."""
    now, slept = [0.0], list[float]()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    pace = Pace(20, lambda: now[0], sleep)
    kept = _Kept()
    replay(WORLD, INCIDENTS.name, DECODER, Selection(), Everything(), kept, lambda _: None, pace=pace)
    given = [table.height for table in kept.tables]
    assert max(given) == 2
    assert now[0] == pytest.approx(sum(given) / 20)
    assert all(later > 0 for _, later in pairwise([0.0, *slept]))
    assert Pace(None).slice is None


def test_spans_are_cut_to_the_selection() -> None:
    """Offsets count in each partition that is wanted."""
    spans = {0: Span(3, 9), 1: Span(0, 2)}
    assert Selection(first=5, last=7).spans(spans) == {0: Span(5, 8), 1: Span(5, 2)}
    assert Selection(partitions=frozenset({1})).spans(spans) == {1: Span(0, 2)}
