"""Requests for information on real parts: agencies ask each other, by the command line and over HTTP."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
import psycopg
import pytest
from click.testing import CliRunner

from cli.main import cli
from deploy.agencies import add_agencies, add_focal_points
from deploy.changes import make_changes
from deploy.home import administrator_keys
from producers import IncidentProducer
from projections.api.backend import Backend
from projections.api.limits import Limits
from projections.queries import incident, list_requests, revisions
from projections.rebuild import rebuild
from projections.reconciliation.threads import read_threads, thread_findings
from projections.replay.log_source import LogSource
from projections.requests import RequestDesk
from projections.requests.desk import Question
from projections.viewing import viewing
from schemas.codec import FRAME_BYTES, codec
from schemas.directory import SEES_ALL, Agency, read_members
from schemas.directory.commands import GroupSet
from schemas.reading import read_topic
from schemas.settings import Settings
from schemas.topics import ACCESS, AUDIT, MESSAGES
from tests.integration.exchange import CONTENT, until
from tests.integration.generations import own_generation
from tests.integration.serving import client, serving, with_gateway_key
from tests.running import Running

pytestmark = pytest.mark.stack

_GENERATION = 88
_ABSENT = "00000000-0000-4000-8000-000000000000"
_AGENCIES = ("rq-nzl", "rq-aus", "rq-fji")


@pytest.fixture(scope="module")
def at_work(running: Running) -> Iterator[Settings]:
    """A generation with its stages but the matcher, and three agencies with people of several rights."""
    settings = running.settings
    add_agencies(settings, [Agency(id_, id_, "CUSTOMS", "NZL") for id_ in _AGENCIES])
    add_focal_points(settings, "rq-aus", {"rq-aus-duty": ("read", "publish"), "rq-aus-chief": ("read", "coordinate")})
    add_focal_points(settings, "rq-fji", {"rq-all": ("read", "publish", SEES_ALL)})
    add_focal_points(settings, "rq-nzl", {"rq-nzl-reader": ("read",)})
    group = GroupSet(group_id="rq-lab", name="Laboratories", members=["rq-fji"])
    make_changes(settings, [group], *administrator_keys(settings))
    for agency in _AGENCIES:
        with_gateway_key(settings, agency)
    with own_generation(settings, _GENERATION, "admit", "enrich", "project", "members") as ours:
        yield ours


@pytest.fixture
def asked(at_work: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The same, as the command line finds it."""
    monkeypatch.setenv("IONICS_HOME", str(at_work.home))
    monkeypatch.setenv("IONICS_GENERATION", str(_GENERATION))
    return at_work


def _run(*words: str, as_: str, code: int = 0) -> Any:
    done = CliRunner().invoke(cli, ["request", *words, "--as", as_, "--json"])
    assert done.exit_code == code, (done.output, done.exception)
    return str(done.exception) if code else orjson.loads(done.stdout)


def _shown(settings: Settings, thread_id: str, person: str) -> dict[str, Any] | None:
    """A thread as it is listed to somebody."""
    generation = settings.generation
    with (
        psycopg.connect(settings.reader_url, autocommit=True) as connection,
        viewing(connection, generation, person),
    ):
        found = list_requests(connection, generation, now=datetime.now(UTC), limit=10_000)
    return next((row for row in found if row["thread_id"] == thread_id), None)


def _until_state(settings: Settings, thread_id: str, person: str, state: str, messages: int) -> None:
    def stands() -> bool:
        row = _shown(settings, thread_id, person)
        return row is not None and (row["state"], row["messages"]) == (state, messages)

    until(stands)


def _reported(settings: Settings, agency: str, **content: Any) -> str:
    with IncidentProducer(agency, reporting_country="NZL", settings=settings) as producer:
        sent = producer.report(CONTENT | content)
        assert producer.wait(sent, 60).outcome == "ACCEPTED"

    def projected() -> bool:
        with (
            psycopg.connect(settings.reader_url, autocommit=True) as connection,
            viewing(connection, settings.generation, agency),
        ):
            return incident(connection, settings.generation, sent.incident_id) is not None

    until(projected)
    return sent.incident_id


