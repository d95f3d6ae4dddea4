"""`ionics demo`: agencies exchange incidents on real servers, while you watch."""

import contextlib
import threading
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import islice

import click
import psycopg
from rich.console import Console
from rich.live import Live
from rich.table import Table

from cli import demo_inbox, demo_requests
from cli.demo_scenario import AGENCIES, ASKING, NEW_SUBSTANCE, Act, acts, connected, pressing
from cli.main import cli
from cli.stack import start
from deploy.agencies import add_agencies
from producers import IncidentProducer, Submission
from projections.feed import FeedEvent, feed
from projections.queries import case_of, list_alerts
from projections.viewing import viewing
from schemas.directory import at_generation
from schemas.errors import InvalidIncidentError, LogError, ProjectionError
from schemas.settings import Settings

_OFFLINE = "demo-gha-police"
_WAIT_S = 120.0


@click.command()
@click.option("--incidents", "count", default=150, show_default=True, help="Incidents to play.")
@click.option("--seed", default=7, show_default=True, help="Another number plays another exchange.")
def demo(count: int, seed: int) -> None:
    """Bring the stack up if needed, and play a simulated exchange between a dozen agencies."""
    console = Console()
    console.print(
        "[bold]IONICS Backbone[/]: real Kafka, schema registry and PostgreSQL on this machine; invented incidents"
    )
    settings = start(workers=True)
    add_agencies(settings, AGENCIES)
    demo_inbox.subscribe(settings)
    show = _Show(console)
    stop = threading.Event()
    begun = datetime.now(UTC)
    watcher = threading.Thread(target=show.follow, args=(settings, begun, stop), daemon=True)
    watcher.start()
    try:
        with show.live():
            wanted, linked, stopped = _play(settings, seed, count, show)
            show.wait_for(wanted)
    finally:
        stop.set()
        watcher.join(10)
    show.summary()
    _until_cased(settings, linked)
    thread = demo_requests.played(settings, linked[0], ASKING)
    case, request = ["case", "show", linked[0]], ["request", "show", thread, "--as", ASKING.asker]
    alert = ["alerts", "show", _until_alerted(settings, stopped)]
    demo_inbox.until_told(settings)
    looks = [["routes", "--limit", "8"], ["heatmap"], ["timeline", "--substance", "protonitazene"]]
    found = ["alerts", "list", "--limit", "8"], alert, ["inbox", "--limit", "8"]
    for command in (*looks, case, *found, request, ["status"]):
        console.rule(f"ionics {' '.join(command)}")
        cli.main(args=command, prog_name="ionics", standalone_mode=False)
    console.rule()
    console.print(
        f"Look further: ionics incident {show.last_id()} · ionics case list · ionics links list --review · "
        f"ionics request times --as {ASKING.owner} · ionics watch · ionics watch --alerts · "
        "ionics dead-letters list · ionics report --help · ionics down"
    )


class _Show:
    """What the live view holds: counts of what was done, and the events as readers get them."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._done: Counter[str] = Counter()
        self._events: deque[FeedEvent] = deque(maxlen=12)
        self._seen: set[str] = set()
        self._changed = threading.Condition()
        self._live: Live | None = None

    @contextlib.contextmanager
    def live(self) -> Iterator[None]:
        """Show the view until left; without a terminal, lines."""
        if not self._console.is_terminal:
            yield
            return
        with Live(self._table(), console=self._console, refresh_per_second=8) as live:
            self._live = live
            yield
        self._live = None

    def say(self, what: str, detail: str = "") -> None:
        """Count something that was done."""
        self._done[what] += 1
        if self._live is not None:
            self._live.update(self._table())
        elif detail:
            self._console.print(f"{what}: {detail}", markup=False, highlight=False)

    def follow(self, settings: Settings, begun: datetime, stop: threading.Event) -> None:
        """Take in what the stream brings from now on."""
        for event in feed(settings, stop=stop):
            if event.admission["admitted_at"] < begun:
                continue
            with self._changed:
                self._events.append(event)
                self._seen.add(event.incident.event_id)
                self._changed.notify_all()
            if self._live is not None:
                self._live.update(self._table())

    def wait_for(self, event_ids: set[str]) -> None:
        """Wait until the stream has brought these.

        Raises:
            LogError: it did not within two minutes.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: event_ids <= self._seen, _WAIT_S):
                raise LogError(f"{len(event_ids - self._seen)} incidents did not come through; see: ionics status")

    def last_id(self) -> str:
        """An incident to look at."""
        return self._events[-1].incident.incident_id if self._events else "ID"

    def summary(self) -> None:
        """Say what was played."""
        for what, number in self._done.items():
            self._console.print(f"{number:>5}  {what}", highlight=False)
        self._console.print(f"{len(self._seen):>5}  events read from the enriched stream", highlight=False)

    def _table(self) -> Table:
        table = Table(
            title=" · ".join(f"{number} {what}" for what, number in self._done.items()) or "starting", expand=True
        )
        for column in ("agency", "event", "substance", "amount", "route", "place", "read as"):
            table.add_column(column, no_wrap=True, overflow="ellipsis")
        for event in list(self._events):
            item, read = event.incident.items[0], event.enrichment["substances"][0]
            route = " → ".join(leg["country"] or "?" for leg in event.enrichment["legs"])
            table.add_row(
                event.incident.agency_id.removeprefix("demo-"),
                event.incident.event_type.value.lower(),
                item.substance_text,
                f"{item.amount_text} {item.unit_text}",
                route,
                event.enrichment["place_name"] or "?",
                read["subclass"] or read["substance_class"] or read["substance_how"],
            )
        return table


