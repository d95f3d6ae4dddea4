"""Dead letters as an operator sees them."""

import orjson
import pytest
from click.testing import CliRunner

from cli import dead_letters
from cli.main import cli
from projections import dead_letters as stored
from schemas.directory import Agency
from schemas.errors import ForbiddenError, LogError
from schemas.reading import Record
from tests.unit.projections.people import members, person

_HEADERS = (
    ("ionics-dl-stage", b"forged by the sender"),
    ("ionics-sig", b"\xff\x00"),
    ("ionics-dl-stage", b"admit"),
    ("ionics-dl-error", b"not in Confluent wire format"),
    ("ionics-dl-position", b"ionics.submissions/3/17"),
)
_LETTER = Record("ionics.dead-letters", 0, 4, 1_700_000_000_000, b"key", b"\x01nonsense\x1b[31m", _HEADERS)


@pytest.fixture(autouse=True)
def _topic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IONICS_DEPLOYMENT", "dev-test")
    monkeypatch.setattr(stored, "read_topic", lambda _, topic: iter([_LETTER] if topic == _LETTER.topic else []))
    people = [person("operator", "gc3", "administer"), person("analyst", "gc3", "read")]
    centre = members([Agency("gc3", "Centre", "SECRETARIAT", None)], people)
    monkeypatch.setattr(dead_letters, "read_members", lambda _: centre)


def test_list_tells_the_stage_and_not_the_sender() -> None:
    """A header of the same name that came with the record is not taken for the stage's own."""
    rows = orjson.loads(CliRunner().invoke(cli, ["dead-letters", "list", "--json"]).output)

    assert [(r["stage"], r["position"], r["bytes"]) for r in rows] == [("admit", "ionics.submissions/3/17", 14)]


@pytest.mark.parametrize("position", ["4", "ionics.submissions/3/17"])
def test_show_gives_headers_and_bytes(position: str) -> None:
    """What does not decode is shown byte by byte, and cannot steer the terminal."""
    found = CliRunner().invoke(cli, ["dead-letters", "show", position])

    assert found.exit_code == 0
    assert "ff00" in found.output
    assert "00000000  01 6e 6f 6e" in found.output
    assert "\x1b" not in found.output


def test_show_of_what_is_not_there() -> None:
    """The error says where to look."""
    found = CliRunner().invoke(cli, ["dead-letters", "show", "99"])

    assert isinstance(found.exception, LogError)
    assert "dead-letters list" in str(found.exception)


@pytest.mark.parametrize("arguments", [["list"], ["show", "4"]])
def test_they_are_for_operators(monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    """They hold what was sent, so reading them takes the right to administer."""
    monkeypatch.setenv("IONICS_VIEWER", "analyst")
    found = CliRunner().invoke(cli, ["dead-letters", *arguments])

    assert isinstance(found.exception, ForbiddenError)
    assert "administer" in str(found.exception)
