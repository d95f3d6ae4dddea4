"""The HTTP API on real parts: what a focal point sees, reports, and is refused."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import jwt
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.agencies import add_agencies
from deploy.changes import make_changes
from deploy.home import administrator_keys
from producers import IncidentProducer
from projections.api.backend import Backend
from projections.api.limits import Limits
from projections.api.publishing import gateway_key_path
from projections.api.tokens import TokenVerifier
from schemas.codec import FRAME_BYTES, codec
from schemas.directory import Agency, read_members
from schemas.directory.commands import AgencySuspend, FocalPointSet, GroupSet
from schemas.keys import SigningKey
from schemas.reading import read_topic
from schemas.settings import Issuer, Settings
from schemas.topics import ACCESS, AUDIT, INCIDENTS
from tests.integration.exchange import CONTENT, stages, until
from tests.integration.serving import client, serving, with_gateway_key
from tests.running import Running

_RESTRICTED = CONTENT | {"audience": ["agency:api-friend"], "tlp": "RED"}


@pytest.fixture(scope="module")
def world(running: Running) -> Iterator[tuple[Settings, str, dict[str, str]]]:
    """The API at work, and four incidents: two for the community, one for a friend, one for a group."""
    settings = running.settings
    agencies = [Agency(f"api-{name}", name, "CUSTOMS", "NZL") for name in ("owner", "friend", "other")]
    add_agencies(settings, agencies)
    with_gateway_key(settings, "api-owner")
    group = GroupSet(group_id="api-lab", name="Lab", members=["api-other"])
    make_changes(settings, [group], *administrator_keys(settings))
    with stages(settings, "admit", "enrich", "project", "members"), serving(_backend(settings)) as address:
        with IncidentProducer("api-owner", reporting_country="NZL", settings=settings) as producer:
            sent = {
                "one": producer.report(CONTENT, source_ref="API-1"),
                "two": producer.report(CONTENT | {"narrative": "second"}, source_ref="API-2"),
                "friend": producer.report(_RESTRICTED, source_ref="API-3"),
                "group": producer.report(CONTENT | {"audience": ["group:api-lab"]}, source_ref="API-4"),
            }
            producer.wait(list(sent.values()), 60)
        ids = {name: str(submission.incident_id) for name, submission in sent.items()}
        with client(address, settings, "api-owner") as owner:
            until(lambda: all(owner.get(f"/incidents/{id_}").status_code == 200 for id_ in ids.values()))
        yield settings, address, ids


def _backend(settings: Settings) -> Backend:
    return Backend(settings, Limits(10_000, 10_000))


def test_an_incident_is_found_by_its_reference(world: tuple[Settings, str, dict[str, str]]) -> None:
    """By the beginning of the agency's own reference, among what the caller may see."""
    settings, address, ids = world

    def found(who: httpx.Client, reference: str) -> set[str]:
        answer = who.get("/incidents", params={"reference": reference, "agency": "api-owner"})
        return {row["incident_id"] for row in answer.json()["incidents"]}

    with client(address, settings, "api-owner") as owner, client(address, settings, "api-other") as other:
        assert found(owner, "API-3") == {ids["friend"]}
        assert {ids["one"], ids["friend"]} <= found(owner, "API-")
        assert found(other, "API-3") == set()
        assert found(owner, "%") == set()


def _listed(who: httpx.Client, ids: dict[str, str]) -> set[str]:
    found = who.get("/incidents", params={"limit": 500, "agency": "api-owner"}).json()["incidents"]
    return {name for name, id_ in ids.items() if id_ in {row["incident_id"] for row in found}}


def test_each_sees_what_was_shared_with_them(world: tuple[Settings, str, dict[str, str]]) -> None:
    """Lists and details by audience: owner, friend, member of a group, everybody else."""
    settings, address, ids = world
    expected = {
        "api-owner": {"one", "two", "friend", "group"},
        "api-friend": {"one", "two", "friend"},
        "api-other": {"one", "two", "group"},
        "analyst": {"one", "two"},
    }
    for person, names in expected.items():
        with client(address, settings, person) as who:
            assert _listed(who, ids) == names
            assert {name for name, id_ in ids.items() if who.get(f"/incidents/{id_}").status_code == 200} == names


