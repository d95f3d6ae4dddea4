"""Two spellings of one name share a form."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_processors.reference.normalise import fold_words, is_blank, normalise_name
from stream_processors.reference.tables import DATA_DIRECTORY


def test_every_name_on_record_has_the_form_it_was_published_with() -> None:
    """The rules are exactly those by which the column `name_normalised` was made."""
    with (DATA_DIRECTORY / "substance_names.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))

    assert [row["name_normalised"] for row in rows] == [normalise_name(row["name"]) for row in rows]


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    """A form is its own form."""
    assert normalise_name(text) == normalise_name(normalise_name(text))


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    """A folded label is its own folded label."""
    assert fold_words(text) == fold_words(fold_words(text))


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Cocaine HCl", "cocaine"),
        ("α-PVP", "alphapvp"),
        ("Buprénorphine (hydrochloride)", "buprenorphine"),
        ("JWH-018", "jwh018"),
        ("Кетамин", "кетамин"),
        ("氯胺酮", "氯胺酮"),
        ("كيتامين", "كيتامين"),
        ("…", ""),
    ],
)
def test_forms_of_many_scripts(text: str, form: str) -> None:
    """Case, marks, salts and punctuation go; letters and digits of any script stay."""
    assert form == normalise_name(text)


@pytest.mark.parametrize("text", [None, "", " ", "\u00a0", "-", "…", "?"])
def test_a_text_without_letters_and_digits_is_blank(text: str | None) -> None:
    """Dashes and dots say nothing."""
    assert is_blank(text)


def test_a_zero_is_not_blank() -> None:
    """A digit says something."""
    assert not is_blank("0")