def _until_cased(settings: Settings, incident_ids: list[str]) -> None:
    """Wait until each of these is in a case.

    Raises:
        ProjectionError: one of them was not within two minutes.
    """
    for id_ in incident_ids:
        _found(settings, partial(_case_of, id_), f"incident {id_} did not come into a case")


def _case_of(incident_id: str, connection: psycopg.Connection, generation: int) -> str | None:
    return case_of(connection, generation, incident_id)


def _until_alerted(settings: Settings, incident_id: str) -> str:
    """The alert of a shipment that can still be stopped.

    Raises:
        ProjectionError: it was not there within two minutes.
    """

    def alert(connection: psycopg.Connection, generation: int) -> str | None:
        rows = list_alerts(connection, generation, incident_id=incident_id, kind="STOPPABLE")
        return str(rows[0]["alert_id"]) if rows else None

    return _found(settings, alert, f"incident {incident_id} raised no alert")


def _found(settings: Settings, look: Callable[[psycopg.Connection, int], str | None], else_: str) -> str:
    """What a look at the views finds, as soon as it does.

    Raises:
        ProjectionError: nothing within two minutes; `else_` says what is missing.
    """
    deadline, settings = time.monotonic() + _WAIT_S, at_generation(settings)
    with psycopg.connect(settings.require("reader_url"), autocommit=True) as connection:
        while True:
            with viewing(connection, settings.generation, settings.acting_as()) as viewed:
                found = look(viewed, settings.generation)
            if found is not None:
                return found
            if time.monotonic() > deadline:
                raise ProjectionError(f"{else_}; see: ionics status")
            time.sleep(0.2)


def _play(settings: Settings, seed: int, count: int, show: _Show) -> tuple[set[str], list[str], str]:
    """All agencies at once; the events that readers must get, incidents that belong to others, and a pressing one."""
    run = uuid.uuid4().hex[:6]
    today = datetime.now(UTC).date()
    wanted: set[str] = set()
    with contextlib.ExitStack() as open_:
        producers = {
            agency.agency_id: open_.enter_context(
                IncidentProducer(agency.agency_id, reporting_country=agency.country, settings=settings)
            )
            for agency in AGENCIES
            if agency.agency_id != _OFFLINE
        }
        away = _without_connection(settings)
        played: list[tuple[Act, Submission]] = []
        with IncidentProducer(_OFFLINE, reporting_country="GHA", settings=away) as offline:
            for act in acts(seed, run, today, count):
                producer = producers.get(act.agency.agency_id, offline)
                played.append((act, producer.report(act.content, source_ref=act.source_ref)))
                new = act.content["items"][0]["substance_text"] == NEW_SUBSTANCE
                show.say("reports of a substance that no list knows" if new else "reports", act.source_ref)
                time.sleep(0.04)
        linked = []
        for act in connected(run, today):
            submission = producers[act.agency.agency_id].report(act.content, source_ref=act.source_ref)
            linked.append(submission)
            show.say("reports that belong together", act.source_ref)
        press = pressing(run, datetime.now(UTC))
        pressed = producers[press.agency.agency_id].report(press.content, source_ref=press.source_ref)
        show.say("shipments that can still be stopped", press.source_ref)
        show.say("outbox that was offline, now delivered", _OFFLINE)
        with IncidentProducer(_OFFLINE, reporting_country="GHA", settings=settings) as back:
            back.flush()
            wanted |= {submission.event_id for submission in (pressed, *linked, *(each for _, each in played))}
            wanted |= _amend_and_withdraw(producers, played, show)
            _repeat_and_err(producers, played, show)
    return wanted, [submission.incident.incident_id for submission in linked], pressed.incident.incident_id


def _without_connection(settings: Settings) -> Settings:
    from dataclasses import replace  # noqa: PLC0415  # here alone

    return replace(settings, bootstrap="")


def _amend_and_withdraw(
    producers: dict[str, IncidentProducer], played: list[tuple[Act, Submission]], show: _Show
) -> set[str]:
    """Some reports are corrected after the laboratory, one was a mistake."""
    events = set()
    own = [(act, submission) for act, submission in played if act.agency.agency_id in producers]
    for number, (act, submission) in enumerate(islice(own, 0, None, 15)):
        producer = producers[act.agency.agency_id]
        receipt = producer.wait(submission, 60)
        if number == 2:  # any one will do
            events.add(producer.withdraw(submission.incident, receipt, reason="reported twice by mistake").event_id)
            show.say("withdrawals", act.source_ref)
            continue
        item = {**act.content["items"][0], "identified_by": "LAB", "purity_pct": "71.5"}
        changed = {**act.content, "items": [item]}
        events.add(producer.amend(submission.incident, receipt, changed, reason="laboratory result").event_id)
        show.say("amendments", act.source_ref)
    return events


def _repeat_and_err(producers: dict[str, IncidentProducer], played: list[tuple[Act, Submission]], show: _Show) -> None:
    """What goes wrong in life: the same report again, other content under an old reference, a form half filled in."""
    own = [(act, submission) for act, submission in played if act.agency.agency_id in producers]
    for act, _ in own[5:8]:
        producer = producers[act.agency.agency_id]
        receipt = producer.wait(producer.report(act.content, source_ref=act.source_ref), 60)
        show.say("re-deliveries", f"{act.source_ref}: {receipt.outcome}")
    act, _ = own[9]
    producer = producers[act.agency.agency_id]
    other = {**act.content, "narrative": "other content under the same reference"}
    receipt = producer.wait(producer.report(other, source_ref=act.source_ref), 60)
    show.say("reports refused by admission", f"{act.source_ref}: {receipt.outcome} {receipt.code}, {receipt.message}")
    try:
        producer.report({**act.content, "tlp": "RED"}, source_ref=f"{act.source_ref}-bad")
    except InvalidIncidentError as error:
        show.say("bad reports stopped before they left", str(error))
