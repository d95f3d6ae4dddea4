"""`as_of=` over HTTP, and the stage that makes the tables for it: on the real log, database and API."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from deploy.agencies import add_agencies
from deploy.changes import make_changes
from deploy.home import administrator_keys
from producers import IncidentProducer
from projections.api import create_app
from projections.api.backend import Backend
from projections.api.limits import Limits
from projections.migrate import drop, migrate
from projections.moments import MomentsKeeper, drop_moments, keeper
from projections.moments.asking import CHANNEL
from schemas.codec import FRAME_BYTES, codec
from schemas.directory import Agency
from schemas.directory.commands import AgencyRestore, AgencySuspend
from schemas.reading import read_topic
from schemas.settings import Settings
from schemas.topics import ACCESS
from tests.integration.exchange import CONTENT, stages, until
from tests.integration.serving import client, serving
from tests.running import Running

_ALONE = {"audience": ["agency:mom-owner"], "tlp": "AMBER"}
_NOT_OF_A_MOMENT = {
    *("/incidents/{incident_id}/opened", "/delegations", "/receipts", "/receipts/{event_id}"),
    *("/inbox", "/subscriptions"),
}
"""What is asked for of now alone: openings, links, what admission said, and what is delivered."""


def _tables(settings: Settings) -> set[str]:
    """Of moments of generation 4711."""
    with psycopg.connect(settings.database_url, autocommit=True) as connection:
        found = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname ~ '^g15711[0-9]{5}$'").fetchall()
    return {name for (name,) in found}


def test_tables_that_are_too_many_or_nobodys_are_dropped(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one asked for last stays; what is no question is passed over; none is left when the generation goes."""
    settings = replace(running.settings, generation=4_711)
    for name, value in {"_MOST": 1, "_READ_S": 0.0, "_TIDY_S": 0.0, "is_final": lambda *_: True}.items():
        monkeypatch.setattr(keeper, name, value)
    migrate(settings.database_url, settings.generation)
    stop = threading.Event()
    keeping = threading.Thread(target=MomentsKeeper(settings).run, args=(stop,))
    keeping.start()
    try:
        with psycopg.connect(settings.reader_url, autocommit=True) as reader, _writer(settings) as writer:
            for day in (1, 2):
                moment = datetime(2020, 1, day, tzinfo=UTC)

                def made(moment: datetime = moment) -> bool:
                    for payload in ("4711 never", "x", "4711 2020-01-01T00:00", "9 2020-01-01", f"4711 {moment}"):
                        reader.execute("SELECT pg_notify(%s, %s)", [CHANNEL, payload])
                    return writer.execute("SELECT at FROM g4711.moment").fetchall() == [(moment,)]

                until(made)
            until(lambda: len(_tables(settings)) == 1)
    finally:
        stop.set()
        keeping.join()
    drop_moments(settings.database_url, settings.generation)
    drop(settings.database_url, settings.generation)
    assert _tables(settings) == set()


def _writer(settings: Settings) -> psycopg.Connection:
    return psycopg.connect(settings.database_url, autocommit=True)


@pytest.fixture(scope="module")
def past(running: Running) -> Iterator[tuple[Settings, str, IncidentProducer, dict[str, Any], datetime]]:
    """The API at work with all stages; incidents of which one is amended later, and the moment before that."""
    settings = running.settings
    add_agencies(settings, [Agency(name, name, "CUSTOMS", "NZL") for name in ("mom-owner", "mom-other")])
    backend = Backend(settings, Limits(1e6, 10**6))
    backend.moments = Limits(1e6, 10**6)
    with (
        stages(settings, "admit", "enrich", "project", "members", "moments"),
        serving(backend) as address,
        IncidentProducer("mom-owner", reporting_country="NZL", settings=settings) as producer,
        client(address, settings, "mom-owner") as owner,
    ):
        sent = {name: producer.report(CONTENT | {"narrative": name}) for name in ("amended", "narrowed", "left")}
        before = max(receipt.admitted_at for receipt in producer.wait([*sent.values()], 60))
        time.sleep(0.01)  # what comes later is to be admitted in a later millisecond
        items = [{"substance_text": "cocaine", "amount_text": "3", "unit_text": "kg"}]
        later = producer.amend(sent["amended"].incident, sent["amended"], {"items": items}, reason="weighed")
        producer.wait(later, 60)
        until(lambda: _revision(owner, str(later.incident_id)) == 2)
        yield settings, address, producer, sent, before


