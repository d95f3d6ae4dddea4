"""A place resolves within its country only, in any spelling and script."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_processors.reference import Reference

AUCKLAND = "geonames:2193733"


@pytest.mark.parametrize("text", ["Auckland", "AUCKLAND ", "auckland", "Auckland City", "Окленд", "أوكلاند"])
def test_spellings_and_scripts_of_one_city(reference: Reference, text: str) -> None:
    """Case, spaces, words for the kind of place and other scripts do not matter."""
    match = reference.place(text, "NZL")

    assert (match.place_id, match.how) == (AUCKLAND, "geonames")
    assert (match.latitude_udeg, match.longitude_udeg) == (-36_848_530, 174_763_490)


@pytest.mark.parametrize(
    ("text", "country", "name"),
    [
        ("Prat de Llobregat (El)", "ESP", "El Prat de Llobregat"),
        ("Styria/Graz", "AUT", "Graz"),
        ("Jelgava,  prison", "LVA", "Jelgava"),
        ("PEÑAFLOR", "CHL", "Peñaflor"),
        ("Kiev", "UKR", "Kyiv"),
        ("北京", "CHN", "Beijing"),
        ("القاهرة", "EGY", "Cairo"),
        ("Αθήνα", "GRC", "Athens"),
        ("г. Алматы", "KAZ", "Almaty"),
    ],
)
def test_forms_that_reports_use(reference: Reference, text: str, country: str, name: str) -> None:
    """Inverted articles, lists, additions, old names, other scripts."""
    assert name == reference.place(text, country).name


def test_a_city_is_not_found_in_another_country(reference: Reference) -> None:
    """Valencia is a city of Spain and of Venezuela, Auckland of neither."""
    spain, venezuela = reference.place("Valencia", "ESP"), reference.place("Valencia", "VEN")

    assert spain.place_id != venezuela.place_id
    assert reference.place("Auckland", "ESP").how == "unresolved"


def test_without_a_country_only_a_code_resolves(reference: Reference) -> None:
    """A name alone could be anywhere."""
    assert reference.place("Auckland", None).how == "unresolved"
    assert (
        reference.place("Auckland", None, iata="akl").place_id,
        reference.place(None, None, iata="AKL").how,
    ) == ("iata:AKL", "iata")
    assert reference.place(None, None, locode="NZ AKL").place_id == AUCKLAND


def test_a_code_that_contradicts_the_country_is_not_used(reference: Reference) -> None:
    """The contradiction stays for people to see."""
    assert reference.place(None, "ESP", iata="AKL").how == "country"
    assert reference.place("Auckland", "ESP", locode="NZAKL").how == "unresolved"


def test_the_most_populous_wins_a_tie_unless_the_subdivision_decides(reference: Reference) -> None:
    """Portland is in Oregon, and in Maine where that is said."""
    oregon = reference.place("Portland", "USA")
    maine = reference.place("Portland", "USA", subdivision="US-ME")

    assert oregon.place_id != maine.place_id
    assert (oregon, maine) == (
        reference.place("portland", "USA", subdivision="US-OR"),
        reference.place("PORTLAND", "USA", subdivision="US-ME"),
    )


def test_airports_by_name(reference: Reference) -> None:
    """Named in any language; a city with several airports names none."""
    assert reference.place("Charles de Gaulle", "FRA").place_id == "iata:CDG"
    assert reference.place("Aeropuerto Internacional Jorge Chávez", "PER").place_id == "iata:LIM"
    assert reference.place("AKL", "NZL").place_id == "iata:AKL"


def test_where_only_the_country_is_known_there_are_no_coordinates(reference: Reference) -> None:
    """No point is invented for a country."""
    for text in (None, "", "New Zealand"):
        match = reference.place(text, "NZL")

        assert (match.how, match.place_id, match.latitude_udeg, match.longitude_udeg) == ("country", None, None, None)


def test_nothing_said_is_blank(reference: Reference) -> None:
    """Neither text nor country nor code."""
    assert reference.place(None, None).how == "blank"
    assert reference.place(None, None, iata="???1").how == "unresolved"


@given(st.text(max_size=40) | st.none(), st.sampled_from([None, "NZL", "ESP", "XKX", "ANT", "QQQ", ""]))
@settings(deadline=None)
def test_any_text_has_an_answer(text: str | None, country: str | None) -> None:
    """No text raises; coordinates come in pairs, within the globe, and with a place."""
    match = _REFERENCE.place(text, country, locode=text, iata=text, subdivision=text)

    assert (match.latitude_udeg is None) == (match.longitude_udeg is None) == (match.place_id is None)
    assert abs(match.latitude_udeg or 0) <= 90_000_000
    assert abs(match.longitude_udeg or 0) <= 180_000_000


_REFERENCE = Reference.load()