def test_absent_and_forbidden_are_the_same_answer(world: tuple[Settings, str, dict[str, str]]) -> None:
    """To the byte, headers included, at every address that names an incident or a receipt."""
    settings, address, ids = world
    nothing = "00000000-0000-5000-8000-000000000000"
    with client(address, settings, "analyst") as who:
        for path in ("/incidents/{}", "/incidents/{}/opened"):
            hidden, absent = (who.get(path.format(id_)) for id_ in (ids["friend"], nothing))
            assert (hidden.status_code, hidden.content) == (404, absent.content)
            assert {**hidden.headers, "date": ""} == {**absent.headers, "date": ""}
        for what in ("amendments", "withdrawals"):
            body = {"reason": "mine", "changes": {}} if what == "amendments" else {"reason": "mine"}
            answers = [who.post(f"/incidents/{id_}/{what}", json=body) for id_ in (ids["friend"], ids["one"], nothing)]
            assert {(each.status_code, each.content) for each in answers} == {(404, answers[0].content)}


def test_pages_are_whole_and_their_cursors_bound(world: tuple[Settings, str, dict[str, str]]) -> None:
    """Page by page is the list at once; another viewer or question cannot use the cursor."""
    settings, address, _ = world
    with client(address, settings, "api-owner") as owner, client(address, settings, "api-friend") as friend:
        whole = owner.get("/incidents", params={"agency": "api-owner", "limit": 500}).json()["incidents"]
        found, after = [], None
        while True:
            asked = {"agency": "api-owner", "limit": 1} | ({"after": after} if after else {})
            page = owner.get("/incidents", params=asked).json()
            found += page["incidents"]
            if page["next"] is None:
                break
            after = page["next"]
        assert found == whole
        for who, asked in ((friend, {"agency": "api-owner"}), (owner, {}), (owner, {"agency": "api-friend"})):
            answer = who.get("/incidents", params={**asked, "after": after})
            assert (answer.status_code, answer.json()["code"]) == (400, "CURSOR")


def test_items_page_by_page_are_the_list_at_once(world: tuple[Settings, str, dict[str, str]]) -> None:
    """Each item of a visible incident once, and none of another."""
    settings, address, ids = world
    with client(address, settings, "api-friend") as friend:
        whole = friend.get("/items", params={"limit": 500}).json()["items"]
        found, after = [], None
        while True:
            page = friend.get("/items", params={"limit": 2} | ({"after": after} if after else {})).json()
            found += page["items"]
            after = page["next"]
            if after is None:
                break
        assert found == whole
        seen = {row["incident_id"] for row in whole}
        assert {name for name, id_ in ids.items() if id_ in seen} == {"one", "two", "friend"}


