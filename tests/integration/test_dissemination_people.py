"""What people do with subscriptions, inboxes and acknowledgements, by command line and over HTTP."""

from collections.abc import Iterator
from typing import Any

import orjson
import psycopg
import pytest
from click.testing import CliRunner

from cli.main import cli
from deploy.agencies import add_agencies, add_focal_points
from deploy.deployment import OPERATOR
from deploy.home import key_path
from projections.api.backend import Backend
from projections.api.limits import Limits
from schemas.directory import Agency
from schemas.directory.commands import WebhookHostsSet
from schemas.settings import Settings
from tests.integration.disseminating import AlertStage, change, disseminating, nobody_subscribed, states
from tests.integration.exchange import until
from tests.integration.generations import own_generation
from tests.integration.receivers import receiving
from tests.integration.serving import client, serving, with_gateway_key
from tests.running import Running

pytestmark = pytest.mark.stack

_GENERATION = 924
_OURS, _THEIRS, _COLLEAGUE = "dip-nzl", "dip-aus", "dip-nzl-chief"
_NOTHING = "00000000-0000-5000-8000-000000000000"


@pytest.fixture(scope="module")
def running_stages(running: Running) -> Iterator[Settings]:
    """A generation with views and dissemination."""
    settings = running.settings
    nobody_subscribed(settings)
    add_agencies(settings, [Agency(id_, id_, "CUSTOMS", id_[4:].upper()) for id_ in (_OURS, _THEIRS)])
    add_focal_points(settings, _OURS, {_COLLEAGUE: ("read",)})
    with own_generation(settings, _GENERATION, "project", "members") as ours, disseminating(ours):
        yield ours


