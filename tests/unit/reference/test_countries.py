"""A country label resolves in any age and language; blank, unknown and other stay three things."""

import pycountry
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_processors.reference import Reference


def test_every_country_resolves_by_its_codes_and_names(reference: Reference) -> None:
    """ISO 3166-1, whole."""
    for country in pycountry.countries:
        found = {
            reference.country(country.name).country,
            reference.country(None, country.alpha_3).country,
            reference.country(None, country.alpha_2).country,
            reference.country(country.alpha_3).country,
        }

        assert {country.alpha_3} == found


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("Turkey", "TUR"),
        ("Swaziland", "SWZ"),
        ("Macau, SAR of China", "MAC"),
        ("Kosovo under UNSCR 1244", "XKX"),
        ("Netherlands Antilles", "ANT"),
        ("Iraq (Central Iraq)", "IRQ"),
        ("United Kingdom (England and Wales)", "GBR"),
        ("Lao Peoples Democratic Republic", "LAO"),
        ("Republic of Korea", "KOR"),
        ("Korea, Democratic People's Republic of", "PRK"),
        ("Congo (Kinshasa)", "COD"),
        ("CÔTE D'IVOIRE", "CIV"),
        ("Новая Зеландия", "NZL"),
        ("Alemania", "DEU"),
        ("Türkei", "TUR"),
        ("Ελλάδα", "GRC"),
        ("中国", "CHN"),
        ("مصر", "EGY"),
        (" spain ", "ESP"),
    ],
)
def test_labels_of_many_ages_and_languages(reference: Reference, text: str, country: str) -> None:
    """Old names, parts of countries, translations, other word orders."""
    assert country == reference.country(text).country


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("Unknown", "unknown_stated"),
        ("неизвестно", "unknown_stated"),
        ("Other", "other_stated"),
        ("otros", "other_stated"),
        ("Multiple Countries", "multiple"),
        ("Atlantis", "unresolved"),
        (None, "blank"),
        ("  ", "blank"),
        ("-", "blank"),
    ],
)
def test_what_is_no_country_says_why(reference: Reference, text: str | None, how: str) -> None:
    """Blank never equals Unknown, nor Unknown Other."""
    match = reference.country(text)

    assert (None, how) == (match.country, match.how)


def test_a_code_of_the_reporter_decides(reference: Reference) -> None:
    """The label beside it is not even read; a code that is none lets the label speak."""
    assert (reference.country("Spain", "NZL").country, reference.country("Spain", "nzl").how) == ("NZL", "code")
    assert (reference.country("Spain", "??").country, reference.country("Spain", "??").how) == ("ESP", "exact")
    assert reference.country(None, "QQQ").how == "unresolved"


def test_a_misspelling_counts_only_where_one_country_is_near(reference: Reference) -> None:
    """`Austrlia` is one letter from Austria and from Australia."""
    assert (reference.country("Portugall").country, reference.country("Portugall").how) == ("PRT", "fuzzy")
    assert reference.country("Austrlia").how == "unresolved"


@given(st.text(max_size=40) | st.none(), st.text(max_size=4) | st.none())
def test_any_texts_have_an_answer(text: str | None, code: str | None) -> None:
    """No text raises; a country is given exactly where something resolved."""
    match = _REFERENCE.country(text, code)

    assert (match.country is not None) == (match.how in {"code", "exact", "alias", "fuzzy"})


_REFERENCE = Reference.load()
