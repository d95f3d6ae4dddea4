"""`ionics case`: incidents that are linked, and which of them are one seizure."""

import click

from cli.case_judging import join, same, split
from cli.case_showing import list_, show


@click.group()
def case() -> None:
    """Incidents that are linked, and which of them are one seizure."""


case.add_command(join)
case.add_command(same)
case.add_command(split)
case.add_command(list_)
case.add_command(show)
