"""`make simulate`: thousands of seeds on all cores with a progress bar, and what each line of defence is worth."""

import os
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from tests.simulation.mutations import MUTATIONS
from tests.simulation.running import Figures, figures, first_found, simulated

_TASK = 20
_LINES = 50
"""Of progress at most, in a file."""
_COLUMNS = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()


@click.command()
@click.option("--seeds", default=10_000, show_default=True, help="How many seeds to run.")
@click.option("--first", default=0, show_default=True, help="The first of them.")
@click.option("--seed", type=int, help="Run this one alone and tell what happened, step by step.")
@click.option("--mutations/--no-mutations", default=True, help="Whether to take the lines of defence out too.")
def main(seeds: int, first: int, seed: int | None, *, mutations: bool) -> None:
    """Run the simulation; exits with 1 where a guarantee does not hold."""
    if seed is not None:
        world, broken = simulated(seed)
        click.echo("\n".join(world.scheduler.trace))
        sys.exit(broken or 0)
    console, total, began = Console(), Figures(), time.monotonic()
    tasks = [range(start, min(start + _TASK, first + seeds)) for start in range(first, first + seeds, _TASK)]
    with ProcessPoolExecutor(initializer=_alone) as pool, Progress(*_COLUMNS, console=console) as progress:
        bar = progress.add_task("seeds", total=seeds)
        for done in as_completed([pool.submit(figures, task) for task in tasks]):
            total.add(done.result())
            _tell(console, done.result().broken)
            progress.advance(bar, done.result().seeds)
            _say_how_far(console, total, seeds)
        _print(console, total, time.monotonic() - began)
        missed = _mutations(console, progress, pool, seeds) if mutations else False
    sys.exit(1 if total.broken or missed else 0)


def _alone() -> None:
    """A process of the pool has one core, and so have the libraries in it."""
    os.environ["POLARS_MAX_THREADS"] = "1"


def _tell(console: Console, broken: Mapping[int, str]) -> None:
    """Tell a seed that breaks a guarantee as soon as it is known: the run may be an hour."""
    for seed, what in sorted(broken.items()):
        console.print(f"[red]seed {seed}[/]: {what}\n  python -m tests.simulation --seed {seed}")


def _say_how_far(console: Console, total: Figures, seeds: int) -> None:
    """Where there is no terminal to draw a bar on."""
    if not console.is_terminal and total.seeds * _LINES // seeds > (total.seeds - _TASK) * _LINES // seeds:
        console.print(f"{total.seeds:,} of {seeds:,} seeds, {len(total.broken)} broke a guarantee")


def _print(console: Console, total: Figures, seconds: float) -> None:
    table = Table("faults", "times", box=None)
    for kind, count in total.faults.most_common():
        table.add_row(kind, f"{count:,}")
    console.print(table)
    for what, count in total.counts.items():
        console.print(f"{count:>12,}  {what}")
    kinds = {kind: sum(kind in broken for broken in total.broken.values()) for kind in ("lost", "doubled")}
    console.print(
        f"{total.seeds:,} seeds in {seconds:.0f} s, {total.faults.total():,} faults; seeds that broke a guarantee: "
        f"{len(total.broken)} (lost: {kinds['lost']}, doubled: {kinds['doubled']})"
    )


def _mutations(console: Console, progress: Progress, pool: ProcessPoolExecutor, seeds: int) -> bool:
    """Take each line of defence out; whether one was not missed within the seeds."""
    bar = progress.add_task("lines of defence", total=len(MUTATIONS))
    running = {pool.submit(_found, name, seeds): name for name in MUTATIONS}
    table = Table("taken out", "first seed that finds it", "what is then broken", box=None)
    for done in as_completed(running):
        progress.advance(bar)
        found = done.result()
        table.add_row(running[done], "none" if found is None else str(found[0]), "" if found is None else found[1])
    console.print(table)
    return any(done.result() is None for done in running)


def _found(name: str, seeds: int) -> tuple[int, str] | None:
    return first_found(MUTATIONS[name], range(seeds))


if __name__ == "__main__":
    main()
