"""Rebuilding the views beside the live ones, and looking back: on the real log and database."""

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from cli.main import cli
from deploy.agencies import add_agencies
from producers import IncidentProducer
from projections import queries
from projections.as_of import as_of
from projections.digest import digests
from projections.rebuild import NOT_OF_EVENTS, rebuild
from projections.viewing import viewing
from schemas.codec import FRAME_BYTES, codec, frame
from schemas.dictionary import read_dictionary
from schemas.directory import Agency
from schemas.errors import ProjectionError
from schemas.publishing import publish
from schemas.reading import read_topic
from schemas.settings import Settings
from schemas.topics import ACCESS, WATCHES, alerts, cases
from tests.integration.exchange import CONTENT, stages, until
from tests.running import Running
from tests.unit.projections.alerts import Alerts

_ALONE = {"audience": ["agency:reb-owner"], "tlp": "AMBER"}


@pytest.fixture(scope="module")
def moments(running: Running) -> tuple[Settings, dict[str, str], datetime]:
    """Incidents of which one is amended, one narrowed and one withdrawn; and a moment before that."""
    settings = running.settings
    add_agencies(settings, [Agency(name, name, "CUSTOMS", "NZL") for name in ("reb-owner", "reb-other")])
    with (
        stages(settings, "admit", "enrich", "project", "members"),
        IncidentProducer("reb-owner", reporting_country="NZL", settings=settings) as producer,
    ):
        names = ("amended", "narrowed", "withdrawn", "left")
        first = {name: producer.report(CONTENT | {"narrative": name}, source_ref=f"REB-{name}") for name in names}
        before = max(receipt.admitted_at for receipt in producer.wait(list(first.values()), 60))
        time.sleep(0.01)
        items = [{"substance_text": "cocaine", "amount_text": "3", "unit_text": "kg"}]
        later = [
            producer.amend(first["amended"].incident, first["amended"], {"items": items}, reason="weighed"),
            producer.amend(first["narrowed"].incident, first["narrowed"], _ALONE, reason="too wide"),
            producer.withdraw(first["withdrawn"].incident, first["withdrawn"], reason="a mistake"),
        ]
        producer.wait(later, 60)
        for each in later:
            until(lambda id_=each.incident_id: _revision(settings, str(id_)) == 2)  # type: ignore[misc]  # mypy cannot infer a default
    return settings, {name: str(each.incident_id) for name, each in first.items()}, before


def _revision(settings: Settings, incident_id: str) -> int | None:
    with (
        psycopg.connect(settings.reader_url, autocommit=True) as connection,
        viewing(connection, settings.generation, "reb-owner"),
    ):
        found = queries.incident(connection, settings.generation, incident_id)
    return None if found is None else int(found["revision"])


def _seen(settings: Settings, generation: int, viewer: str) -> tuple[list[Any], list[Any]]:
    with (
        psycopg.connect(settings.reader_url, autocommit=True) as connection,
        viewing(connection, generation, viewer),
    ):
        return (
            queries.list_incidents(connection, generation, agency_id="reb-owner", limit=500),
            queries.routes(connection, generation, limit=10_000),
        )


