"""The UNODC IDS layout: what a row becomes, which rows are one incident, what is rejected."""

import gzip
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.importers import Draft, IdsProfile, Reject, agencies_of, read_ids
from schemas.errors import ImportFileError
from schemas.incident import DatePrecision, Tlp

HEADER = (
    "REGION;SUBREGION;COUNTRY;ADMINISTRATIVE_DIVISION;PLACE;SEIZURE_DATE;DRUG_NAME;AMOUNT;DRUG_UNIT;HIDING_PLACE;"
    "INSTALLATION;TRANSPORT;PRODUCING_COUNTRY;DEPARTURE_COUNTRY;DESTINATION_COUNTRY;ROUTING"
)
BASIC = {
    "REGION": "Europe",
    "COUNTRY": "Finland",
    "PLACE": "Testby",
    "SEIZURE_DATE": "2014-05-17",
    "DRUG_NAME": "Amphetamine",
    "AMOUNT": "1.5",
    "DRUG_UNIT": "Gram",
}

IdsFile = Callable[..., Path]


def ids_line(**fields: str) -> str:
    """One row: `BASIC` with other fields."""
    values: Mapping[str, str] = BASIC | fields
    return ";".join(values.get(column, "") for column in HEADER.split(";"))


@pytest.fixture
def ids_file(tmp_path: Path) -> IdsFile:
    """Writes a file of the rows given, each the fields that differ from `BASIC` or a line as it stands."""

    def write(*made: Mapping[str, str] | str, name: str = "ids.csv") -> Path:
        lines = [HEADER, *(row if isinstance(row, str) else ids_line(**row) for row in made)]
        path = tmp_path / name
        path.write_bytes("".join(f"{line}\r\n" for line in lines).encode("utf-8", "surrogateescape"))
        return path

    return write


def _drafts(path: Path, profile: IdsProfile | None = None) -> list[Draft]:
    read = list(read_ids(path) if profile is None else read_ids(path, profile))
    assert [each for each in read if isinstance(each, Reject)] == []
    return [each for each in read if isinstance(each, Draft)]


def _only(path: Path) -> Draft:
    (draft,) = _drafts(path)
    return draft


def _rejects(path: Path) -> list[Reject]:
    return [each for each in read_ids(path) if isinstance(each, Reject)]


def _legs(draft: Draft) -> list[tuple[str, str | None, str | None]]:
    return [(leg.role, leg.country_text, leg.country) for leg in draft.content.route]


