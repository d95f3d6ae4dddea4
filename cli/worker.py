"""`ionics worker`: run the stages in the foreground."""

import faulthandler
import signal
import threading

import click

from deploy.stages import SHARED, STAGES
from deploy.workers import Workers, keep_running
from schemas.settings import load_settings
from stream_processors.runtime.collecting import collect_seldom


@click.command()
@click.option(
    "--stage", type=click.Choice(list(STAGES)), help="Run one stage in this process; else all, a process each."
)
@click.option(
    "--instance",
    default="0",
    help=f"With --stage {' or '.join(SHARED)}: name among workers that share its partitions.",
)
def worker(stage: str | None, instance: str) -> None:
    """Run the stages until interrupted; the batch in hand is finished. SIGUSR1 prints where each thread stands."""
    if instance != "0" and stage not in SHARED:
        raise click.UsageError(f"--instance is for --stage {' or '.join(SHARED)}: the others have one worker")
    settings = load_settings()
    settings.require("bootstrap")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    faulthandler.register(signal.SIGUSR1)
    if stage:
        collect_seldom()
        keep_running(settings, stage, stop, instance)
    else:
        Workers(settings).run(stop)
