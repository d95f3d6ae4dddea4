"""The ledger: what agencies were told, against the log, the views and the dead letters. Pure.

Each line of the log, of the tables and of what somebody was told must answer to the others. What should be there and
is not is *lost*; what is there twice is *doubled*; what nobody reported, decided or broke is *invented*.
"""

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["lost", "doubled", "invented"]
Position = tuple[int, int]
"""Partition and offset in `ionics.submissions`."""
Revision = tuple[str, int]
"""Incident id and revision."""

_ADMITTED = ("ACCEPTED", "SUPERSEDED")


@dataclass(frozen=True)
class Decision:
    """What was said about a submission: in `ionics.decisions`, in a receipt, or by the SDK to an agency.

    Attributes:
        event_id: None where the submission did not verify.
    """

    position: Position
    outcome: str
    event_id: str | None


@dataclass
class Books:
    """All sides of a run that has come to rest.

    Attributes:
        intended: events that an agency began to report. One that was killed in the middle may or may not have reported.
        reported: events of which `report`, `amend` or `withdraw` returned to the agency, with their revision.
        receipts_told: receipts that the SDK gave to agencies.
        submissions: position → event id, None for a record that no agency wrote.
        decisions: of `ionics.decisions`.
        receipts: of the topics of receipts.
        incidents: event id and submission position of each record of `ionics.incidents`.
        enriched: the same of the enriched topic.
        enriched_revisions: the revisions that stand there.
        revisions: rows of the table of revisions.
        current: revision of each row of the table of incidents.
        dead_letters: by which stage, and where each of them stood, as stage: topic/partition/offset.
        poison: where records stand that a stage must have put aside, in the same form.
        delivered: way to tell → the revisions that somebody who subscribed to all incidents was told on it.
        unheard: ids of what was told by webhook and never came to its receiver.
    """

    intended: set[str] = field(default_factory=set)
    reported: dict[str, Revision] = field(default_factory=dict)
    receipts_told: list[Decision] = field(default_factory=list)
    submissions: dict[Position, str | None] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    receipts: list[Decision] = field(default_factory=list)
    incidents: list[tuple[str, Position]] = field(default_factory=list)
    enriched: list[tuple[str, Position]] = field(default_factory=list)
    enriched_revisions: set[Revision] = field(default_factory=set)
    revisions: list[Revision] = field(default_factory=list)
    current: dict[str, int] = field(default_factory=dict)
    dead_letters: list[str] = field(default_factory=list)
    poison: set[str] = field(default_factory=set)
    delivered: dict[str, list[Revision]] = field(default_factory=dict)
    unheard: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Finding:
    """Something that does not answer to the other sides.

    Attributes:
        what: the side, and what is wrong with it.
        which: event, position or row.
    """

    kind: Kind
    what: str
    which: str


def compare(books: Books) -> list[Finding]:
    """Everything that is lost, doubled or invented."""
    return [
        *_submissions(books),
        *_decisions(books),
        *_incidents(books),
        *_views(books),
        *_told(books),
        *_deliveries(books),
        *_dead_letters(books),
    ]


def _submissions(books: Books) -> Iterable[Finding]:
    submitted = {event for event in books.submissions.values() if event is not None}
    yield from _differ(books.reported, submitted, "reported, but not in submissions", "lost")
    yield from _differ(submitted, books.intended, "in submissions, but no agency reported it", "invented")


def _decisions(books: Books) -> Iterable[Finding]:
    positions = [decision.position for decision in books.decisions]
    yield from _once(positions, "decisions of a submission")
    yield from _differ(books.submissions, positions, "submission without a decision", "lost")
    yield from _differ(positions, books.submissions, "decision without a submission", "invented")
    for decision in books.decisions:
        if decision.event_id is not None and books.submissions.get(decision.position) != decision.event_id:
            yield Finding("invented", "decision about another event than the submission", str(decision))
    admissions = _admissions(books)
    for decision in set(books.decisions) - set(admissions.values()):
        if decision.outcome == "ACCEPTED":
            yield Finding("doubled", "admissions of an event", str(decision))
    yield from _differ(books.reported, admissions, "reported, but never admitted", "lost")
    owed = [decision for decision in books.decisions if decision.event_id is not None]
    yield from _once(books.receipts, "receipts of a decision")
    yield from _differ(owed, books.receipts, "decision without its receipt", "lost")
    yield from _differ(books.receipts, books.decisions, "receipt without its decision", "invented")


