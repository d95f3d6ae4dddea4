"""Alerts on real parts: people write special alerts and set watches, and each focal point reads what it may see.

But for the last test the stage of alerts does not run: its records are published as it would write them.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import psycopg
import pytest
from click.testing import CliRunner

from cli.main import cli
from deploy.agencies import add_agencies, add_focal_points
from producers import IncidentProducer
from projections.api.backend import Backend
from projections.api.limits import Limits
from projections.feed import feed
from projections.seen_feed import alerts_seen_by
from schemas.alert import Alert
from schemas.codec import FRAME_BYTES, codec
from schemas.directory import Agency
from schemas.errors import ProjectionError
from schemas.reading import read_topic
from schemas.settings import Settings
from schemas.topics import ACCESS, AUDIT
from tests.integration.alert_world import AlertWorld
from tests.integration.exchange import CONTENT, until
from tests.integration.generations import own_generation
from tests.integration.serving import client, serving
from tests.running import Running

pytestmark = pytest.mark.stack

_GENERATION = 93
"""Of these tests alone: no stage of alerts writes there."""
_WHOLE = 94
"""Of these tests alone, with the stage of alerts."""
_ABSENT = "00000000-0000-0000-0000-000000000000"
_SPECIAL = {
    "severity": "HIGH",
    "title": "Counterfeit tablets",
    "text": "Two deaths.\nDo not touch.",
    "audience": ["COMMUNITY"],
    "tlp": "GREEN",
}
_WATCH = {"kind": "VESSEL", "value": "Sea Lotus", "reason": "seen at sea"}


@pytest.fixture(scope="module")
def people(running: Running) -> Settings:
    """A deployment in which three agencies and two secretariats take part."""
    settings = running.settings
    names = ("alert-nzl", "alert-aus", "alert-fji")
    add_agencies(settings, [Agency(id_, id_, "CUSTOMS", id_[-3:].upper()) for id_ in names])
    add_agencies(settings, [Agency(id_, id_, "SECRETARIAT", None) for id_ in ("alert-hq", "alert-hq2")])
    add_focal_points(settings, "alert-hq", {"alert-author": ("read", "coordinate"), "alert-clerk": ("read", "publish")})
    add_focal_points(settings, "alert-hq2", {"alert-other": ("read", "coordinate")})
    return settings


@pytest.fixture(scope="module")
def at_work(people: Settings) -> Iterator[Settings]:
    """A generation with its stages but those of links, cases and alerts."""
    with own_generation(people, _GENERATION, "admit", "enrich", "project", "members") as ours:
        yield ours


@pytest.fixture
def ours(at_work: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The same, as the command line finds it."""
    monkeypatch.setenv("IONICS_HOME", str(at_work.home))
    monkeypatch.setenv("IONICS_GENERATION", str(_GENERATION))
    return at_work


@pytest.fixture
def address(ours: Settings) -> Iterator[str]:
    """The HTTP API over the same generation."""
    with serving(Backend(ours, Limits(10_000, 10_000))) as found:
        yield found


def _run(*words: str, code: int = 0) -> Any:
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == code, (done.output, done.exception)
    return str(done.exception) if code else orjson.loads(done.stdout)


def _acts(settings: Settings, subject: str) -> list[tuple[str, str, str | None]]:
    records = [
        codec("audit").decode((record.value or b"")[FRAME_BYTES:]) for record in read_topic(settings, AUDIT.name)
    ]
    return [(act["code"], act["actor"], act["reason"]) for act in records if act["subject"] == subject]


