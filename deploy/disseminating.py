"""The stage of dissemination with what it gets from outside: its store, its sight, its channels, its key."""

import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from projections.access_log import AccessEntry, AccessLog
from projections.deliveries import PostgresDeliveries, ViewSight, make_tables
from schemas.errors import AccessLogError, IdentityError, NotDeliveredError
from schemas.keys import SigningKey
from schemas.settings import Settings
from stream_processors.disseminate import Backoff, Disseminate, Ports
from stream_processors.disseminate.channels import Mail, Message, Webhook
from stream_processors.disseminate.channels.mail import MailServer
from stream_processors.disseminate.ports import Delivery
from stream_processors.disseminate.standing import Standing


def webhook_key_path(settings: Settings) -> Path:
    """The file of the key by which the deployment signs webhooks."""
    return settings.home / "keys" / "webhooks.key"


def webhook_key(settings: Settings) -> SigningKey:
    """That key; made where there is none yet.

    Raises:
        IdentityError: it cannot be used.
    """
    path = webhook_key_path(settings)
    if not path.exists():
        try:
            SigningKey.generate().save(path)
        except IdentityError:
            if not path.exists():
                raise  # another worker may have made it at the same moment
    return SigningKey.load(path)


class Channels:
    """Lets messages leave on the channel of their subscription.

    Args:
        webhook: sends to receivers.
        mail: sends to mailboxes.
    """

    def __init__(self, webhook: Webhook, mail: Mail) -> None:
        self._webhook, self._mail = webhook, mail

    async def send(self, standing: Standing, delivery: Delivery, message: Message) -> None:
        """See `stream_processors.disseminate.delivering.Send`."""
        way = standing.subscriptions[delivery.via]
        if way.channel == "webhook":
            hosts = standing.members.webhook_hosts.get(way.agency_id, frozenset())
            await self._webhook.send(way.address or "", hosts, message)
        elif way.channel == "email":
            await self._mail.send(way.address or "", message)
        # A subscription that takes the console has nothing to send.


class Departures:
    """Writes to the access log what leaves with its content."""

    def __init__(self, settings: Settings) -> None:
        self._log = AccessLog(settings)

    def note(self, deliveries: Sequence[Delivery]) -> None:
        """Write who is sent what.

        Raises:
            NotDeliveredError: the log did not take it, so nothing may leave.
        """
        first = deliveries[0]
        ids = [each.event_id for each in deliveries if each.event_kind == "incident"]
        asked = {"delivered": [each.delivery_id for each in deliveries]}
        try:
            self._log.record(AccessEntry(first.recipient, first.agency_id, "PUSH", "EXPORT", asked, ids))
        except AccessLogError:
            raise NotDeliveredError("the access log does not answer") from None

    def close(self) -> None:
        """Send what is in hand."""
        self._log.close()


class Disseminating:
    """The stage, and the connections that it needs for as long as it runs.

    Args:
        settings: of the stage's principal, with a generation.
        instance: stable name among its workers.
        on_batch: called after each record with 1.
        backoff: how long a message waits after a failure; else as usual.
        grouped_s: how long messages beyond a limit are collected.
        reminded_s: between two looks at what is due of requests.
    """

    def __init__(
        self,
        settings: Settings,
        instance: str = "0",
        on_batch: Callable[[int], None] | None = None,
        backoff: Backoff | None = None,
        grouped_s: float = 60.0,
        reminded_s: float = 5.0,
    ) -> None:
        self._settings, self._instance, self._on_batch = settings, instance, on_batch
        self._backoff, self._grouped_s, self._reminded_s = backoff, grouped_s, reminded_s

    def run(self, stop: threading.Event) -> None:
        """Run until `stop` is set.

        Raises:
            IonicsError: it cannot go on.
        """
        settings = self._settings
        make_tables(settings.require("database_url"))
        development = settings.is_development
        webhook = Webhook(webhook_key(settings), settings.api_url, development=development)
        server = MailServer.of(settings.smtp_url, development=development) if settings.smtp_url else None
        mail = Mail(server, settings.mail_from, settings.api_url, settings.deployment)
        store, sight = PostgresDeliveries(settings, self._instance), ViewSight(settings)
        departures = Departures(settings)
        with ExitStack() as closing:
            closing.callback(departures.close)
            for each in (store, sight):
                each.open()
                closing.callback(each.close)
            ports = Ports(store, sight, Channels(webhook, mail).send, departures.note)
            stage = Disseminate(
                settings,
                ports,
                self._instance,
                self._on_batch,
                backoff=self._backoff,
                grouped_s=self._grouped_s,
                reminded_s=self._reminded_s,
            )
            stage.run(stop)


def disseminating(settings: Settings, instance: str, on_batch: Callable[[int], None] | None) -> Disseminating:
    """The stage as the catalogue starts it."""
    return Disseminating(settings, instance, on_batch)
