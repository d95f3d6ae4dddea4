"""The reference data is extended in one way, checked at load, and every fault has file, line and column."""

from datetime import date
from pathlib import Path

import pytest

from schemas.errors import ReferenceDataError
from stream_processors.reference import Reference
from stream_processors.reference.tables import TABLES

NAMES_HEADER = "substance_id,name,name_normalised,language,kind,source,confidence,form_hint,in_ids,ambiguous,note\n"
SUBSTANCES_HEADER = (
    "substance_id,preferred_name,inchikey,smiles,cas,cas_evidence,formula,molar_mass,class,subclass,effect_group,"
    "active_substance_id,structure_evidence,structure_confidence,notes\n"
)
SCHEDULES_HEADER = (
    "substance_id,preferred_name,convention,schedule,valid_from,valid_from_precision,valid_from_basis,valid_to,"
    "decision,source,source_type,confidence,note\n"
)
UNITS_HEADER = "label,language,unit,multiplier,micrograms,source,note\n"


def test_a_new_substance_with_name_and_schedule(tmp_path: Path) -> None:
    """Rows with new keys are added."""
    (tmp_path / "substances.csv").write_text(
        SUBSTANCES_HEADER + "sub:newone,Newonefentanyl,,,,,,,other,fentanyl analogue,opioid,,,,\n", encoding="utf-8"
    )
    (tmp_path / "substance_names.csv").write_text(
        NAMES_HEADER + "sub:newone,новыйфентанил,,ru-Cyrl,translation,our laboratory,high,,,,\n", encoding="utf-8"
    )
    (tmp_path / "substance_schedules.csv").write_text(
        SCHEDULES_HEADER + "sub:newone,Newonefentanyl,1961,I,2026-03,month,,,,our reading,,,\n", encoding="utf-8"
    )

    reference = Reference.load(tmp_path)

    assert reference.substance("НОВЫЙ ФЕНТАНИЛ").substance_id == "sub:newone"
    assert reference.schedules("sub:newone", date(2026, 4, 1), "DAY") == ("1961-I",)


def test_a_row_with_a_known_key_replaces_ours(tmp_path: Path, reference: Reference) -> None:
    """Here a label that the shipped data leaves a mere count gets a mass, with its source."""
    (tmp_path / "units.csv").write_text(
        UNITS_HEADER + "TABLETS,en,{tbl},1,250000,laboratory series 7,\n", encoding="utf-8"
    )

    extended = Reference.load(tmp_path).quantity("4", "Tablets", None)

    assert None is reference.quantity("4", "Tablets", None).mass_ug
    assert (extended.mass_ug, extended.mass_source) == (1_000_000, "laboratory series 7")


def test_a_name_that_now_means_two_substances_becomes_ambiguous(tmp_path: Path) -> None:
    """No row needs a flag for that."""
    (tmp_path / "substance_names.csv").write_text(
        NAMES_HEADER + "mix:khat,Fentanyl,,en-Latn,street,rumour,low,,,,\n", encoding="utf-8"
    )

    match = Reference.load(tmp_path).substance("Fentanyl")

    assert (match.how, match.candidates) == ("ambiguous", ("PJMPHNIQZUBGLI-UHFFFAOYSA-N", "mix:khat"))


