"""`ionics alerts ack`: your agency takes care of an alert."""

import click

from cli.desks import as_option
from cli.inbox import acknowledge


@click.command()
@click.argument("alert_id", metavar="ALERT")
@as_option
def ack(alert_id: str, person: str | None) -> None:
    """Acknowledge ALERT for your agency: nobody else of it is told for want of that."""
    acknowledge("alert", alert_id, person)
