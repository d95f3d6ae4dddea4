"""The part of the demonstration in which somebody subscribes, and is told."""

import time

import psycopg

from deploy.home import key_path
from projections.deliveries.inbox import inbox
from projections.subscribing import SubscriptionDesk
from projections.viewing import viewing
from schemas.directory import at_generation, read_members
from schemas.errors import ProjectionError
from schemas.keys import SigningKey
from schemas.rights import acting
from schemas.settings import Settings

_WAIT_S = 120.0


def subscribe(settings: Settings) -> None:
    """Let the focal point of the command line hear of alerts, unless it does already.

    Raises:
        IonicsError: it may not act, or the log cannot be written.
    """
    person = acting(read_members(settings), settings.acting_as())
    desk = SubscriptionDesk(settings, person, lambda: read_members(settings))
    if not any("alert" in each.events for each in desk.list()):
        key = SigningKey.load(key_path(settings, person.agency_id))
        desk.set({"events": ["alert"], "channel": "console"}, key)


def until_told(settings: Settings) -> None:
    """Wait until something is in the inbox.

    Raises:
        ProjectionError: nothing was within two minutes.
    """
    deadline, settings = time.monotonic() + _WAIT_S, at_generation(settings)
    with psycopg.connect(settings.require("reader_url"), autocommit=True) as connection:
        while True:
            with viewing(connection, settings.generation, settings.acting_as()) as views:
                if inbox(views, settings.generation, limit=1):
                    return
            if time.monotonic() > deadline:
                raise ProjectionError("nobody was told of anything; see: ionics status")
            time.sleep(0.2)
