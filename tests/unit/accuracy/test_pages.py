"""What `make accuracy` writes: tables, pictures, and the page between its markers."""

from pathlib import Path
from xml.etree import ElementTree as ET

import polars as pl
import pytest

from tests.accuracy import picture, tables
from tests.accuracy.__main__ import BEGIN, END, write
from tests.accuracy.measuring import Found
from tests.accuracy.metrics.clusters import BCubed
from tests.accuracy.metrics.judged import PREDICTED, judged
from tests.accuracy.truth import TRUTH, same_seizure

KNOWN = pl.DataFrame(
    [
        (name, seizure, seizure, None, [], "first", [])
        for name, seizure in zip("abcdef", (1, 1, 1, 2, 2, 3), strict=True)
    ],
    TRUTH,
    orient="row",
)


def _found(name: str, *rows: tuple[str, str, float | None, str]) -> Found:
    units = KNOWN.select("incident_id", unit="seizure")
    pairs = judged(pl.DataFrame(rows, PREDICTED, orient="row"), same_seizure(KNOWN), units)
    found = Found(name, pairs.with_columns(set=pl.lit(1)), incidents=6, review=1, seconds=0.5)
    found.cubed.append(BCubed(0.75, 0.5))
    return found


FOUND = [
    _found("one <peer>", ("a", "b", 0.9, "linked"), ("d", "f", 0.7, "linked"), ("b", "c", 0.4, "review")),
    _found("another", ("d", "e", None, "linked")),
]


def test_tables_say_what_was_measured() -> None:
    """Each has a row of the pairwise table, with its precision and recall, and no ratio to itself."""
    rows = tables.pairwise(FOUND, ("another",))
    assert rows[2].startswith("| one <peer> | 0.500 (")
    assert rows[3].startswith("| another | 1.000 (")
    assert rows[3].split("|")[5].strip() == ""
    assert all(row.count("|") == rows[0].count("|") for row in rows)


def test_whoever_gives_no_probabilities_is_not_calibrated() -> None:
    """No calibration is made up for links without a probability."""
    assert tables.calibrations(FOUND)[3] == "| another | gives none | | | |"


@pytest.mark.parametrize("drawn", [picture.precision_recall, picture.reliability])
def test_pictures_are_well_formed(drawn: object) -> None:
    """Names are escaped, and everything lies inside the picture."""
    root = ET.fromstring(drawn(FOUND, "a & b"))  # type: ignore[operator]  # noqa: S314  # one of the two functions; our own text
    assert any(text.text == "one <peer>" for text in root.iter("{http://www.w3.org/2000/svg}text"))
    dots = list(root.iter("{http://www.w3.org/2000/svg}circle"))
    assert dots
    assert all(0 <= float(dot.get("cx", "-1")) <= 760 and 0 <= float(dot.get("cy", "-1")) <= 510 for dot in dots)


def test_the_page_is_written_between_its_markers(tmp_path: Path) -> None:
    """What stands around the markers stays; a page without them is refused."""
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    write(page, "new")
    assert page.read_text() == f"before\n{BEGIN}\nnew\n{END}\nafter\n"
    page.write_text("nothing")
    with pytest.raises(ValueError, match="no place"):
        write(page, "new")
