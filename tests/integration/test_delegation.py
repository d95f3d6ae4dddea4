"""Delegation on real parts: the secretariat publishes for an agency, and nobody else learns for whom."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
import orjson
import pytest
from click.testing import CliRunner

from cli.main import cli
from deploy.agencies import add_agencies
from deploy.home import key_path
from producers import IncidentProducer
from producers.delegated import content_of
from producers.desk import DelegationDesk
from projections.api.backend import Backend
from projections.api.limits import Limits
from schemas.codec import FRAME_BYTES, codec
from schemas.delegation import DelegationLink, read_links
from schemas.directory import Agency, read_directory
from schemas.errors import IdentityError, InvalidIncidentError
from schemas.incident import Incident
from schemas.keys import SigningKey
from schemas.reading import Record, read_topic
from schemas.settings import Settings
from schemas.topics import ACCESS, AUDIT, DIRECTORY, DIRECTORY_CLOSED, INCIDENTS, receipts
from tests.integration.exchange import CONTENT, stages
from tests.integration.serving import client, serving, with_gateway_key
from tests.running import Running

_DELEGATED = CONTENT | {
    "location": {"country": "FJI", "place_text": "Lautoka wharf"},
    "narrative": "a tip from a docker",
    "audience": ["agency:del-hq"],
    "tlp": "RED",
    "delegation": {"audience": ["COMMUNITY"], "tlp": "GREEN"},
}


@dataclass
class World:
    """The exchange at work, with somebody of each agency at the API."""

    settings: Settings
    owner: httpx.Client
    hq: httpx.Client
    third: httpx.Client


@pytest.fixture(scope="module")
def world(running: Running) -> Iterator[World]:
    """An owner, a secretariat and a third agency."""
    settings = running.settings
    agencies = [("del-owner", "CUSTOMS", "FJI"), ("del-hq", "SECRETARIAT", None), ("del-third", "POLICE", "AUS")]
    add_agencies(settings, [Agency(id_, id_, type_, country) for id_, type_, country in agencies])
    backend = Backend(settings, Limits(10_000, 10_000))
    with (
        stages(settings, "admit", "enrich", "project", "members"),
        serving(backend) as address,
        client(address, settings, "del-owner") as owner,
        client(address, settings, "del-hq") as hq,
        client(address, settings, "del-third") as third,
    ):
        yield World(settings, owner, hq, third)


@pytest.fixture
def ionics(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Run `ionics …` in the shared deployment; gives what it printed as JSON, or the error."""
    monkeypatch.setenv("IONICS_HOME", str(world.settings.home))

    def run(*words: str, given: Any = None, exit_code: int = 0) -> Any:
        result = CliRunner().invoke(cli, words, input=None if given is None else orjson.dumps(given))
        assert result.exit_code == exit_code, (result.output, result.exception)
        return str(result.exception) if exit_code else orjson.loads(result.stdout)

    return run


