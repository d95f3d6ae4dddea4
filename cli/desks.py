"""What the commands by which people write have in common: who acts, and what that person sees."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import click
import psycopg

from cli.connections import reading
from projections.viewing import viewing
from schemas.directory import FocalPoint, Members, load_current, read_members
from schemas.rights import acting
from schemas.settings import Settings

as_option = click.option("--as", "person", metavar="FOCAL-POINT", help="Else the one that the command line acts as.")


@dataclass(frozen=True)
class Acting:
    """Somebody who acts.

    Attributes:
        settings: of the deployment, as this person reads it.
        members: who takes part.
    """

    settings: Settings
    person: FocalPoint
    members: Members


def acting_as(person: str | None) -> Acting:
    """The focal point that acts.

    Raises:
        ForbiddenError: it may not act.
        LogError: the directory cannot be read.
    """
    settings = load_current()
    members = read_members(settings)
    found = acting(members, person or settings.acting_as())
    return Acting(replace(settings, viewer=found.focal_point_id), found, members)


@contextmanager
def views_of(who: Acting) -> Iterator[psycopg.Connection]:
    """The read store as somebody sees it, in one transaction.

    Raises:
        ProjectionError: it cannot be read.
    """
    with (
        reading(who.settings) as connection,
        viewing(connection, who.settings.generation, who.person.focal_point_id) as views,
    ):
        yield views
