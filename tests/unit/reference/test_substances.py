"""A reported name resolves to what is on record, says how, and never guesses silently."""

import csv
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_processors.reference import Reference
from stream_processors.reference.tables import DATA_DIRECTORY

COCAINE = "ZPUCINDJVBIVPJ-LJISPDSOSA-N"
FENTANYL = "PJMPHNIQZUBGLI-UHFFFAOYSA-N"
KETAMINE = "YQEZLKZALYSWHR-UHFFFAOYSA-N"
METHAMPHETAMINE = "MYWUZJCMWCOHBA-VIFPVBQESA-N"

with (DATA_DIRECTORY / "substance_names.csv").open(encoding="utf-8", newline="") as lines:
    NAMES = list(csv.DictReader(lines))


def test_every_name_on_record_is_its_own_substance_or_a_candidate(reference: Reference) -> None:
    """No name leads elsewhere."""
    for row in NAMES:
        match = reference.substance(row["name"])

        assert row["substance_id"] in {match.substance_id, *match.candidates}, row["name"]


def test_an_ambiguous_name_gives_candidates_and_no_identity(reference: Reference) -> None:
    """All meanings are kept, in order of id."""
    for row in NAMES:
        if row["ambiguous"] == "yes":
            match = reference.substance(row["name"])

            assert (match.substance_id, match.how) == (None, "ambiguous")
            assert list(match.candidates) == sorted(set(match.candidates))
            assert len(match.candidates) > 1


def test_candidates_that_agree_still_give_class_and_group(reference: Reference) -> None:
    """Both meanings of "ice" are stimulants."""
    match = reference.substance("ice")

    assert (match.how, match.substance_class, match.effect_group) == ("ambiguous", "phenethylamines", "stimulant")


def test_candidates_that_differ_give_neither(reference: Reference) -> None:
    """The label "Quinoline" is a chemical, or what was left of a synthetic cannabinoid's name."""
    match = reference.substance("Quinoline")

    assert (match.how, match.substance_class, match.effect_group) == ("ambiguous", None, None)


@pytest.mark.parametrize(
    ("text", "substance_id", "how"),
    [
        ("Fentanyl", FENTANYL, "exact"),
        ("  FENTANYL ", FENTANYL, "exact"),
        ("фентанил", FENTANYL, "alias"),
        ("海洛因", "GVGLGOZIDCSQPN-PVHGPHFFSA-N", "alias"),
        ("كوكايين", COCAINE, "alias"),
        ("α-PVP", "YDIIDRWHPFMLGR-UHFFFAOYSA-N", "alias"),
        ("Alpha PVP", "YDIIDRWHPFMLGR-UHFFFAOYSA-N", "exact"),
        ("Synthetic Cannabinoid", "class:synthetic-cannabinoid", "class_only"),
        ("Unknown", "class:unknown", "class_only"),
        ("неизвестно", "class:unknown", "class_only"),
        ("Other", "class:other", "class_only"),
        ("其他", "class:other", "class_only"),
    ],
)
def test_names_in_many_scripts(reference: Reference, text: str, substance_id: str, how: str) -> None:
    """The preferred name is exact, any other name an alias, a class no identity."""
    match = reference.substance(text)

    assert (substance_id, how) == (match.substance_id, match.how)


@pytest.mark.parametrize(
    ("text", "substance_id"),
    [
        ("Clorhidrato de cocaína", COCAINE),
        ("кокаина гидрохлорид", COCAINE),
        ("盐酸氯胺酮", KETAMINE),
        ("Ketamine (powder)", KETAMINE),
        ("New psychoactive substance, unspecified (ketamine)", KETAMINE),
        ("АВ-FUBINACA", "AKOOIMKXADOPDA-UHFFFAOYSA-N"),  # А and В are Cyrillic here
    ],
)
def test_salts_brackets_and_look_alike_letters_are_read_with_less_confidence(
    reference: Reference, text: str, substance_id: str
) -> None:
    """Another reading of a name is an alias, and never of high confidence."""
    match = reference.substance(text)

    assert (substance_id, "alias") == (match.substance_id, match.how)
    assert match.confidence in {"medium", "low"}


def test_brackets_that_contradict_are_ambiguous(reference: Reference) -> None:
    """Two substances in one text are two candidates."""
    assert reference.substance("Fentanyl (carfentanil)").how == "ambiguous"


