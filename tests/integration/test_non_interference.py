"""Guarantee 7 over HTTP: what a viewer gets is what a world without the hidden incidents and threads gives.

Two generations of one deployment: one holds a generated world, the other only what the viewer may see of it, by the
rule in Python. The API answers from both; status, headers and bodies are equal. What is opaque (cursors, and tags of
bodies that hold one) is replaced by its order of appearance.
"""

import os
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from random import Random
from typing import Any

import httpx
import psycopg
import pytest

import projections.as_of
from deploy.agencies import add_agencies, add_focal_points
from deploy.changes import make_changes
from deploy.home import administrator_keys
from projections.api.backend import Backend
from projections.api.limits import Limits
from projections.loading import Narrowed
from projections.members import write_links, write_members
from projections.migrate import drop, migrate
from projections.moments import MomentsKeeper, drop_moments, keeper
from projections.projector import EnrichedDecoder
from projections.sink import ViewSink
from schemas.codec import FRAME_BYTES, codec, frame
from schemas.delegation import DelegationLink
from schemas.dictionary import read_dictionary
from schemas.directory import SEES_ALL, Agency, Members, read_members
from schemas.directory.commands import GroupSet
from schemas.reading import Record
from schemas.settings import Settings
from schemas.topics import WATCHES
from tests.integration.exchange import until
from tests.integration.serving import client, serving
from tests.running import Running
from tests.unit.projections.alerted_worlds import Alerted, alerting
from tests.unit.projections.alerts import Alerts
from tests.unit.projections.matched_worlds import around
from tests.unit.projections.people import visible
from tests.unit.projections.worlds import World
from tests.unit.requests.worlds import around as around_threads
from tests.unit.requests.worlds import ids as thread_ids
from tests.unit.requests.worlds import seen_by

_WHOLE, _FILTERED = 907, 908
_AGENCIES = ("ni-nld", "ni-usa", "ni-none")
_SECRETARIAT = "ni-hq"
_NOTHING = "00000000-0000-5000-8000-000000000000"
_VIEWERS = (*_AGENCIES, _SECRETARIAT, "ni-all", "analyst")
_LOOKING_BACK = ("ni-usa", _SECRETARIAT)
"""Viewers in a group and with delegated reports; to look back is the same for all."""
_AUDIENCES = [
    ["COMMUNITY"],
    ["COMMUNITY"],
    ["agency:ni-nld"],
    ["country:USA"],
    ["group:ni-lab"],
    ["agency:ni-none", "country:NLD"],
    [f"agency:{_SECRETARIAT}"],
]
_PARTIES = ("group:ni-lab", "focal-point:ni-usa", "focal-point:ni-nobody", "group:ni-none")
"""Of threads, beside the agencies."""
_MOMENT = "2026-01-01T00:02:05Z"
"""Half of the world's incidents, and some of their revisions, were admitted by then."""
_PATHS = (
    "/routes",
    "/routes?departure=CHN&since=2016-02",
    "/heat",
    "/heat?country=NLD",
    "/timelines",
    "/timelines?substance=sub:a",
    "/timelines?class=opioid",
    "/substances",
    "/substances?text=fen",
    "/agencies",
    "/agencies?agency=ni-nld",
    "/milestones?step=1",
    "/items?limit=500",
    "/items?substance=sub:a&since=2016-01",
    "/items?class=opioid&limit=2",
    "/incidents?agency=ni-usa",
    "/incidents?reference=REF-1",
    "/incidents?country=NLD",
    "/incidents?substance=sub:b&type=SEIZURE",
    "/incidents?since=2016&until=2016",
    "/incidents?after=AAAA",
    "/delegations",
    "/delegations?limit=1",
    "/links?limit=500",
    "/links?which=review&limit=3",
    "/links?which=all&kind=DUPLICATE&limit=500",
    "/links?which=none",
    "/cases?limit=500",
    "/cases?agency=ni-nld&limit=1",
    "/cases?after=AAAA",
    "/requests?limit=500",
    "/requests?limit=1",
    *(f"/requests?which={which}&limit=500" for which in ("mine", "asked", "open", "overdue")),
    "/requests/times",
    "/requests?after=AAAA",
    "/alerts?limit=500",
    "/alerts?limit=2&severity=MEDIUM",
    "/alerts?kind=SPECIAL&limit=500",
    "/alerts?status=WITHDRAWN&substance=sub:a",
    "/alerts?country=NLD&departure=CHN&since=2026-01-01T00:02Z",
    "/alerts?severity=HIGH&class=opioid&destination=NZL",
    "/alerts?after=AAAA",
    "/watches?ended=true&limit=500",
    "/watches?limit=1",
    "/watches?agency=ni-nld",
    "/incidents?limit=0",
    "/timelines?since=yesterday",
    "/nowhere",
)