@pytest.mark.parametrize(
    ("file_name", "content", "line", "column"),
    [
        ("substance_names.csv", NAMES_HEADER + "sub:nobody,X,,en,code,us,high,,,,\n", 2, "substance_id"),
        ("substance_names.csv", NAMES_HEADER + "mix:khat,X,,en,code,us,sure,,,,\n", 2, "confidence"),
        ("substance_names.csv", NAMES_HEADER + "mix:khat,X,y,en,code,us,high,,,,\n", 2, "name_normalised"),
        ("substance_names.csv", NAMES_HEADER + "mix:khat,,,en,code,us,high,,,,\n", 2, "name"),
        ("substance_schedules.csv", SCHEDULES_HEADER + "mix:khat,K,1961,I,May 2013,,,,,us,,,\n", 2, "valid_from"),
        ("substance_schedules.csv", SCHEDULES_HEADER + "mix:khat,K,1961,I,2013-13,,,,,us,,,\n", 2, "valid_from"),
        ("substance_schedules.csv", SCHEDULES_HEADER + "mix:khat,K,1961,I,2013,,,2012,,us,,,\n", 2, "valid_to"),
        ("units.csv", UNITS_HEADER + "ok,en,kg,1,,,\nstone,en,{stone},1,heavy,us,\n", 3, "micrograms"),
        ("units.csv", UNITS_HEADER + "stone,en,{stone},0,,,\n", 2, "multiplier"),
        ("units.csv", UNITS_HEADER + "stone,en,{stone},1,6350293180,,\n", 2, "source"),
        ("units.csv", UNITS_HEADER + "stone,en,{stone},1,,,\nstone,en,{stone},1,,,\n", 3, "label"),
        ("countries.csv", "label,language,country,note\nRuritania,en,RUR,\n", 2, "country"),
        ("stated.csv", "label,language,means\nperhaps,en,maybe\n", 2, "means"),
        ("plausibility.csv", "scope,value,measure,ceiling,rationale\nplanet,,mass,1,x\n", 2, "scope"),
        ("plausibility.csv", "scope,value,measure,ceiling,rationale\nany,,luck,1,x\n", 2, "measure"),
        ("plausibility.csv", "scope,value,measure,ceiling,rationale\nany,x,mass,1,x\n", 2, "value"),
        ("plausibility.csv", "scope,value,measure,ceiling,rationale\nany,,mass,-1,x\n", 2, "ceiling"),
        (
            "places.csv",
            "country,kind,label,place_id,name,latitude,longitude,source\nNZL,text,X,x:1,X,91,0,us\n",
            2,
            "latitude",
        ),
        (
            "places.csv",
            "country,kind,label,place_id,name,latitude,longitude,source\nNZL,postcode,X,x:1,X,9,0,us\n",
            2,
            "kind",
        ),
    ],
)
def test_a_faulty_row_is_named_by_file_line_and_column(
    tmp_path: Path, file_name: str, content: str, line: int, column: str
) -> None:
    """The first fault stops the load."""
    (tmp_path / file_name).write_text(content, encoding="utf-8")

    with pytest.raises(ReferenceDataError) as caught:
        Reference.load(tmp_path)

    assert str(caught.value).startswith(f"{tmp_path / file_name}, line {line}, column {column}: ")


@pytest.mark.parametrize(
    ("file_name", "content", "told"),
    [
        ("unit.csv", UNITS_HEADER, "no reference table has this name"),
        ("units.csv", "label,unit\n", "missing: language,multiplier,micrograms,source,note"),
        ("units.csv", UNITS_HEADER.replace("note", "note,colour"), "not known: colour"),
        ("units.csv", UNITS_HEADER + "a,b\n", "line 2: has 2 values for 7 columns"),
    ],
)
def test_a_file_of_another_shape_is_refused(tmp_path: Path, file_name: str, content: str, told: str) -> None:
    """A typing error in a file name or header must not pass as "nothing to add"."""
    (tmp_path / file_name).write_text(content, encoding="utf-8")

    with pytest.raises(ReferenceDataError, match=told):
        Reference.load(tmp_path)


def test_bytes_that_are_not_utf_8_are_refused(tmp_path: Path) -> None:
    """With the file's name."""
    (tmp_path / "units.csv").write_bytes(UNITS_HEADER.encode() + b"\xff,en,kg,1,,,\n")

    with pytest.raises(ReferenceDataError, match=r"units\.csv: cannot be read as UTF-8 CSV"):
        Reference.load(tmp_path)


def test_a_missing_directory_is_refused(tmp_path: Path) -> None:
    """A setting that points nowhere must not pass as "nothing to add"."""
    with pytest.raises(ReferenceDataError, match="is not a directory"):
        Reference.load(tmp_path / "nowhere")


def test_the_version_follows_the_content_and_not_the_place(tmp_path: Path, reference: Reference) -> None:
    """Equal extensions in two directories are one version; another byte is another version."""
    versions = []
    for name, note in (("a", "x"), ("b", "x"), ("c", "y")):
        directory = tmp_path / name
        directory.mkdir()
        (directory / "units.csv").write_text(UNITS_HEADER + f"stone,en,{{stone}},1,,,{note}\n", encoding="utf-8")
        versions.append(Reference.load(directory).version)

    assert versions[0] == versions[1]
    assert len({reference.version, versions[0], versions[2]}) == 3
    assert reference.version == Reference.load().version


def test_every_table_is_documented() -> None:
    """The README beside the data names each file."""
    readme = (Path(__file__).parents[3] / "stream_processors/reference/data/README.md").read_text(encoding="utf-8")

    assert [table.file_name for table in TABLES if f"`{table.file_name}`" not in readme] == []
