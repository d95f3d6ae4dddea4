"""How single commands read their arguments and the bytes that they are given."""

from pathlib import Path

import click
import pytest

from cli.dead_letters import hexdump
from cli.import_ import _list_rejects, _rows, _writable
from cli.report import amended_location, dated, item_of, leg_of
from cli.substances import substance_id_of
from producers.importers import Reject
from schemas.incident import Location


@pytest.mark.parametrize(
    ("text", "on", "precision"),
    [("2024-03-07", "2024-03-07", "DAY"), ("2024-03", "2024-03-01", "MONTH"), ("2024", "2024-01-01", "YEAR")],
)
def test_a_date_says_its_precision(text: str, on: str, precision: str) -> None:
    """What is not written is not known."""
    assert {"occurred_on": on, "occurred_precision": precision} == dated(text)


def test_item() -> None:
    """Substance, amount and unit; the last two may be missing or blank."""
    assert item_of("MDMA; 1.2;kg") == {"substance_text": "MDMA", "amount_text": "1.2", "unit_text": "kg"}
    assert item_of("MDMA") == {"substance_text": "MDMA"}
    assert item_of("MDMA;;kg") == {"substance_text": "MDMA", "amount_text": None, "unit_text": "kg"}


@pytest.mark.parametrize("text", ["", ";1;kg", "a;b;c;d"])
def test_no_item(text: str) -> None:
    """Anything else is wrong usage."""
    with pytest.raises(click.BadParameter):
        item_of(text)


def test_leg() -> None:
    """Three capital letters are a code; anything else is as reported."""
    assert leg_of("DEPARTURE", "CHN") == {"role": "DEPARTURE", "country": "CHN"}
    assert leg_of("DEPARTURE", "Hong Kong") == {"role": "DEPARTURE", "country_text": "Hong Kong"}


def test_hexdump() -> None:
    """Offset, bytes and what of them can be read."""
    lines = hexdump(bytes(range(64, 84))).splitlines()

    assert lines[0] == "00000000  40 41 42 43 44 45 46 47 48 49 4a 4b 4c 4d 4e 4f  @ABCDEFGHIJKLMNO"
    assert lines[1].startswith("00000010  50 51 52 53 ")
    assert hexdump(b"") == ""


def test_substance_by_name_or_id() -> None:
    """A name finds the id that the views use; an id stays; a text that names nothing is refused."""
    context, option = click.Context(click.Command("x")), click.Option(["--substance"])

    assert substance_id_of(context, option, "Ketamine") == "YQEZLKZALYSWHR-UHFFFAOYSA-N"
    assert substance_id_of(context, option, "ambiguous") == "ambiguous"
    assert substance_id_of(context, option, None) is None
    with pytest.raises(click.BadParameter):
        substance_id_of(context, option, "qqqqqqqqq")


def test_rejects_go_where_they_are_wanted(tmp_path: Path) -> None:
    """Into the file named; a list of an earlier import does not outlive one without rejects."""
    file, wanted = tmp_path / "a.csv", tmp_path / "elsewhere.csv"

    written = _list_rejects(file, wanted, iter([Reject(2, "amount", "no, number")]))

    assert wanted == written
    assert wanted.read_text("utf-8") == 'line,field,reason\n2,amount,"no, number"\n'
    assert _list_rejects(file, wanted, iter([])) is None
    assert list(tmp_path.iterdir()) == []


def test_rejects_go_to_the_current_directory_where_the_file_lies_in_another_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An import from a directory that cannot be written to says where its rejects are."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setattr("cli.import_._writable", lambda directory: directory == here)

    written = _list_rejects(tmp_path / "a.csv", None, iter([Reject(2, "row", "x")]))

    assert here / "a.csv.rejects.csv" == written
    assert str(written) in capsys.readouterr().err


def test_rows_of_a_file(tmp_path: Path) -> None:
    """The lines below the header; a file that breaks off is not counted."""
    file = tmp_path / "a.csv"
    file.write_text("a\n1\n2\n", "utf-8")
    assert _rows(file) == 2
    file.write_bytes(b"\x1f\x8bnonsense")
    assert _rows(file) is None


def test_an_amended_place_keeps_no_coordinates_of_the_old_one() -> None:
    """The country stays where only the place changes; a new country leaves none of the words for the old one."""
    old = Location(country="NZL", country_text="NZ", place_text="Auckland", latitude_udeg=-36_848_530, longitude_udeg=1)

    place = amended_location(old, {"place_text": "Wellington"})
    country = amended_location(old, {"country": "AUS"})

    assert (place["country"], place["place_text"]) == ("NZL", "Wellington")
    assert "latitude_udeg" not in place
    assert (country["country"], country["country_text"], country["place_text"]) == ("AUS", None, "Auckland")


def test_a_directory_without_write_permission_is_left_alone(tmp_path: Path) -> None:
    """Even for root, who could write there."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)

    assert not _writable(closed)
    assert _writable(tmp_path)
