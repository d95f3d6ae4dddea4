"""Frames as the text that PostgreSQL reads: COPY's text format, and array literals.

PostgreSQL cannot hold U+0000 in text, and a report may contain it. It is stored as U+FFFD; the value keeps it.
"""

import polars as pl

_NUL, _REPLACEMENT = "\x00", "\ufffd"
# PostgreSQL, COPY, "Text Format": the characters that must be escaped.
_COPY_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", _NUL: _REPLACEMENT}
_ARRAY_ESCAPES = {"\\": "\\\\", '"': '\\"', _NUL: _REPLACEMENT}
_NULL = "\\N"
_TIMESTAMP = "%Y-%m-%d %H:%M:%S%.3f+00"


def copy_text(rows: pl.DataFrame) -> bytes:
    """The rows for ``COPY … FROM STDIN`` in text format, columns in their order.

    Columns may be numbers, Boolean, Date, Datetime in UTC (milliseconds), String, List(String) and Binary.
    """
    cells = rows.select(_cell(name, dtype) for name, dtype in rows.schema.items())
    text = cells.write_csv(include_header=False, separator="\t", quote_style="never", null_value=_NULL)
    return text.encode()


def array_literal(column: pl.Series) -> str:
    """A column as the literal of a PostgreSQL array, for ``unnest(%s::text[])`` and its like."""
    text = pl.col(column.name).cast(pl.String)
    if column.dtype == pl.String:
        text = _element(text)
    elif isinstance(column.dtype, pl.Datetime):
        text = pl.lit('"') + pl.col(column.name).dt.strftime(_TIMESTAMP) + pl.lit('"')
    joined = column.to_frame().select(text.fill_null("NULL").str.join(","))
    return "{" + (joined.item() or "") + "}"


def _cell(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if dtype == pl.String:
        return _escaped(column)
    if isinstance(dtype, pl.List):
        elements = column.list.eval(_element(pl.element())).list.join(",")
        return _escaped(pl.lit("{") + elements + pl.lit("}")).alias(name)
    if dtype == pl.Binary:
        return (pl.lit("\\\\x") + column.bin.encode("hex")).alias(name)
    if isinstance(dtype, pl.Datetime):
        return column.dt.strftime(_TIMESTAMP)
    return column


def _escaped(text: pl.Expr) -> pl.Expr:
    return text.str.replace_many(list(_COPY_ESCAPES), list(_COPY_ESCAPES.values()))


def _element(text: pl.Expr) -> pl.Expr:
    return pl.lit('"') + text.str.replace_many(list(_ARRAY_ESCAPES), list(_ARRAY_ESCAPES.values())) + pl.lit('"')
