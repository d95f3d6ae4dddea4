"""`ionics token`: a bearer token for the HTTP API, in a `dev-` deployment."""

import click

from projections.api import LocalIssuer
from schemas.directory import RIGHTS
from schemas.settings import load_settings


@click.command()
@click.option("--as", "subject", help="The focal point; else the one that the command line acts as.")
@click.option("--scope", "scopes", multiple=True, type=click.Choice(RIGHTS), help="May be repeated; else all of them.")
@click.option("--minutes", default=60.0, show_default=True, type=click.FloatRange(min=0.1, max=1_440))
def token(subject: str | None, scopes: tuple[str, ...], minutes: float) -> None:
    """Print a token. Elsewhere than in a dev-… deployment the identity provider gives them."""
    settings = load_settings()
    click.echo(LocalIssuer(settings).token(subject or settings.acting_as(), list(scopes or RIGHTS), minutes))
