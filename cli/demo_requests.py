"""The part of the demonstration in which one agency asks another, and is answered."""

import time
from contextlib import AbstractContextManager
from dataclasses import dataclass

import psycopg

from cli.demo_scenario import Asking
from projections.queries import thread_of
from projections.requests import RequestDesk
from projections.requests.desk import Question
from projections.viewing import viewing
from schemas.directory import at_generation, read_members
from schemas.errors import ProjectionError
from schemas.requests import Priority, State, Thread
from schemas.settings import Settings

_WAIT_S = 120.0


def played(settings: Settings, incident_id: str, asking: Asking) -> str:
    """One agency asks the owner of an incident, which answers; the id of the thread, once both see it answered.

    Raises:
        ProjectionError: the views did not follow within two minutes.
        IonicsError: the log cannot be written.
    """
    settings = at_generation(settings)
    members = read_members(settings)
    with psycopg.connect(settings.require("reader_url"), autocommit=True) as connection:
        sight = _Sight(settings, connection)
        asker, owner = (
            RequestDesk(settings, members.focal_points[id_], members, lambda id_=id_: sight.of(id_))  # type: ignore[misc]  # bound at once
            for id_ in (asking.asker, asking.owner)
        )
        question = Question(asking.question, incident_id=incident_id, priority=Priority.URGENT)
        thread_id = asker.ask(question).thread_id
        sight.until(thread_id, asking.owner, State.OPEN)
        owner.answer(thread_id, asking.answer)
        sight.until(thread_id, asking.asker, State.ANSWERED)
    return thread_id


@dataclass(frozen=True)
class _Sight:
    """What focal points see."""

    settings: Settings
    connection: psycopg.Connection

    def of(self, person: str) -> AbstractContextManager[psycopg.Connection]:
        return viewing(self.connection, self.settings.generation, person)

    def until(self, thread_id: str, person: str, state: State) -> None:
        deadline = time.monotonic() + _WAIT_S
        while (found := self._thread(thread_id, person)) is None or found.state is not state:
            if time.monotonic() > deadline:
                raise ProjectionError(f"request {thread_id} did not come into the views; see: ionics status")
            time.sleep(0.1)

    def _thread(self, thread_id: str, person: str) -> Thread | None:
        with self.of(person) as views:
            return thread_of(views, self.settings.generation, thread_id)