def test_an_etag_is_of_the_callers_own_answer(world: tuple[Settings, str, dict[str, str]]) -> None:
    """The same body is not sent twice, and two viewers of one body share no tag."""
    settings, address, ids = world
    with client(address, settings, "analyst") as one, client(address, settings, "api-other") as two:
        first = one.get(f"/incidents/{ids['one']}")
        again = one.get(f"/incidents/{ids['one']}", headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert two.get(f"/incidents/{ids['one']}").headers["etag"] != first.headers["etag"]
        assert first.json()["reported"]["items"][0]["substance_text"] == "methamphetamine"


def test_every_reading_is_in_the_access_log(world: tuple[Settings, str, dict[str, str]]) -> None:
    """Details with their ids, lists with positions, the purpose as given; the owner learns agency and day."""
    settings, address, ids = world
    with client(address, settings, "api-friend") as friend:
        friend.get(f"/incidents/{ids['friend']}", headers={"X-Purpose": "case 11"})
        friend.get("/routes", params={"departure": "CHN"})
    entries = [
        codec("access").decode((record.value or b"")[FRAME_BYTES:]) for record in read_topic(settings, ACCESS.name)
    ]
    mine = [entry for entry in entries if entry["focal_point_id"] == "api-friend"]
    assert (mine[-2]["action"], mine[-2]["incident_ids"], mine[-2]["purpose"]) == ("DETAIL", [ids["friend"]], "case 11")
    assert (mine[-1]["action"], mine[-1]["incident_ids"]) == ("AGGREGATE", [])
    assert any(
        name.startswith(f"ionics.enriched.g{settings.generation}/") for name in orjson.loads(mine[-1]["positions"])
    )
    with client(address, settings, "api-owner") as owner:
        path = f"/incidents/{ids['friend']}/opened"
        until(lambda: "api-friend" in {row["agency_id"] for row in owner.get(path).json()["opened"]})
        assert {tuple(row) for row in owner.get(path).json()["opened"]} == {("agency_id", "day")}


def test_a_report_goes_from_the_form_to_the_views(world: tuple[Settings, str, dict[str, str]]) -> None:
    """Report, receipt, detail, amend, withdraw; sent twice it is one; the event shows that the gateway signed."""
    settings, address, _ = world
    content = {**CONTENT, "occurred_on": "2026-03-14"}
    with client(address, settings, "api-owner") as who:
        accepted = who.post("/incidents", json={"content": content, "source_ref": "FORM-1"})
        assert accepted.status_code == 202
        report = accepted.json()
        receipt = who.get(report["receipt"], params={"wait": 30}).json()
        assert (receipt["outcome"], receipt["revision"]) == ("ACCEPTED", 1)
        assert who.post("/incidents", json={"content": content, "source_ref": "FORM-1"}).json() == report
        detail = f"/incidents/{report['incident_id']}"
        until(lambda: who.get(detail).status_code == 200)
        changed = who.post(f"{detail}/amendments", json={"changes": {"narrative": "weighed"}, "reason": "scales"})
        assert changed.json()["revision"] == 2
        until(lambda: who.get(detail).json()["incident"]["revision"] == 2)
        assert who.post(f"{detail}/withdrawals", json={"reason": "flour"}).status_code == 202
        until(lambda: who.get(detail).json()["incident"]["withdrawn"])
        assert [row["revision"] for row in who.get(detail).json()["revisions"]] == [1, 2, 3]
        assert who.get(detail).json()["reported"]["contact_id"] == "API-OWNER"
        wrong = who.post("/incidents", json={"content": {**content, "tlp": "RED"}})
        assert (wrong.status_code, wrong.json()["code"]) == (422, "TLP_AUDIENCE")
    key_id = SigningKey.load(gateway_key_path(settings, "api-owner")).key_id
    admitted = [codec("admitted").decode((r.value or b"")[FRAME_BYTES:]) for r in read_topic(settings, INCIDENTS.name)]
    signers = {a["admission"]["key_id"] for a in admitted if a["incident"]["source_ref"] == "FORM-1"}
    assert signers == {key_id}
    with client(address, settings, "api-friend") as other:
        assert other.get(report["receipt"]).json()["code"] in {"NOT_FOUND", "NO_GATEWAY_KEY"}
        assert other.post("/incidents", json={"content": content}).json()["code"] == "NO_GATEWAY_KEY"


def test_rights_are_those_of_token_and_directory_together(world: tuple[Settings, str, dict[str, str]]) -> None:
    """A scope that the directory does not give is no right, nor is a right without its scope; now, not at issue."""
    settings, address, _ = world
    with client(address, settings, "auditor") as who:
        assert who.post("/incidents", json={"content": {}}).status_code in {403, 422}
        assert who.get("/receipts/00000000-0000-5000-8000-000000000000").json()["code"] == "NO_RIGHT"
    with client(address, settings, "api-owner", "publish") as who:
        assert who.get("/incidents").json()["code"] == "NO_RIGHT"
    add_agencies(settings, [Agency("api-gone", "Gone", "CUSTOMS", "NZL")])
    with client(address, settings, "api-gone") as who:
        until(lambda: who.get("/incidents").status_code == 200)
        make_changes(settings, [AgencySuspend(agency_id="api-gone")], *administrator_keys(settings))
        until(lambda: who.get("/incidents").status_code == 401)
    with httpx.Client(base_url=address) as nobody:
        assert nobody.get("/incidents").content == nobody.get("/routes", headers={"Authorization": "Bearer x"}).content
    until(lambda: "BAD_TOKEN" in _refusals(settings))
    assert {"BAD_TOKEN", "NO_RIGHT"} <= _refusals(settings)


def _refusals(settings: Settings) -> set[str]:
    records = read_topic(settings, AUDIT.name)
    return {codec("audit").decode((record.value or b"")[FRAME_BYTES:])["code"] for record in records}


def test_a_provider_on_the_network(world: tuple[Settings, str, dict[str, str]]) -> None:
    """By discovery and JWKS over HTTP: its person is a focal point; nobody else of it is."""
    settings, _, ids = world
    key = Ed25519PrivateKey.generate()

    class Provider(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            jwk = orjson.loads(jwt.algorithms.OKPAlgorithm.to_jwk(key.public_key()))
            answers = {
                "/.well-known/openid-configuration": {"issuer": issuer, "jwks_uri": f"{issuer}/keys"},
                "/keys": {"keys": [jwk | {"kid": "k", "alg": "EdDSA"}]},
            }
            self.send_response(200)
            self.end_headers()
            self.wfile.write(orjson.dumps(answers[self.path]))

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Provider) as server:
        issuer = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        person = FocalPointSet(
            focal_point_id="api-person",
            agency_id="api-friend",
            role="DESK",
            issuer=issuer,
            subject="42",
            rights=["read"],
        )
        make_changes(settings, [person], *administrator_keys(settings))
        until(lambda: "api-person" in read_members(settings).focal_points)
        named = Settings(**{**vars(settings), "issuers": (Issuer(issuer, "ionics"),)})
        backend = Backend(named, Limits(1_000, 1_000), TokenVerifier(named))
        with serving(backend) as address:
            for subject, status in (("42", 200), ("43", 401)):
                now = int(time.time())
                claims = {"iss": issuer, "sub": subject, "aud": "ionics", "iat": now, "exp": now + 60, "scope": "read"}
                token = jwt.encode(claims, key, "EdDSA", headers={"kid": "k"})
                headers = {"Authorization": f"Bearer {token}"}
                path = f"{address}/incidents/{ids['friend']}"
                if status == 200:
                    until(lambda headers=headers, path=path: httpx.get(path, headers=headers).status_code == 200)
                assert httpx.get(path, headers=headers).status_code == status
        server.shutdown()


def test_limits(world: tuple[Settings, str, dict[str, str]]) -> None:
    """Whoever asks too often is told when to come back; others are served."""
    settings, _, _ = world
    with (
        serving(Backend(settings, Limits(0.1, 3))) as address,
        client(address, settings, "analyst") as busy,
        client(address, settings, "api-other") as other,
    ):
        assert [busy.get("/milestones").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
        assert int(busy.get("/milestones").headers["retry-after"]) > 0
        assert other.get("/milestones").status_code == 200


def test_without_the_access_log_nothing_is_shown(fresh: Running) -> None:
    """With the broker gone a detail that is there is a 503, and so is everything else; then it goes on."""
    settings = fresh.settings
    add_agencies(settings, [Agency("api-owner", "Owner", "CUSTOMS", "NZL")])
    with stages(settings, "admit", "enrich", "project", "members"):
        with IncidentProducer("api-owner", reporting_country="NZL", settings=settings) as producer:
            sent = producer.report(CONTENT)
            producer.wait(sent, 60)
        with serving(_backend(settings)) as address, client(address, settings, "analyst") as who:
            path = f"/incidents/{sent.incident_id}"
            until(lambda: who.get(path).status_code == 200)
            fresh.kill("kafka")
            answer = who.get(path)
            assert (answer.status_code, answer.json()["code"]) == (503, "NOT_LOGGED")
            assert str(sent.incident_id) not in answer.text
            fresh.start("kafka")
            until(lambda: who.get(path).status_code == 200)
