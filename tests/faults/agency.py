"""An agency under load, as a process of its own that may be killed: `python -m tests.faults.agency --help`.

It reports, amends, withdraws and reports again what it reported, writes down all that it is told, and ends on SIGTERM
when it has the receipt of everything it ever reported, or is tired of waiting.
"""

import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from producers import IncidentProducer, Submission
from schemas.errors import ContractError, LogError
from schemas.identity import event_id, incident_id
from schemas.settings import load_settings
from tests.faults.journal import Journal, read

CONTENT: dict[str, Any] = {
    "incident_type": "SEIZURE",
    "occurred_on": "2026-03-14",
    "location": {"country": "NZL", "place_text": "Auckland"},
    "items": [{"substance_text": "methamphetamine", "amount_text": "1.2", "unit_text": "kg"}],
    "route": [{"role": "DEPARTURE", "country_text": "China"}],
    "audience": ["COMMUNITY"],
    "tlp": "AMBER",
}
_KEPT = 500
_SLOW = 20
"""Receipts asked for at once by event id, which takes longer than by submission."""
_LOOK_S = 0.3


class Agency:
    """Reports at random until it is told to stop."""

    def __init__(self, producer: IncidentProducer, name: str, deployment: str, journal: Path, seed: int) -> None:
        self._producer, self._name, self._deployment = producer, name, deployment
        self._random = random.Random(seed)  # noqa: S311  # a load, not a secret
        told = read(journal)
        self._journal = Journal(journal)
        self._count = len(told.intended)
        self._run = f"{time.time_ns():x}"
        self._made: list[Submission] = []
        self._owed: dict[str, Submission | str] = {event: event for event in told.unanswered}

    def act(self) -> None:
        """Report something new, or again, or say something else of it."""
        kind = self._random.random()
        last = self._made[self._random.randrange(len(self._made))] if self._made else None
        if last is None or kind < 0.8:
            self._count += 1
            self._report(f"{self._name}-{self._run}-{self._count}", self._content())
        elif kind < 0.85:
            given = last.incident
            if last.revision == 1:
                self._report(given.source_ref, given.model_dump(include=set(CONTENT)))
        elif last.incident.event_type != "WITHDRAWN":
            self._revise(last, withdrawn=kind > 0.95)

    def _content(self) -> dict[str, Any]:
        amount = str(self._random.randrange(1, 10_000))
        return {**CONTENT, "items": [{**CONTENT["items"][0], "amount_text": amount, "unit_text": "g"}]}

    def _report(self, ref: str, content: dict[str, Any]) -> None:
        self._journal.intend(event_id(incident_id(self._deployment, self._name, ref), 1))
        self._keep(self._producer.report(content, source_ref=ref))

    def _revise(self, last: Submission, *, withdrawn: bool) -> None:
        self._made.remove(last)
        self._journal.intend(event_id(last.incident_id, last.revision + 1))
        if withdrawn:
            self._keep(self._producer.withdraw(last.incident, last, reason="reported by mistake"))
        else:
            changes = {"items": self._content()["items"]}
            self._keep(self._producer.amend(last.incident, last, changes, reason="weighed again"))

    def _keep(self, made: Submission) -> None:
        self._journal.report(made)
        self._made = [*self._made[-_KEPT:], made]
        self._owed.setdefault(made.event_id, made)

    @property
    def owed(self) -> int:
        """How many events wait for their receipt."""
        return len(self._owed)

    def look(self) -> None:
        """Take in the receipts that have come."""
        asking = list(self._owed.items())
        after_a_kill = [each for each in asking if isinstance(each[1], str)]
        for event, asked in [*after_a_kill[:_SLOW], *(each for each in asking if not isinstance(each[1], str))]:
            try:
                receipt = self._producer.receipt(asked)
            except (LogError, ContractError) as error:
                self._journal.failure(len(self._owed), f"receipts: {error}")
                break
            if receipt is not None:
                self._journal.receipt(event, receipt)
                del self._owed[event]

    def say_what_waits(self) -> None:
        """Write down whether the outbox could not be delivered, and why."""
        done = self._producer.flush(2.0)
        if done.error is not None:
            self._journal.failure(done.remaining, str(done.error))


def clock(days: float) -> Callable[[], datetime]:
    """A clock that is wrong by so many days, and by up to a day more or less from one look to the next."""
    wrong = random.Random(int(days))  # noqa: S311  # a load, not a secret
    return lambda: datetime.now(UTC) + timedelta(days=days + (wrong.uniform(-1, 1) if days else 0))


@click.command()
@click.argument("name")
@click.option("--journal", type=click.Path(path_type=Path), required=True)
@click.option("--rate", type=float, required=True, help="Reports a second.")
@click.option("--seed", type=int, required=True)
@click.option("--clock-days", type=float, default=0.0, help="How wrong its clock is.")
@click.option("--patience", type=float, default=120.0, help="Seconds to wait for receipts in the end.")
def main(name: str, journal: Path, rate: float, seed: int, clock_days: float, patience: float) -> None:
    """Report as agency NAME until SIGTERM."""
    stop, done = threading.Event(), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    settings = load_settings()
    with IncidentProducer(name, reporting_country="NZL", settings=settings, clock=clock(clock_days)) as producer:
        agency = Agency(producer, name, settings.deployment, journal, seed)

        def watch() -> None:
            while not done.wait(_LOOK_S):
                agency.say_what_waits()
                agency.look()

        watcher = threading.Thread(target=watch)
        watcher.start()
        begun, number = time.monotonic(), 0
        while not stop.is_set():
            agency.act()
            number += 1
            stop.wait(max(0.0, begun + number / rate - time.monotonic()))
        deadline = time.monotonic() + patience
        while agency.owed and time.monotonic() < deadline:
            done.wait(_LOOK_S)
        done.set()
        watcher.join()
    sys.exit(1 if agency.owed else 0)


if __name__ == "__main__":
    main()
