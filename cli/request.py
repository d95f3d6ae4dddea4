"""`ionics request`: questions to other agencies, and what they answer."""

import click

from cli.request_amending import amend
from cli.request_showing import list_, show, times
from cli.requesting import answer, ask, close, decline, forward, note


@click.group()
def request() -> None:
    """Questions to other agencies, and what they answer; the parties see a thread, and nobody else."""


for _command in (ask, answer, forward, decline, note, close, amend, list_, show, times):
    request.add_command(_command)
