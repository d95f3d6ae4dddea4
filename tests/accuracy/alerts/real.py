"""The real history as if it had been live: each incident admitted on the last day on which it may have been."""

from pathlib import Path

from stream_processors.alert.facts import DAY_MS, Revised, revisions
from tests.accuracy.enriching import enriched_batches, real_bodies


def real_history(path: Path) -> list[Revised]:
    """The incidents of the seizure file, in that order."""
    found = [each for columns in enriched_batches(real_bodies(path)) for each in revisions(columns)]
    live = [
        each._replace(fact=each.fact._replace(admitted_ms=each.fact.last_day * DAY_MS + DAY_MS // 2)) for each in found
    ]
    return sorted(live, key=lambda each: (each.fact.admitted_ms, each.fact.incident_id))