def test_an_officer_asks_the_owner_of_an_incident(asked: Settings) -> None:
    """Without naming it; the owner answers, whoever asked closes; nobody else sees any of it."""
    id_ = _reported(asked, "rq-aus")
    made = _run("ask", id_, "--question", "Which courier?", "--priority", "URGENT", as_="rq-nzl")
    thread = made["thread_id"]
    assert made["to"] == ["agency:rq-aus"]
    _until_state(asked, thread, "rq-aus", "OPEN", 1)
    assert _shown(asked, thread, "rq-fji") is None
    assert _shown(asked, thread, "rq-all") is None
    row = _shown(asked, thread, "rq-aus-duty")
    assert row is not None
    assert (row["to_answer"], row["asked"], row["incident_id"]) == (True, False, id_)
    _run("answer", thread[:8], "--text", "The blue one.\nSee the label.", as_="rq-aus")
    _until_state(asked, thread, "rq-nzl", "ANSWERED", 2)
    _run("close", thread, as_="rq-nzl")
    _until_state(asked, thread, "rq-aus", "CLOSED", 3)
    assert "closed" in _run("answer", thread, "--text", "more", as_="rq-aus", code=1)
    text = CliRunner().invoke(cli, ["request", "show", thread, "--as", "rq-aus"]).stdout
    assert "asked by rq-nzl" in text
    assert "2. " in text
    assert "   See the label." in text


def test_whoever_coordinates_asks_without_an_incident(asked: Settings) -> None:
    """A group, an agency, a focal point alone; it is forwarded, noted, declined; the owner of nothing need be named."""
    words = ("--subject", "Couriers from the east", "--question", "Which do you see?", "--due", "5d")
    made = _run("ask", "--to", "group:rq-lab", "--to", "focal-point:rq-aus-duty", *words, as_="rq-nzl")
    thread = made["thread_id"]
    _until_state(asked, thread, "rq-fji", "OPEN", 1)
    assert _shown(asked, thread, "rq-all") is not None  # of an agency in the group; sees-all adds nothing
    assert _shown(asked, thread, "rq-aus-duty") is not None
    assert _shown(asked, thread, "rq-aus") is _shown(asked, thread, "rq-aus-chief") is None
    _run("forward", thread, "--to", "agency:rq-aus", "--text", "theirs", as_="rq-aus-duty")
    _until_state(asked, thread, "rq-aus", "OPEN", 2)
    _run("decline", thread, "--reason", "nothing seen", as_="rq-aus")
    _run("note", thread, "--text", "still looking", as_="rq-fji")
    _until_state(asked, thread, "rq-nzl", "OPEN", 4)
    row = _shown(asked, thread, "rq-nzl")
    assert row is not None
    assert row["awaited"] == ["group:rq-lab"]
    document = _run("show", thread, as_="rq-nzl")
    assert [(each["kind"], each["agency_id"], each["party"]) for each in document["messages"]] == [
        ("REQUEST", "rq-nzl", "agency:rq-nzl"),
        ("FORWARD", "rq-aus", "focal-point:rq-aus-duty"),
        ("DECLINE", "rq-aus", "agency:rq-aus"),
        ("NOTE", "rq-fji", "group:rq-lab"),
    ]
    assert [each["step"] for each in document["due"]] == ["REMINDER", "DEADLINE", "OVERDUE", "ESCALATION"]
    times = {row["agency_id"]: row for row in _run("times", as_="rq-nzl")}
    assert times["rq-aus"]["declined"] >= 1
    mine = [row["thread_id"] for row in _run("list", "--which", "mine", as_="rq-fji")]
    assert thread in mine
    assert thread not in [row["thread_id"] for row in _run("list", "--which", "mine", as_="rq-nzl")]


