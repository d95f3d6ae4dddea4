"""The labelled pairs, as pairs of the incidents that the importer makes of the real file."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Literal, cast

from producers.importers import Draft, Reject, read_ids
from schemas.identity import incident_id

DEPLOYMENT = "accuracy"
"""The deployment whose incident ids the sets have."""

Label = Literal["SAME", "DIFFERENT", "UNCERTAIN"]
FILES = ("candidates", "further", "hard_negatives")
_LABELS = Path(__file__).parent / "labels"


@dataclass(frozen=True, slots=True)
class LabelledRows:
    """One line of a label file.

    Attributes:
        row_a: number of a data row, from 1.
        row_b: a later row.
        reason: why, in words.
    """

    row_a: int
    row_b: int
    label: Label
    category: str
    reason: str


@dataclass(frozen=True, slots=True)
class LabelledPair:
    """Two incidents of the real file and what was judged of them; ``left`` < ``right``."""

    left: str
    right: str
    rows: LabelledRows


def labelled_rows(name: str) -> list[LabelledRows]:
    """The lines of ``labels/<name>.csv``."""
    with (_LABELS / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return [
            LabelledRows(
                int(line["row_a"]), int(line["row_b"]), cast("Label", line["label"]), line["category"], line["reason"]
            )
            for line in csv.DictReader(lines)
        ]


def drafts_by_row(path: Path) -> Iterator[tuple[int, Draft | Reject]]:
    """Each data row, numbered from 1, with the incident it went into; the rows of one incident follow each other."""
    row = 0
    for read in read_ids(path):
        for _ in range(read.lines if isinstance(read, Draft) else 1):
            row += 1
            yield row, read


def id_of(draft: Draft) -> str:
    """The incident id of a draft."""
    return incident_id(DEPLOYMENT, draft.agency_id, draft.source_ref)


def labelled_pairs(path: Path, names: Iterable[str] = FILES) -> list[LabelledPair]:
    """The labelled pairs of incidents of the real file, in the order of the label files.

    Raises:
        ValueError: a labelled row is no incident, or both rows of a pair went into one.
    """
    wanted = list(chain.from_iterable(map(labelled_rows, names)))
    rows = {row for line in wanted for row in (line.row_a, line.row_b)}
    ids = {row: id_of(draft) for row, draft in drafts_by_row(path) if row in rows and isinstance(draft, Draft)}
    if absent := rows - ids.keys():
        raise ValueError(f"rows {sorted(absent)} of {path} are labelled and are no incident: is it the labelled file?")
    pairs = []
    for line in wanted:
        left, right = sorted((ids[line.row_a], ids[line.row_b]))
        if left == right:
            raise ValueError(f"rows {line.row_a} and {line.row_b} went into one incident; their label says nothing")
        pairs.append(LabelledPair(left, right, line))
    return pairs
