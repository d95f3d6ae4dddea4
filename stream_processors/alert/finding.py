"""What a detector finds, and how it is written as an alert."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from stream_processors.alert.facts import LABELS, Fact, Item

SEVERITIES = ("LOW", "MEDIUM", "HIGH", "CRITICAL")
MOST_LISTED = 10
"""Of many incidents so many are listed, the first admitted."""
_MOST_COUNTRIES = 20
_LONGEST_TEXT = 80


@dataclass(frozen=True)
class Subject:
    """What an alert is about; the fields are those of the schema."""

    substance_id: str | None = None
    substance_class: str | None = None
    substance_text: str | None = None
    countries: tuple[str, ...] = ()
    region: str | None = None
    departure: str | None = None
    destination: str | None = None
    period: str | None = None


@dataclass(frozen=True)
class Reason:
    """One ground; the fields are those of the schema."""

    field: str
    words: str
    value: str | None = None
    expected: str | None = None


@dataclass(frozen=True)
class Special:
    """What only a special alert has: it goes out under the id that its author gave it."""

    alert_id: str
    text: str
    documents: tuple[tuple[str, str, int, str | None], ...]
    author_id: str
    author_agency: str


@dataclass(frozen=True)
class Finding:
    """An alert as it follows from the facts that some people see.

    Attributes:
        named: what it is about, within its kind; makes its id.
        incidents: id and revision of those listed.
        label: index in LABELS, of the strictest input.
        classes: of policies that its inputs have beside those of the incidents looked at.
        every: whether people are told each incident: then more incidents are something new.
        rests_on: classes of policy of the incidents by which it holds.
    """

    kind: str
    named: tuple[str, ...]
    severity: str
    title: str
    subject: Subject
    reasons: tuple[Reason, ...]
    incidents: tuple[tuple[str, int], ...]
    label: int
    raised_ms: int
    act_before_ms: int | None = None
    classes: tuple[int, ...] = ()
    every: bool = False
    special: Special | None = None
    rests_on: frozenset[int] = field(default=frozenset(), compare=False)


def listed(facts: Iterable[Fact]) -> tuple[tuple[str, int], ...]:
    """The incidents as an alert lists them, the first admitted first."""
    return tuple((fact.incident_id, fact.revision) for fact in sorted(set(facts))[:MOST_LISTED])


def classes_of(facts: Iterable[Fact]) -> frozenset[int]:
    """The classes of policy of facts."""
    return frozenset(fact.policy_class for fact in facts)


def strictest(facts: Iterable[Fact]) -> int:
    """The strictest label."""
    return max(fact.label for fact in facts)


def countries_of(facts: Iterable[Fact]) -> tuple[str, ...]:
    """Countries of place and route, at most so many."""
    return tuple(sorted({country for fact in facts for country in fact.countries})[:_MOST_COUNTRIES])


def short(text: str) -> str:
    """A reported text on one line of bounded length."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_TEXT else line[: _LONGEST_TEXT - 1] + "…"


def item_named(fact: Fact, substance_id: str) -> Item:
    """What an incident has of a substance."""
    return next(item for item in fact.items if item.substance_id == substance_id)


def level(count: int, start: int = 1) -> int:
    """The greatest of ``start``, twice, four times … that a count reaches: so few revisions say how it grows."""
    return start << ((count // start).bit_length() - 1)


def written(finding: Finding, policies: Sequence[tuple[int, str, tuple[str, ...]]]) -> dict[str, Any]:
    """The fields of an alert that follow from facts; the others are id, revision, status and positions.

    Args:
        finding: what was found.
        policies: class, owner and audience of those that are not the community's.
    """
    special = finding.special
    return {
        "kind": finding.kind,
        "severity": finding.severity,
        "title": finding.title,
        "subject": vars(finding.subject),
        "reasons": [vars(reason) for reason in finding.reasons],
        "incidents": [{"incident_id": id_, "revision": revision} for id_, revision in finding.incidents],
        "policies": [{"class": class_, "owner": owner, "audience": to} for class_, owner, to in policies],
        "tlp": LABELS[finding.label],
        "raised_at": moment(finding.raised_ms),
        "act_before": None if finding.act_before_ms is None else moment(finding.act_before_ms),
        "text": special.text if special else None,
        "documents": [
            dict(zip(("media_type", "sha256", "size", "title"), document, strict=True))
            for document in (special.documents if special else ())
        ],
        "author_id": special.author_id if special else None,
        "author_agency": special.author_agency if special else None,
    }


def moment(milliseconds: int) -> datetime:
    """A time of milliseconds since 1970."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