def test_nobody_learns_who_there_is_from_whom_may_be_asked(asked: Settings) -> None:
    """Agencies are known to all, so an unknown one is said to be; of focal points and groups nothing is."""
    words = ("--subject", "s", "--question", "q")
    assert "no agency 'rq-nobody'" in _run("ask", "--to", "agency:rq-nobody", *words, as_="rq-nzl", code=1)
    assert "your own agency" in _run("ask", "--to", "agency:rq-nzl", *words, as_="rq-nzl", code=1)
    assert "to" in _run("ask", "--to", "country:AUS", *words, as_="rq-nzl", code=1)
    answers = [
        _run("ask", "--to", name, *words, as_="rq-nzl")
        for name in ("focal-point:rq-aus-duty", "focal-point:nobody", "group:rq-lab", "group:none")
    ]
    shown = []
    for made in answers:
        thread = made["thread_id"]
        _until_state(asked, thread, "rq-nzl", "OPEN", 1)
        row, document = _shown(asked, thread, "rq-nzl"), _run("show", thread, as_="rq-nzl")
        assert row is not None
        [name] = row["awaited"]
        said = [str(each).replace(name, "{}") for each in (made, row, document)]
        for unlike in (thread, made["message_id"]):
            said = [each.replace(unlike, "{id}") for each in said]
        shown.append([re.sub(r"20[0-9-]{8}T[0-9:.]+(Z|\+00:00)", "{time}", each) for each in said])
    assert shown[0] == shown[1] == shown[2] == shown[3]


def test_it_escalates_to_the_coordinators_of_a_focal_point(asked: Settings) -> None:
    """Nobody else of its agency, and not before; they may answer in its name."""
    question = Question("q", to=["focal-point:rq-aus-duty"], subject="s")
    open_, overdue = _asked_an_hour_ago(asked, question), _asked_an_hour_ago(asked, question, due=timedelta(minutes=1))
    for thread in (open_, overdue):
        _until_state(asked, thread, "rq-aus-duty", "OPEN", 1)
    until(lambda: _shown(asked, overdue, "rq-aus-chief") is not None)
    row = _shown(asked, overdue, "rq-aus-chief")
    assert row is not None
    assert (row["overdue"], row["to_answer"]) == (True, True)
    assert _shown(asked, open_, "rq-aus-chief") is None
    assert _shown(asked, overdue, "rq-aus") is None
    late = [row["thread_id"] for row in _run("list", "--which", "overdue", as_="rq-nzl")]
    assert (overdue in late, open_ in late) == (True, False)
    assert "no request" in _run("answer", overdue, "--text", "x", as_="rq-aus", code=1)
    made = _run("answer", overdue, "--text", "for my officer", as_="rq-aus-chief")
    assert made["party"] == "focal-point:rq-aus-duty"
    _until_state(asked, overdue, "rq-nzl", "ANSWERED", 2)
    assert _shown(asked, overdue, "rq-aus-chief") is not None


def _asked_an_hour_ago(settings: Settings, question: Question, due: timedelta | None = None) -> str:
    """A thread of rq-nzl, whose clock is an hour behind: what is due within that hour is so when it is appended."""
    members, then = read_members(settings), datetime.now(UTC) - timedelta(hours=1)
    with psycopg.connect(settings.reader_url, autocommit=True) as connection:
        desk = RequestDesk(
            settings,
            members.focal_points["rq-nzl"],
            members,
            lambda: viewing(connection, settings.generation, "rq-nzl"),
            lambda: then,
        )
        return desk.ask(replace(question, due_at=None if due is None else then + due)).thread_id


def test_what_is_hidden_is_refused_like_what_does_not_exist(asked: Settings) -> None:
    """By every command: a thread of others, and an incident that may not be seen."""
    secret = _reported(asked, "rq-aus", audience=["agency:rq-aus"], tlp="AMBER")
    thread = _run("ask", "--to", "agency:rq-aus", "--subject", "s", "--question", "q", as_="rq-nzl")["thread_id"]
    _until_state(asked, thread, "rq-aus", "OPEN", 1)
    for words in (
        ("show",),
        ("answer", "--text", "x"),
        ("note", "--text", "x"),
        ("forward", "--to", "agency:rq-nzl"),
        ("decline", "--reason", "x"),
        ("close",),
        ("amend", "--set", "narrative=x", "--reason", "x"),
    ):
        refused = [_run(words[0], id_, *words[1:], as_="rq-all", code=1) for id_ in (thread, _ABSENT)]
        assert refused[0].replace(thread, _ABSENT) == refused[1]
        assert "no request" in refused[0]
    refused = [_run("ask", id_, "--question", "x", as_="rq-nzl", code=1) for id_ in (secret, _ABSENT)]
    assert refused[0].replace(secret, _ABSENT) == refused[1]
    assert "needs the right" in _run("close", thread, as_="rq-nzl-reader", code=1)
    assert "no document" not in _run("show", thread, as_="rq-nzl-reader")["messages"][0]