@pytest.fixture(scope="module")
def deployment(running: Running) -> Iterator[Settings]:
    """A directory with viewers of every kind, and two empty generations."""
    settings = running.settings
    countries = ("NLD", "USA", None)
    add_agencies(settings, [Agency(id_, id_, "CUSTOMS", c) for id_, c in zip(_AGENCIES, countries, strict=True)])
    add_agencies(settings, [Agency(_SECRETARIAT, _SECRETARIAT, "SECRETARIAT", None)])
    add_focal_points(settings, "ni-none", {"ni-all": ("read", SEES_ALL)})
    lab = GroupSet(group_id="ni-lab", name="Lab", members=["ni-usa"])
    make_changes(settings, [lab], *administrator_keys(settings))
    for generation in (_WHOLE, _FILTERED):
        drop(settings.database_url, generation)
        migrate(settings.database_url, generation)
    yield settings
    for generation in (_WHOLE, _FILTERED):
        drop(settings.database_url, generation)


def _records(seed: int) -> list[dict[str, Any]]:
    world, chance = World(seed), Random(seed)  # noqa: S311  # a world, not a secret
    found = []
    for number in range(25):
        owner = chance.choice(_AGENCIES)
        for revision in range(1, chance.choice([2, 2, 3, 4])):
            audience = chance.choice(_AUDIENCES)
            kind = "REPORTED" if revision == 1 else chance.choice(["AMENDED", "AMENDED", "WITHDRAWN"])
            tlp = "GREEN" if audience == ["COMMUNITY"] else "AMBER"
            shared = {"audience": ["COMMUNITY"], "tlp": "GREEN"} if _SECRETARIAT in audience[0] else None
            policy = {"audience": audience, "tlp": tlp, "delegation": shared, "agency_id": owner}
            found.append(world.record(number, revision, kind, **policy))
    return found


def _links(records: list[dict[str, Any]]) -> list[DelegationLink]:
    """A link for each report that was ever delegated; what is published of it is in neither world."""
    delegated = {
        each["incident_id"]: each for each in (r["admitted"]["incident"] for r in records) if each["delegation"]
    }
    return [
        DelegationLink(
            delegated_id=id_,
            owner=each["agency_id"],
            agency_id=_SECRETARIAT,
            source_ref=f"published {number}",
            delegated_revision=1 + number % 2,
            state="PUBLISHED" if number % 3 else "RESERVED",
        )
        for number, (id_, each) in enumerate(sorted(delegated.items()))
    ]