class TestOneRow:
    """What a row becomes."""

    def test_agency(self, ids_file: IdsFile) -> None:
        """Each country is one agency, and its country is mapped; the content keeps the text alone."""
        draft = _only(ids_file({"COUNTRY": "Macau, SAR of China"}))

        assert (draft.agency_id, draft.reporting_country) == ("ids-mac", "MAC")
        assert (draft.content.location.country_text, draft.content.location.country) == ("Macau, SAR of China", None)

    def test_fixed_fields(self, ids_file: IdsFile) -> None:
        """Each is a seizure for the community, TLP AMBER."""
        draft = _only(ids_file({}))

        assert (
            draft.content.incident_type,
            draft.content.audience,
            draft.content.tlp,
            draft.importer,
            draft.line,
            draft.lines,
        ) == ("SEIZURE", ["COMMUNITY"], Tlp.AMBER, "unodc-ids/1", 2, 1)

    def test_text_is_as_reported(self, ids_file: IdsFile) -> None:
        """Odd amounts, unknown units, Cyrillic and spaces around a text are kept."""
        draft = _only(
            ids_file({"PLACE": " пункт «Пример»  ", "DRUG_NAME": "гашиш ", "AMOUNT": "-4e-06", "DRUG_UNIT": "Zorkmid"})
        )
        (item,) = draft.content.items

        assert draft.content.location.place_text == " пункт «Пример»  "
        assert (item.substance_text, item.amount_text, item.unit_text) == ("гашиш ", "-4e-06", "Zorkmid")

    def test_blank_unknown_and_other_are_three_things(self, ids_file: IdsFile) -> None:
        """A blank is nothing, "Unknown" and "Other" are said."""
        columns = ("HIDING_PLACE", "INSTALLATION", "TRANSPORT", "ROUTING", "DEPARTURE_COUNTRY")
        blank, unknown, other = (
            _only(ids_file(dict.fromkeys(columns, said))).content for said in ("  ", "Unknown", "Other")
        )

        assert (
            blank.concealment,
            blank.location.installation_text,
            blank.transport_text,
            blank.transport_mode,
            blank.routing_direction,
        ) == ([], None, None, None, None)
        for said, content in (("Unknown", unknown), ("Other", other)):
            code = said.upper()
            assert [(code, said)] == [(part.code, part.text) for part in content.concealment]
            assert (code, said) == (content.location.installation, content.location.installation_text)
            assert (code, None, said) == (content.transport_mode, content.carrier_type, content.transport_text)
            assert code == content.routing_direction
            assert [said, "Finland"] == [leg.country_text for leg in content.route]
        assert [leg.country_text for leg in blank.route] == ["Finland"]

    def test_route(self, ids_file: IdsFile) -> None:
        """Producing country, departure, seizure and destination are the legs, in this order, never resolved."""
        draft = _only(
            ids_file(
                {
                    "PRODUCING_COUNTRY": "Netherlands Antilles",
                    "DEPARTURE_COUNTRY": "Iraq (Central Iraq)",
                    "DESTINATION_COUNTRY": "Multiple Countries",
                }
            )
        )

        assert _legs(draft) == [
            ("ORIGIN", "Netherlands Antilles", None),
            ("DEPARTURE", "Iraq (Central Iraq)", None),
            ("SEIZURE", "Finland", None),
            ("DESTINATION", "Multiple Countries", None),
        ]

    @pytest.mark.parametrize(
        ("label", "mode", "carrier"),
        [
            ("Commercial air", "AIR", "COMMERCIAL"),
            ("Private sea", "SEA", "PRIVATE"),
            ("River", "INLAND_WATER", None),
            ("Land", "LAND", None),
            ("Mail", "MAIL", None),
            ("Ox cart", None, None),
        ],
    )
    def test_transport(self, ids_file: IdsFile, label: str, mode: str | None, carrier: str | None) -> None:
        """The label is kept, and gives mode and carrier where it is known."""
        content = _only(ids_file({"TRANSPORT": label})).content

        assert (mode, carrier, label) == (content.transport_mode, content.carrier_type, content.transport_text)

    @pytest.mark.parametrize(
        ("label", "direction", "narrative"),
        [
            ("National territory/domestic seizure", "DOMESTIC", None),
            ("Border - inbound", "INBOUND", None),
            ("Border - outbound", "OUTBOUND", None),
            ("Border - transit/free trade zone", "TRANSIT_FREE_ZONE", None),
            ("International waters/unclaimed territory", "INTERNATIONAL_WATERS", None),
            ("Through the woods", None, "ROUTING: Through the woods"),
        ],
    )
    def test_routing(self, ids_file: IdsFile, label: str, direction: str | None, narrative: str | None) -> None:
        """A label that is not known is not OTHER; its words go to the narrative."""
        content = _only(ids_file({"ROUTING": label})).content

        assert (direction, narrative) == (content.routing_direction, content.narrative)

    @pytest.mark.parametrize(("label", "code"), [("Farm / Plantation", "FARM_PLANTATION"), ("Under the hat", None)])
    def test_hiding_place(self, ids_file: IdsFile, label: str, code: str | None) -> None:
        """It has a code where the list has one, its text always."""
        (part,) = _only(ids_file({"HIDING_PLACE": label})).content.concealment

        assert (code, label) == (part.code, part.text)


class TestDates:
    """The precision of a date is the profile's."""

    @pytest.mark.parametrize(
        ("day", "precision"), [("2014-05-01", DatePrecision.MONTH), ("2014-05-17", DatePrecision.DAY)]
    )
    def test_new_zealand_dates_to_the_month(self, ids_file: IdsFile, day: str, precision: DatePrecision) -> None:
        """The shipped profile reads its 1st of a month as the month; any other day was meant."""
        content = _only(ids_file({"COUNTRY": "New Zealand", "SEIZURE_DATE": day})).content

        assert (date.fromisoformat(day), precision) == (content.occurred_on, content.occurred_precision)

    def test_others_date_to_the_day(self, ids_file: IdsFile) -> None:
        """The 1st of a month is no sign of anything."""
        assert DatePrecision.DAY is _only(ids_file({"SEIZURE_DATE": "2014-05-01"})).content.occurred_precision

    def test_another_profile(self, ids_file: IdsFile) -> None:
        """A profile says it for any country; a year is written as the 1st of January."""
        path = ids_file({"SEIZURE_DATE": "2014-01-01"}, {"SEIZURE_DATE": "2014-02-01"})
        drafts = _drafts(path, IdsProfile({"FIN": DatePrecision.YEAR}))

        assert [draft.content.occurred_precision for draft in drafts] == [DatePrecision.YEAR, DatePrecision.DAY]


