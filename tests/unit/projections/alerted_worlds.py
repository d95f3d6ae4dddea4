"""What a stage of alerts may say of a world of enriched incidents, each record with what it follows from.

By the label rule an alert carries the policies of all its inputs, so in a world without some incidents, watches and
special alerts the records that follow from them do not exist, and all others do.
"""

from collections.abc import Collection, Sequence
from random import Random
from typing import Any, NamedTuple

from schemas.directory import Members
from schemas.reading import Record
from schemas.sharing import Policy, may_see
from tests.unit.projections.alerts import Alerts, Shared, shared

_KINDS = ("FIRST_SEEN", "SURGE", "NEW_ROUTE", "LARGE", "STOPPABLE")


class Alerted(NamedTuple):
    """A record, the revisions that it tells of, and what people shared that it follows from."""

    record: Record
    of: frozenset[tuple[str, int]]
    by: frozenset[Shared]

    def is_for(self, viewer: str, known: Collection[tuple[str, int]], members: Members) -> bool:
        """Whether it exists in the world of a viewer who knows these revisions."""
        return self.of <= set(known) and all(
            may_see(viewer, Policy(owner, frozenset(audience), "AMBER"), members) for owner, audience in self.by
        )


def alerting(
    seed: int, records: list[dict[str, Any]], audiences: Sequence[Sequence[str]], into: Alerts | None = None
) -> list[Alerted]:
    """Alerts of one class and of several at once, special ones, watches and hits on them, some revised or withdrawn.

    Args:
        seed: of all choices.
        records: enriched incidents of `worlds.World`, each incident's in the order of its revisions.
        audiences: of watches and special alerts.
        into: writes the records.
    """
    chance, found = Random(seed), into or Alerts()  # noqa: S311  # test data, not a secret
    told: list[Alerted] = []
    bodies = [record["admitted"]["incident"] for record in records]
    admitted = [record["admitted"]["admission"]["admitted_at"] for record in records]
    owners = sorted({body["agency_id"] for body in bodies})
    revised = [[chance.choice(audiences) for _ in range(chance.choice([1, 1, 2]))] for _ in range(8)]

    def raised(name: object, some: Sequence[int], by: Sequence[Shared], times: int, **content: Any) -> None:
        """An alert that rests on some records, in as many revisions."""
        inputs = [shared(bodies[n]["agency_id"], bodies[n]["audience"]) for n in some]
        of = frozenset((bodies[n]["incident_id"], bodies[n]["revision"]) for n in some)
        numbers = [(int(bodies[n]["source_ref"].removeprefix("REF-")), bodies[n]["revision"]) for n in some]
        for time in range(times):
            status = "WITHDRAWN" if time and chance.random() < 0.3 else "RAISED"
            found.alert(name, numbers, [*inputs, *by], max(admitted[n] for n in some), status=status, **content)
            told.append(Alerted(found.records[-1], of, frozenset(by)))

    for number in range(2 * len(bodies)):
        some = chance.sample(range(len(bodies)), min(len(bodies), chance.choice([1, 1, 2, 3])))
        # Of an incident only one revision is looked at.
        some = list({bodies[n]["incident_id"]: n for n in some}.values())
        subject = {"substance_id": chance.choice([None, "sub:a"]), "countries": ["NLD"], "departure": "CHN"}
        raised(number, some, (), chance.choice([1, 1, 2]), kind=chance.choice(_KINDS), subject=subject)
    for number, to in enumerate(revised):
        owner = chance.choice(owners)
        # A revision is seen by who sees the latest, too.
        latest = shared(owner, to[-1])
        for audience in to:
            found.watch(number, owner, audience, active=chance.random() < 0.9)
            by = frozenset({shared(owner, audience), latest})
            told.append(Alerted(found.records[-1], frozenset(), by))
        raised(f"watched {number}", [chance.randrange(len(bodies))], [latest], 1, kind="WATCHED", severity="HIGH")
        named = chance.sample(range(len(bodies)), min(len(bodies), 2))
        numbers = sorted({int(bodies[n]["source_ref"].removeprefix("REF-")) for n in named})
        told += [_special(found, number, numbers, (owner, audience), latest) for audience in to]
    return told


def _special(
    found: Alerts, name: int, numbers: Sequence[int], by: tuple[str, Sequence[str]], latest: Shared
) -> Alerted:
    owner, audience = by
    own = shared(owner, audience)
    author = {"author_id": "author", "author_agency": owner, "text": "Do not touch."}
    found.alert(f"special {name}", numbers, [own], kind="SPECIAL", severity="CRITICAL", **author)
    return Alerted(found.records[-1], frozenset(), frozenset({own, latest}))
