"""`ionics alerts`: what was found, why, and until when to act; and special alerts."""

import click

from cli.alerts_acknowledging import ack
from cli.alerts_showing import list_, show
from cli.alerts_writing import revise, withdraw, write


@click.group(invoke_without_command=True)
@click.pass_context
def alerts(ctx: click.Context) -> None:
    """What was found, why, and until when to act; without a further word, the list."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_)


alerts.add_command(ack)
alerts.add_command(list_)
alerts.add_command(revise)
alerts.add_command(show)
alerts.add_command(withdraw)
alerts.add_command(write)
