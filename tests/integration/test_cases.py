"""Cases on real parts: the stage is killed, people judge, and each focal point follows what it may see."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson
import psycopg
import pytest
from click.testing import CliRunner
from confluent_kafka.admin import AdminClient

from cli.main import cli
from cli.report import current_revision
from deploy.agencies import add_agencies
from deploy.workers import spawn_stage
from producers import IncidentProducer
from projections.api.backend import Backend
from projections.api.limits import Limits
from projections.feed import feed
from projections.queries import incident, members_of
from projections.seen_feed import cases_seen_by
from projections.viewing import viewing
from schemas.case import CaseVersion
from schemas.codec import FRAME_BYTES, codec, frame
from schemas.dictionary import read_dictionary
from schemas.directory import Agency
from schemas.judgement import pair_of
from schemas.publishing import publish
from schemas.reading import quiet_logger, read_topic
from schemas.settings import Settings
from schemas.topics import AUDIT, cases, create_topics, links
from stream_processors.match import cases_group
from stream_processors.runtime import Output
from stream_processors.runtime.lag import committed, lag
from tests.integration.exchange import CONTENT, until
from tests.integration.generations import own_generation
from tests.integration.serving import client, serving
from tests.running import Running
from tests.unit.match_cases import facts
from tests.unit.match_cases.expected import expected

pytestmark = pytest.mark.stack

_KILLED, _JUDGED = 96, 97
"""Generations of these tests alone: they hold links that no matcher wrote."""


def _publish(settings: Settings, records: Sequence[Output]) -> None:
    head = frame(read_dictionary(settings).id_of("match_event"))
    found = [(record.key, head + (record.value or b"")[FRAME_BYTES:]) for record in records]
    publish(settings, links(settings.generation).name, found)


def _fresh(settings: Settings) -> bool:
    group, topic = cases_group(settings.generation), links(settings.generation)
    return lag(settings, topic, committed(settings, group, topic)).fresh


@pytest.mark.faults
def test_a_reader_gets_each_version_once_though_the_stage_is_killed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`kill -9` in the middle of its work, again and again; folding the stream gives the cases of all links."""
    ours = replace(settings, generation=_KILLED)
    create_topics(AdminClient(ours.client_config(), logger=quiet_logger()), [links(_KILLED), cases(_KILLED)])
    monkeypatch.setenv("IONICS_GENERATION", str(_KILLED))
    written: list[Output] = []
    for begin in (0, 1_200):
        numbers = range(begin, begin + 1_200)
        # A dozen incidents each, so that cases are as large as they are in life.
        ends = [(n, min(n + 1 + n % 3, n // 12 * 12 + 11)) for n in numbers if n % 12 != 11]
        part = [facts.link(*both, kind="DUPLICATE" if both[0] % 5 else "SAME_NETWORK") for both in ends]
        part += [facts.moved(n, 2, withdrawn=n % 2 == 0) for n in numbers[::7]]
        written += part
        _publish(ours, part)
        before = committed(ours, cases_group(_KILLED), links(_KILLED))[0]
        with spawn_stage(ours.home, "cases") as worker:
            until(lambda before=before: committed(ours, cases_group(_KILLED), links(_KILLED))[0] > before)  # type: ignore[misc]  # mypy cannot infer a default
            worker.kill()
    with spawn_stage(ours.home, "cases") as worker:
        until(lambda: _fresh(ours))
        worker.terminate()
    versions = [event.case for event in feed(ours, kind="case", follow=False)]
    assert expected(written) == facts.folded(versions)  # which also holds that versions go up by one
    events = list(feed(ours, kind="case", follow=False))
    for position in (0, len(events) // 2, len(events) - 1):
        after = list(feed(ours, events[position].cursor, kind="case", follow=False))
        assert after == events[position + 1 :]


@pytest.fixture(scope="module")
def at_work(running: Running) -> Iterator[Settings]:
    """A generation with its stages but the matcher."""
    settings = running.settings
    add_agencies(settings, [Agency(id_, id_, "CUSTOMS", "NZL") for id_ in ("case-nzl", "case-aus", "case-fji")])
    with own_generation(settings, _JUDGED, "admit", "enrich", "project", "members", "cases") as ours:
        yield ours


@pytest.fixture
def judged(at_work: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The same, as the command line finds it."""
    monkeypatch.setenv("IONICS_HOME", str(at_work.home))
    monkeypatch.setenv("IONICS_GENERATION", str(_JUDGED))
    return at_work


def _run(*words: str, code: int = 0) -> Any:
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == code, (done.output, done.exception)
    return str(done.exception) if code else orjson.loads(done.stdout)


class World:
    """Incidents of one test, and links between them as a matcher would write them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def reported(self, agency: str, count: int, **content: Any) -> list[str]:
        """Ids of incidents that the views have, the first admitted first: those of one instant by their ids."""
        with IncidentProducer(agency, reporting_country="NZL", settings=self.settings) as producer:
            sent = [producer.report(CONTENT | content) for _ in range(count)]
            assert {receipt.outcome for receipt in producer.wait(sent, 60)} == {"ACCEPTED"}
        found = [submission.incident_id for submission in sent]
        until(lambda: all(self.row(one, agency) is not None for one in found))
        return sorted(found, key=lambda one: ((self.row(one, agency) or {})["admitted_at"], one))

    def row(self, incident_id: str, person: str) -> dict[str, Any] | None:
        """An incident as somebody sees it."""
        generation = self.settings.generation
        with (
            psycopg.connect(self.settings.reader_url, autocommit=True) as connection,
            viewing(connection, generation, person),
        ):
            return incident(connection, generation, incident_id)

    def shown(self, incident_ids: Sequence[str], person: str) -> list[set[str]]:
        """The cases that some incidents give their names to, as somebody sees them."""
        generation = self.settings.generation
        with (
            psycopg.connect(self.settings.reader_url, autocommit=True) as connection,
            viewing(connection, generation, person),
        ):
            found = [set(members_of(connection, generation, one)) for one in incident_ids]
        return [members for members in found if members]

    def narrow(self, incident_id: str) -> None:
        """Amend an incident of case-nzl, so that nobody else may see it any more."""
        with IncidentProducer("case-nzl", reporting_country="NZL", settings=self.settings) as producer:
            current, receipt = current_revision(self.settings, incident_id)
            narrower = {"audience": ["agency:case-nzl"], "tlp": "AMBER"}
            later = producer.amend(current, receipt, narrower, reason="ours")
            assert producer.wait(later, 60).outcome == "ACCEPTED"
        until(lambda: self.row(incident_id, "case-aus") is None)

    def link(self, one: str, other: str, policy_class: int = 0) -> None:
        """Link two incidents at their first revisions."""
        left, right = pair_of(one, other)
        at = {id_: (self.row(id_, "case-nzl") or {})["admitted_at"] for id_ in (left, right)}
        stated = codec("match_event").decode((facts.link(0, 1).value or b"")[FRAME_BYTES:])
        stated["link"] |= {"left": left, "right": right, "left_class": policy_class, "right_class": policy_class}
        stated["link"] |= {
            "left_admitted_at": datetime.fromisoformat(at[left]),
            "right_admitted_at": datetime.fromisoformat(at[right]),
        }
        value = b"\0" * FRAME_BYTES + codec("match_event").encode(stated)
        _publish(self.settings, [Output("", 0, f"{left}|{right}".encode(), value)])


def test_people_judge_and_follow_what_they_may_see(judged: Settings) -> None:
    """By the command line: review, split, same, join; refused in one and the same words what is hidden or absent."""
    world = World(judged)
    ours, theirs = world.reported("case-nzl", 3), world.reported("case-aus", 1)
    [a, b, c], [d] = ours, theirs
    [hidden] = world.reported("case-nzl", 1, audience=["agency:case-nzl"], tlp="AMBER")

    def follows(*expected: set[str]) -> None:
        """Wait for the stream, which readers follow, and for the views, which commands ask."""
        until(lambda: standing() == list(expected) == world.shown([a, b, c, d], "analyst"))

    def standing() -> list[set[str]]:
        latest = {event.case.case_id: event.case for event in feed(judged, kind="case", follow=False)}
        found = [{one.incident_id for one in case.members} for case in latest.values()]
        return sorted((members for members in found if members & {a, b, c, d}), key=lambda members: a not in members)

    for one, other in ((a, b), (b, c), (c, d)):
        world.link(one, other)
    follows({a, b, c, d})

    review = ("links", "review", "--json", "--reason", "seen both")
    [made] = _run(*review, f"{c}|{d}", "--different", "--as", "case-aus")
    assert (made["revision"], made["verdict"], made["agency_id"]) == (1, "DIFFERENT", "case-aus")
    follows({a, b, c})
    [made] = _run(*review, d, c, "--take-back", "--as", "analyst")
    assert made["revision"] == 2
    follows({a, b, c, d})

    absent = "00000000-0000-0000-0000-000000000000"
    refused = [_run(*review, a, one, "--same", "--as", "case-aus", code=1) for one in (hidden, absent)]
    assert refused[0].replace(hidden, absent) == refused[1]
    assert "needs the right coordinate" in _run(*review, a, b, "--same", "--as", "case-aus", code=1)
    assert "nobody has judged" in _run(*review, a, b, "--take-back", code=1)
    assert "one incident" in _run(*review, a, a, "--same", code=1)
    for one in (hidden, absent):
        assert f"no incident '{one}'" in _run("case", "split", one, a, "--reason", "x", "--as", "case-aus", code=1)

    made = _run("case", "split", a, c, d, "--reason", "two networks", "--json")
    assert [(each["left"], each["right"]) for each in made] == [pair_of(b, c)]
    follows({a, b}, {c, d})
    assert "all members" in _run("case", "split", a, a, b, "--reason", "x", code=1)
    assert "no member" in _run("case", "same", a, a, c, "--reason", "x", code=1)
    _run("case", "same", a, a, b, "--reason", "one parcel", "--json")
    [joined] = _run("case", "join", a, c, "--reason", "same vendor", "--json")
    assert (joined["left"], joined["right"], joined["verdict"]) == (*pair_of(a, c), "RELATED")
    world.link(a, c)  # as the matcher answers a judgement of a pair
    follows({a, b, c, d})
    last = [event.case for event in feed(judged, kind="case", follow=False)][-1]
    assert {one.incident_id: one.canonical_id for one in last.members} == {a: a, b: a, c: c, d: d}
    acts = [codec("audit").decode((record.value or b"")[FRAME_BYTES:]) for record in read_topic(judged, AUDIT.name)]
    ours_ = [act["code"] for act in acts if act["subject"] and act["subject"].split("|")[0] in {a, *pair_of(c, d)}]
    assert ours_ == ["PAIR_JUDGED", "PAIR_JUDGED", "CASE_SPLIT", "ONE_SEIZURE", "CASES_JOINED"]
    [line] = [
        orjson.loads(line)
        for line in CliRunner().invoke(cli, ["watch", "--cases", "--json", "--limit", "1"]).stdout.splitlines()
    ]
    assert (line["case"]["version"], line["case"]["case_id"]) == (1, a)


_ABSENT = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def address(judged: Settings) -> Iterator[str]:
    """The HTTP API over the same generation."""
    with serving(Backend(judged, Limits(10_000, 10_000))) as found:
        yield found


def test_people_judge_over_http(judged: Settings, address: str) -> None:
    """Links and cases follow what they say, the audit says who; what is not theirs to judge they are told so."""
    world = World(judged)
    [a, b, c], [d] = world.reported("case-nzl", 3), world.reported("case-aus", 1)
    for one, other in ((a, b), (b, c), (c, d)):
        world.link(one, other)
    why = {"reason": "seen both"}

    def follows(*expected: set[str]) -> None:
        until(lambda: world.shown([a, b, c, d], "case-aus") == list(expected))

    with (
        client(address, judged, "case-nzl") as nzl,
        client(address, judged, "case-aus") as aus,
        client(address, judged, "analyst") as analyst,
        client(address, judged, "analyst", "read") as reader,
    ):
        follows({a, b, c, d})
        answer = aus.post("/judgements", json={"left": d, "right": c, "verdict": "DIFFERENT"} | why)
        [made] = answer.json()["judgements"]
        assert (answer.status_code, made["left"], made["right"]) == (201, *pair_of(c, d))
        assert (made["revision"], made["focal_point_id"], made["reason"]) == (1, "case-aus", "seen both")
        follows({a, b, c})
        [link] = analyst.get("/links", params={"which": "all", "incident": d}).json()["links"]
        assert (link["verdict"], link["judged_by"], link["counts"]) == ("DIFFERENT", "case-aus", False)

        for who in (aus, reader):
            for path, body in (
                ("/judgements", {"left": a, "right": b, "verdict": "SAME"}),
                (f"/cases/{a}/split", {"members": [c]}),
            ):
                answer = who.post(path, json=body | why)
                assert (answer.status_code, answer.json()["code"]) == (403, "NO_RIGHT")
        answer = aus.post("/judgements", json={"left": c, "right": d, "verdict": "SAME", "reason": " "})
        assert (answer.status_code, answer.json()["code"]) == (422, "BLANK")

        taken = analyst.post("/judgements", json={"left": c, "right": d, "verdict": "NONE"} | why)
        assert taken.json()["judgements"][0]["revision"] == 2
        follows({a, b, c, d})
        parted = nzl.post(f"/cases/{a}/split", json={"members": [c, d]} | why).json()["judgements"]
        assert [(each["left"], each["right"], each["verdict"]) for each in parted] == [(*pair_of(b, c), "DIFFERENT")]
        follows({a, b}, {c, d})
        assert nzl.post(f"/cases/{a}/same", json={"members": [a, b]} | why).status_code == 201
        assert analyst.post(f"/cases/{a}/join", json={"other": c} | why).status_code == 201
        world.link(a, c)  # as the matcher answers a judgement of a pair
        follows({a, b, c, d})
        until(lambda: analyst.get(f"/cases/{a}").json()["case"]["seizures"] == 3)
    records = [codec("audit").decode((record.value or b"")[FRAME_BYTES:]) for record in read_topic(judged, AUDIT.name)]
    ours = {a, "|".join(pair_of(c, d))}
    assert [(act["code"], act["actor"]) for act in records if act["subject"] in ours] == [
        ("PAIR_JUDGED", "case-aus"),
        ("PAIR_JUDGED", "analyst"),
        ("CASE_SPLIT", "case-nzl"),
        ("ONE_SEIZURE", "case-nzl"),
        ("CASES_JOINED", "analyst"),
    ]


def test_what_is_hidden_is_refused_over_http_like_what_does_not_exist(judged: Settings, address: str) -> None:
    """To the byte, wherever it is named; and a case is judged as far as it is seen."""
    world = World(judged)
    [a, b, c] = world.reported("case-nzl", 3)
    secret = world.reported("case-nzl", 2, audience=["agency:case-nzl"], tlp="AMBER")
    for one, other in ((a, b), (b, c)):
        world.link(one, other)
    with psycopg.connect(judged.database_url) as writer:
        found = writer.execute(f"SELECT policy_class FROM g{_JUDGED}.incident WHERE incident_id = %s", secret[:1])
        world.link(*secret, *(found.fetchone() or ()))
    until(lambda: world.shown(secret, "case-nzl") == [set(secret)])
    until(lambda: world.shown([a], "analyst") == [{a, b, c}])
    world.narrow(c)  # and its case has not followed yet
    with client(address, judged, "analyst") as who:
        for path, body in (
            ("/judgements", {"left": a, "right": "{}", "verdict": "SAME"}),
            ("/judgements", {"left": a, "right": "{}", "verdict": "NONE"}),
            ("/cases/{}/split", {"members": [a]}),
            ("/cases/{}/same", {"members": [a, b]}),
            ("/cases/{}/join", {"other": a}),
            (f"/cases/{a}/join", {"other": "{}"}),
            (f"/cases/{a}/split", {"members": ["{}"]}),
            (f"/cases/{a}/same", {"members": [a, "{}"]}),
        ):
            answers = set()
            for id_ in (_ABSENT, c, *secret):
                named = orjson.loads(orjson.dumps(body | {"reason": "no"}).replace(b"{}", id_.encode()))
                answer = who.post(path.format(id_), json=named)
                answers.add((answer.status_code, answer.text.replace(id_, "{}")))
            assert [status for status, _ in answers] == [
                422 if "members" in body and path.startswith(f"/cases/{a}") else 404
            ]
        made = who.post(f"/cases/{a}/split", json={"members": [b], "reason": "two networks"}).json()["judgements"]
        assert [(each["left"], each["right"]) for each in made] == [pair_of(a, b)]


def test_a_case_is_given_to_those_who_see_its_incidents(judged: Settings) -> None:
    """One of a restricted class to its audience alone; one of the community to all, until a member is narrowed."""
    world = World(judged)
    restricted = {"audience": ["agency:case-fji", "agency:case-nzl"], "tlp": "AMBER"}
    [a, b] = world.reported("case-nzl", 2, **restricted)
    [c, d] = world.reported("case-nzl", 2)
    with psycopg.connect(judged.database_url) as writer:
        found = writer.execute(f"SELECT policy_class FROM g{_JUDGED}.incident WHERE incident_id = %s", [a]).fetchone()
    assert found is not None
    world.link(a, b, found[0])
    world.link(c, d)

    def seen(person: str) -> list[CaseVersion]:
        with psycopg.connect(judged.reader_url, autocommit=True) as connection:
            events = cases_seen_by(feed(judged, kind="case", follow=False), connection, judged, person)
            return [event.case for event in events if event.case.incidents & {a, b, c, d}]

    def members(person: str) -> list[set[str]]:
        return [{one.incident_id for one in case.members} for case in seen(person)]

    until(lambda: members("case-nzl") == [{a, b}, {c, d}])
    assert members("case-fji") == [{a, b}, {c, d}]
    assert members("case-aus") == [{c, d}]
    [case_id] = [case.case_id for case in seen("case-aus")]
    [narrowed] = {c, d} - {case_id}
    world.narrow(narrowed)
    assert members("case-aus") == []
    stated = {"moved": {"incident_id": narrowed, "revision": 2, "withdrawn": False}}
    value = b"\0" * FRAME_BYTES + codec("match_event").encode(stated)
    _publish(judged, [Output("", 0, narrowed.encode(), value)])
    until(lambda: members("case-nzl") == [{a, b}, {c, d}, set()])
    [ended] = seen("case-aus")
    assert [(change.what, change.subject) for change in ended.changes] == [
        ("CLOSED", case_id),
        ("MEMBER_LEFT", case_id),
    ]
    assert narrowed in seen("case-nzl")[-1].incidents