def test_the_audit_says_who_did_what_and_nothing_of_what_was_said(asked: Settings) -> None:
    """Its readers are no parties of the thread."""
    words = ("--subject", "a secret subject", "--question", "a secret question")
    thread = _run("ask", "--to", "focal-point:rq-aus-duty", *words, as_="rq-nzl")["thread_id"]
    _until_state(asked, thread, "rq-aus-duty", "OPEN", 1)
    _run("answer", thread, "--text", "a secret answer", as_="rq-aus-duty")
    acts = [codec("audit").decode((each.value or b"")[FRAME_BYTES:]) for each in read_topic(asked, AUDIT.name)]
    ours = [act for act in acts if act["subject"] == thread]
    assert [(act["code"], act["actor"]) for act in ours] == [
        ("REQUEST_ASKED", "rq-nzl"),
        ("REQUEST_ANSWERED", "rq-aus-duty"),
    ]
    assert not any("secret" in str(act) or "rq-aus-duty" in str(act["message"]) for act in ours)


@pytest.fixture
def address(asked: Settings) -> Iterator[str]:
    """The HTTP API over the same generation."""
    with serving(Backend(asked, Limits(10_000, 10_000))) as found:
        yield found


def _body(answer: httpx.Response, status: int = 201) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def test_people_ask_and_answer_over_http(asked: Settings, address: str) -> None:
    """With documents by reference, once under a key of idempotence; each act needs its right, a thread its party."""
    id_ = _reported(asked, "rq-aus")
    document = {"media_type": "image/jpeg", "sha256": "ab" * 32, "size_bytes": 9, "title": "label"}
    question = {"incident_id": id_, "text": "Whose label is this?", "documents": [document], "priority": "IMMEDIATE"}
    with (
        client(address, asked, "rq-nzl") as nzl,
        client(address, asked, "rq-aus") as aus,
        client(address, asked, "rq-fji") as fji,
        client(address, asked, "rq-nzl", "read") as reader,
    ):
        key = {"Idempotency-Key": "one question"}
        made = _body(nzl.post("/requests", json=question, headers=key))
        thread = made["thread_id"]
        assert made["to"] == ["agency:rq-aus"]
        until(lambda: aus.get(f"/requests/{thread}").status_code == 200)
        assert _body(nzl.post("/requests", json=question, headers=key)) == made
        until(lambda: len(nzl.get("/requests", params={"incident": id_}).json()["requests"]) == 1)
        shown = _body(aus.get(f"/requests/{thread}"), 200)
        assert shown["messages"][0]["documents"] == [document]
        assert shown["request"]["incident_id"] == id_

        assert _body(reader.post("/requests", json=question), 403)["code"] == "NO_RIGHT"
        assert _body(reader.post(f"/requests/{thread}/close", json={}), 403)["code"] == "NO_RIGHT"
        assert _body(aus.post(f"/requests/{thread}/close", json={}), 422)["code"] == "OTHER_SIDE"
        assert _body(nzl.post(f"/requests/{thread}/answers", json={"text": "x"}), 422)["code"] == "OTHER_SIDE"
        past = question | {"due_at": "2020-01-01T00:00:00Z"}
        assert _body(nzl.post("/requests", json=past), 422)["code"] == "PAST"
        assert _body(aus.post("/requests", json=question), 422)["code"] == "OWN"
        assert _body(nzl.post("/requests", json={"text": "x", "subject": "s"}), 422)["code"] == "ADDRESSEES"

        answer = {"text": "Ours", "documents": [document]}
        again = {"Idempotency-Key": "one answer"}
        assert _body(aus.post(f"/requests/{thread}/answers", json=answer, headers=again))["party"] == "agency:rq-aus"
        until(lambda: nzl.get(f"/requests/{thread}").json()["request"]["state"] == "ANSWERED")
        _body(aus.post(f"/requests/{thread}/answers", json=answer, headers=again))
        _body(nzl.post(f"/requests/{thread}/notes", json={"text": "thanks"}))
        until(lambda: nzl.get(f"/requests/{thread}").json()["request"]["messages"] == 3)
        times = _body(nzl.get("/requests/times"), 200)["agencies"]
        assert "rq-aus" in [row["agency_id"] for row in times]

        for path, body in (
            ("", None),
            ("/answers", answer),
            ("/notes", answer),
            ("/forward", {"to": ["agency:rq-nzl"]}),
            ("/decline", {"reason": "x"}),
            ("/close", {}),
            ("/amendments", {"changes": {}, "reason": "x"}),
        ):
            found = [
                fji.get(f"/requests/{id_}") if body is None else fji.post(f"/requests/{id_}{path}", json=body)
                for id_ in (thread, _ABSENT)
            ]
            assert {each.status_code for each in found} == {404}
            assert found[0].text == found[1].text
        _body(nzl.post(f"/requests/{thread}/close", json={"text": "done"}))
        until(lambda: aus.get(f"/requests/{thread}").json()["request"]["state"] == "CLOSED")


