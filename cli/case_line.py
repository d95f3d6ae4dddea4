"""A version of a case, on one line and as JSON."""

from collections import Counter
from dataclasses import asdict
from typing import Any

from cli.output import clean
from projections.feed import CaseFeedEvent
from schemas.case import CaseVersion

_SHORT = 8


def case_line(event: CaseFeedEvent) -> str:
    """When, which case, its size, and what changed, with the reasons of the first link that is new."""
    case = event.case
    at = case.at.isoformat(timespec="seconds").replace("+00:00", "Z")
    seizures = "1 seizure" if case.seizures == 1 else f"{case.seizures} seizures"
    size = f"{len(case.members)} incidents, {seizures}" if case.members else "is no more"
    restricted = " restricted" if case.policy_class else ""
    return clean(f"{at}  case {case.case_id[:_SHORT]} v{case.version}{restricted}: {size}; {_changes(case)}")


def _changes(case: CaseVersion) -> str:
    counts = Counter(change.what.lower().replace("_", " ") for change in case.changes)
    words = ", ".join(what if count == 1 else f"{what} ×{count}" for what, count in counts.items())
    for change in case.changes:
        if change.reasons:
            pair = " – ".join(one[:_SHORT] for one in change.subject.split("|"))
            why = ", ".join(f"{reason.field} {reason.level}" for reason in change.reasons[:3])
            return f"{words} ({pair}: {why})"
    return words


def case_document(event: CaseFeedEvent) -> dict[str, Any]:
    """The event for JSON. Positions stay out: they count what others may not see."""
    case = asdict(event.case)
    del case["positions"]
    return {"cursor": event.cursor, "case": case}