def _revision(who: httpx.Client, id_: str, **asked: str) -> int | None:
    answer = who.get(f"/incidents/{id_}", params=asked)
    return int(answer.json()["incident"]["revision"]) if answer.status_code == 200 else None


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _ready(who: httpx.Client, path: str, **asked: str) -> Any:
    """The answer, asked for until the tables are made."""
    found: list[httpx.Response] = []

    def made() -> bool:
        found.append(who.get(path, params=asked))
        assert found[-1].status_code == 200 or found[-1].json()["code"] == "NOT_READY", found[-1].text
        return found[-1].status_code == 200

    until(made)
    return found[-1].json()


def _page(answer: dict[str, Any]) -> dict[str, Any]:
    """What is on the page; the sealed token of the next one is never the same twice."""
    return {name: value for name, value in answer.items() if name != "next"}


def test_every_view_takes_a_moment(past: tuple[Settings, str, IncidentProducer, dict[str, Any], datetime]) -> None:
    """A view that is added to the API joins; as of the last moment all of them are what they are now."""
    settings, address, _, sent, _ = past
    described = create_app(Backend(settings)).openapi()["paths"]
    asked = {
        path: {each["name"] for each in found["get"].get("parameters", ())}
        for path, found in described.items()
        if "get" in found
    }
    views = [path for path, names in asked.items() if "as_of" in names]
    assert asked.keys() - set(views) == _NOT_OF_A_MOMENT
    now = _moment(datetime.now(UTC))
    with client(address, settings, "mom-other") as who:
        _ready(who, "/milestones", as_of=now)
        for none in ("/cases", "/requests", "/alerts"):
            assert {who.get(f"{none}/{uuid4()}", params=each).status_code for each in ({}, {"as_of": now})} == {404}
        for path in views:
            if any(name in path for name in ("{case_id}", "{thread_id}", "{alert_id}")):
                continue  # there is none here
            named = path.replace("{incident_id}", str(sent["amended"].incident_id))
            then, today = _ready(who, named, as_of=now), who.get(named).json()
            assert _page(then) == _page(today), path
            assert bool(then.get("next")) == bool(today.get("next")), path


def test_content_is_of_the_past_and_filtered_as_now(
    past: tuple[Settings, str, IncidentProducer, dict[str, Any], datetime],
) -> None:
    """The first revision, its items and its sums; pages follow each other within the moment alone."""
    settings, address, _, sent, before = past
    id_, at = str(sent["amended"].incident_id), _moment(before)
    with client(address, settings, "mom-other") as who:
        then = _ready(who, f"/incidents/{id_}", as_of=at)
        assert [then["incident"]["revision"], len(then["revisions"])] == [1, 1]
        assert [item["substance_text"] for item in then["items"]] == ["methamphetamine"]
        assert then["reported"]["revision"] == 1
        asked: list[dict[str, str]] = [{"as_of": at}, {}]
        found = [_ready(who, "/agencies", agency="mom-owner", **each)["rows"] for each in asked]
        activity = [{row["incident_type"]: row["amendments"] for row in rows} for rows in found]
        assert activity == [{"SEIZURE": 0}, {"SEIZURE": 0, None: 1}]
        first = _ready(who, "/incidents", agency="mom-owner", limit="1", as_of=at)
        second = _ready(who, "/incidents", agency="mom-owner", limit="1", as_of=at, after=first["next"])
        assert first["incidents"][0]["incident_id"] != second["incidents"][0]["incident_id"]
        stray = who.get("/incidents", params={"agency": "mom-owner", "limit": "1", "after": first["next"]})
        assert (stray.status_code, stray.json()["code"]) == (400, "CURSOR")
    entries = [codec("access").decode((r.value or b"")[FRAME_BYTES:]) for r in read_topic(settings, ACCESS.name)]
    assert any(each["action"] == "DETAIL" and '"as_of"' in each["query"] and id_ in each["query"] for each in entries)


