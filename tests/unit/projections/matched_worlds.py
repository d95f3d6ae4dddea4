"""What a matcher may say of a world of enriched incidents, each record with the revisions that it tells of.

By the label rule a case is of one policy class, a closed key counts the incidents of one, and a link or judgement tells
of two incidents. So in a world without some incidents the records that tell of them do not exist, and all others do.
"""

from random import Random
from typing import Any

from schemas.reading import Record
from tests.unit.projections.matches import Matches
from tests.unit.projections.worlds import decode, encode

Told = tuple[Record, frozenset[tuple[str, int]]]
_VERDICTS = ("SAME", "RELATED", "DIFFERENT", "NONE")


def around(seed: int, records: list[dict[str, Any]], into: Matches | None = None) -> list[Told]:
    """Links between any two revisions, judgements, closed keys, and the cases of the current revisions.

    Args:
        seed: of all choices.
        records: enriched incidents of `worlds.World`, each incident's in the order of its revisions.
        into: writes the records.
    """
    chance, found = Random(seed), into or Matches()  # noqa: S311  # test data, not a secret
    told: list[Told] = []
    classes = decode([encode(record) for record in records])["policy_class"].to_list()
    revisions = [_Revision(record, class_) for record, class_ in zip(records, classes, strict=True)]
    current = list({each.number: each for each in revisions}.values())

    def tells(*of: "_Revision") -> None:
        told.append((found.records[-1], frozenset((each.id, each.revision) for each in of)))

    for _ in range(2 * len(revisions)):
        one, other = (chance.choice(revisions if chance.random() < 0.3 else current) for _ in range(2))
        if one.number == other.number:
            continue
        left, right = sorted((one, other), key=lambda each: each.id)
        found.link(
            left.number,
            right.number,
            (left.revision, right.revision),
            left_class=left.policy_class,
            right_class=right.policy_class,
            kind=chance.choice(["DUPLICATE", "SAME_NETWORK"]),
            outcome=chance.choice(["LINKED", "REVIEW"]),
            possible_duplicate=chance.random() < 0.3,
            urgent=chance.random() < 0.2,
            keys=sorted(chance.sample(range(4), 2)),
            reasons=[
                {
                    "field": "mark",
                    "level": "same",
                    "weight_mbit": 9,
                    "surprise_mbit": 0,
                    "left": left.ref,
                    "right": right.ref,
                }
            ],
        )
        tells(left, right)
        if chance.random() < 0.3:
            latest = {each.number: each for each in current}
            found.judgement(left.number, right.number, chance.choice(_VERDICTS), chance.randint(1, 9))
            tells(latest[left.number], latest[right.number])
    for each in current:
        if chance.random() < 0.2:
            found.key(chance.randrange(4), each.policy_class, closed=chance.random() < 0.8)
            tells(each)
    _cases(found, chance, current, tells)
    return told


class _Revision:
    def __init__(self, record: dict[str, Any], policy_class: int) -> None:
        body = record["admitted"]["incident"]
        self.id, self.ref, self.revision = body["incident_id"], body["source_ref"], body["revision"]
        self.number, self.policy_class = int(self.ref.removeprefix("REF-")), policy_class
        self.withdrawn = body["event_type"] == "WITHDRAWN"


def _cases(found: Matches, chance: Random, current: list[_Revision], tells: Any) -> None:
    for class_ in sorted({each.policy_class for each in current}):
        left = [each for each in current if each.policy_class == class_ and not each.withdrawn]
        while len(left) > 1:
            size = chance.choice([2, 2, 3])
            group, left = left[:size], left[size:]
            if len(group) > 1 and chance.random() < 0.8:
                cut = chance.randrange(1, len(group) + 1)
                parts = [[each.number for each in part] for part in (group[:cut], group[cut:]) if part]
                found.case(*parts, policy_class=class_)
                tells(*group)
