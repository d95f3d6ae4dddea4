"""`ionics links`: pairs of incidents that belong together, or may."""

import click

from cli.links_judging import review


@click.group()
def links() -> None:
    """Pairs of incidents that belong together, or may."""


links.add_command(review)
