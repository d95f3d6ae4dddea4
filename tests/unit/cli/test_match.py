"""`ionics match model` of a file, with no server: every number of it, and one line where something is wrong."""

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from cli.main import cli, main
from stream_processors.match import shipped_model
from stream_processors.match.levels import LEVELS, STRATA
from stream_processors.match.telling import one_in, weights


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with the shipped model."""
    found = tmp_path / "model.json"
    found.write_bytes(shipped_model().to_json())
    return found


def test_tables_hold_every_weight(file: Path) -> None:
    """By relation, field and level, with the version first; the prior and the thresholds beside them."""
    shown = CliRunner().invoke(cli, ["match", "model", str(file)])

    assert shown.exit_code == 0
    lines = shown.output.splitlines()
    assert lines[0].startswith(f"model {shipped_model().version}: ")
    levels = sum(len(levels) - 1 for field, levels in LEVELS.items() if field != "relation")
    assert sum("likely one" in line or "likelier" in line or "says nothing" in line for line in lines) == 3 * levels
    linked = shipped_model().thresholds.duplicate_linked["other_agency"] / 10_000
    assert f"{linked:g} %" in shown.output
    for field in shipped_model().surprise:
        assert any(line.startswith(field) for line in lines)


def test_json_is_the_model(file: Path) -> None:
    """With its version."""
    shown = CliRunner().invoke(cli, ["match", "model", str(file), "--json"])

    told = orjson.loads(shown.output)
    assert told.pop("version") == shipped_model().version
    assert told == orjson.loads(file.read_bytes())


@pytest.mark.parametrize("words", [("match", "model"), ("generation", "make", "--model")])
def test_what_is_no_model_is_said_in_one_line(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is made under it."""
    broken = tmp_path / "model.json"
    broken.write_text('{"name": "x"}')
    with pytest.raises(SystemExit) as ended:
        main([*words, str(broken)])

    said = capsys.readouterr().err
    assert ended.value.code == 1
    assert said.startswith(f"error: {broken}: key_limit: Field required")
    assert said.count("\n") == 1


def test_words_of_a_weight() -> None:
    """What is worth three bits is eight times likelier."""
    for relation in STRATA:
        for each in weights(shipped_model(), relation):
            if each.by_value:
                assert each.words.startswith("as many times likelier as the value is rare")
            elif abs(each.bits) > 0.14:
                assert ("less likely" in each.words) == (each.bits < 0)
            else:
                assert each.words == "says nothing"
    assert one_in(-3.0) == "1 in 9"
    assert one_in(0.0) == "50.0 %"