def _filled(
    settings: Settings,
    generation: int,
    records: list[dict[str, Any]],
    members: Members,
    links: list[DelegationLink],
    others: Sequence[Record],
) -> None:
    head = frame(read_dictionary(settings).id_of("enriched"))
    values = [head + codec("enriched").encode(record) for record in records]
    tables = ("incident", "incident_revision", "item", "route_flow", "place_heat", "substance_timeline")
    tables += ("agency_activity", "milestone", "opened")
    tables += ("link", "match_key", "judgement", '"case"', "case_member", "case_link")
    tables += ("thread", "thread_party", "thread_response", "message")
    tables += ("alert", "alert_incident", "watch")
    names = ", ".join(f"g{generation}.{name}" for name in tables)
    with psycopg.connect(settings.database_url, autocommit=True) as writer:
        writer.execute(f"TRUNCATE {names}")
        writer.execute(f"DELETE FROM g{generation}.policy WHERE class <> 0")
        ViewSink(writer, generation, EnrichedDecoder(settings)).apply(values, {}, others)
        write_members(writer, generation, members)
        write_links(writer, generation, settings.deployment, links)
        writer.execute(
            f"INSERT INTO g{generation}.opened SELECT incident_id, 'gc3', '2026-01-01' FROM g{generation}.incident"
        )


