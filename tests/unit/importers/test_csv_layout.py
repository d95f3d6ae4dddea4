"""Our own CSV layout: every field of an incident in columns, one row an item."""

import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.importers import Draft, Reject, read_csv
from producers.importers.csv_columns import columns
from schemas.errors import IdentityError, ImportFileError
from schemas.incident import DatePrecision, Delegation, Tlp

DOCUMENT = Path(__file__).parents[3] / "docs/csv-layout.md"
HEADER = "source_ref,incident_type,occurred_on,audience,tlp,item_substance_text,item_hs_code,location_place_text"
ROW = "r1,SEIZURE,2024-03-01,COMMUNITY,AMBER,MDMA,,"


def _read(path: Path, *lines: str) -> list[Draft | Reject]:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="")
    return list(read_csv(path, agency_id="nz-police", reporting_country="NZL"))


def _drafts(path: Path, *lines: str) -> list[Draft]:
    read = _read(path, *lines)
    assert [each for each in read if isinstance(each, Reject)] == []
    return [each for each in read if isinstance(each, Draft)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file to be written."""
    return tmp_path / "ours.csv"


class TestDocument:
    """The document is what the importer does."""

    def test_names_every_column(self) -> None:
        """Each column has its row there, and there is no row for anything else."""
        assert sorted(columns()) == sorted(re.findall(r"^\| `(\w+)` \|", DOCUMENT.read_text("utf-8"), re.MULTILINE))

    def test_example(self, path: Path) -> None:
        """The example there is imported as it says."""
        (example,) = re.findall(r"```csv\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
        first, second = _drafts(path, *example.splitlines())

        assert (
            [item.substance_text for item in first.content.items],
            [item.amount_text for item in first.content.items[1:]],
        ) == (["MDMA", "Ketamine"], ["300"])
        assert [(leg.role, leg.country, leg.country_text) for leg in first.content.route] == [
            ("DEPARTURE", "NLD", None),
            ("DESTINATION", None, "Unknown"),
        ]
        assert (
            second.content.occurred_precision,
            second.content.audience,
            second.content.items[0].amount_text,
            second.content.items[0].unit_text,
        ) == (DatePrecision.MONTH, ["country:NZL", "country:AUS"], "12,5", "кг")


class TestIncidents:
    """What rows become."""

    def test_draft(self, path: Path) -> None:
        """Agency and country are those of the import; the line is that of the first row."""
        (draft,) = _drafts(path, HEADER, ROW)

        assert (
            draft.agency_id,
            draft.reporting_country,
            draft.source_ref,
            draft.line,
            draft.lines,
            draft.importer,
        ) == ("nz-police", "NZL", "r1", 2, 1, "csv-layout/1")
        assert date(2024, 3, 1) == draft.content.occurred_on

    @pytest.mark.parametrize("delimiter", [";", "\t"])
    def test_delimiters(self, path: Path, delimiter: str) -> None:
        """Spreadsheets of many countries write a semicolon."""
        assert _drafts(path, HEADER, ROW) == _drafts(path, *(line.replace(",", delimiter) for line in (HEADER, ROW)))

    def test_spaces(self, path: Path) -> None:
        """They are part of reported text and of nothing else; a blank is nothing."""
        (draft,) = _drafts(path, HEADER, "r1, SEIZURE ,2024-03-01,COMMUNITY,AMBER , MDMA ,  ,  ")

        assert (
            draft.content.items[0].substance_text,
            draft.content.items[0].hs_code,
            draft.content.location.place_text,
        ) == (" MDMA ", None, None)

    def test_numbered_columns(self, path: Path) -> None:
        """Their numbers give the order, wherever they stand; blank ones are passed over."""
        header = f"{HEADER},leg_12_role,leg_2_role,leg_1_role,entity_1_kind,entity_1_name,entity_1_role"
        (draft,) = _drafts(path, header, f"{ROW},DESTINATION,DEPARTURE,,COMPANY,Example Ltd,SENDER")

        assert [leg.role for leg in draft.content.route] == ["DEPARTURE", "DESTINATION"]
        assert [entity.name for entity in draft.content.entities] == ["Example Ltd"]

    def test_delegation(self, path: Path) -> None:
        """To whom the secretariat may give it, as many as it takes."""
        header = f"{HEADER},delegation_audience,delegation_tlp"
        row = "r1,SEIZURE,2024-03-01,agency:gc3,RED,MDMA,,,country:AUS country:NZL,AMBER"
        (draft,) = _drafts(path, header, row)

        assert draft.content.delegation == Delegation(audience=["country:AUS", "country:NZL"], tlp=Tlp.AMBER)

    def test_shipment_and_place(self, path: Path) -> None:
        """A record of the incident is made of its columns, numbers are read."""
        header = f"{HEADER},shipment_reference,shipment_expected_on,location_latitude_udeg,location_longitude_udeg"
        (draft,) = _drafts(path, header, f"{ROW},X1,2024-03-05,-36848530,174763490")

        assert draft.content.shipment is not None
        assert ("X1", date(2024, 3, 5)) == (draft.content.shipment.reference, draft.content.shipment.expected_on)
        assert draft.content.location.latitude_udeg == -36848530

    def test_a_multi_line_narrative(self, path: Path) -> None:
        """Quoted text over several lines is one cell, also in the last column."""
        (draft, after) = _drafts(path, f"{HEADER},narrative", f'{ROW},"One,', 'two"', f"r2{ROW[2:]},")

        assert draft.content.narrative == "One,\ntwo"
        assert after.line == 4

    def test_references_are_made(self, path: Path) -> None:
        """Rows without one have one made of what they say, and identical rows are as many incidents."""
        rows = [ROW.replace("r1", ""), ROW.replace("r1", ""), ROW.replace("r1", "").replace("MDMA", "MDA")]
        once = [draft.source_ref for draft in _drafts(path, HEADER, *rows)]
        again = [draft.source_ref for draft in _drafts(path, f"{HEADER},narrative", *(f"{row}," for row in rows))]

        assert len(set(once)) == 3
        assert once == again


class TestRejects:
    """What breaks a rule is rejected with its field path."""

    @pytest.mark.parametrize(
        ("row", "line", "field", "reason"),
        [
            (ROW.replace("SEIZURE", "PICNIC"), 2, "incident_type", "PICNIC is not in the code list incident_type"),
            (ROW.replace("COMMUNITY", ""), 2, "audience", "Field required"),
            (ROW.replace("AMBER", "RED"), 2, "tlp", "RED and AMBER_STRICT cannot go to COMMUNITY; name the audience"),
            (ROW.replace("2024-03-01", "20240301"), 2, "occurred_on", "'20240301' is not a date, YYYY-MM-DD"),
            (ROW.replace("MDMA,", "MDMA,x"), 2, "items[0].hs_code", "String should match pattern '^[0-9]{4,10}$'"),
            (ROW.replace("MDMA", ""), 2, "items[0].substance_text", "Field required"),
            (ROW.replace("r1", "r" * 201), 2, "source_ref", "is longer than 200 characters"),
            (ROW + ",", 2, "row", "has 9 columns where the header has 8"),
        ],
    )
    def test_fields(self, path: Path, row: str, line: int, field: str, reason: str) -> None:
        """One fault, one reject; the next row is read."""
        first, second = _read(path, HEADER, row, ROW.replace("r1", "r2"))

        assert Reject(line, field, reason) == first
        assert isinstance(second, Draft)

    @pytest.mark.parametrize(
        ("second", "field", "reason"),
        [
            ("r1,,,,,Ketamine,x,", "items[1].hs_code", "String should match pattern '^[0-9]{4,10}$'"),
            (
                "r1,,,,GREEN,Ketamine,,",
                "tlp",
                "differs from line 2, which has the same source_ref; repeat it or leave it blank",
            ),
            ("r1,,", "row", "has 3 columns where the header has 8"),
        ],
    )
    def test_all_rows_of_an_incident(self, path: Path, second: str, field: str, reason: str) -> None:
        """A fault in one row rejects the others of its incident, the reason at the row it is in."""
        assert [
            Reject(2, "source_ref", "belongs to the incident that is rejected at line 3"),
            Reject(3, field, reason),
            Reject(4, "source_ref", "belongs to the incident that is rejected at line 3"),
        ] == _read(path, HEADER, ROW, second, "r1,,,,,MDA,,")

    def test_a_reference_again(self, path: Path) -> None:
        """Rows of one incident stand together."""
        first, second, third = _read(path, HEADER, ROW, ROW.replace("r1", "r2"), ROW)

        assert [Draft, Draft] == [type(first), type(second)]
        assert Reject(4, "source_ref", "'r1' is that of line 2 already; put the rows of one incident together") == third

    @pytest.mark.parametrize(
        ("header", "message"),
        [
            (f"{HEADER},colour", "'colour' is no column"),
            (f"{HEADER},leg_0_role", "'leg_0_role' is no column"),
            (f"{HEADER},items", "'items' is no column"),
            (f"{HEADER},tlp", "tlp stands there twice"),
            (HEADER.replace(",tlp", ""), "tlp is missing"),
            ("source_ref", "incident_type, .* is missing"),
        ],
    )
    def test_headers(self, path: Path, header: str, message: str) -> None:
        """A header that is not of the layout stops the import before any row."""
        with pytest.raises(ImportFileError, match=message):
            _read(path, header, ROW)

    def test_agency(self, path: Path) -> None:
        """So does an agency that cannot be one."""
        with pytest.raises(IdentityError, match="agency 'NZ Police'"):
            list(read_csv(path, agency_id="NZ Police", reporting_country="NZL"))


_ROWS = st.lists(
    st.builds(
        lambda ref, on, substance, tlp: f"{ref},SEIZURE,{on},COMMUNITY,{tlp},{substance},,",
        st.sampled_from(["", "a", "b"]),
        st.sampled_from(["2024-03-01", "March", ""]),
        st.sampled_from(["MDMA", "", "кетамин"]),
        st.sampled_from(["AMBER", "GREEN", "", "PINK"]),
    ),
    max_size=20,
)


@given(rows=_ROWS)
def test_every_row_is_accounted_for(tmp_path_factory: pytest.TempPathFactory, rows: list[str]) -> None:
    """Items and rejects together are the rows; references differ; reading twice gives the same."""
    path = tmp_path_factory.mktemp("csv") / "ours.csv"
    read = _read(path, HEADER, *rows)
    drafts = [each for each in read if isinstance(each, Draft)]

    assert len(rows) == sum(draft.lines for draft in drafts) + len(read) - len(drafts)
    assert len(drafts) == len({draft.source_ref for draft in drafts})
    assert read == _read(path, HEADER, *rows)