@pytest.fixture
def at_work(running_stages: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The same, as the command line finds it."""
    monkeypatch.setenv("IONICS_HOME", str(running_stages.home))
    monkeypatch.setenv("IONICS_GENERATION", str(_GENERATION))
    return running_stages


def _run(*words: str, code: int = 0) -> Any:
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == code, (done.output, done.exception)
    if code:
        return str(done.exception) if code == 1 else done.output
    return orjson.loads(done.stdout) if "--json" in words else done.stdout


def _inbox(person: str, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _run("inbox", "--json", "--as", person, *words)
    return found


def test_an_officer_subscribes_reads_and_acknowledges(at_work: Settings) -> None:
    """With the key of the agency; what is hidden is refused in the words of what does not exist."""
    stage, mine = AlertStage(at_work), ("--as", _OURS)
    made = _run("subscription", "set", "--event", "alert", "--country", "NZL", *mine, "--json")
    assert (made["focal_point_id"], made["channel"], made["countries"]) == (_OURS, "console", ["NZL"])
    id_ = made["subscription_id"]
    assert [each["subscription_id"] for each in _run("subscription", "list", *mine, "--json")] == [id_]
    assert "everything" not in _run("subscription", "list", *mine)

    told = stage.write("told", severity="HIGH", subject={"countries": ["NZL"]})
    hidden = stage.write("hidden", [(_THEIRS, (f"agency:{_THEIRS}",))], subject={"countries": ["NZL"]})
    until(lambda: [line["event_id"] for line in _inbox(_OURS)] == [told])
    [line] = _inbox(_OURS, "--unread")
    assert (line["kind"], line["severity"], line["seen_at"]) == ("FIRST_SEEN", "HIGH", None)
    assert "unread" in _run("inbox", *mine)
    _run("inbox", "read", line["delivery_id"], *mine)
    until(lambda: _inbox(_OURS, "--unread") == [])
    _run("inbox", "ack", line["delivery_id"], *mine)
    until(lambda: _inbox(_OURS)[0]["acknowledged_by"] == _OURS)
    _run("alerts", "ack", told, "--as", _THEIRS)

    refused = [_run("alerts", "ack", one, *mine, code=1) for one in (hidden, _NOTHING)]
    assert refused[0].replace(hidden, _NOTHING) == refused[1]
    until(lambda: states(at_work, hidden) == [(_OURS, "WITHDRAWN")])
    with psycopg.connect(at_work.database_url) as connection:
        found = connection.execute(
            "SELECT delivery_id::text FROM dissemination.delivery WHERE event_id = %s", [hidden]
        ).fetchone()
    assert found is not None
    lines = (found[0], line["delivery_id"], _NOTHING)
    refused = [
        _run("inbox", act, one, "--as", who, code=1).replace(one, "")
        for act in ("read", "ack")
        for one, who in zip(lines, (_OURS, _OURS, _OURS), strict=True)
        if one != line["delivery_id"]
    ]
    assert len(set(refused)) == 1
    assert "no subscription" in _run("subscription", "end", id_, "--as", _THEIRS, code=1)
    other = ("--key", str(key_path(at_work, _THEIRS)))
    assert "may not sign" in _run("subscription", "end", id_, *other, *mine, code=1)
    _run("subscription", "end", id_, *mine)
    assert _run("subscription", "list", *mine, "--json") == []
    assert len(_run("subscription", "key").strip()) == 64


@pytest.mark.usefixtures("at_work")
def test_what_cannot_be_subscribed_to_is_said() -> None:
    """A host that is not on the list, a stranger to escalate to, two channels."""
    mine = ("subscription", "set", "--as", _OURS)
    assert "list" in _run(*mine, "--webhook", "https://elsewhere.example/", code=1)
    assert "your agency" in _run(*mine, "--acknowledge-within", "5", "--else-to", _THEIRS, code=1)
    assert "one channel" in _run(*mine, "--webhook", "https://a.example/", "--email", "a@a.example", code=2)
    assert "escalate_to" in _run(*mine, "--acknowledge-within", "5", code=1)


def test_an_acknowledgement_keeps_others_from_being_told(at_work: Settings) -> None:
    """By anybody of the agency, once it was raised; that of another agency does not."""
    stage = AlertStage(at_work)
    asked = ("subscription", "set", "--as", _OURS, "--acknowledge-within", "1", "--else-to", _COLLEAGUE, "--json")
    id_ = _run(*asked)["subscription_id"]
    kept, ignored = stage.write("kept", severity="CRITICAL"), stage.write("ignored", severity="HIGH")
    until(lambda: len(_inbox(_OURS, "--unread")) == 2)
    _run("alerts", "ack", kept, "--as", _COLLEAGUE)
    _run("alerts", "ack", ignored, "--as", _THEIRS)
    until(lambda: {line["event_id"]: line["acknowledged_by"] for line in _inbox(_OURS)}[kept] == _COLLEAGUE)
    with psycopg.connect(at_work.database_url) as connection:
        connection.execute(
            "UPDATE dissemination.delivery SET escalate_at = clock_timestamp() WHERE escalate_at IS NOT NULL"
        )
    until(lambda: [line["event_id"] for line in _inbox(_COLLEAGUE)] == [ignored])
    assert _inbox(_COLLEAGUE)[0]["escalation"]
    _run("subscription", "end", id_, "--as", _OURS)


def test_operators_see_what_does_not_get_through_and_try_again(at_work: Settings) -> None:
    """Without what it tells; with an act in the audit. Others may not."""
    stage = AlertStage(at_work)
    with receiving() as receiver:
        receiver.answer = lambda _: (500, {})
        change(at_work, WebhookHostsSet(agency_id=_OURS, hosts=[receiver.host]))
        mine = ("subscription", "set", "--as", _OURS, "--webhook", receiver.address(), "--json")
        id_ = _run(*mine)["subscription_id"]
        alert = stage.write("lost")
        until(lambda: (_OURS, "GIVEN_UP") in states(at_work, alert))
        given_up = _run("deliveries", "list", "--state", "given-up", "--as", OPERATOR, "--json")
        [row] = [each for each in given_up if each["recipient"] == _OURS]  # other tests give up, too
        assert (row["recipient"], row["error"], "event_id" in row) == (_OURS, "answered 500", False)
        assert '"given-up"' in CliRunner().invoke(cli, ["status", "--json"]).stdout
        assert "right administer" in _run("deliveries", "list", "--as", _OURS, code=1)
        receiver.answer = lambda _: (204, {})
        _run("deliveries", "retry", row["delivery_id"], "--reason", "it is up again", "--as", OPERATOR)
        until(lambda: receiver.events() == [alert])
        assert "DELIVERY_RETRIED" in CliRunner().invoke(cli, ["audit", "list", "--json"]).stdout
        _run("subscription", "end", id_, "--as", _OURS)


def test_the_same_over_http(at_work: Settings) -> None:
    """Signed by the gateway key of the agency; hidden, absent and another's are one answer to the byte."""
    stage = AlertStage(at_work)
    with (
        serving(Backend(at_work, Limits(10_000, 10_000))) as address,
        client(address, at_work, _OURS) as ours,
        client(address, at_work, _THEIRS) as theirs,
    ):
        assert theirs.post("/subscriptions", json={}).json()["code"] == "NO_GATEWAY_KEY"
        with_gateway_key(at_work, _OURS)
        until(lambda: ours.post("/subscriptions", json={"channel": "fax"}).status_code == 422)
        bad = ours.post("/subscriptions", json={"channel": "webhook", "address": "https://elsewhere.example/"})
        assert (bad.status_code, bad.json()["code"], bad.json()["path"]) == (422, "HOST", "address")
        assert ours.post("/subscriptions", json={"events": ["rumour"]}).status_code == 422
        answer = ours.post("/subscriptions", json={"events": ["alert"], "minimum_severity": "HIGH"})
        assert answer.status_code == 201
        made = answer.json()["subscription"]
        path = f"/subscriptions/{made['subscription_id']}"
        changed = ours.put(path, json={"events": ["alert"]}).json()["subscription"]
        assert (changed["subscription_id"], changed["minimum_severity"]) == (made["subscription_id"], "LOW")
        assert ours.get("/subscriptions").json()["subscriptions"] == [changed]

        told = stage.write("http", severity="LOW")
        hidden = stage.write("http hidden", [(_THEIRS, (f"agency:{_THEIRS}",))])
        until(lambda: told in [line["event_id"] for line in ours.get("/inbox").json()["inbox"]])
        until(lambda: (_OURS, "WITHDRAWN") in states(at_work, hidden))
        until(lambda: theirs.get(f"/alerts/{hidden}").status_code == 200)
        [line] = [each for each in ours.get("/inbox?unread=true").json()["inbox"] if each["event_id"] == told]
        assert ours.post(f"/inbox/{line['delivery_id']}/reading").status_code == 201
        assert ours.post(f"/inbox/{line['delivery_id']}/acknowledgement").status_code == 201
        assert ours.post(f"/alerts/{told}/acknowledgement").json()["acknowledgement"]["what"] == "ACKNOWLEDGED"

        answers = [ours.post(f"/alerts/{one}/acknowledgement") for one in (hidden, _NOTHING)]
        answers += [ours.post(f"/inbox/{one}/reading") for one in (hidden, _NOTHING)]
        answers += [theirs.post(f"/inbox/{line['delivery_id']}/acknowledgement")]
        with_gateway_key(at_work, _THEIRS)
        until(lambda: theirs.get("/subscriptions").json()["subscriptions"] == [])
        answers += [theirs.delete(path), theirs.delete("/subscriptions/sub-nothing"), theirs.put(path, json={})]
        assert {(each.status_code, each.text) for each in answers} == {(404, answers[0].text)}
        assert [each["event_id"] for each in theirs.get("/inbox").json()["inbox"]] == []
        assert ours.delete(path).status_code == 204
        assert ours.get("/subscriptions").json()["subscriptions"] == []