def test_no_reader_and_no_writer_notices(moments: tuple[Settings, dict[str, str], datetime]) -> None:
    """While views are rebuilt and exchanged three times, each answer is whole, and new reports arrive."""
    settings, ids, _ = moments
    stop, faults, answers = threading.Event(), list[BaseException](), 0
    least = len(ids)

    def read_on() -> None:
        nonlocal answers
        try:
            with psycopg.connect(settings.reader_url, autocommit=True) as connection:
                while not stop.is_set():
                    with viewing(connection, settings.generation, "reb-owner"):
                        listed = queries.list_incidents(
                            connection, settings.generation, agency_id="reb-owner", limit=500
                        )
                        flows = queries.routes(connection, settings.generation, limit=10_000)
                    assert len(listed) >= least
                    assert sum(row["incidents"] for row in flows) >= least - 1  # one is withdrawn
                    answers += 1
        except BaseException as error:  # noqa: BLE001  # to be raised in the test's own thread
            faults.append(error)

    readers = [threading.Thread(target=read_on) for _ in range(3)]
    with (
        stages(settings, "admit", "enrich", "project", "members"),
        IncidentProducer("reb-owner", reporting_country="NZL", settings=settings) as producer,
    ):
        for reader in readers:
            reader.start()
        try:
            sent = []
            for _ in range(3):
                sent += [producer.report(CONTENT) for _ in range(5)]
                done = rebuild(settings)
                assert done.events >= len(ids)
            producer.wait(sent, 60)
            until(lambda: all(_revision(settings, str(each.incident_id)) == 1 for each in sent))
        finally:
            stop.set()
            for reader in readers:
                reader.join()
    assert not faults
    assert answers > 3
    with psycopg.connect(settings.database_url, autocommit=True) as writer:
        live = digests(writer, settings.generation)
        left = writer.execute(
            "SELECT count(*) FROM pg_namespace WHERE nspname ~ '^(g[0-9]{7,9}|g10[0-9]{8}|exchanged)$'"
        ).fetchone()
    assert rebuild(settings).digests == live
    assert left == (0,)


def test_every_table_is_compared_or_taken_over(moments: tuple[Settings, dict[str, str], datetime]) -> None:
    """A table that a later version adds cannot be left empty by a rebuild."""
    settings, _, _ = moments
    with psycopg.connect(settings.database_url, autocommit=True) as writer:
        compared = digests(writer, settings.generation)
        found = writer.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = %s", [f"g{settings.generation}"]
        ).fetchall()
    assert {name for (name,) in found} == {*compared, *NOT_OF_EVENTS, "positions", "policy", "rights", "migration"}


def test_live_tables_that_differ_stay(moments: tuple[Settings, dict[str, str], datetime]) -> None:
    """A row that is gone is found, its table is named, and nothing is exchanged."""
    settings, ids, _ = moments
    with psycopg.connect(settings.database_url, autocommit=True) as writer:
        table = f"g{settings.generation}.item"
        writer.execute(f"CREATE TEMP TABLE kept AS SELECT * FROM {table} WHERE incident_id = %s", [ids["left"]])
        writer.execute(f"DELETE FROM {table} WHERE incident_id = %s", [ids["left"]])
        try:
            with pytest.raises(ProjectionError, match=r"log, item differ"):
                rebuild(settings)
            count = writer.execute(f"SELECT count(*) FROM {table} WHERE incident_id = %s", [ids["left"]]).fetchone()
            assert count == (0,)
        finally:
            writer.execute(f"INSERT INTO {table} SELECT * FROM kept")
    rebuild(settings)


def test_as_of_gives_the_past_under_the_rights_of_today(moments: tuple[Settings, dict[str, str], datetime]) -> None:
    """First revisions for the owner; for another agency, but for the incident that it may not see any more."""
    settings, ids, before = moments
    with as_of(settings, before) as (number, events):
        assert events >= len(ids)
        owner, flows = _seen(settings, number, "reb-owner")
        other, flows_of_other = _seen(settings, number, "reb-other")
    then = {row["incident_id"]: row["revision"] for row in owner}
    assert {id_: then[id_] for id_ in ids.values()} == dict.fromkeys(ids.values(), 1)
    assert {ids["amended"], ids["withdrawn"], ids["left"]} <= {row["incident_id"] for row in other}
    assert ids["narrowed"] not in {row["incident_id"] for row in other}
    total = sum(row["incidents"] for row in flows)
    assert total - sum(row["incidents"] for row in flows_of_other) >= 1


def test_as_of_a_moment_before_everything_is_empty(moments: tuple[Settings, dict[str, str], datetime]) -> None:
    """Nothing was admitted in 1999."""
    settings, _, before = moments
    with as_of(settings, before - timedelta(days=10_000)) as (number, events):
        assert (events, _seen(settings, number, "reb-owner")) == (0, ([], []))


