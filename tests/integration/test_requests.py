"""Requests for information on real parts: agencies ask each other, by the command line and over HTTP."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import psycopg
import pytest
from click.testing import CliRunner
from confluent_kafka.admin import AdminClient

from cli.main import cli
from deploy.agencies import add_agencies, add_focal_points
from deploy.changes import make_changes
from deploy.generations import drop_generation
from deploy.home import administrator_keys
from deploy.stages import generated
from producers import IncidentProducer
from projections.migrate import migrate
from projections.queries import incident, list_requests
from projections.viewing import viewing
from schemas.directory import SEES_ALL, Agency
from schemas.directory.commands import GroupSet
from schemas.reading import quiet_logger
from schemas.settings import Settings
from schemas.topics import create_topics
from tests.integration.exchange import CONTENT, stages, until
from tests.integration.serving import with_gateway_key
from tests.running import Running

pytestmark = pytest.mark.stack

_GENERATION = 98
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
    ours = replace(settings, generation=_GENERATION)
    create_topics(AdminClient(ours.client_config(), logger=quiet_logger()), generated(_GENERATION))
    migrate(ours.database_url, _GENERATION)
    with stages(ours, "admit", "enrich", "project", "members"):
        yield ours
    drop_generation(settings, _GENERATION)


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
    assert [each["name"] for each in made["to"]] == ["agency:rq-aus"]
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
