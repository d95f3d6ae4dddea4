"""Frames as the text that PostgreSQL reads: COPY's text format, and array literals.

PostgreSQL cannot hold U+0000 in text, and a report may contain it. It is stored as U+FFFD; the value keeps it.
"""

import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import polars as pl

_NUL, REPLACEMENT = "\x00", "\ufffd"
# PostgreSQL, COPY, "Text Format": the characters that must be escaped.
_COPY_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", _NUL: REPLACEMENT}
_COPY_SPECIAL = r"[\\\n\r\t\x00]"
# PostgreSQL, "Array Input and Output Syntax", for elements in double quotes.
_ARRAY_ESCAPES = {"\\": "\\\\", '"': '\\"', _NUL: REPLACEMENT}
_ARRAY_SPECIAL = r'[\\"\x00]'
_COPY_TABLE, _ARRAY_TABLE = str.maketrans(_COPY_ESCAPES), str.maketrans(_ARRAY_ESCAPES)
_NULL = "\\N"
# Small enough to stay in the cache, and PostgreSQL reads one block while the next is written.
_BLOCK_ROWS = 1000
# For so few rows an expression costs more than a loop.
_FEW_ROWS = 50
_TIMESTAMP = "%Y-%m-%d %H:%M:%S%.3f+00"


def copy_text(rows: pl.DataFrame) -> Iterator[bytes]:
    """The rows for ``COPY … FROM STDIN`` in text format, columns in their order, in blocks.

    Columns may be numbers, Boolean, Date, Datetime in UTC (milliseconds), String, List(String) and Binary.
    """
    if rows.height <= _FEW_ROWS:
        yield "".join("\t".join(map(_copy_cell, row)) + "\n" for row in rows.iter_rows()).encode()
        return
    for block in rows.iter_slices(_BLOCK_ROWS):
        special = _special(block, _COPY_SPECIAL)
        cells = block.select(_cell(name, dtype, special) for name, dtype in block.schema.items())
        text = io.BytesIO()
        cells.write_csv(text, include_header=False, separator="\t", quote_style="never", null_value=_NULL)
        yield text.getvalue()


def array_literals(rows: pl.DataFrame) -> list[str]:
    """The columns as literals of PostgreSQL arrays, for ``unnest(%s::text[], …)``.

    Columns may be numbers, Boolean, Datetime in UTC (milliseconds) and String.
    """
    if rows.height <= _FEW_ROWS:
        return [array_literal(column) for column in rows.iter_columns()]
    special = _special(rows, _ARRAY_SPECIAL)
    joined = rows.select(
        _element(name, dtype, special).fill_null("NULL").str.join(",").alias(name)
        for name, dtype in rows.schema.items()
    )
    return [f"{{{elements or ''}}}" for elements in joined.row(0)]


def array_literal(values: Iterable[Any]) -> str:
    """One array as a literal, for a cell of type text that is cast to an array where it arrives."""
    return "{" + ",".join(map(_array_cell, values)) + "}"


def _special(rows: pl.DataFrame, characters: str) -> Mapping[str, bool]:
    """Which String columns hold any of the characters, and which lists any element.

    To escape costs more than to look, and few columns need it.
    """
    lists = [pl.col(name).list.len().max() > 0 for name, dtype in rows.schema.items() if isinstance(dtype, pl.List)]
    found = rows.select(pl.col(pl.String).str.contains(characters).any(), *lists)
    return found.row(0, named=True) if found.width else {}


def _cell(name: str, dtype: pl.DataType, special: Mapping[str, bool]) -> pl.Expr:
    column = pl.col(name)
    if dtype == pl.String:
        return _escaped(column, _COPY_ESCAPES) if special[name] else column
    if isinstance(dtype, pl.List):
        if not special[name]:
            return pl.when(column.is_not_null()).then(pl.lit("{}")).alias(name)
        elements = column.list.eval(_quoted(_escaped(pl.element(), _ARRAY_ESCAPES))).list.join(",")
        return _escaped(pl.lit("{") + elements + pl.lit("}"), _COPY_ESCAPES).alias(name)
    if dtype == pl.Binary:
        return (pl.lit("\\\\x") + column.bin.encode("hex")).alias(name)
    if isinstance(dtype, pl.Datetime):
        return column.dt.strftime(_TIMESTAMP)
    return column


def _element(name: str, dtype: pl.DataType, special: Mapping[str, bool]) -> pl.Expr:
    column = pl.col(name)
    if dtype == pl.String:
        return _quoted(_escaped(column, _ARRAY_ESCAPES) if special[name] else column)
    if isinstance(dtype, pl.Datetime):
        return _quoted(column.dt.strftime(_TIMESTAMP))
    return column.cast(pl.String)


def _quoted(text: pl.Expr) -> pl.Expr:
    return pl.lit('"') + text + pl.lit('"')


def _escaped(text: pl.Expr, escapes: Mapping[str, str]) -> pl.Expr:
    return text.str.replace_many(list(escapes), list(escapes.values()))


def _copy_cell(value: Any) -> str:
    if value is None:
        return _NULL
    if isinstance(value, bytes):
        return "\\\\x" + value.hex()
    if isinstance(value, list):
        value = array_literal(value)
    return str(value).translate(_COPY_TABLE)


def _array_cell(value: Any) -> str:
    if value is None:
        return "NULL"
    return f'"{str(value).translate(_ARRAY_TABLE)}"'