def test_as_of_now_is_what_there_is(moments: tuple[Settings, dict[str, str], datetime]) -> None:
    """Looking back to this moment gives another agency what the live views give it."""
    settings, ids, _ = moments
    with as_of(settings, datetime.now(UTC)) as (number, _):
        now, _ = _seen(settings, number, "reb-other")
    live, _ = _seen(settings, settings.generation, "reb-other")
    assert now == live
    assert ids["narrowed"] not in {row["incident_id"] for row in now}


_LISTS = {
    "incidents": ("--agency", "reb-owner", "--limit", "500"),
    "items": ("--substance", "cocaine"),
    "substances": ("coc",),
    "activity": ("--agency", "reb-owner"),
    "milestones": ("--step", "2"),
}


def test_the_lists_take_a_moment(
    moments: tuple[Settings, dict[str, str], datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of now each answers as it does now, with its own filters; as of before, as it did then."""
    settings, ids, before = moments
    monkeypatch.setenv("IONICS_HOME", str(settings.home))

    def answer(view: str) -> str:
        done = CliRunner().invoke(cli, [view, *_LISTS[view], "--json"])
        assert done.exit_code == 0, done.output
        return done.stdout

    live = {view: answer(view) for view in _LISTS}
    with as_of(settings, datetime.now(UTC)) as (number, _), monkeypatch.context() as within:
        within.setenv("IONICS_GENERATION", str(number))
        assert {view: answer(view) for view in _LISTS} == live
    with as_of(settings, before) as (number, _), monkeypatch.context() as within:
        within.setenv("IONICS_GENERATION", str(number))
        then = json.loads(answer("incidents"))
    assert {row["revision"] for row in then if row["incident_id"] in ids.values()} == {1}


def _said(settings: Settings, case_id: str, version: int, at: datetime, ids: list[str]) -> None:
    """A case event: all of these are one seizure, each linked to the next."""
    member = {"revision": 1, "admitted_at": at, "canonical_id": ids[0]} if ids else {}
    link = {"kind": "DUPLICATE", "verdict": "NONE", "duplicate_ppm": 1, "related_mbit": 1}
    event = {
        "case_id": case_id,
        "policy_class": 0,
        "version": version,
        "members": [{"incident_id": id_, **member} for id_ in ids],
        "links": [{"left": one, "right": other, **link} for one, other in pairwise(ids)],
        "at": at,
    }
    value = frame(read_dictionary(settings).id_of("case_event")) + codec("case_event").encode(event)
    publish(settings.as_principal("cases"), cases(settings.generation).name, [(b"case", value)])


def test_as_of_counts_a_seizure_once_from_when_it_was_said(
    moments: tuple[Settings, dict[str, str], datetime],
) -> None:
    """By the cases of then, without a member that is hidden today; now that there is no case, each incident counts."""
    settings, ids, before = moments

    def repeats(generation: int) -> int:
        _, flows = _seen(settings, generation, "reb-other")
        return sum(row["reported"] - row["incidents"] for row in flows)

    usual = repeats(settings.generation)
    members = [ids[name] for name in ("narrowed", "left", "amended")]
    with stages(settings, "project"):
        _said(settings, members[0], 1, before, members)
        until(lambda: repeats(settings.generation) == usual + 2)
        _said(settings, members[0], 2, datetime.now(UTC), [])
        until(lambda: repeats(settings.generation) == usual)
    with as_of(settings, before) as (number, _):
        assert repeats(number) == 1
    with as_of(settings, before - timedelta(milliseconds=1)) as (number, _):
        assert repeats(number) == 0
    with as_of(settings, datetime.now(UTC)) as (number, _):
        assert repeats(number) == usual
    rebuild(settings)


def test_alerts_and_watches_are_rebuilt_and_looked_back_at(
    moments: tuple[Settings, dict[str, str], datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From their own topics: a revision counts from when it was written, under the rights of today."""
    settings, ids, _ = moments
    dictionary = read_dictionary(settings)
    written = Alerts({kind: frame(dictionary.id_of(kind)) for kind in ("alert", "watch")}, settings.generation)
    named = {"incidents": [ids["left"]]}

    def said(topic: str, principal: str) -> datetime:
        """Publish the last record; when it was appended."""
        publish(settings.as_principal(principal), topic, [(b"said", written.records[-1].value)])
        return datetime.fromtimestamp(list(read_topic(settings, topic))[-1].timestamp_ms / 1000, UTC)

    def seen(generation: int, viewer: str) -> tuple[list[str], list[str]]:
        with (
            psycopg.connect(settings.reader_url, autocommit=True) as connection,
            viewing(connection, generation, viewer),
        ):
            listed = queries.list_alerts(connection, generation, incident_id=ids["left"])
            watched = queries.list_watches(connection, generation, agency_id="reb-owner", ended=True)
        return [row["severity"] for row in listed if row["title"] == "alert reb"], [row["value"] for row in watched]

    topic, owner = alerts(settings.generation).name, ("reb-owner", ("agency:reb-owner",))
    with stages(settings, "project"):
        written.watch("reb", "reb-owner", ["COMMUNITY"], value="wide")
        said(WATCHES.name, "operator")
        written.alert("reb", severity="LOW", **named)
        wide = said(topic, "alert")
        time.sleep(0.01)
        written.watch("reb", "reb-owner", ["agency:reb-owner"], value="narrow")
        said(WATCHES.name, "operator")
        written.alert("reb", severity="HIGH", shared=[owner], kind="SPECIAL", **named)
        said(topic, "alert")
        until(lambda: seen(settings.generation, "reb-owner") == (["HIGH"], ["narrow"]))
    assert seen(settings.generation, "reb-other") == ([], [])
    rebuild(settings)
    assert seen(settings.generation, "reb-owner") == (["HIGH"], ["narrow"])
    with as_of(settings, wide) as (number, _):
        assert seen(number, "reb-owner") == (["LOW"], ["wide"])
        assert seen(number, "reb-other") == ([], [])
    monkeypatch.setenv("IONICS_HOME", str(settings.home))
    monkeypatch.setenv("IONICS_VIEWER", "reb-owner")
    done = CliRunner().invoke(cli, ["as-of", wide.isoformat(), "alerts", "list", "--incident", ids["left"], "--json"])
    assert [row["severity"] for row in json.loads(done.stdout) if row["title"] == "alert reb"] == ["LOW"]


def test_the_commands(moments: tuple[Settings, dict[str, str], datetime], monkeypatch: pytest.MonkeyPatch) -> None:
    """`ionics rebuild` and `ionics as-of`, with what they print and what the audit keeps."""
    settings, ids, before = moments
    monkeypatch.setenv("IONICS_HOME", str(settings.home))

    def run(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(cli, words)
        assert done.exit_code == code, (done.output, done.exception)
        return done.stdout

    assert json.loads(run("rebuild", "--json"))["digests"]
    assert "REBUILT" in run("audit", "list", "--json")
    seen = json.loads(run("as-of", before.isoformat(), "incident", ids["amended"], "--json"))
    assert seen["incident"]["revision"] == 1
    assert json.loads(run("as-of", "1999", "routes", "--json", code=2) or "null") is None
    assert json.loads(run("as-of", "1999-01-01", "routes", "--json")) == []
    entries = [codec("access").decode((r.value or b"")[FRAME_BYTES:]) for r in read_topic(settings, ACCESS.name)]
    assert '"as_of":"1999-01-01T00:00:00+00:00"' in entries[-1]["query"]
    monkeypatch.setenv("IONICS_VIEWER", "reb-other")
    result = CliRunner().invoke(cli, ["rebuild"])
    assert result.exit_code == 1
