"""A misspelling is found, and a substance that is not on record is not taken for its neighbour."""

import csv

import pytest

from stream_processors.reference.normalise import normalise_name
from stream_processors.reference.spelling import SHORTEST, Spelling
from stream_processors.reference.tables import DATA_DIRECTORY

FOLDS = 10

with (DATA_DIRECTORY / "substance_names.csv").open(encoding="utf-8", newline="") as lines:
    NAMES = [
        (row["name"], normalise_name(row["name"]), row["language"], row["kind"], row["substance_id"])
        for row in csv.DictReader(lines)
    ]
FOLD_OF = {substance_id: place % FOLDS for place, substance_id in enumerate(sorted({name[4] for name in NAMES}))}


@pytest.mark.parametrize("fold", range(FOLDS))
def test_a_substance_left_off_the_record_is_not_taken_for_another(fold: int) -> None:
    """Each tenth of the substances plays the new ones: at most their class is guessed, or a name they share."""
    spelling = Spelling(name for name in NAMES if FOLD_OF[name[4]] != fold)

    wrong = [
        (name, near.substance_ids)
        for name, form, _, _, substance_id in NAMES
        if FOLD_OF[substance_id] == fold
        and not substance_id.startswith("class:")  # a class is never a new substance
        and (near := spelling.nearest(name, form, None)) is not None
        and near.slips > 0
        and len(near.substance_ids) == 1
        and not near.substance_ids[0].startswith("class:")
    ]

    assert wrong == []


def test_a_doubled_letter_never_leads_to_another_substance() -> None:
    """In any long name of one word, at any place: its own substance, several candidates, or none."""
    spelling = Spelling(NAMES)
    found = 0
    for name, form, _, _, substance_id in NAMES:
        if len(form) < 2 * SHORTEST or not form.isalpha():
            continue
        place = len(form) // 2
        near = spelling.nearest(name, form[:place] + form[place - 1] + form[place:], None)
        assert near is None or substance_id in near.substance_ids, name
        found += near is not None

    assert found > 0
