"""What the commands that write into threads have in common: who writes, the desk, what words mean, what was written."""

from contextlib import AbstractContextManager

import click
import psycopg

from cli.accessing import noted
from cli.desks import Seat, seated
from cli.output import print_json, remark
from projections.queries import find_requests
from projections.requests import RequestDesk, told
from schemas.errors import ProjectionError
from schemas.requests import Message
from schemas.settings import Settings

thread_argument = click.argument("ref", metavar="THREAD")
_MANY = 20


class Bench(Seat):
    """Somebody who writes into threads."""

    @property
    def desk(self) -> RequestDesk:
        """Where messages are written."""
        return RequestDesk(self.settings, self.person, self.members, self.views)

    def thread(self, ref: str) -> str:
        """The id of a thread, by its id or the beginning of that.

        Raises:
            ProjectionError: it means none that the person is a party of, or several.
        """
        with self.views() as views:
            found = thread_named(self.settings, views, ref)
        noted(self.settings, "LIST", {"requesting": found})
        return found


def bench(person: str | None) -> AbstractContextManager[Bench]:
    """The seat of a focal point; see `cli.desks.seated`."""
    return seated(Bench, person)


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
