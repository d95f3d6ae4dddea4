"""The labels of the real file: complete, consistent, and pairs of incidents."""

from collections import Counter
from pathlib import Path

import pytest

from tests.accuracy.labelled import FILES, LabelledRows, labelled_pairs, labelled_rows

LINES = [line for name in FILES for line in labelled_rows(name)]


def _roots(lines: list[LabelledRows]) -> dict[int, int]:
    """Row → the same number for all rows that are the same seizure by way of each other."""
    root: dict[int, int] = {}

    def find(row: int) -> int:
        while root.setdefault(row, row) != row:
            row = root[row]
        return row

    for line in lines:
        if line.label == "SAME":
            root[find(line.row_a)] = find(line.row_b)
    return {row: find(row) for row in [*root]}


def test_counts() -> None:
    """All 56 candidates are adjudicated, and there are 300 hard negatives and more, all of them DIFFERENT."""
    assert len(labelled_rows("candidates")) == 56
    negatives = labelled_rows("hard_negatives")
    assert len(negatives) >= 300
    assert {line.label for line in negatives} == {"DIFFERENT"}


def test_each_pair_is_labelled_once_with_a_reason() -> None:
    """No pair occurs twice, the earlier row comes first, and each has a category and a reason of some words."""
    pairs = Counter((line.row_a, line.row_b) for line in LINES)
    assert [pair for pair, times in pairs.items() if times > 1] == []
    assert [line for line in LINES if line.row_a >= line.row_b] == []
    assert [line for line in LINES if not line.category or len(line.reason.split()) < 3] == []


def test_no_label_contradicts_others() -> None:
    """Rows that are the same seizure by way of others are nowhere called different."""
    roots = _roots(LINES)
    different = [line for line in LINES if line.label == "DIFFERENT"]
    assert [line for line in different if roots.get(line.row_a, -1) == roots.get(line.row_b, -2)] == []


@pytest.mark.ids
def test_each_pair_is_two_incidents(ids_file: Path) -> None:
    """The importer makes two incidents of each labelled pair of rows, so each label says something of a matcher."""
    pairs = labelled_pairs(ids_file)
    assert len(pairs) == len(LINES)
    assert all(pair.left < pair.right for pair in pairs)
    assert len({(pair.left, pair.right) for pair in pairs}) == len(pairs)
