"""`ionics worker`: run the stages in the foreground."""

import signal
import threading

import click

from deploy.workers import STAGES, Workers, keep_running
from schemas.settings import load_settings


@click.command()
@click.option("--stage", type=click.Choice(STAGES), help="Run one stage in this process; else all, a process each.")
def worker(stage: str | None) -> None:
    """Run the stages until interrupted; the batch in hand is finished."""
    settings = load_settings()
    settings.require("bootstrap")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if stage:
        keep_running(settings, stage, stop)
    else:
        Workers(settings).run(stop)
