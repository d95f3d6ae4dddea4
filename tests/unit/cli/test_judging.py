"""How the commands that judge read their arguments, and how a case is shown as it comes."""

import click
import pytest
from click.testing import CliRunner

from cli.case_line import case_document, case_line
from cli.links_judging import two_of
from cli.main import cli
from projections.feed import CaseFeedEvent
from tests.unit.match_cases.facts import judged, link, moved, taken


@pytest.mark.parametrize("names", [("a", "b"), ("a|b",), ("a:b",), ("a, b",)])
def test_two_incidents(names: tuple[str, ...]) -> None:
    """By two words, or by one pair."""
    assert two_of(names) == ("a", "b")


@pytest.mark.parametrize("names", [("a",), ("a|",), ("a", "b", "c"), ("", "b")])
def test_no_two_incidents(names: tuple[str, ...]) -> None:
    """Anything else is wrong usage."""
    with pytest.raises(click.UsageError):
        two_of(names)


def test_a_review_without_a_verdict_is_wrong_usage() -> None:
    """Nothing is asked of any server."""
    done = CliRunner().invoke(cli, ["links", "review", "a", "b", "--reason", "x"])
    assert done.exit_code == 2
    assert "--take-back" in done.output


def test_cases_have_no_filters_of_incidents() -> None:
    """Which would pass nothing over in silence."""
    done = CliRunner().invoke(cli, ["watch", "--cases", "--country", "NZL"])
    assert done.exit_code == 2


def test_a_case_on_one_line() -> None:
    """Its size, what changed, and why; without the positions, which count what others may not see."""
    versions = taken([link(0, 2, kind="DUPLICATE"), link(2, 4), judged(2, 4, "RELATED"), moved(2, 2)])
    opened, added, said, ended = (case_line(CaseFeedEvent("c", version)) for version in versions)
    assert opened == (
        "2023-11-14T22:13:20Z  case 00000000 v1: 2 incidents, 1 seizure; "
        "opened, member added ×2, link added (00000000 – 00000000: packaging_mark exact)"
    )
    assert "v2: 3 incidents, 2 seizures; member added, link added" in added
    assert "link changed" in said
    assert ended.endswith("v4: is no more; closed, member left ×3, link gone ×2")
    document = case_document(CaseFeedEvent("c", versions[0]))
    assert (document["cursor"], document["case"]["version"], "positions" in document["case"]) == ("c", 1, False)
    restricted = taken([link(0, 2, classes=(5, 5))])
    assert " v1 restricted: " in case_line(CaseFeedEvent("c", restricted[0]))