def test_pages_of_threads_follow_each_other(asked: Settings, address: str) -> None:
    """The last asked first, each once."""
    for number in range(3):
        _run("ask", "--to", "agency:rq-fji", "--subject", f"page {number}", "--question", "q", as_="rq-aus")
    with client(address, asked, "rq-fji") as fji:

        def pages(limit: int) -> list[str]:
            found, after = list[str](), None
            while True:
                page = fji.get("/requests", params={"limit": limit} | ({"after": after} if after else {})).json()
                found += [row["subject"] for row in page["requests"]]
                after = page["next"]
                if after is None:
                    return found

        until(lambda: "page 2" in pages(500))
        assert pages(1) == pages(500)
        assert [subject for subject in pages(2) if subject.startswith("page")] == ["page 2", "page 1", "page 0"]


def _amended(settings: Settings, incident_id: str) -> list[str]:
    with (
        psycopg.connect(settings.reader_url, autocommit=True) as connection,
        viewing(connection, settings.generation, "rq-aus"),
    ):
        return [row["reason"] for row in revisions(connection, settings.generation, incident_id) if row["reason"]]


def test_an_answer_becomes_an_amendment_over_http(asked: Settings, address: str) -> None:
    """By the owner alone; sent again it is the same one, and other changes are another one."""
    id_ = _reported(asked, "rq-aus", narrative="a courier")
    thread = _run("ask", id_, "--question", "Which courier?", as_="rq-nzl")["thread_id"]
    body = {"changes": {"narrative": "the blue courier"}, "reason": "asked for"}
    with client(address, asked, "rq-aus") as aus, client(address, asked, "rq-nzl") as nzl:
        until(lambda: aus.get(f"/requests/{thread}").status_code == 200)
        path = f"/requests/{thread}/amendments"
        assert _body(nzl.post(path, json=body), 422)["code"] == "OWNERSHIP"
        assert _body(aus.post(path, json=body | {"changes": {"agency_id": "x"}}), 422)["code"] == "UNKNOWN_FIELD"
        made = _body(aus.post(path, json=body))
        assert (made["incident_id"], made["revision"]) == (id_, 2)
        until(lambda: nzl.get(f"/requests/{thread}").json()["request"]["messages"] == 2)
        until(lambda: len(_amended(asked, id_)) == 1)
        assert _body(aus.post(path, json=body)) == made
        other = body | {"changes": {"narrative": "the green courier"}}
        assert _body(aus.post(path, json=other))["revision"] == 3
        until(lambda: nzl.get(f"/requests/{thread}").json()["request"]["messages"] == 3)
        shown = nzl.get(f"/requests/{thread}").json()
    assert [each["amendment"]["revision"] for each in shown["messages"][1:]] == [2, 3]
    assert shown["request"]["state"] == "ANSWERED"
    assert _amended(asked, id_) == [f"asked for (request {thread})"] * 2


_DYING = """
import os, signal, sys
from cli.main import main
from {module} import {name}
def die(*_, **__): os.kill(os.getpid(), signal.SIGKILL)
{name}.{method} = die
main(sys.argv[1:])
"""


