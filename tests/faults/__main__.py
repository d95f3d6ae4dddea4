"""`make faults`: a deployment of real processes under load, broken at random, and a ledger at the end."""

import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import click
import psycopg
from confluent_kafka import KafkaException

from projections.rebuild import rebuild
from schemas.errors import IonicsError
from tests.faults.collecting import collect
from tests.faults.faults import Fault, Poison, faults_of_clients, faults_of_servers, injected
from tests.faults.journal import Told, read
from tests.faults.ledger import Books, Finding, compare, count
from tests.faults.world import AGENCIES, WAYS, World

Kinds = Callable[[World, Random], list[Callable[[], Fault]]]

_SHOWN = 20
_PATIENCE_S = 150.0
_STILL_S = 90.0


class Run:
    """What happened."""

    def __init__(self) -> None:
        self.injected: Counter[str] = Counter()
        self.failed: list[str] = []
        self.poison: set[str] = set()


def break_things(world: World, run: Run, minutes: float, only: str) -> None:
    """Servers on one side and their clients on the other are broken at the same time, each side by its own chance."""
    end = time.monotonic() + 60 * minutes
    with ThreadPoolExecutor() as pool:
        chances = [Random(f"{world.seed}/{side}") for side in ("servers", "clients")]  # noqa: S311  # no secrets
        kinds = (faults_of_servers, faults_of_clients)
        done = [
            pool.submit(_break_side, world, run, end, chance, kinds_of_side, only)
            for chance, kinds_of_side in zip(chances, kinds, strict=True)
        ]
    for each in done:
        each.result()


def _break_side(world: World, run: Run, end: float, chance: Random, kinds: Kinds, only: str) -> None:
    """Faults one after another until the time is over: each kind once in a random order, and again."""
    waiting: list[Callable[[], Fault]] = []
    while time.monotonic() < end:
        if not waiting:
            waiting = [make for make in kinds(world, chance) if only in make().name]
            chance.shuffle(waiting)
        if not waiting:
            return
        fault = waiting.pop()()
        time.sleep(chance.uniform(0.5, 2.5))
        _break(run, fault, chance.uniform(*fault.lasts_s))


def _break(run: Run, fault: Fault, lasts_s: float) -> None:
    begun = time.monotonic()
    try:
        with injected(fault) as said:
            time.sleep(lasts_s)
    except (AssertionError, IonicsError, KafkaException) as error:
        run.failed.append(f"{fault.name}: {error}")
        said = f"FAILED: {error}"
    run.injected[fault.name] += 1
    if isinstance(fault, Poison) and fault.position:
        run.poison.add(fault.position)
    click.echo(f"{time.strftime('%H:%M:%S')}  {fault.name}: {said} ({time.monotonic() - begun:.1f} s)")


def settle(world: World) -> list[str]:
    """Let everything that was reported arrive; names of agencies that did not get all their receipts."""
    late = world.finish(_PATIENCE_S)
    if late:
        world.ask_where_workers_stand()
    before, since = (None, None), time.monotonic()
    while time.monotonic() - since < _STILL_S:
        now = world.projected(), world.told()
        if now != before:
            before, since = now, time.monotonic()
        if None not in now and _all_rows(world):
            break
        time.sleep(0.5)
    world.stop_workers()
    return late


def _all_rows(world: World) -> bool:
    """Whether each revision that was reported stands in the views, and was told each way."""
    reported = {revision for agency in AGENCIES for revision in read(world.journal(agency)).reported.values()}
    with psycopg.connect(world.settings.database_url) as connection:
        row = connection.execute(f"select count(*) from g{world.settings.generation}.incident_revision").fetchone()
    rows = int(row[0]) if row else 0
    return rows >= len(reported) and (world.told() or 0) >= rows * len(WAYS)


def report(world: World, run: Run, told: dict[str, Told], books: Books, findings: list[Finding]) -> None:
    """The table."""
    waits = [
        each.answered_at[event] - at
        for each in told.values()
        for event, at in each.reported_at.items()
        if event in each.answered_at
    ]
    for name, times in sorted(run.injected.items()):
        click.echo(f"{times:>6}  {name}")
    outcomes = Counter(decision.outcome for decision in books.decisions)
    rows = {
        "faults injected": run.injected.total(),
        "events reported": len(books.reported),
        "submissions": len(books.submissions),
        "decisions": ", ".join(f"{times:,} {outcome}" for outcome, times in sorted(outcomes.items())),
        "receipts told": len(books.receipts_told),
        "revisions in the views": len(books.revisions),
        "dead letters": f"{len(books.dead_letters)} of {len(books.poison)} records that a stage must put aside",
        "deliveries of them": ", ".join(f"{len(each):,} by {way}" for way, each in books.delivered.items()),
        "webhooks that came": f"{len(world.receiver.requests):,}, of which {len(world.receiver.taken):,} were taken",
        "failures told loudly": sum(len(each.loud) for each in told.values()),
        "longest from report to receipt": f"{max(waits, default=0.0):.1f} s",
        "longest that the views stood still": f"{max(world.stalls, default=0.0):.1f} s",
        **{kind: count(findings, kind) for kind in ("lost", "doubled", "invented")},
    }
    width = max(map(len, rows))
    for name, value in rows.items():
        click.echo(f"{name:<{width}}  {value:,}" if isinstance(value, int) else f"{name:<{width}}  {value}")
    for finding in findings[:_SHOWN]:
        click.echo(f"{finding.kind}: {finding.what}: {finding.which}")


@click.command()
@click.option("--minutes", default=3.0, show_default=True, help="How long things are broken.")
@click.option("--seed", type=int, help="Of an earlier run: the same faults in the same order.")
@click.option("--rate", default=10.0, show_default=True, help="Reports a second of each agency.")
@click.option("--brokers", default=3, show_default=True, type=click.Choice([1, 3]))
@click.option("--only", default="", help="Only faults whose name holds this.")
def main(minutes: float, seed: int | None, rate: float, brokers: int, only: str) -> None:
    """Break a deployment of real processes under load, and account for every event."""
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    home = Path(tempfile.mkdtemp(prefix="ionics-faults-"))
    click.echo(f"seed {seed}; logs and journals are kept in {home}")
    world, run = World(home, seed, rate, brokers), Run()
    try:
        world.start()
        click.echo(
            f"{time.strftime('%H:%M:%S')}  {brokers} brokers, {len(AGENCIES)} agencies, {rate:g} reports a second each"
        )
        break_things(world, run, minutes, only)
        click.echo(f"{time.strftime('%H:%M:%S')}  no more faults; all that was reported has to arrive")
        run.failed += [f"{name} did not get all its receipts" for name in settle(world)]
        told = {name: read(world.journal(name)) for name in AGENCIES}
        books = collect(world.settings, told.values(), run.poison, world.receiver.arrived_at)
        findings = compare(books)
        report(world, run, told, books, findings)
        try:
            rebuilt = rebuild(world.settings)
            click.echo(f"views rebuilt from {rebuilt.events:,} events have the digests of the live ones")
        except IonicsError as error:
            run.failed.append(f"rebuild: {error}")
    finally:
        world.close()
    for failure in run.failed:
        click.echo(f"failed: {failure}")
    sys.exit(1 if findings or run.failed else 0)


if __name__ == "__main__":
    main()