@contextmanager
def _logs(
    monkeypatch: pytest.MonkeyPatch,
    deployment: Settings,
    logs: dict[int, list[dict[str, Any]]],
    said: dict[int, Sequence[Record]],
) -> Iterator[None]:
    """The tables of moments are filled from these records, by generation, instead of from topics.

    Args:
        monkeypatch: puts them in place.
        deployment: of which the tables are.
        logs: enriched incidents.
        said: alerts and watches.
    """
    head = frame(read_dictionary(deployment).id_of("enriched"))

    def loaded(
        settings: Settings, tables: tuple[psycopg.Connection, int], _: object, __: object, narrowed: Narrowed
    ) -> tuple[int, int]:
        values = [head + codec("enriched").encode(record) for record in logs[settings.generation]]
        kept = narrowed.keep(EnrichedDecoder(settings)(values)) if values else []
        found = [value for value, each in zip(values, kept, strict=True) if each]
        others = [record for record in said[settings.generation] if narrowed.keep_other(record)]
        ViewSink(*tables, narrowed.decode, narrowed.read).apply(found, {}, others)
        return len(values), len(found)

    monkeypatch.setattr(projections.as_of, "load", loaded)
    monkeypatch.setattr(keeper, "is_final", lambda *_: True)
    stop = threading.Event()
    keepers = [MomentsKeeper(replace(deployment, generation=generation)) for generation in logs]
    threads = [threading.Thread(target=each.run, args=(stop,)) for each in keepers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        for generation in logs:
            drop_moments(deployment.database_url, generation)


def _of_the_moment(who: httpx.Client, ids: list[str], raised: list[str], threads: list[str]) -> list[Any]:
    """Everything that can be asked of a moment; without what is opaque."""
    until(lambda: who.get("/milestones", params={"as_of": _MOMENT}).status_code == 200)
    paths = [path for path in _PATHS if not path.startswith(("/delegations", "/nowhere"))]
    paths += [f"/requests/{id_}" for id_ in threads]
    paths += ["/incidents?limit=500", *(f"/alerts/{id_}" for id_ in raised), *(f"/incidents/{id_}" for id_ in ids)]
    answers = [who.get(f"{path}{'&' if '?' in path else '?'}as_of={_MOMENT}") for path in paths]
    return [(each.status_code, re.sub(r'"next":"[^"]+"', '"next":"more"', each.text)) for each in answers]


def _judging(id_: str) -> list[tuple[str, dict[str, Any]]]:
    """What may be said of an incident or a case without its being written, for each names what does not exist."""
    why = {"reason": "no"}
    bodies: dict[str, dict[str, Any]] = {"split": {"members": [_NOTHING]}, "same": {"members": [_NOTHING]}}
    bodies["join"] = {"other": _NOTHING}
    pair = {"left": id_, "right": _NOTHING, "verdict": "SAME"}
    return [("/judgements", pair | why), *((f"/cases/{id_}/{act}", body | why) for act, body in bodies.items())]


def _requesting(thread_id: str) -> list[tuple[str, dict[str, Any]]]:
    """What may be said in a thread without its being written, for each breaks a rule that its parties are told."""
    bodies: dict[str, dict[str, Any]] = {"answers": {"text": " "}, "notes": {"text": " "}, "decline": {"reason": " "}}
    bodies |= {"forward": {"to": ["agency:ni-nobody"]}, "close": {"text": " "}}
    bodies["amendments"] = {"changes": {"nothing": 1}, "reason": "no"}
    return [(f"/requests/{thread_id}/{act}", body) for act, body in bodies.items()]


def _writing(id_: str) -> list[tuple[str, str, dict[str, Any]]]:
    """What may be said of a special alert or a watch; none of these is in the topics where people write them."""
    body = {"severity": "LOW", "title": "t", "text": "t", "audience": ["COMMUNITY"], "tlp": "GREEN"}
    body |= {"incidents": [id_, _NOTHING]}  # never all there, so nothing is written
    return [
        ("POST", "/special-alerts", body),
        ("PUT", f"/special-alerts/{id_}", body | {"reason": "no"}),
        ("POST", f"/special-alerts/{id_}/withdrawal", {"reason": "no"}),
        ("DELETE", f"/watches/{id_}", {}),
    ]


def _answers(who: httpx.Client, ids: list[str], raised: list[str], threads: list[str]) -> list[Any]:
    """Everything that can be asked, errors included, with what is opaque replaced by its order."""
    opaque: dict[str, str] = {}

    def plain(answer: httpx.Response) -> Any:
        text = answer.text
        for found in re.findall(r'"next":"([^"]+)"', text):
            text = text.replace(found, opaque.setdefault(found, f"<cursor {len(opaque)}>"))
        kept = {name: value for name, value in answer.headers.items() if name not in {"date", "content-length", "etag"}}
        tag = "<tag of a cursor>" if "<cursor" in text else answer.headers.get("etag")
        return answer.status_code, text, kept, tag

    found = [plain(who.get(path)) for path in _PATHS]
    after = None
    while True:
        page = who.get("/incidents", params={"limit": 3} | ({"after": after} if after else {}))
        found.append(plain(page))
        after = page.json()["next"]
        if after is None:
            break
    for id_ in ids:
        paths = (f"/incidents/{id_}", f"/incidents/{id_}/opened", f"/cases/{id_}", f"/links?which=all&incident={id_}")
        found += [plain(who.get(path)) for path in paths]
        found.append(plain(who.post(f"/incidents/{id_}/withdrawals", json={"reason": "no"})))
        found.append(plain(who.get(f"/receipts/{id_}")))
        found += [plain(who.post(path, json=body)) for path, body in _judging(id_)]
        found.append(plain(who.get(f"/requests?incident={id_}")))
        found.append(plain(who.post("/requests", json={"incident_id": id_, "text": " "})))
        found.append(plain(who.get(f"/alerts?limit=500&incident={id_}")))
    found += [plain(who.get(f"/alerts/{id_}")) for id_ in raised]
    for id_ in (*ids[:3], *raised[:1], *raised[-1:]):
        found += [plain(who.request(method, path, json=body)) for method, path, body in _writing(id_)]
    found += [plain(who.get(f"/requests/{id_}")) for id_ in threads]
    for id_ in threads[::8]:
        found += [plain(who.post(path, json=body)) for path, body in _requesting(id_)]
    return found


def _bodies(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [record["admitted"]["incident"] for record in records]


def _ids_of(alerted: list[Alerted]) -> list[str]:
    """A few alerts of each kind that was made, and all special ones."""
    found = {}
    for each in alerted:
        if each.record.topic != WATCHES.name:
            content = codec("alert").decode((each.record.value or b"")[FRAME_BYTES:])
            found[content["alert_id"]] = content["title"].split()[1]
    numbered = [id_ for id_, name in found.items() if name.isdigit()]
    return [*numbered[:20], *(id_ for id_, name in found.items() if not name.isdigit())]


@pytest.mark.parametrize("seed", range(8 if os.environ.get("IONICS_EXPLORE") == "1" else 1))
def test_what_is_hidden_might_as_well_not_exist(
    deployment: Settings, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For each viewer every list, aggregate, detail and error is equal in both worlds; as of a moment, too.

    What is hidden of now are revisions. Of a moment it is incidents: while a revision that the viewer may not see was
    the current one, there was nothing of the incident to be seen, as there was not then.
    """
    members, records = read_members(deployment), _records(seed)
    links = _links(records)
    assert links
    ids = sorted({record["admitted"]["incident"]["incident_id"] for record in records})
    worlds = [
        Backend(Settings(**{**vars(deployment), "generation": generation}), Limits(1e6, 10**6))
        for generation in (_WHOLE, _FILTERED)
    ]
    shuffled = Random(seed).sample(records, len(records))  # noqa: S311  # an order, not a secret
    told = around(seed, records)
    dictionary = read_dictionary(deployment)
    written = Alerts({kind: frame(dictionary.id_of(kind)) for kind in ("alert", "watch")})
    alerted = alerting(seed, records, _AUDIENCES, written)
    messages = around_threads(seed, (*_AGENCIES, _SECRETARIAT), _PARTIES, ids, dictionary.id_of("message"))
    raised, threads = _ids_of(alerted), [*thread_ids(messages), _NOTHING]
    every = [*(record for record, _ in told), *(each.record for each in alerted)]
    _filled(deployment, _WHOLE, shuffled, members, links, [*every[::-1], *messages])
    logs = {_WHOLE: shuffled, _FILTERED: shuffled}
    said: dict[int, Sequence[Record]] = {number: [*(each.record for each in alerted), *messages] for number in logs}
    for world in worlds:
        world.moments = Limits(1e6, 10**6)
    with _logs(monkeypatch, deployment, logs, said), serving(worlds[0]) as whole, serving(worlds[1]) as filtered:
        for viewer in _VIEWERS:
            seen = visible(viewer, records, members)
            assert viewer != "ni-all" or len(seen) == len(records)
            agency = members.focal_points[viewer].agency_id
            theirs = [link for link in links if agency in (link.owner, link.agency_id)]
            known = {(body["incident_id"], body["revision"]) for body in _bodies(seen)}
            heard = seen_by(viewer, messages, members)
            assert len(heard) < len(messages)
            assert bool(heard) == (viewer != "analyst")
            others = [record for record, of in told if of <= known]
            others += [each.record for each in alerted if each.is_for(viewer, known, members)]
            _filled(deployment, _FILTERED, seen, members, theirs, [*others, *heard])
            with client(whole, deployment, viewer) as here, client(filtered, deployment, viewer) as there:
                found = _answers(here, ids, raised, threads)
                assert sum(status == 200 for status, *_ in found) > len(_PATHS) / 2
                assert found == _answers(there, ids, raised, threads)
                if viewer not in _LOOKING_BACK:
                    continue
                shown = {record["admitted"]["incident"]["incident_id"] for record in seen}
                logs[_FILTERED] = [r for r in shuffled if r["admitted"]["incident"]["incident_id"] in shown]
                others = [record for record, of in told if {id_ for id_, _ in of} <= shown]
                known = {(b["incident_id"], b["revision"]) for b in _bodies(records) if b["incident_id"] in shown}
                alerts = [each.record for each in alerted if each.is_for(viewer, known, members)]
                said[_FILTERED] = [*alerts, *heard]
                _filled(deployment, _FILTERED, logs[_FILTERED], members, theirs, [*others, *said[_FILTERED]])
                then = _of_the_moment(here, ids, raised, threads)
                assert then == _of_the_moment(there, ids, raised, threads)
                assert sum('"request":' in text for _, text in then) > 2
                assert any(status == 200 for status, _ in then[-len(ids) :])