class TestGroups:
    """Which rows are one incident."""

    def test_rows_that_differ_in_the_substance(self, ids_file: IdsFile) -> None:
        """Adjacent rows that agree in all but substance, amount and unit are the items of one incident."""
        path = ids_file({}, {"DRUG_NAME": "Ketamine", "AMOUNT": "7", "DRUG_UNIT": "Tablet"}, {"PLACE": "Elsewhere"})
        first, second = _drafts(path)

        assert [item.substance_text for item in first.content.items] == ["Amphetamine", "Ketamine"]
        assert [(first.line, first.lines), (second.line, second.lines)] == [(2, 2), (4, 1)]

    def test_a_substance_twice(self, ids_file: IdsFile) -> None:
        """Then each row of the run is an incident of its own, those before and after the repetition too."""
        made = ({"DRUG_NAME": name} for name in ("A", "B", "A", "C"))

        assert [(draft.line, draft.lines) for draft in _drafts(ids_file(*made))] == [(2, 1), (3, 1), (4, 1), (5, 1)]

    def test_after_a_run_that_fell_apart(self, ids_file: IdsFile) -> None:
        """The next run is looked at afresh."""
        path = ids_file({}, {}, {"PLACE": "Elsewhere"}, {"PLACE": "Elsewhere", "DRUG_NAME": "Ketamine"})

        assert [draft.lines for draft in _drafts(path)] == [1, 1, 2]

    def test_months_are_no_days(self, ids_file: IdsFile) -> None:
        """Rows of one month are not one seizure."""
        monthly = {"COUNTRY": "New Zealand", "SEIZURE_DATE": "2014-05-01"}

        assert [draft.lines for draft in _drafts(ids_file(monthly, monthly | {"DRUG_NAME": "Ketamine"}))] == [1, 1]

    def test_rows_apart(self, ids_file: IdsFile) -> None:
        """Rows that are not adjacent are not one incident, nor are those on both sides of a reject."""
        path = ids_file({}, {"DRUG_NAME": " "}, {"DRUG_NAME": "Ketamine"})

        assert [Draft, Reject, Draft] == [type(each) for each in read_ids(path)]


class TestReferences:
    """The reference that a row is given."""

    def test_identical_rows(self, ids_file: IdsFile) -> None:
        """They are as many incidents."""
        assert len({draft.source_ref for draft in _drafts(ids_file({}, {}, {}))}) == 3

    def test_any_field_counts(self, ids_file: IdsFile) -> None:
        """Even one that the incident does not carry, and a space."""
        path = ids_file({}, {"REGION": "Asia"}, {"PLACE": "Testby "})

        assert len({draft.source_ref for draft in _drafts(path)}) == 3

    def test_a_row_keeps_its_reference(self, ids_file: IdsFile) -> None:
        """Rows that others stand before have the same reference, packed or plain, with a byte order mark or without."""
        plain = ids_file({"PLACE": "One"})
        longer = ids_file({"PLACE": "Two"}, {"PLACE": "One"}, name="longer.csv.gz")
        longer.write_bytes(gzip.compress(b"\xef\xbb\xbf" + longer.read_bytes()))

        assert _only(plain).source_ref == _drafts(longer)[1].source_ref