def test_an_ester_is_no_salt(reference: Reference) -> None:
    """The acetate of psilocin is another substance."""
    assert reference.substance("Psilocin acetate").substance_id != "QVDSEJDULKLHCG-UHFFFAOYSA-N"
    assert reference.substance("Psilocin").substance_id != reference.substance("Psilocin acetate").substance_id


@pytest.mark.parametrize("text", ["Methamphetmine", "Methampehtamine", "metamphetamine", "Methamphetamines"])
def test_a_slip_of_the_keyboard_is_found_and_said(reference: Reference, text: str) -> None:
    """One letter missing, swapped or surplus in a long name."""
    match = reference.substance(text)

    assert (match.substance_id, match.how) == (METHAMPHETAMINE, "fuzzy")
    assert 85 <= match.similarity_pct < 100


def test_a_text_near_two_substances_is_ambiguous(reference: Reference) -> None:
    """Between methadone and methedrone nobody can tell."""
    match = reference.substance("methadrone")

    assert (match.substance_id, match.how) == (None, "ambiguous")
    assert len(match.candidates) > 1


@pytest.mark.parametrize(
    "text",
    [
        "JWH-999",
        "2C-Z",
        "25Q-NBOMe",
        "XB-FUBINACA",
        "3-chloroethcathinone",  # not 3-chloromethcathinone
        "N-propylhexedrona-9",
        "ketamone",
        "heroen",
        "a completely new substance",
    ],
)
def test_another_substance_of_the_family_is_unknown_and_no_misspelling(reference: Reference, text: str) -> None:
    """Codes, digits, short names and telling letters never match by nearness."""
    match = reference.substance(text)

    assert (match.substance_id, match.how, match.confidence, match.similarity_pct) == (None, "unknown", "none", 0)


@given(st.sampled_from([row["name"] for row in NAMES if any(c.isdigit() for c in row["name"])]), st.data())
@settings(max_examples=300, deadline=None)
def test_a_near_name_has_the_digits_as_written(name: str, data: st.DataObject) -> None:
    """Another digit is another substance: on record itself, a misspelling of one that has that digit, or unknown."""
    place = data.draw(st.sampled_from([match.start() for match in re.finditer(r"\d", name)]))
    digit = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != name[place]]))
    text = name[:place] + digit + name[place + 1 :]

    match = _REFERENCE.substance(text)

    near = [row["name"] for row in NAMES if row["substance_id"] == match.substance_id]
    assert match.how != "fuzzy" or re.findall(r"\d", text) in [re.findall(r"\d", name) for name in near]


@given(st.sampled_from(NAMES), st.data())
@settings(max_examples=300, deadline=None)
def test_a_short_name_never_matches_by_nearness(row: dict[str, str], data: st.DataObject) -> None:
    """Below seven letters every neighbour is a name of its own."""
    form = row["name_normalised"]
    place = data.draw(st.integers(0, max(len(form) - 1, 0)))
    text = (form[:place] + form[place + 1 :])[:6]

    assert _REFERENCE.substance(text).how != "fuzzy"


@given(st.text(max_size=60), st.sampled_from([None, "en", "ru-Cyrl", "xx"]))
def test_any_text_has_an_answer(text: str, language: str | None) -> None:
    """No text raises; an identity excludes candidates; class ids are marked as such."""
    match = _REFERENCE.substance(text, language)

    assert match.substance_id is None or match.candidates == ()
    assert (match.how == "class_only") == (match.substance_id or "").startswith("class:")
    assert (match.how in {"unknown", "blank"}) == (match.confidence == "none")


@pytest.mark.parametrize("text", [None, "", "  ", "-"])
def test_blank_is_blank_and_not_unknown(reference: Reference, text: str | None) -> None:
    """Nothing said is not "said to be unknown"."""
    match = reference.substance(text)

    assert (match.how, match.substance_id) == ("blank", None)
    assert reference.substance("Unknown").how != "blank"


def test_the_language_narrows_misspellings_only(reference: Reference) -> None:
    """A Russian report may misspell Russian, English and international names, not Spanish ones."""
    assert reference.substance("metanfetamna", "es").how == "fuzzy"
    assert reference.substance("metanfetamna", "ru").how == "unknown"
    assert reference.substance("metanfetamina", "ru").how == "alias"


def test_a_mixture_names_its_main_active(reference: Reference) -> None:
    """For roll-up only: the identity stays that of the plant."""
    match = reference.substance("Coca leaf")

    assert (match.substance_id, match.active_substance_id) == ("mix:coca-leaf", COCAINE)


_REFERENCE = Reference.load()
