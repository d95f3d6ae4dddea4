"""Numbers, bars and text as the terminal shows them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.output import Column, bar, clean, duration, kilograms, number, print_table, sparkline


@pytest.mark.parametrize(
    ("mass_ug", "expected"),
    [
        (None, ""),
        (0, "0"),
        (1, "0.000000001"),
        (1_000_000, "0.001"),
        (12_345_678, "0.0123"),
        (1_250_000_000, "1.25"),
        (73_580_000_000, "73.58"),
        (99_999_000_000, "100"),
        (1_234_567_000_000_000, "1,234,567"),
    ],
)
def test_kilograms(mass_ug: int | None, expected: str) -> None:
    """Three significant digits below 1 kg, two places below 100, whole kilograms above; no mass is blank."""
    assert expected == kilograms(mass_ug)


@given(st.integers(min_value=1, max_value=10**18))
def test_kilograms_stay_within_half_a_percent(mass_ug: int) -> None:
    """What is shown is never further off than rounding to three digits makes it, and never 0."""
    shown = float(kilograms(mass_ug).replace(",", ""))

    assert abs(shown - mass_ug / 1e9) <= 0.005 * mass_ug / 1e9 + 1e-12


def test_bar_grows_in_eighths() -> None:
    """The longest bar has the full width, what is more than nothing is seen, nothing is no bar."""
    assert bar(8, 8, 4) == "████"
    assert bar(3, 8, 4) == "█▌"
    assert bar(1, 1_000_000, 4) == "▏"
    assert [bar(0, 8), bar(1, 0)] == ["", ""]


@given(st.lists(st.floats(min_value=0, max_value=1e12), max_size=50))
def test_sparkline_has_a_character_a_value(values: list[float]) -> None:
    """One character a value, a blank where there is nothing."""
    line = sparkline(values)

    assert len(values) == len(line)
    assert all((value == 0) == (character == " ") for value, character in zip(values, line, strict=True))


def test_reported_text_cannot_steer_the_terminal() -> None:
    """Control and format characters are replaced; line breaks become spaces; letters of all scripts stay."""
    assert clean("тианептин\n\x1b[31m \u202e") == "тианептин \ufffd[31m \ufffd"


def test_table_takes_markup_for_text(capsys: pytest.CaptureFixture[str]) -> None:
    """Square brackets in reported text are no markup."""
    print_table([Column("name"), number("n")], [["[bold]x[/]", 3]])

    assert "[bold]x[/]" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0, "0 s"), (61, "1 min 1 s"), (3600, "1 h"), (90_061, "1 d 1 h"), (-3, "0 s")]
)
def test_duration(seconds: float, expected: str) -> None:
    """An age in its two largest units."""
    assert expected == duration(seconds)
