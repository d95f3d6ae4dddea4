"""`ionics links list`, `case list`, `case show` and `match keys`: what they print, log and refuse."""

import json
from collections.abc import Callable, Iterator

import psycopg
import pytest
from click.testing import CliRunner

from cli.main import cli
from projections.members import write_members
from projections.migrate import drop, migrate
from projections.sink import ViewSink
from schemas.codec import FRAME_BYTES, codec
from schemas.directory import read_members
from schemas.errors import ForbiddenError, ProjectionError
from schemas.reading import read_topic
from schemas.settings import Settings
from schemas.topics import ACCESS
from tests.unit.projections.matches import Matches, incident_id
from tests.unit.projections.worlds import World, decode, encode

pytestmark = pytest.mark.stack

_GENERATION = 914
_COMMUNITY = {"tlp": "GREEN", "audience": ["COMMUNITY"]}
Run = Callable[..., str]


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Runs a command over a generation with a case of three incidents, one of them a repeat, and a link to review."""
    found, world = Matches(), World(3)
    mark = {
        "field": "packaging_mark",
        "level": "same",
        "weight_mbit": 9_000,
        "surprise_mbit": 0,
        "left": "\x1b[31mred",
        "right": "\x1b[31mred",
    }
    found.link(0, 1, reasons=[mark], urgent=True)
    found.link(
        1,
        2,
        kind="SAME_NETWORK",
        reasons=[mark | {"field": "place", "level": "far", "weight_mbit": -1, "surprise_mbit": 0}],
    )
    found.link(2, 3, outcome="REVIEW")
    found.case([0, 1], [2])
    found.key(8)
    route = [{"role": "DEPARTURE"}, {"role": "DESTINATION"}]
    records = [world.record(number, **_COMMUNITY, route=route) for number in range(4)]
    for record in records:
        record["enrichment"]["legs"] = [{"country": country, "how": "code"} for country in ("CHN", "NZL")]
        record["enrichment"]["place_country"] = "NZL"
    drop(settings.database_url, _GENERATION)
    migrate(settings.database_url, _GENERATION)
    with psycopg.connect(settings.database_url, autocommit=True) as writer:
        ViewSink(writer, _GENERATION, decode).apply([encode(record) for record in records], {}, found.records)
        write_members(writer, _GENERATION, read_members(settings))
    monkeypatch.setenv("IONICS_HOME", str(settings.home))
    monkeypatch.setenv("IONICS_GENERATION", str(_GENERATION))

    def command(*words: str) -> str:
        done = CliRunner().invoke(cli, words)
        if done.exception is not None:
            raise done.exception
        return done.stdout

    yield command
    drop(settings.database_url, _GENERATION)


def test_links_are_listed_with_their_reasons_in_words(run: Run) -> None:
    """Those that count, then the queue; what agencies wrote cannot steer the terminal."""
    counting = run("links", "list")
    assert "same packaging mark \ufffd[31mred" in counting
    assert counting.startswith("URGENT DUPLICATE:")
    assert "REVIEW" not in counting
    (waiting,) = json.loads(run("links", "list", "--review", "--json"))
    assert {waiting["left"], waiting["right"]} == {incident_id(2), incident_id(3)}
    assert "to be reviewed" in run("links", "list", "--incident", "REF-3")
    assert json.loads(run("links", "list", "--kind", "RELATED", "--json")) == []


def test_a_case_is_shown_on_one_screen(run: Run, settings: Settings) -> None:
    """By its id or any incident of it; that it was shown is in the access log, with each incident."""
    shown = run("case", "show", incident_id(0))
    assert run("case", "show", "REF-1") == shown
    for part in (
        f"case {incident_id(0)}: 2 seizures in 3 reports",
        "reported by: agency-0, agency-1, agency-2",
        "route: CHN → NZL",
        "└ again",
        "why these belong together",
        "against it: places far apart",
    ):
        assert part in shown
    assert len(shown.splitlines()) < 50
    (listed,) = json.loads(run("case", "list", "--json"))
    assert (listed["seizures"], listed["incidents"]) == (2, 3)
    assert incident_id(0) in run("case", "list")
    entries = [codec("access").decode((r.value or b"")[FRAME_BYTES:]) for r in read_topic(settings, ACCESS.name)]
    details = [
        entry["incident_ids"] for entry in entries if incident_id(0) in entry["query"] and entry["action"] == "DETAIL"
    ]
    assert {incident_id(number) for number in range(3)} == set(details[-1])
    with pytest.raises(ProjectionError, match="belongs to no case"):
        run("case", "show", "REF-3")
    with pytest.raises(ProjectionError, match="no incident 'nothing'"):
        run("case", "show", "nothing")


def test_closed_keys_need_a_right(run: Run, monkeypatch: pytest.MonkeyPatch, make_agency: Callable[..., str]) -> None:
    """The right administer."""
    assert "mark" in run("match", "keys")
    monkeypatch.setenv("IONICS_VIEWER", make_agency("keys-nzl"))
    with pytest.raises(ForbiddenError):
        run("match", "keys")


def test_routes_say_how_often_something_was_reported(run: Run) -> None:
    """Beside the incidents, each once."""
    rows = json.loads(run("routes", "--json"))
    assert any(row["reported"] > row["incidents"] for row in rows)
    assert "reported" in run("routes")