def _admissions(books: Books) -> dict[str, Decision]:
    """By which decision each event was admitted. An old revision that is delivered again is SUPERSEDED once more."""
    found: dict[str, Decision] = {}
    for decision in sorted(books.decisions, key=lambda decision: decision.position):
        if decision.event_id is not None and decision.outcome in _ADMITTED:
            found.setdefault(decision.event_id, decision)
    return found


def _incidents(books: Books) -> Iterable[Finding]:
    admitted = [(event, decision.position) for event, decision in _admissions(books).items()]
    for name, found in (("incidents", books.incidents), ("enriched", books.enriched)):
        yield from _once(found, f"records in {name}")
        yield from _differ(admitted, found, f"admitted, but not in {name}", "lost")
        yield from _differ(found, admitted, f"in {name}, but not admitted", "invented")


def _views(books: Books) -> Iterable[Finding]:
    yield from _once(books.revisions, "rows of a revision")
    yield from _differ(books.enriched_revisions, books.revisions, "enriched, but no row", "lost")
    yield from _differ(books.revisions, books.enriched_revisions, "a row, but not enriched", "invented")
    highest = _highest(books.revisions)
    for incident in highest.keys() | books.current.keys():
        if highest.get(incident) != books.current.get(incident):
            shown = f"{incident}: {books.current.get(incident)}, the highest is {highest.get(incident)}"
            yield Finding("lost", "the current row is not the highest revision", shown)


def _highest(revisions: Iterable[Revision]) -> dict[str, int]:
    found: dict[str, int] = {}
    for incident, revision in revisions:
        found[incident] = max(revision, found.get(incident, 0))
    return found


def _told(books: Books) -> Iterable[Finding]:
    yield from _differ(books.receipts_told, books.decisions, "receipt told to an agency, not in decisions", "invented")
    told = {decision.event_id for decision in books.receipts_told}
    yield from _differ(books.reported, told, "reported, but no receipt reached the agency", "lost")


def _deliveries(books: Books) -> Iterable[Finding]:
    for way, told in books.delivered.items():
        yield from _once(told, f"deliveries of a revision by {way}")
        yield from _differ(books.enriched_revisions, told, f"enriched, but not told by {way}", "lost")
        yield from _differ(told, books.enriched_revisions, f"told by {way}, but not enriched", "invented")
    yield from (Finding("lost", "told by webhook, but never received", each) for each in books.unheard)


def _dead_letters(books: Books) -> Iterable[Finding]:
    yield from _once(books.dead_letters, "dead letters of a record")
    yield from _differ(books.poison, books.dead_letters, "poison without a dead letter", "lost")
    yield from _differ(books.dead_letters, books.poison, "dead letter of a record that was good", "invented")


def _once(found: Iterable[Hashable], what: str) -> Iterable[Finding]:
    for which, times in Counter(found).items():
        if times > 1:
            yield Finding("doubled", what, f"{which}: {times}")


def _differ(
    wanted: Collection[Hashable] | Mapping[Hashable, object],
    found: Collection[Hashable] | Mapping[Hashable, object],
    what: str,
    kind: Kind,
) -> Iterable[Finding]:
    for which in set(wanted) - set(found):
        yield Finding(kind, what, str(which))


def count(findings: Sequence[Finding], kind: Kind) -> int:
    """How many there are of a kind."""
    return sum(finding.kind == kind for finding in findings)
