"""What the commands print: tables, small charts and JSON on standard output, remarks on standard error."""

import sys
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import click
import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

_UG_IN_KG = 1_000_000_000
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_HEIGHTS = "▁▂▃▄▅▆▇█"
_WIDTH_WITHOUT_TERMINAL = 160

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@dataclass(frozen=True)
class Column:
    """A column of a table: its heading, the side its cells lean on, and whether long cells go over several lines."""

    heading: str
    justify: Literal["left", "right"] = "left"
    fold: bool = True


def number(heading: str) -> Column:
    """A column of numbers."""
    return Column(heading, "right", fold=False)


def clean(value: Any) -> str:
    """Text for a terminal: reported text must not be able to steer it, so control characters are replaced."""
    if value is None:
        return ""
    text = str(value).translate({0x09: " ", 0x0A: " ", 0x0D: " "})
    return "".join("\ufffd" if unicodedata.category(c) in {"Cc", "Cf", "Cs"} else c for c in text)


def print_table(columns: Sequence[Column], rows: Sequence[Sequence[Any]], title: str | None = None) -> None:
    """A table of rows on standard output; where there is no terminal, wide enough not to be broken."""
    table = Table(title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)
    for column in columns:
        overflow: Literal["fold", "ellipsis"] = "fold" if column.fold else "ellipsis"
        table.add_column(column.heading, justify=column.justify, overflow=overflow, no_wrap=not column.fold)
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(clean(cell)) for cell in row))
    console().print(table)


def console() -> Console:
    """The console of standard output."""
    if sys.stdout.isatty():
        return Console(highlight=False)
    return Console(highlight=False, width=_WIDTH_WITHOUT_TERMINAL, file=sys.stdout)


def print_json(value: Any) -> None:
    """One JSON document."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z
    click.echo(orjson.dumps(value, default=_plain, option=options).decode())


def print_json_line(value: Any) -> None:
    """One line of a stream of JSON."""
    click.echo(orjson.dumps(value, default=_plain, option=orjson.OPT_UTC_Z).decode())


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)


def remark(text: str) -> None:
    """A line for the person at the terminal, on standard error."""
    click.echo(clean(text), err=True)


def kilograms(mass_ug: int | None) -> str:
    """Micrograms as kilograms with three significant digits, none of them cut before the point; blank for None.

    Not rounded to 0: the smallest mass, one microgram, is 0.000000001 kg.
    """
    if mass_ug is None:
        return ""
    kg = mass_ug / _UG_IN_KG
    if kg == 0:
        return "0"
    if abs(kg) >= 100:
        return f"{kg:,.0f}"
    places = 2
    while places < 9 and abs(kg) * 10**places < 100:
        places += 1
    text = f"{kg:.{places}f}"
    return text.rstrip("0").rstrip(".")


def bar(value: float, most: float, width: int = 20) -> str:
    """A horizontal bar in eighths of a character; what is more than nothing is seen."""
    if most <= 0 or value <= 0:
        return ""
    eighths = max(1, round(min(1.0, value / most) * width * 8))
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def sparkline(values: Sequence[float]) -> str:
    """One character a value, higher for more; a blank where there is nothing."""
    most = max(values, default=0)
    if most <= 0:
        return " " * len(values)
    top = len(_HEIGHTS) - 1
    return "".join(_HEIGHTS[round(max(0.0, value) / most * top)] if value > 0 else " " for value in values)


def duration(seconds: float) -> str:
    """An age or an uptime in its two largest units."""
    left = max(0, round(seconds))
    parts = list[str]()
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count or (unit == "s" and not parts):
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2])
