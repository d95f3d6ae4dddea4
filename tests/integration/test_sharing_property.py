"""Row-level security is `may_see`, and nobody's view depends on what they may not see (guarantee 7), of the views.

Worlds are generated: a directory, incidents with several revisions that widen and narrow, and everybody in turn looks.
The oracle filters the revisions by the rule in Python and asks the same questions of a database that never held the
others.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from random import Random
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projections import queries
from projections.members import write_members
from projections.migrate import drop, migrate
from projections.sink import ViewSink
from projections.viewing import viewing
from schemas.directory import SEES_ALL, Agency, FocalPoint, Group, Members
from schemas.reading import Record
from tests.unit.projections.alerted_worlds import alerting
from tests.unit.projections.matched_worlds import around
from tests.unit.projections.people import members, person, visible
from tests.unit.projections.worlds import World, decode, encode

pytestmark = pytest.mark.stack

_WHOLE, _FILTERED = 905, 906
_COUNTRIES = ("NLD", "USA", None)
_AGENCIES = tuple(f"agency-{number}" for number in range(4))
_GROUPS = ("lab", "pacific")
_NAMES = [f"agency:{id_}" for id_ in _AGENCIES] + [f"group:{id_}" for id_ in _GROUPS] + ["country:NLD", "country:USA"]
_TABLES = (
    *("positions", "policy", "incident", "incident_revision", "item", "milestone"),
    *("route_flow", "place_heat", "substance_timeline", "agency_activity"),
    *("link", "match_key", "judgement", '"case"', "case_member", "case_link"),
    *("alert", "alert_incident", "watch"),
)
_SAID = ("link", "match_key", "judgement", '"case"', "case_member", "case_link", "alert", "alert_incident", "watch")

_AUDIENCES = st.one_of(
    st.just(["COMMUNITY"]), st.lists(st.sampled_from(_NAMES), min_size=1, max_size=3, unique=True).map(sorted)
)
_INCIDENTS = st.lists(
    st.lists(st.tuples(_AUDIENCES, st.sampled_from(["AMENDED", "AMENDED", "WITHDRAWN"])), min_size=1, max_size=3),
    min_size=1,
    max_size=6,
)
_SOME = st.sets(st.sampled_from(_AGENCIES))


@st.composite
def _directories(draw: st.DrawFn) -> Members:
    agencies = [
        Agency(id_, id_, "CUSTOMS", draw(st.sampled_from(_COUNTRIES)), suspended=draw(st.integers(0, 5)) == 0)
        for id_ in _AGENCIES
    ]
    people: list[FocalPoint] = [
        person(
            f"officer-{number}",
            draw(st.sampled_from([*_AGENCIES, "nowhere"])),
            *([SEES_ALL] if draw(st.integers(0, 5)) == 0 else []),
            suspended=draw(st.integers(0, 5)) == 0,
        )
        for number in range(3)
    ]
    return members(agencies, people, [Group(id_, id_, frozenset(draw(_SOME))) for id_ in _GROUPS])


@pytest.fixture(scope="module")
def databases(running: Any) -> Iterator[tuple[psycopg.Connection, psycopg.Connection]]:
    """Connections of the writer and of the reader, with two empty generations."""
    writer_url, reader_url = running.settings.database_url, running.settings.reader_url
    with ExitStack() as stack:
        for generation in (_WHOLE, _FILTERED):
            drop(writer_url, generation)
            migrate(writer_url, generation)
            stack.callback(drop, writer_url, generation)
        writer = stack.enter_context(psycopg.connect(writer_url, autocommit=True))
        yield writer, stack.enter_context(psycopg.connect(reader_url, autocommit=True))


def _records(world: World, incidents: list[Any]) -> list[dict[str, Any]]:
    found = []
    for number, revisions in enumerate(incidents):
        owner = _AGENCIES[number % len(_AGENCIES)]
        for revision, (audience, kind) in enumerate(revisions, 1):
            tlp = "GREEN" if audience == ["COMMUNITY"] else "AMBER"
            kind_ = "REPORTED" if revision == 1 else kind
            found.append(world.record(number, revision, kind_, audience=audience, tlp=tlp, agency_id=owner))
    return found


def _fill(
    writer: psycopg.Connection,
    generation: int,
    records: list[dict[str, Any]],
    others: list[Record],
    directory: Members,
) -> None:
    names = ", ".join(f"g{generation}.{name}" for name in _TABLES)
    writer.execute(f"TRUNCATE {names}")
    writer.execute(f"INSERT INTO g{generation}.policy VALUES (0, '', '{{COMMUNITY}}')")
    ViewSink(writer, generation, decode).apply([encode(record) for record in records], {}, others)
    write_members(writer, generation, directory)


def _everything(reader: psycopg.Connection, generation: int, viewer: str) -> dict[str, Any]:
    """All that a viewer can ask, whole."""
    with viewing(reader, generation, viewer):
        found: dict[str, Any] = {
            name: getattr(queries, name)(reader, generation)
            for name in ("routes", "heat", "timeline", "agencies", "substances")
        }
        found["milestones"] = queries.milestones(reader, generation, step=1)
        found["first seen"] = [queries.first_seen(reader, generation, id_) for id_ in ("sub:a", "sub:b")]
        incidents = queries.find_incidents(reader, generation, "REF-")
        found["incidents"] = incidents
        for name in ("incident", "revisions", "items", "opened_by"):
            found[name] = [getattr(queries, name)(reader, generation, row["incident_id"]) for row in incidents]
        found["revision keys"] = reader.execute(
            f"SELECT incident_id::text, revision FROM g{generation}.incident_revision ORDER BY 1, 2"
        ).fetchall()
        found["links"] = {
            which: queries.list_links(reader, generation, which=which, limit=500)
            for which in ("counting", "review", "all")
        }
        found["cases"] = queries.list_cases(reader, generation, limit=500)
        found["closed keys"] = queries.closed_keys(reader, generation)
        ids = [record["incident_id"] for record in incidents]
        found["case"] = [queries.case_document(reader, generation, id_) for id_ in ids]
        found["case of"] = [queries.case_of(reader, generation, id_) for id_ in ids]
        found["rows"] = {
            name: reader.execute(f"SELECT t::text FROM g{generation}.{name} t ORDER BY 1").fetchall()  # type: ignore[arg-type]  # the names are ours
            for name in _SAID
        }
        found["alerts"] = listed = queries.list_alerts(reader, generation, limit=500)
        found["alert"] = [queries.alert_document(reader, generation, row["alert_id"]) for row in listed[:4]]
        found["watches"] = queries.list_watches(reader, generation, ended=True, limit=500)
    return found


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(directory=_directories(), incidents=_INCIDENTS, seed=st.integers(0, 2**32))
def test_what_is_hidden_might_as_well_not_exist(
    databases: tuple[psycopg.Connection, psycopg.Connection], directory: Members, incidents: list[Any], seed: int
) -> None:
    """Rows are those that the rule gives, and every answer is that of a world without the others."""
    writer, reader = databases
    records = _records(World(seed), incidents)
    shuffled = Random(seed).sample(records, len(records))  # noqa: S311  # an order, not a secret
    told = around(seed, records)
    alerted = alerting(seed, records, [["COMMUNITY"], ["group:lab"], ["agency:agency-1"], ["country:NLD"]])
    said = [*(record for record, _ in told), *(each.record for each in alerted)]
    _fill(writer, _WHOLE, shuffled, Random(seed).sample(said, len(said)), directory)  # noqa: S311  # the same
    for viewer in [*directory.focal_points, "nobody"]:
        seen = visible(viewer, records, directory)
        keys = {(record["admitted"]["incident"]["incident_id"], r) for record in seen for r in [_revision(record)]}
        known_of = [record for record, of in told if of <= keys]
        known_of += [each.record for each in alerted if each.is_for(viewer, keys, directory)]
        _fill(writer, _FILTERED, seen, known_of, directory)
        found = _everything(reader, _WHOLE, viewer)
        assert keys == set(found["revision keys"])
        assert len({key for key, _ in keys}) == len(found["incidents"])
        assert _everything(reader, _FILTERED, viewer) == found


def _revision(record: dict[str, Any]) -> int:
    number: int = record["admitted"]["incident"]["revision"]
    return number