class TestRejects:
    """Only what cannot be read is rejected, with line, field and reason."""

    @pytest.mark.parametrize(
        ("fields", "field", "reason"),
        [
            ({"COUNTRY": "Atlantis"}, "COUNTRY", "'Atlantis' is no country that can report"),
            ({"COUNTRY": "Unknown"}, "COUNTRY", "'Unknown' is no country that can report"),
            (
                {"SEIZURE_DATE": "2014-02-30"},
                "SEIZURE_DATE",
                "'2014-02-30' is not a date from 1900 on, written YYYY-MM-DD",
            ),
            ({"SEIZURE_DATE": "20140201"}, "SEIZURE_DATE", "'20140201' is not a date from 1900 on, written YYYY-MM-DD"),
            ({"DRUG_NAME": "   "}, "DRUG_NAME", "is blank"),
            ({"PLACE": "x" * 1001}, "PLACE", "is longer than 1000 characters"),
            ({"PLACE": "\udcff"}, "PLACE", "has bytes that are not UTF-8"),
        ],
    )
    def test_fields(self, ids_file: IdsFile, fields: dict[str, str], field: str, reason: str) -> None:
        """A fault of one field, with rows before and after it that are read."""
        path = ids_file({"PLACE": "Before"}, fields, {"PLACE": "After"})

        assert [Reject(3, field, reason)] == _rejects(path)
        assert len(list(read_ids(path))) == 3

    def test_columns(self, ids_file: IdsFile) -> None:
        """A row with too few or too many of them."""
        assert [
            Reject(2, "row", "has 2 columns where the header has 16"),
            Reject(3, "row", "has 17 columns where the header has 16"),
        ] == _rejects(ids_file("a;b", ids_line() + ";"))

    def test_quotes(self, ids_file: IdsFile) -> None:
        """Quoted text may hold delimiters, quotes and lines; the lines count."""
        first, second = _drafts(ids_file({"PLACE": '"One; ""Two""\r\nThree"'}, {}))

        assert first.content.location.place_text == 'One; "Two"\r\nThree'
        assert (first.line, second.line) == (2, 4)

    def test_a_quote_that_is_not_closed(self, ids_file: IdsFile) -> None:
        """It swallows none of the rows below it, closed by chance or not at all; its row is kept as it stands."""
        path = ids_file({"PLACE": '"One'}, {"PLACE": '"Two"'}, {"PLACE": '"Three'}, {"PLACE": "Four"})

        assert [(draft.line, draft.content.location.place_text) for draft in _drafts(path)] == [
            (2, '"One'),
            (3, "Two"),
            (4, '"Three'),
            (5, "Four"),
        ]

    def test_empty_lines(self, ids_file: IdsFile) -> None:
        """They are no rows, but they count as lines."""
        assert [draft.line for draft in _drafts(ids_file({}, "", {}))] == [2, 4]

    @pytest.mark.parametrize("content", [b"", b"\xff\xfe;\n", b"REGION;COUNTRY\n", b"\x1f\x8b\x08broken"])
    def test_no_such_file(self, tmp_path: Path, content: bytes) -> None:
        """A file as a whole that cannot be imported is an error, not a reject."""
        path = tmp_path / "other.csv"
        path.write_bytes(content)

        with pytest.raises(ImportFileError, match=r"other\.csv"):
            list(read_ids(path))

    def test_absent_file(self, tmp_path: Path) -> None:
        """So is one that is not there."""
        with pytest.raises(ImportFileError, match="check that the file is there"):
            list(read_ids(tmp_path / "absent.csv"))


def test_agencies(ids_file: IdsFile) -> None:
    """The agencies of a file are known before its rows are read."""
    path = ids_file({"COUNTRY": "Turkey"}, {"COUNTRY": "Türkiye"}, {"COUNTRY": "Kosovo under UNSCR 1244"}, {}, "a;b")

    assert agencies_of(path) == {"ids-fin": "FIN", "ids-tur": "TUR", "ids-xkx": "XKX"}


_LINES = st.lists(
    st.one_of(
        st.builds(
            lambda drug, place, day, country: ids_line(DRUG_NAME=drug, PLACE=place, SEIZURE_DATE=day, COUNTRY=country),
            st.sampled_from(["A", "B", "C", "", "вещество"]),
            st.sampled_from(["X", '"', '"Y"', '"Z']),
            st.sampled_from(["2014-05-01", "2014-05-02", "2014-13-01"]),
            st.sampled_from(["Finland", "New Zealand", "Atlantis"]),
        ),
        st.sampled_from(["a;b", ";" * 20, "x"]),
    ),
    max_size=30,
)


@given(lines=_LINES)
def test_every_row_is_accounted_for(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
    """Items and rejects together are the rows; references differ; reading twice gives the same."""
    path = tmp_path_factory.mktemp("ids") / "ids.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8", newline="")
    read = list(read_ids(path))
    drafts = [each for each in read if isinstance(each, Draft)]

    assert len(lines) == sum(draft.lines for draft in drafts) + len(read) - len(drafts)
    assert all(draft.lines == len(draft.content.items) for draft in drafts)
    assert len(drafts) == len({draft.source_ref for draft in drafts})
    assert sorted(each.line for each in read) == [each.line for each in read]
    assert read == list(read_ids(path))
