"""What the commands that write into threads have in common: who writes, the desk, what words mean, what was written."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import click
import psycopg

from cli.accessing import noted
from cli.connections import reading
from cli.output import print_json, remark
from cli.references import named
from projections.queries import find_requests
from projections.requests import RequestDesk, told
from projections.viewing import viewing
from schemas.directory import Members, load_current, read_members
from schemas.errors import ProjectionError
from schemas.requests import Message
from schemas.rights import acting
from schemas.settings import Settings

as_option = click.option("--as", "person", metavar="FOCAL-POINT", help="Else the one that the command line acts as.")
thread_argument = click.argument("ref", metavar="THREAD")
_MANY = 20


@dataclass(frozen=True)
class Bench:
    """A desk, and what words mean to whoever sits at it."""

    settings: Settings
    members: Members
    desk: RequestDesk
    connection: psycopg.Connection

    def incident(self, ref: str) -> str:
        """The id of an incident, by its id, the beginning of that, or its reference.

        Raises:
            ProjectionError: it means none that the person may see, or several.
        """
        with viewing(self.connection, self.settings.generation, self.settings.acting_as()) as views:
            return named(self.settings, views, ref)

    def thread(self, ref: str) -> str:
        """The id of a thread, by its id or the beginning of that.

        Raises:
            ProjectionError: it means none that the person is a party of, or several.
        """
        with viewing(self.connection, self.settings.generation, self.settings.acting_as()) as views:
            found = thread_named(self.settings, views, ref)
        noted(self.settings, "LIST", {"requesting": found})
        return found


@contextmanager
def bench(person: str | None) -> Iterator[Bench]:
    """The desk of a focal point.

    Raises:
        ForbiddenError: it may not act.
        IonicsError: a server cannot be reached.
    """
    settings = load_current()
    members = read_members(settings)
    found = acting(members, person or settings.acting_as())
    settings = replace(settings, viewer=found.focal_point_id)
    with reading(settings) as connection:
        desk = RequestDesk(
            settings, found, members, lambda: viewing(connection, settings.generation, found.focal_point_id)
        )
        yield Bench(settings, members, desk, connection)


def thread_named(settings: Settings, connection: psycopg.Connection, ref: str) -> str:
    """The id of the one thread that a word means, among those that the viewer is a party of.

    Raises:
        ProjectionError: it means none, or several.
    """
    found = find_requests(connection, settings.generation, ref.lower(), _MANY)
    if not found:
        raise ProjectionError(f"no request {ref!r} that {settings.acting_as()} may see")
    if len(found) > 1:
        raise ProjectionError(f"{ref!r} names more than one request: give more of its id; see `ionics request list`")
    return found[0]


def tell(message: Message, *, as_json: bool) -> None:
    """Print what was written."""
    if as_json:
        print_json(told(message))
        return
    to = f" to {', '.join(each.name for each in message.to)}" if message.to else ""
    due = "" if message.due_at is None else f", due {message.due_at.isoformat(timespec='minutes')}"
    click.echo(f"{message.kind.value.lower()}{to} in request {message.thread_id}{due}")
    if any(not each.name.startswith("agency:") for each in message.to):
        remark("focal points and groups are asked by their names, whether there are such or not")
