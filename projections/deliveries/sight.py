"""What a delivery is of, as its recipient sees it now: under row-level security, at each attempt."""

from collections.abc import Callable, Mapping, Sequence

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from projections.deliveries.kinds import SHOWN
from projections.deliveries.kinds.showing import Showing
from projections.viewing import look_as, viewing
from schemas.errors import ProjectionError
from schemas.settings import Settings
from stream_processors.disseminate.ports import Delivery, Shown

_CONNECTIONS = 12
_WAIT_S = 5.0


class ViewSight:
    """See `stream_processors.disseminate.ports.Sight`.

    Args:
        settings: with a generation, and the address of the reader.
        shown: how each kind of event is seen.
    """

    def __init__(self, settings: Settings, shown: Mapping[str, Showing] = SHOWN) -> None:
        self._generation, self._shown = settings.generation, shown
        self._pool = ConnectionPool(
            settings.require("reader_url"),
            min_size=1,
            max_size=_CONNECTIONS,
            open=False,
            timeout=_WAIT_S,
            kwargs={"autocommit": True},
        )

    def open(self) -> None:
        """Connect."""
        self._pool.open()

    def close(self) -> None:
        """Let go of the connections."""
        self._pool.close()

    def show(self, deliveries: Sequence[Delivery]) -> list[Shown | None]:
        """See `Sight.show`. Each question is put as its recipient, and all of them before any is answered."""
        if not deliveries:
            return []
        try:
            with (
                self._pool.connection() as connection,
                viewing(connection, self._generation, deliveries[0].recipient) as views,
                views.pipeline(),
            ):
                return [found() for found in [self._asked(views, each) for each in deliveries]]
        except (PoolTimeout, psycopg.Error) as error:
            raise ProjectionError(f"the read store does not answer: {error}") from error

    def _asked(self, views: psycopg.Connection, delivery: Delivery) -> Callable[[], Shown | None]:
        kind = self._shown.get(delivery.event_kind)
        if kind is None:
            return _nothing
        look_as(views, delivery.recipient)
        return kind.show(views, self._generation, delivery.event_id, delivery.revision)


def _nothing() -> None:
    """What nobody is shown."""