def _until(condition: Callable[[], Any], seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def _row(who: httpx.Client, delegated: str) -> dict[str, Any]:
    rows = who.get("/delegations", params={"limit": 500}).json()["delegations"]
    return next((row for row in rows if row["incident_id"] == delegated), {})


def _everything(who: httpx.Client, *ids: str) -> str:
    """All that somebody may read of these agencies and incidents, as one text."""
    paths = ["/incidents?limit=500&agency=del-owner", "/incidents?limit=500&agency=del-hq", "/items?limit=500"]
    paths += ["/agencies?agency=del-owner", "/agencies?agency=del-hq", "/delegations", "/delegations?limit=1"]
    for id_ in ids:
        paths += [f"/incidents/{id_}", f"/incidents/{id_}/opened"]
    return "\n".join(who.get(path).text for path in paths)


def test_a_delegated_report_goes_out_under_another_name(world: World, ionics: Callable[..., Any]) -> None:
    """From the owner's report to the third agency's eyes, by the command line; amended and withdrawn after it."""
    report = ("report", "--agency", "del-owner", "--json", "--ref", "OWN-77", "--on", "2026-03-14", "--country", "FJI")
    shared = ("--delegate", "del-hq", "--may-share", "COMMUNITY", "--may-share-tlp", "green", "--tlp", "red")
    told = ("--item", "nitazene;12;g", "--place", "Lautoka wharf", "--narrative", "a tip from a docker")
    sent = ionics(*report, *shared, *told, "--from", "NLD")
    assert sent["receipt"]["outcome"] == "ACCEPTED"
    delegated = sent["incident_id"]
    _until(lambda: _row(world.hq, delegated))
    assert _row(world.owner, delegated)["state"] is None
    assert world.third.get(f"/incidents/{delegated}").status_code == 404

    draft = ionics("delegation", "draft", delegated, "--as", "del-hq")
    assert draft["texts"]["narrative"] == "a tip from a docker"
    words = draft["texts"] | {"narrative": None, "location.place_text": None, "location.country": None}
    publish = ("delegation", "publish", delegated, "--texts", "-", "--yes", "--json")
    refused = ionics(*publish, "--as", "del-third", given=draft | {"texts": words}, exit_code=1)
    assert "which is no secretariat" in refused
    published = ionics(*publish, "--as", "del-hq", given=draft | {"texts": words})["published_id"]

    _until(lambda: world.third.get(f"/incidents/{published}").status_code == 200)
    seen = world.third.get(f"/incidents/{published}").json()["reported"]
    assert (seen["agency_id"], seen["reporting_country"], seen["contact_id"]) == ("del-hq", None, "DEL-HQ")
    assert (seen["occurred_on"], seen["occurred_precision"], seen["tlp"]) == ("2026-03-01", "MONTH", "GREEN")
    assert seen["items"][0]["substance_text"] == "nitazene"
    for who in (world.owner, world.hq):
        row = _until(lambda who=who: (found := _row(who, delegated)).get("state") == "PUBLISHED" and found)  # type: ignore[misc]  # mypy cannot infer a default
        assert (row["published_id"], row["changed"]) == (published, False)
    everything = _everything(world.third, delegated, published)
    assert published in everything
    for word in (delegated, "OWN-77", "Lautoka", "docker", "FJI"):
        assert word not in everything
    assert world.third.get("/delegations").json() == {"delegations": [], "next": None}
    assert ionics("delegation", "list", "--as", "del-third", "--json") == []
    assert [row["published_id"] for row in ionics("delegation", "list", "--as", "del-owner", "--json")] == [published]

    ionics("report", "--agency", "del-owner", "--json", "--amend", delegated, "--reason", "weighed", "--item", "MDMA")
    _until(lambda: _row(world.hq, delegated)["changed"])
    draft = ionics("delegation", "draft", delegated, "--as", "del-hq")
    words = dict.fromkeys(draft["texts"]) | {"items[0].substance_text": "MDMA"}
    amend = ("delegation", "amend", delegated, "--as", "del-hq", "--texts", "-", "--yes", "--json", "--reason", "anew")
    ionics(*amend, given=draft | {"texts": words})
    _until(lambda: not _row(world.owner, delegated)["changed"])
    ionics("report", "--agency", "del-owner", "--json", "--withdraw", delegated, "--reason", "flour")
    _until(lambda: _row(world.hq, delegated)["withdrawn"])
    assert _row(world.hq, delegated)["changed"]
    ionics("delegation", "withdraw", delegated, "--as", "del-hq", "--json", "--reason", "an error")
    _until(lambda: world.third.get(f"/incidents/{published}").json()["incident"]["withdrawn"])
    assert [row["revision"] for row in world.third.get(f"/incidents/{published}").json()["revisions"]] == [1, 2, 3]
    _until(lambda: not _row(world.hq, delegated)["changed"])
    _assert_no_other_record_names_both(world.settings, delegated, published)


def _assert_no_other_record_names_both(settings: Settings, delegated: str, published: str) -> None:
    """Neither the access log, nor the audit, the directory, or a receipt of anybody else."""
    topics = [ACCESS, AUDIT, DIRECTORY, DIRECTORY_CLOSED, receipts("del-third"), receipts("del-hq"), INCIDENTS]
    for topic in topics:
        for record in read_topic(settings, topic.name):
            held = (record.key or b"") + (record.value or b"")
            assert not (delegated.encode() in held and published.encode() in held)


def _reported(settings: Settings, *narratives: str) -> list[Incident]:
    with IncidentProducer("del-owner", reporting_country="FJI", settings=settings) as producer:
        submissions = [producer.report(_DELEGATED | {"narrative": narrative}) for narrative in narratives]
        assert {receipt.outcome for receipt in producer.wait(submissions, 60)} == {"ACCEPTED"}
    return [submission.incident for submission in submissions]


def _published(settings: Settings, link: DelegationLink) -> list[dict[str, Any]]:
    """The revisions in the log of what a link names."""
    key = link.published_id(settings.deployment).encode()
    records: list[Record] = [record for record in read_topic(settings, INCIDENTS.name) if record.key == key]
    return [codec("admitted").decode((record.value or b"")[FRAME_BYTES:])["incident"] for record in records]


@pytest.fixture
def desk(world: World) -> Iterator[DelegationDesk]:
    """The desk of the secretariat."""
    key = SigningKey.load(key_path(world.settings, "del-hq"))
    with IncidentProducer("del-hq", settings=world.settings) as producer:
        yield DelegationDesk(world.settings, "del-hq", key, producer)


_WORDS = {
    "location.country": None,
    "location.place_text": None,
    "items[0].substance_text": "methamphetamine",
    "items[0].amount_text": "1.2",
    "items[0].unit_text": "kg",
    "route[0].country_text": "China",
    "narrative": None,
}


def test_a_desk_that_died_goes_on_with_the_same_incident(world: World, desk: DelegationDesk) -> None:
    """After the link; after the incident; and where other words are given the second time."""
    delegated = _reported(world.settings, "tip 1", "tip 2", "tip 3")
    contents = [content_of(each, _WORDS, "DESK") for each in delegated]
    links = [desk.reserve(each) for each in delegated]
    assert {link.state for link in links} == {"RESERVED"}
    assert [_published(world.settings, link) for link in links] == [[], [], []]
    for link, content in zip(links[1:], contents[1:], strict=True):
        assert desk._producer.wait(desk._producer.report(content, source_ref=link.source_ref)).outcome == "ACCEPTED"
    desk.publish(delegated[0], contents[0])
    desk.publish(delegated[1], contents[1])
    with pytest.raises(InvalidIncidentError, match="CONFLICT"):
        desk.publish(delegated[2], content_of(delegated[2], _WORDS | {"narrative": "more"}, "DESK"))
    with pytest.raises(InvalidIncidentError, match="PUBLISHED"):
        desk.publish(delegated[0], contents[0])
    for each, link in zip(delegated, links, strict=True):
        now = desk.link(each.incident_id)
        assert now == link.model_copy(update={"state": "PUBLISHED"})
        assert [incident["revision"] for incident in _published(world.settings, link)] == [1]


def test_two_desks_at_once_publish_one_incident(world: World, desk: DelegationDesk) -> None:
    """Whichever link comes first in the log settles the reference."""
    [delegated] = _reported(world.settings, "two at once")
    with ThreadPoolExecutor(4) as pool:
        links = set(pool.map(desk.reserve, [delegated] * 4))
    assert len(links) == 1


def test_nobody_else_makes_a_link(world: World) -> None:
    """Not an agency of another type, and not with another key."""
    [delegated] = _reported(world.settings, "not theirs")
    key = SigningKey.load(key_path(world.settings, "del-third"))
    for agency in ("del-third", "del-hq"):
        with IncidentProducer(agency, settings=world.settings, key=key) as producer:
            desk = DelegationDesk(world.settings, agency, key, producer)
            with pytest.raises(IdentityError, match="SECRETARIAT"):
                desk.reserve(delegated)
    links = read_links(world.settings, read_directory(world.settings)).links
    assert delegated.incident_id not in {delegated_id for delegated_id, _ in links}


def test_a_report_is_delegated_over_http_too(world: World) -> None:
    """With the same model, the same first rule before it is signed, and the receipt of admission."""
    with_gateway_key(world.settings, "del-owner")
    content = _DELEGATED | {"occurred_on": "2026-03-14"}
    wrong = world.owner.post("/incidents", json={"content": content | {"audience": ["COMMUNITY"], "tlp": "GREEN"}})
    assert (wrong.status_code, wrong.json()["code"], wrong.json()["path"]) == (422, "DELEGATION_AUDIENCE", "content")
    names = ["agency:del-hq", "agency:del-third"]
    sent = world.owner.post("/incidents", json={"content": content | {"audience": names}}).json()
    receipt = world.owner.get(sent["receipt"], params={"wait": 30}).json()
    assert [receipt[name] for name in ("outcome", "code", "path")] == ["REJECTED", "DELEGATION_AUDIENCE", "audience[1]"]
    sent = world.owner.post("/incidents", json={"content": content}).json()
    assert _until(lambda: _row(world.hq, sent["incident_id"]))["owner"] == "del-owner"
    assert world.third.get(f"/incidents/{sent['incident_id']}").status_code == 404
    assert receipt["incident_id"].encode() not in {record.key for record in read_topic(world.settings, INCIDENTS.name)}


def test_whoever_asks_about_it_asks_the_secretariat(world: World, desk: DelegationDesk) -> None:
    """The owner is no party, and cannot be made one by passing the thread on; the secretariat asks it separately."""
    [delegated] = _reported(world.settings, "asked about")
    published = desk.publish(delegated, content_of(delegated, _WORDS, "DESK")).incident_id
    _until(lambda: world.third.get(f"/incidents/{published}").status_code == 200)
    _until(lambda: _row(world.hq, delegated.incident_id).get("state") == "PUBLISHED")
    made = world.third.post("/requests", json={"incident_id": published, "text": "Which docker?"}).json()
    assert made["to"] == ["agency:del-hq"]
    path = f"/requests/{made['thread_id']}"
    _until(lambda: world.hq.get(path).status_code == 200)
    assert world.owner.get(path).status_code == 404
    for name in ("agency:del-owner", "focal-point:del-owner"):
        refused = world.hq.post(f"{path}/forward", json={"to": [name]})
        assert (refused.status_code, refused.json()["code"]) == (422, "DELEGATED")
    for incident_id, who in ((delegated.incident_id, world.hq), (delegated.incident_id, world.third)):
        answer = who.post("/requests", json={"incident_id": incident_id, "text": "Which docker?"})
        assert answer.status_code == (201 if who is world.hq else 404)
    _until(lambda: world.owner.get("/requests").json()["requests"])
    [row] = world.owner.get("/requests").json()["requests"]
    assert (row["incident_id"], row["asked_by"], row["to_answer"]) == (delegated.incident_id, "del-hq", True)
    assert world.hq.post(f"{path}/answers", json={"text": "The one at the gate."}).status_code == 201
    shown = _until(lambda: (f := world.third.get(path).json())["request"]["state"] == "ANSWERED" and f)
    assert "del-owner" not in str(shown)
    assert delegated.incident_id not in str(shown)
