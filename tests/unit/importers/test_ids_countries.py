"""The table of reporting countries."""

import pycountry
import pytest

from producers.importers.ids_countries import reporting_country


@pytest.mark.parametrize("field", ["name", "official_name", "common_name"])
def test_every_country_of_iso_3166(field: str) -> None:
    """Each is known by all its names, in whatever case."""
    for country in pycountry.countries:
        if (name := getattr(country, field, None)) is not None:
            assert country.alpha_3 == reporting_country(name.upper()), name


@pytest.mark.parametrize(
    ("label", "country"),
    [
        ("Bolivia (Plurinational State of)", "BOL"),
        ("Bolivia, Plurinational State of", "BOL"),
        ("China, Hong Kong SAR", "HKG"),
        ("Macau, SAR of China", "MAC"),
        ("Kosovo under UNSCR 1244", "XKX"),
        ("Lao Peoples Democratic Republic", "LAO"),
        ("Macedonia, the former Yugoslav Republic of", "MKD"),
        ("Netherlands Antilles", "ANT"),
        ("Swaziland", "SWZ"),
        ("Turkey", "TUR"),
        ("United Kingdom (Scotland)", "GBR"),
        ("Iraq (Kurdistan Region)", "IRQ"),
        ("Российская Федерация", "RUS"),
        ("República Dominicana", "DOM"),
        ("Niger", "NER"),
        ("Nigeria", "NGA"),
        ("Congo", "COG"),
        ("Congo, the Democratic Republic of the", "COD"),
    ],
)
def test_old_and_odd_forms(label: str, country: str) -> None:
    """As the United Nations write them, and have written them."""
    assert country == reporting_country(label)


@pytest.mark.parametrize("label", ["", " ", "Unknown", "Other", "Multiple Countries", "Korea", "Atlantis"])
def test_no_country(label: str) -> None:
    """What is not one country is none; nothing is guessed."""
    assert reporting_country(label) is None