@pytest.mark.parametrize("moment", ["9999-01-01", "2026-02-30", "yesterday", "1999", "0001-01-01T00:00+23:00"])
def test_what_is_no_moment_of_the_past_is_refused(
    past: tuple[Settings, str, IncidentProducer, dict[str, Any], datetime], moment: str
) -> None:
    """At once, in words, whoever asks."""
    settings, address, *_ = past
    with client(address, settings, "mom-other") as who:
        assert who.get("/routes", params={"as_of": moment}).status_code == 400


def test_rights_are_those_of_now(past: tuple[Settings, str, IncidentProducer, dict[str, Any], datetime]) -> None:
    """Tables that are at hand are not used any more from the commit on that takes a right away."""
    settings, address, producer, sent, before = past
    id_, at = str(sent["narrowed"].incident_id), _moment(before)
    with client(address, settings, "mom-other") as other, client(address, settings, "mom-owner") as owner:
        assert _revision(other, id_, as_of=at) == 1 == _revision(owner, id_, as_of=at)
        incidents = _ready(other, "/routes", as_of=at)["rows"]
        later = producer.amend(sent["narrowed"].incident, sent["narrowed"], _ALONE, reason="too wide")
        producer.wait(later, 60)
        until(lambda: other.get(f"/incidents/{id_}").status_code == 404)
        answer = other.get(f"/incidents/{id_}", params={"as_of": at})
        assert answer.status_code in (404, 503)
        _ready(owner, f"/incidents/{id_}", as_of=at)
        assert other.get(f"/incidents/{id_}", params={"as_of": at}).status_code == 404
        fewer = _ready(other, "/routes", as_of=at)["rows"]
        assert sum(row["incidents"] for row in incidents) - sum(row["incidents"] for row in fewer) == 1
        keys = administrator_keys(settings)
        make_changes(settings, [AgencySuspend(agency_id="mom-other")], *keys)
        until(lambda: other.get("/routes").status_code == 401)
        assert other.get("/routes", params={"as_of": at}).status_code == 401
        make_changes(settings, [AgencyRestore(agency_id="mom-other")], *keys)
        until(lambda: other.get("/routes").status_code == 200)


def test_who_asks_for_many_moments_has_to_wait(
    past: tuple[Settings, str, IncidentProducer, dict[str, Any], datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is a reading of the whole log; those at hand, and asking again for one that is being made, cost nothing."""
    settings, _, *_ = past
    monkeypatch.setattr("projections.api.backend._MOMENT_S", 0)
    backend = Backend(settings, Limits(1e6, 10**6))
    backend.moments = Limits(0.01, 1)
    with serving(backend) as address, client(address, settings, "analyst") as who:
        assert {who.get("/milestones", params={"as_of": "2020-01-01"}).status_code for _ in range(2)} <= {200, 503}
        _ready(who, "/milestones", as_of="2020-01-01")
        assert who.get("/milestones", params={"as_of": "2020-01-02"}).status_code == 429
        assert who.get("/routes", params={"as_of": "2020-01-01"}).json() == {"rows": []}


def test_a_moment_that_is_not_final_is_not_answered(
    past: tuple[Settings, str, IncidentProducer, dict[str, Any], datetime],
) -> None:
    """An answer once given never changes but by rights: events admitted by then may still be on their way."""
    settings, *_ = past
    assert keeper.is_final(settings, datetime.now(UTC) - timedelta(hours=1))
    assert not keeper.is_final(settings, datetime.now(UTC) + timedelta(hours=1))
    assert not keeper.is_final(replace(settings, generation=77), datetime.now(UTC) - timedelta(seconds=2))
