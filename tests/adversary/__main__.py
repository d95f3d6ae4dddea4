"""`make fuzz`: a million hostile inputs, on all cores, with a progress bar; a breach names its seed and batch."""

import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed

import click
from rich.progress import Progress

from tests.adversary.fuzzing import BATCH, fuzz

_TASK = 10_000


def _task(seed: int, inputs: int) -> Counter[str]:
    os.environ["RUST_BACKTRACE"] = "0"
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123  # a descriptor, not a file to read
        os.dup2(nowhere.fileno(), 2)  # polars reports each of its panics there
    total: Counter[str] = Counter()
    for outcomes in fuzz(seed, inputs):
        total += outcomes
    return total


@click.command()
@click.option("--inputs", default=1_000_000, show_default=True, help="Hostile submissions to try.")
@click.option("--seed", default=1, show_default=True, help="First seed; each task of 10,000 inputs has one.")
def main(inputs: int, seed: int) -> None:
    """Fuzz admission and the columnar decoder."""
    tasks = -(-inputs // _TASK)
    total: Counter[str] = Counter()
    with Progress() as progress, ProcessPoolExecutor() as pool:
        bar = progress.add_task("hostile submissions", total=tasks * _TASK)
        for done in as_completed([pool.submit(_task, seed + number, _TASK) for number in range(tasks)]):
            total += done.result()
            progress.advance(bar, _TASK)
    for outcome, count in total.most_common():
        click.echo(f"{count:>10,}  {outcome}")
    click.echo(
        f"{tasks * _TASK:,} hostile submissions, an honest report with every {BATCH} of them; each has its decision,"
    )
    click.echo("what was accepted is to the byte what its owner signed, and no honest report was refused")


if __name__ == "__main__":
    main()
