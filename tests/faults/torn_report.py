"""`make torn`: the attack on loops and on the worker, again and again, and the accounts of it as a table."""

import os
import platform
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
import confluent_kafka
from rich.console import Console
from rich.progress import track
from rich.table import Table

from schemas.settings import Settings
from tests.faults.late_end_txn import Network
from tests.faults.plain_loop import Habits
from tests.faults.torn_transaction import Account, Ground, attack_loop, attack_worker
from tests.running import local

_LOOPS = {
    "plain loop, records flushed first": Habits(flush=True),
    "plain loop, position first": Habits(),
    "plain loop, linger.ms=5, the default": Habits(linger_ms=5),
    "loop that retires its producer": Habits(guard=True),
}
_COLUMNS = ("attacked", "EndTxn", "late", "obeyed", "given", "told", "torn", "lost", "doubled", "gave up")


def _cases(settings: Settings) -> Iterator[tuple[str, Network, Callable[[], Account]]]:
    for network in Network:
        for name, habits in _LOOPS.items():
            yield name, network, lambda h=habits, n=network: attack_loop(Ground(settings, 300), n, h)
    for network, given, times in ((Network.CUT, 1_000, 10), (Network.SILENT, 300, 2)):
        yield (
            "the worker",
            network,
            lambda n=network, g=given, t=times: attack_worker(Ground(settings, g), n, batch=50, times=t),
        )


def _row(accounts: list[Account]) -> list[int]:
    late = [each for account in accounts for each in account.late]
    totals = [sum(getattr(a, name) for a in accounts) for name in ("given", "told", "torn", "lost", "doubled")]
    obeyed = sum(each.error == 0 for each in late)
    return [len(late), obeyed, *totals, sum(bool(account.error) for account in accounts)]


@click.command()
@click.option("--times", default=5, show_default=True, help="Runs of each case; the figures are their sums.")
def main(times: int) -> None:
    """Print the accounts, from a fresh local stack."""
    console = Console(width=150)
    table = Table(*_COLUMNS, title=f"an EndTxn that comes late; sums over {times} runs")
    with tempfile.TemporaryDirectory(prefix="ionics-torn-") as home, local(Path(home), secure=False) as running:
        for name, network, attack in track(list(_cases(running.settings)), "attacking"):
            table.add_row(name, network.value, *map(str, _row([attack() for _ in range(times)])))

    console.print(table)
    library = f"confluent-kafka {confluent_kafka.version()}, librdkafka {confluent_kafka.libversion()[0]}"
    console.print(f"{datetime.now(UTC):%Y-%m-%d}; {library}; {platform.machine()}, {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
