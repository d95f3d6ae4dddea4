"""`ionics links`: pairs of incidents that belong together, or may."""

import click

from cli.links_judging import review
from cli.links_listing import list_


@click.group()
def links() -> None:
    """Pairs of incidents that belong together, or may."""


links.add_command(review)
links.add_command(list_)
