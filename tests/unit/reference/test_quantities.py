"""An amount is read exactly or not at all, and a mass only where there is one."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_processors.reference import Reference
from stream_processors.reference.amounts import canonical, read_amount

AMPHETAMINE = "KWTSXDURSIMDCE-UHFFFAOYSA-N"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4.53856", "4.53856"),
        ("600.0", "600"),
        ("0.0", "0"),
        ("-0", "0"),
        ("1e-06", "0.000001"),
        ("1.5E3", "1500"),
        ("12,5", "12.5"),
        ("0,123", "0.123"),
        ("1234,567", "1234.567"),
        ("1.234", "1.234"),
        ("1,234.5", "1234.5"),
        ("1.234,5", "1234.5"),
        ("1.234.567", "1234567"),
        ("1,234,567", "1234567"),
        ("1 234 567,89", "1234567.89"),
        ("1\u00a0234", "1234"),
        ("1\u202f234", "1234"),
        ("1'234", "1234"),
        ("١٢٫٥", "12.5"),
        ("١٬٢٣٤٫٥", "1234.5"),
        ("۱۲۳", "123"),
        ("१२", "12"),
        ("−3", "-3"),
        (".5", "0.5"),
    ],
)
def test_amounts_as_people_write_them(text: str, expected: str) -> None:
    """Decimal marks, groups of three and digits of many countries."""
    number = read_amount(text)

    assert number is not None
    assert expected == canonical(number)


@pytest.mark.parametrize(
    "text",
    [
        "1,234",
        "12,345",
        "~5",
        "5-6",
        "1/2",
        "½",
        "abc",
        "1.2.3",
        "1,23,456",
        "1.234,567.8",
        "12 34",
        "NaN",
        "1e999",
        "",
    ],
)
def test_an_amount_without_a_certain_reading_is_not_read(text: str) -> None:
    """`1,234` is one thousand here and one and a quarter there."""
    assert read_amount(text) is None


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**12), max_value=10**12))
def test_the_canonical_text_reads_back_to_itself(number: Decimal) -> None:
    """One number, one text: no exponent, no trailing zero."""
    text = canonical(number)
    again = read_amount(text)

    assert again == number
    assert canonical(again) == text
    assert "E" not in text
    assert not ("." in text and text.endswith(("0", ".")))


@given(st.integers(0, 10**9), st.integers(0, 6))
def test_grams_and_kilograms_agree(digits: int, places: int) -> None:
    """A thousand grams are a kilogram, to the microgram."""
    kilograms = Decimal(digits).scaleb(-places)
    in_kilograms = _REFERENCE.quantity(format(kilograms, "f"), "kg", None)
    in_grams = _REFERENCE.quantity(format(kilograms * 1000, "f"), "Gram", None)

    assert in_kilograms.mass_ug == in_grams.mass_ug


@pytest.mark.parametrize(
    ("label", "unit"),
    [
        ("Kilogram", "kg"),
        ("кг", "kg"),
        ("كيلوغرام", "kg"),
        ("公斤", "kg"),
        ("граммов", "g"),
        ("Gramm", "g"),
        ("gramos", "g"),
        ("mg.", "mg"),
        ("µg", "ug"),
        ("Microgram", "ug"),
        ("Ton", "t"),
        ("Ounce", "[oz_av]"),
        ("Litre", "L"),
        ("мл", "mL"),
        ("Cc", "mL"),
        ("Cubic Centimeter", "mL"),
        ("Tablet(s)", "{tbl}"),
        ("таблеток", "{tbl}"),
        ("comprimés", "{tbl}"),
        ("片", "{tbl}"),
        ("قرص", "{tbl}"),
        ("Kapseln", "{cap}"),
        ("Stamp", "{blotter}"),
        ("Blotting paper", "{blotter}"),
        ("Plants", "{plant}"),
        ("Bush", "{bush}"),
        ("Hectars", "har"),
        ("Acres", "{acre}"),
        ("unidades", "{unit}"),
        ("Stück", "{piece}"),
    ],
)
def test_unit_labels_of_many_languages(reference: Reference, label: str, unit: str) -> None:
    """UCUM, with annotations in braces for what is only counted."""
    assert unit == reference.quantity("1", label, None).unit


def test_other_unknown_blank_and_unrecognised_units_stay_apart(reference: Reference) -> None:
    """Four different statements, and none of them a mass."""
    found = [reference.quantity("5", label, None) for label in ("other", "Unknown", None, "frobs")]

    assert [(quantity.unit, quantity.unit_how) for quantity in found] == [
        ("{other}", "other_stated"),
        ("{unknown}", "unknown_stated"),
        (None, "blank"),
        (None, "unresolved"),
    ]
    assert [quantity.mass_ug for quantity in found] == [None] * 4


def test_labels_that_count_in_hundreds_and_thousands(reference: Reference) -> None:
    """The amount is in the unit, not in the label's hundreds."""
    doses = reference.quantity("798", "Thousand of doses", None)
    units = reference.quantity("78.229", "Hundred of units", None)

    assert (doses.amount, doses.unit) == ("798000", "{dose}")
    assert (units.amount, units.unit) == ("7822.9", "{unit}")