@pytest.mark.faults
@pytest.mark.parametrize(
    ("module", "name", "method"),
    [
        ("producers", "IncidentProducer", "wait"),
        ("projections.requests", "RequestDesk", "amended"),
    ],
)
def test_killed_in_the_middle_of_an_amendment_nothing_is_lost_or_doubled(
    asked: Settings, module: str, name: str, method: str
) -> None:
    """`kill -9` once it is in the outbox, or once it is admitted; whoever tries again finds what is missing."""
    id_ = _reported(asked, "rq-aus", narrative="a courier")
    thread = _run("ask", id_, "--question", "Which courier?", as_="rq-nzl")["thread_id"]
    _until_state(asked, thread, "rq-aus", "OPEN", 1)
    words: Sequence[str] = ["request", "amend", thread, "--set", "narrative=the blue one", "--reason", "asked for"]
    words = [*words, "--as", "rq-aus", "--json"]
    code = _DYING.format(module=module, name=name, method=method)
    done = subprocess.run([sys.executable, "-c", code, *words], env=dict(os.environ), timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(_run("show", thread, as_="rq-nzl")["messages"]) == 1
    made = _run(*words[1:-3], as_="rq-aus")
    assert made["revision"] == 2
    _until_state(asked, thread, "rq-nzl", "ANSWERED", 2)
    assert _run(*words[1:-3], as_="rq-aus") == made
    until(lambda: _amended(asked, id_) == [f"asked for (request {thread})"])
    said = [each for each in read_topic(asked, MESSAGES.name) if (each.key or b"").decode() == thread]
    assert len(said) == 2


def test_a_rebuild_has_the_same_threads(asked: Settings) -> None:
    """Out of the log, table by table, by digest; and verifying finds nothing."""
    thread = _run("ask", "--to", "agency:rq-aus", "--subject", "s", "--question", "q", as_="rq-nzl")["thread_id"]
    _until_state(asked, thread, "rq-aus", "OPEN", 1)
    done = rebuild(asked)
    assert {"thread", "thread_party", "thread_response", "message"} <= done.digests.keys()
    assert _shown(asked, thread, "rq-aus") is not None
    with psycopg.connect(asked.database_url, autocommit=True) as connection:
        held = read_threads(connection, _GENERATION)
    assert thread in held.threads
    found, waiting = thread_findings(LogSource(asked), held, _GENERATION)
    assert (found, waiting) == ([], 0)


def test_reading_a_thread_is_in_the_access_log(asked: Settings, address: str) -> None:
    """By its id, and not the words."""
    words = ("--subject", "a hidden subject", "--question", "q")
    thread = _run("ask", "--to", "agency:rq-aus", *words, as_="rq-nzl")["thread_id"]
    with client(address, asked, "rq-aus") as aus:
        until(lambda: aus.get(f"/requests/{thread}").status_code == 200)
    _run("show", thread, as_="rq-aus")
    entries = [codec("access").decode((each.value or b"")[FRAME_BYTES:]) for each in read_topic(asked, ACCESS.name)]
    ours = [each for each in entries if thread in each["query"] and each["action"] == "DETAIL"]
    assert {(each["channel"], each["focal_point_id"]) for each in ours} == {("API", "rq-aus"), ("CLI", "rq-aus")}
    assert not any("a hidden subject" in each["query"] for each in entries)


def test_threads_of_a_moment_are_those_of_then(asked: Settings) -> None:
    """As their parties may see them today."""
    thread = _run("ask", "--to", "agency:rq-aus", "--subject", "s", "--question", "q", as_="rq-nzl")["thread_id"]
    _until_state(asked, thread, "rq-aus", "OPEN", 1)
    record = next(each for each in read_topic(asked, MESSAGES.name) if (each.key or b"").decode() == thread)
    moment = datetime.fromtimestamp(record.timestamp_ms / 1000, UTC).isoformat()
    _run("answer", thread, "--text", "done", as_="rq-aus")
    _until_state(asked, thread, "rq-nzl", "ANSWERED", 2)
    for person, state in (("rq-nzl", "OPEN"), ("rq-fji", None)):
        words = ["as-of", moment, "request", "list", "--as", person, "--json", "--limit", "500"]
        done = CliRunner().invoke(cli, words)
        assert done.exit_code == 0, done.output
        rows = orjson.loads(done.stdout)
        assert [row["state"] for row in rows if row["thread_id"] == thread] == ([state] if state else [])
