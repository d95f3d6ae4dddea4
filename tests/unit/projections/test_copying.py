"""Frames as text that PostgreSQL reads."""

from datetime import UTC, date, datetime

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from projections.copying import array_literals, copy_text

_MANY = 60
_TEXT = st.text(alphabet='ab\\"\t\n\r\x00,{}Nж ', max_size=8)
_ROW = st.fixed_dictionaries(
    {
        "text": st.none() | _TEXT,
        "number": st.none() | st.integers(-(2**62), 2**62),
        "flag": st.booleans(),
        "day": st.none() | st.dates(date(1, 1, 1)),
        "moment": st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)).map(  # noqa: DTZ001  # UTC is put on it
            lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
        ),
        "list": st.lists(_TEXT, max_size=3),
        "bytes": st.binary(max_size=4),
    }
)
_SCHEMA = {
    "text": pl.String,
    "number": pl.Int64,
    "flag": pl.Boolean,
    "day": pl.Date,
    "moment": pl.Datetime("ms", "UTC"),
    "list": pl.List(pl.String),
    "bytes": pl.Binary,
}


def _unescaped(cell: str) -> str | None:
    if cell == "\\N":
        return None
    for letter, meant in (("n", "\n"), ("r", "\r"), ("t", "\t")):
        cell = cell.replace("\\\\", "\x00").replace(f"\\{letter}", meant).replace("\x00", "\\\\")
    return cell.replace("\\\\", "\\")


@given(rows=st.lists(_ROW, min_size=1, max_size=3))
def test_text_can_be_split_and_read_back(rows: list[dict[str, object]]) -> None:
    """No cell breaks a line or a column, and a reader of the format gets the text that was written."""
    for repeat in (1, _MANY):
        written = b"".join(copy_text(pl.DataFrame(rows * repeat, schema=_SCHEMA))).decode()
        lines = [line.split("\t") for line in written.removesuffix("\n").split("\n")]
        assert {len(_SCHEMA)} == {len(line) for line in lines}
        texts = [None if row["text"] is None else str(row["text"]).replace("\x00", "\ufffd") for row in rows]
        assert texts * repeat == [_unescaped(line[0]) for line in lines]


@given(rows=st.lists(_ROW, min_size=1, max_size=3))
def test_few_rows_and_many_are_written_alike(rows: list[dict[str, object]]) -> None:
    """The loop for few rows and the expressions for many say the same."""
    few, many = pl.DataFrame(rows, schema=_SCHEMA), pl.DataFrame(rows * _MANY, schema=_SCHEMA)
    exact = few.columns[:1] + few.columns[5:]
    assert b"".join(copy_text(few.select(exact))) * _MANY == b"".join(copy_text(many.select(exact)))


def test_arrays() -> None:
    """Elements with quotes, backslashes and commas stay one element; null and the word NULL differ."""
    rows = pl.DataFrame({"text": ['a"b', "c\\d", "e,f", "NULL", None, ""], "number": [1, None, -3, 0, 5, 6]})
    few, many = array_literals(rows), array_literals(pl.concat([rows] * _MANY))
    assert few[0] == '{"a\\"b","c\\\\d","e,f","NULL",NULL,""}'
    assert few[1].replace('"', "") == "{1,NULL,-3,0,5,6}"
    assert many[0] == "{" + ",".join([few[0][1:-1]] * _MANY) + "}"
    assert array_literals(rows.clear()) == ["{}", "{}"]
