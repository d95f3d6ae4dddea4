"""What the commands by which people write have in common: who acts, and what that person sees."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import TypeVar

import click
import psycopg

from cli.connections import reading
from cli.references import named
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


@dataclass(frozen=True)
class Seat(Acting):
    """Somebody who acts on what is seen, over one connection."""

    connection: psycopg.Connection

    def views(self) -> AbstractContextManager[psycopg.Connection]:
        """The read store as this person sees it, in one transaction."""
        return viewing(self.connection, self.settings.generation, self.person.focal_point_id)

    def incident(self, ref: str) -> str:
        """The id of an incident, by its id, the beginning of that, or its reference.

        Raises:
            ProjectionError: it means none that the person may see, or several.
        """
        with self.views() as views:
            return named(self.settings, views, ref)


SomeSeat = TypeVar("SomeSeat", bound=Seat)


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
def seated(kind: type[SomeSeat], person: str | None) -> Iterator[SomeSeat]:
    """The seat of a focal point.

    Raises:
        ForbiddenError: it may not act.
        IonicsError: a server cannot be reached.
    """
    who = acting_as(person)
    with reading(who.settings) as connection:
        yield kind(**vars(who), connection=connection)


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