def test_the_secretariat_writes_revises_and_withdraws(ours: Settings, address: str) -> None:
    """Over HTTP; nobody else does, and what is hidden or absent is refused in one and the same bytes."""
    world = AlertWorld(ours)
    [open_], [hidden] = world.reported(1), world.reported(1, audience=["agency:alert-nzl"], tlp="AMBER")
    named = {"audience": ["agency:alert-nzl"], "tlp": "AMBER"}
    with (
        client(address, ours, "alert-author") as author,
        client(address, ours, "alert-author", "read") as scoped,
        client(address, ours, "alert-clerk") as clerk,
        client(address, ours, "alert-other") as other,
        client(address, ours, "alert-nzl") as nzl,
        client(address, ours, "alert-aus") as aus,
    ):
        answer = author.post(
            "/special-alerts", json=_SPECIAL | {"incidents": [open_], "subject": {"countries": ["NZL"]}}
        )
        assert answer.status_code == 201, answer.text
        made = answer.json()["special_alert"]
        assert (made["revision"], made["author_id"], made["author_agency"]) == (1, "alert-author", "alert-hq")
        id_ = made["alert_id"]
        for who in (scoped, clerk, nzl):
            refused = who.post("/special-alerts", json=_SPECIAL)
            assert (refused.status_code, refused.json()["code"]) == (403, "NO_RIGHT")
        answers = [author.post("/special-alerts", json=_SPECIAL | {"incidents": [one]}) for one in (hidden, _ABSENT)]
        assert answers[0].content == answers[1].content
        assert [answer.status_code for answer in answers] == [404, 404]
        for wrong, code in (({"tlp": "RED"}, "TLP_AUDIENCE"), ({"title": "a\nb"}, "ONE_LINE")):
            broken = author.post("/special-alerts", json=_SPECIAL | wrong)
            assert (broken.status_code, broken.json()["code"]) == (422, code)
        document = {"media_type": "a/b", "sha256": "0" * 64, "size": 1, "content": "aGk="}
        assert author.post("/special-alerts", json=_SPECIAL | {"documents": [document]}).status_code == 422
        world.passed_on(id_)
        assert nzl.get(f"/alerts/{id_}").json()["alert"]["text"] == _SPECIAL["text"]

        revision = _SPECIAL | named | {"reason": "wrong audience", "title": "Tablets"}
        refused = other.put(f"/special-alerts/{id_}", json=revision)
        assert (refused.status_code, refused.json()["code"]) == (403, "NO_RIGHT")
        revised = author.put(f"/special-alerts/{id_}", json=revision).json()["special_alert"]
        assert (revised["revision"], revised["title"], revised["incidents"]) == (2, "Tablets", [])
        world.passed_on(id_)
        assert nzl.get(f"/alerts/{id_}").json()["alert"]["title"] == "Tablets"
        for path, body in (
            (f"/special-alerts/{id_}", revision),
            (f"/special-alerts/{id_}/withdrawal", {"reason": "x"}),
        ):
            ask = aus.put if "title" in body else aus.post
            here, there = ask(path, json=body), ask(path.replace(id_, _ABSENT), json=body)
            assert (here.status_code, here.content) == (there.status_code, there.content) == (404, there.content)
        assert aus.get(f"/alerts/{id_}").content == aus.get(f"/alerts/{_ABSENT}").content
        assert author.post(f"/special-alerts/{id_}/withdrawal", json={"reason": "false"}).status_code == 201
        world.passed_on(id_)
        assert nzl.get(f"/alerts/{id_}").json()["alert"]["status"] == "WITHDRAWN"
        again = author.post(f"/special-alerts/{id_}/withdrawal", json={"reason": "false"})
        assert (again.status_code, again.json()["code"]) == (422, "WITHDRAWN")
    assert _acts(ours, id_) == [
        ("SPECIAL_ALERT_WRITTEN", "alert-author", None),
        ("SPECIAL_ALERT_REVISED", "alert-author", "wrong audience"),
        ("SPECIAL_ALERT_WITHDRAWN", "alert-author", "false"),
    ]


def test_agencies_watch(ours: Settings, address: str) -> None:
    """Over HTTP: each for itself, seen by its audience, and ended by its owner alone."""
    with (
        client(address, ours, "alert-nzl") as nzl,
        client(address, ours, "alert-nzl", "read") as reader,
        client(address, ours, "alert-aus") as aus,
        client(address, ours, "alert-fji") as fji,
    ):

        def listed(who: Any, **asked: Any) -> list[str]:
            # Other tests set watches for all, too.
            rows = who.get("/watches", params=asked | {"agency": "alert-nzl"}).json()["watches"]
            return [row["watch_id"] for row in rows]

        answer = nzl.post("/watches", json=_WATCH)
        assert answer.status_code == 201, answer.text
        own = answer.json()["watch"]
        assert (own["audience"], own["agency_id"], own["active"]) == (["agency:alert-nzl"], "alert-nzl", True)
        told = nzl.post("/watches", json=_WATCH | {"audience": ["agency:alert-aus"]}).json()["watch"]
        until(lambda: listed(nzl) == [told["watch_id"], own["watch_id"]])
        assert (listed(aus), listed(fji)) == ([told["watch_id"]], [])
        refused = reader.post("/watches", json=_WATCH)
        assert (refused.status_code, refused.json()["code"]) == (403, "NO_RIGHT")
        assert nzl.post("/watches", json=_WATCH | {"kind": "ROUTE"}).json()["code"] == "ROUTE_FORM"
        assert aus.delete(f"/watches/{told['watch_id']}").status_code == 403
        hidden = [fji.delete(f"/watches/{id_}") for id_ in (told["watch_id"], _ABSENT)]
        assert hidden[0].content == hidden[1].content
        assert {each.status_code for each in hidden} == {404}
        ended = nzl.delete(f"/watches/{told['watch_id']}", params={"reason": "found"})
        assert ended.json()["watch"]["active"] is False
        until(lambda: listed(aus) == [])
        assert listed(aus, ended=True) == [told["watch_id"]]
        page = nzl.get("/watches", params={"limit": 1, "ended": True, "agency": "alert-nzl"}).json()
        assert [page["watches"][0]["watch_id"], *listed(nzl, limit=1, ended=True, after=page["next"])] == [
            told["watch_id"],
            own["watch_id"],
        ]
        assert nzl.delete(f"/watches/{told['watch_id']}").json()["code"] == "ENDED"
    assert _acts(ours, told["watch_id"]) == [
        ("WATCH_SET", "alert-nzl", "seen at sea"),
        ("WATCH_ENDED", "alert-nzl", "found"),
    ]


