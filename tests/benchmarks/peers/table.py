"""Tables as files, in one form for all peers, and whether two are equal. Standard library only."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

Row = tuple[str, str, str, str, int, int, int]


def write(path: Path, table: Mapping[tuple[str, str, str, str], Sequence[int]]) -> None:
    """Write a table: a line a row, tabs between, in any order."""
    write_rows(path, ((*key, *measures) for key, measures in table.items()))


def write_rows(path: Path, rows: Iterable[Sequence[object]]) -> None:
    """Write the rows of a table, keys first."""
    with path.open("w", encoding="utf-8") as out:
        out.writelines("\t".join(map(str, row)) + "\n" for row in rows)


def read(path: Path) -> list[str]:
    """The lines of a table in canonical order."""
    return sorted(path.read_text(encoding="utf-8").splitlines())


def difference(expected: Sequence[str], found: Sequence[str]) -> str | None:
    """Where two tables in canonical order differ, in words; None if they are equal."""
    if expected == found:
        return None
    missing, surplus = set(expected) - set(found), set(found) - set(expected)
    shown = [*sorted(missing)[:1], *sorted(surplus)[:1]] or ["a row twice"]
    return f"{len(missing)} rows missing, {len(surplus)} surplus; for instance {' and '.join(map(repr, shown))}"