def test_a_mass_says_where_its_factor_comes_from(reference: Reference) -> None:
    """A mass unit, or the label itself."""
    gram = reference.quantity("2.5", "Gram", None)
    paper = reference.quantity("19", "Paper (1/10 gm)", None)
    tablet = reference.quantity("19", "Tablet", None)

    assert (gram.mass_ug, gram.mass_source) == (2_500_000, "mass-unit")
    assert paper.mass_ug == 1_900_000
    assert paper.mass_source not in {None, "mass-unit"}
    assert (tablet.mass_ug, tablet.mass_source) == (None, None)


def test_micrograms_are_rounded_half_to_even(reference: Reference) -> None:
    """Half a microgram goes to the even neighbour."""
    found = [reference.quantity(amount, "ug", None).mass_ug for amount in ("0.5", "1.5", "2.5")]

    assert found == [0, 2, 2]


@pytest.mark.parametrize(
    ("amount", "unit", "plausibility"),
    [
        ("5", "kg", "OK"),
        ("0.0", "kg", "ZERO"),
        ("-2", "kg", "NEGATIVE"),
        ("4500000", "Kilogram", "IMPLAUSIBLE"),
        ("1e25", "kg", "IMPLAUSIBLE"),
        ("9000000000", "Tablet", "IMPLAUSIBLE"),
        ("1,234", "kg", "UNREADABLE"),
        ("lots", "kg", "UNREADABLE"),
        (None, "kg", "MISSING"),
        ("  ", "kg", "MISSING"),
    ],
)
def test_odd_amounts_are_flagged_and_kept(
    reference: Reference, amount: str | None, unit: str, plausibility: str
) -> None:
    """A flag says why an amount stays out of sums."""
    assert plausibility == reference.quantity(amount, unit, AMPHETAMINE).plausibility


def test_plants_may_weigh_more_than_powders(reference: Reference) -> None:
    """Two thousand tonnes of eradicated cannabis are believable, of amphetamine not."""
    assert reference.quantity("2000", "t", "mix:cannabis-herb").plausibility == "OK"
    assert reference.quantity("2000", "t", AMPHETAMINE).plausibility == "IMPLAUSIBLE"


def test_a_unit_in_the_amount_is_taken_where_none_is_stated(reference: Reference) -> None:
    """`2.786 kilogram` in one field."""
    quantity = reference.quantity("2.786 kilogram", None, None)

    assert (quantity.amount, quantity.unit, quantity.mass_ug) == ("2.786", "kg", 2_786_000_000)
    assert reference.quantity("2.786 kilogram", "Gram", None).plausibility == "UNREADABLE"


@given(st.text(max_size=30) | st.none(), st.text(max_size=30) | st.none())
def test_any_texts_have_an_answer(amount: str | None, unit: str | None) -> None:
    """No text raises; a mass fits 63 bits, is not negative and has a source."""
    quantity = _REFERENCE.quantity(amount, unit, None)

    assert (quantity.mass_ug is None) == (quantity.mass_source is None)
    assert quantity.mass_ug is None or 0 <= quantity.mass_ug < 2**63
    assert (quantity.amount is None) == (quantity.plausibility in {"MISSING", "UNREADABLE"})


_REFERENCE = Reference.load()