def test_alerts_are_read_over_http(ours: Settings, address: str) -> None:
    """Lists by filter and page, details with their incidents; each reading is in the access log before it leaves."""
    world = AlertWorld(ours)
    [a, b] = world.reported(2)
    soon = datetime.now(UTC) + timedelta(hours=5)
    subject = {"substance_id": "sub:x", "countries": ["NZL"], "departure": "CHN", "destination": "NZL"}
    stop = world.raised("stop", [a], kind="STOPPABLE", severity="CRITICAL", subject=subject, act_before=soon)
    large = world.raised("large", [b], kind="LARGE", severity="LOW")
    with client(address, ours, "alert-aus") as aus:

        def ids(**asked: Any) -> list[str]:
            answer = aus.get("/alerts", params={"incident": a} | asked)
            assert answer.status_code == 200, answer.text
            return [row["alert_id"] for row in answer.json()["alerts"]]

        asked = {"severity": "HIGH", "kind": "STOPPABLE", "status": "RAISED", "substance": "sub:x", "country": "NZL"}
        assert ids(**asked, departure="CHN", destination="NZL", since="2026-01-01") == [stop]
        assert ids(severity="CRITICAL", since=(soon + timedelta(days=1)).date().isoformat()) == []
        assert ids(incident=b) == [large]
        first = aus.get("/alerts", params={"limit": 1}).json()
        second = aus.get("/alerts", params={"limit": 1, "after": first["next"]}).json()
        assert [first["alerts"][0]["alert_id"], second["alerts"][0]["alert_id"]] == [large, stop]
        for wrong in ({"severity": "GRAVE"}, {"since": "2026-02-30"}, {"status": "x"}, {"after": "AAAA"}):
            assert aus.get("/alerts", params=wrong).status_code == 400
        answer = aus.get(f"/alerts/{stop}")
        document = answer.json()
        assert (document["shared"], document["alert"]["community"]) == ([], True)
        assert [row["incident_id"] for row in document["incidents"]] == [a]
        assert aus.get(f"/alerts/{stop}", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    entries = [codec("access").decode((r.value or b"")[FRAME_BYTES:]) for r in read_topic(ours, ACCESS.name)]
    details = [entry for entry in entries if stop in entry["query"] and entry["action"] == "DETAIL"]
    assert [entry["incident_ids"] for entry in details] == [[a], [a]]


def test_the_stream_gives_each_revision_once_to_those_who_may_see_it(ours: Settings) -> None:
    """Resumable from any cursor; judged as it leaves: by all policies, and by the incidents as they are now."""
    world = AlertWorld(ours)
    [a, b] = world.reported(2)
    nzl = ("alert-nzl", ("agency:alert-nzl",))
    both = ("alert-nzl", ("agency:alert-aus", "agency:alert-fji"))
    begun = len(list(feed(ours, kind="alert", follow=False)))
    world.raised("s-open", [a])
    world.raised("s-open", [a, b], severity="HIGH")
    world.raised("s-both", [a], shared=[both])
    world.raised("s-two", [a], shared=[both, nzl])
    world.raised("s-special", [a, b], kind="SPECIAL", text="both")
    events = list(feed(ours, kind="alert", follow=False))
    for position in (0, len(events) // 2, len(events) - 1):
        assert list(feed(ours, events[position].cursor, kind="alert", follow=False)) == events[position + 1 :]
    with pytest.raises(ProjectionError, match="without one"):
        next(feed(ours, next(feed(ours, follow=False)).cursor, kind="alert", follow=False))

    def seen(person: str) -> list[Alert]:
        with psycopg.connect(ours.reader_url, autocommit=True) as connection:
            given = alerts_seen_by(events[begun:], connection, _GENERATION, person)
            return [event.alert for event in given]

    def names(person: str) -> list[tuple[str, int]]:
        return [(alert.title.removeprefix("alert s-"), alert.revision) for alert in seen(person)]

    everything = [("open", 1), ("open", 2), ("both", 1), ("two", 1), ("special", 1)]
    assert names("alert-nzl") == everything
    assert names("alert-fji") == [("open", 1), ("open", 2), ("both", 1), ("special", 1)]
    assert names("alert-clerk") == [("open", 1), ("open", 2), ("special", 1)]
    world.narrow(b)
    assert names("alert-fji") == [("both", 1), ("special", 1)]
    assert [each.incident_id for each in seen("alert-fji")[-1].incidents] == [a]
    assert names("alert-nzl") == everything


def test_the_commands(ours: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One screen for an officer at night; special alerts and watches; the stream; as of a moment."""
    monkeypatch.setenv("IONICS_VIEWER", "alert-aus")
    world = AlertWorld(ours)
    [a] = world.reported(1)
    stop = world.raised(
        "c-stop",
        [a],
        kind="STOPPABLE",
        severity="CRITICAL",
        title="Parcel \x1b[31mon its way to NZL",
        act_before=datetime.now(UTC) + timedelta(hours=5),
        shared=[("alert-nzl", ("agency:alert-aus",))],
        subject={"substance_id": "sub:x", "substance_class": "opioid", "countries": ["NZL"], "destination": "NZL"},
    )
    listed = _run("alerts", "list", "--incident", a, "--severity", "HIGH", "--to", "NZL", "--json")
    assert [row["alert_id"] for row in listed] == [stop]
    shown = CliRunner().invoke(cli, ["alerts", "show", stop[:13]]).stdout
    for part in (
        "CRITICAL  Parcel \ufffd[31mon its way to NZL",
        "(4 h 59 min left)",
        "sub:x (opioid); ? → NZL; NZL",
        "never seen here before: 1, expected 0",
        f"({a})",
        "alert-nzl and agency:alert-aus, TLP:AMBER",
        f"revision 1, alert {stop}",
    ):
        assert part in shown
    assert len(shown.splitlines()) < 12
    assert stop in CliRunner().invoke(cli, ["alerts"]).stdout
    for absent in ("nothing", _ABSENT):
        assert f"no alert '{absent}'" in _run("alerts", "show", absent, code=1)

    report = tmp_path / "report.pdf"
    report.write_bytes(b"%PDF")
    words = ("--severity", "HIGH", "--title", "Tablets", "--text", "Beware.", "--as", "alert-author", "--json")
    made = _run("alerts", "write", *words, "--document", str(report), "--incident", a, "--country", "NZL")
    assert (made["documents"][0]["media_type"], made["documents"][0]["size"]) == ("application/pdf", 4)
    assert (made["incidents"], made["audience"], made["tlp"]) == ([a], ["COMMUNITY"], "AMBER")
    special = made["alert_id"]
    changed = ("--text", "Do not touch.", "--reason", "weighed again", "--as", "alert-author", "--json")
    revised = _run("alerts", "revise", special, *changed, "--substance", "sub:x")
    assert (revised["title"], revised["text"], revised["revision"]) == ("Tablets", "Do not touch.", 2)
    assert (revised["subject"]["countries"], revised["subject"]["substance_id"]) == (["NZL"], "sub:x")
    assert "may not write special alerts" in _run("alerts", "write", *words[:6], "--as", "alert-nzl", code=1)
    assert "alone revises" in _run("alerts", "withdraw", special, "--reason", "x", "--as", "alert-other", code=1)
    assert "no special alert" in _run("alerts", "withdraw", _ABSENT, "--reason", "x", "--as", "alert-author", code=1)
    assert _run("alerts", "write", *words, "--incident", _ABSENT, code=1).startswith("no incident")
    world.passed_on(special)
    assert "Do not touch." in CliRunner().invoke(cli, ["alerts", "show", special]).stdout
    withdrawn = _run("alerts", "withdraw", special, "--reason", "false", "--as", "alert-author", "--json")
    assert withdrawn["status"] == "WITHDRAWN"

    add = ("watches", "add", "route", "CHN>NZL", "--reason", "asked", "--as", "alert-nzl", "--json")
    assert _run(*add)["audience"] == ["agency:alert-nzl"]
    watch = _run(*add, "--audience", "agency:alert-aus")
    assert (watch["kind"], watch["audience"]) == ("ROUTE", ["agency:alert-aus"])
    until(lambda: watch["watch_id"] in [row["watch_id"] for row in _run("watches", "list", "--json")])
    assert "CHN>NZL" in CliRunner().invoke(cli, ["watches", "list"]).stdout
    ended = _run("watches", "end", watch["watch_id"], "--as", "alert-nzl", "--json")
    assert not ended["active"]
    assert "no watch" in _run("watches", "end", watch["watch_id"], "--as", "alert-fji", code=1)

    lines = CliRunner().invoke(cli, ["watch", "--alerts", "--json", "--no-follow"]).stdout.splitlines()
    documents = [orjson.loads(line) for line in lines]
    assert [each["alert"]["revision"] for each in documents if each["alert"]["alert_id"] == special] == [2]
    assert all("positions" not in each["alert"] for each in documents)
    line = CliRunner().invoke(cli, ["watch", "--alerts", "--no-follow"]).stdout
    assert "CRITICAL  Parcel \ufffd[31mon its way to NZL; act before" in line
    now = datetime.now(UTC).isoformat()
    assert stop in {row["alert_id"] for row in _run("as-of", now, "alerts", "list", "--json")}
    assert stop in CliRunner().invoke(cli, ["as-of", now, "alerts"]).stdout
    before = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    assert _run("as-of", before, "alerts", "list", "--json") == []


def test_from_a_report_and_a_pen_to_those_who_may_know(at_work: Settings) -> None:
    """With the stage: a hit on a watch is told to its audience, a special alert to all, until it is withdrawn."""
    vessel = f"Sea Lotus {uuid4().hex[:8]}"
    with (
        own_generation(at_work, _WHOLE, "enrich", "project", "members", "alert") as ours,
        serving(Backend(ours, Limits(10_000, 10_000))) as found,
        client(found, ours, "alert-author") as author,
        client(found, ours, "alert-nzl") as nzl,
        client(found, ours, "alert-aus") as aus,
        client(found, ours, "alert-fji") as fji,
        IncidentProducer("alert-fji", reporting_country="FJI", settings=ours) as producer,
    ):
        watch = nzl.post("/watches", json=_WATCH | {"value": vessel, "audience": ["agency:alert-aus"]})
        assert watch.status_code == 201
        entity = {"kind": "VESSEL", "name": vessel, "role": "CARRIER"}
        now = {"occurred_on": datetime.now(UTC).date()}  # what was long ago raises nothing
        sent = producer.report(CONTENT | {"entities": [entity]} | now)
        assert producer.wait(sent, 60).outcome == "ACCEPTED"

        def told(who: Any, **asked: Any) -> list[dict[str, Any]]:
            asked |= {"incident": sent.incident_id, "kind": "WATCHED"}
            alerts_: list[dict[str, Any]] = who.get("/alerts", params=asked).json()["alerts"]
            return alerts_

        until(lambda: len(told(aus)) == 1)
        [hit] = told(nzl)
        assert (hit["severity"], hit["incidents"], hit["community"]) == ("HIGH", [sent.incident_id], False)
        assert told(fji) == []
        special = author.post("/special-alerts", json=_SPECIAL | {"incidents": [sent.incident_id]}).json()
        id_ = special["special_alert"]["alert_id"]
        until(lambda: fji.get(f"/alerts/{id_}").status_code == 200)
        assert fji.get(f"/alerts/{id_}").json()["incidents"][0]["incident_id"] == sent.incident_id
        assert author.post(f"/special-alerts/{id_}/withdrawal", json={"reason": "false"}).status_code == 201
        until(lambda: fji.get(f"/alerts/{id_}").json()["alert"]["status"] == "WITHDRAWN")
        events = list(feed(ours, kind="alert", follow=False))
        assert [event.alert.status for event in events if event.alert.alert_id == id_] == ["RAISED", "WITHDRAWN"]
        with psycopg.connect(ours.reader_url, autocommit=True) as connection:
            seen = [event.alert for event in alerts_seen_by(events, connection, _WHOLE, "alert-fji")]
        assert id_ in {alert.alert_id for alert in seen}
        assert hit["alert_id"] not in {alert.alert_id for alert in seen}
        nzl.delete(f"/watches/{watch.json()['watch']['watch_id']}")
