"""The Faust application and its worker, in the thread that asks for it, with the settings that were tried."""

import asyncio
import logging
import ssl
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

import faust

from schemas.errors import LogError, SettingsError
from schemas.settings import Settings
from stream_processors.disseminate.edge.driver import CommittedTransport, check_driver
from stream_processors.disseminate.edge.handling import Handler, Park, Unhandled, handle

_logger = logging.getLogger(__name__)
_LOOK_S = 0.05
_STOP_S, _LET_GO_S = 10.0, 2.0
"""For what is in hand to be finished, and for what does not end even so to be let go of."""
_METADATA_MS = 5_000
"""aiokafka may ask a broker that does not lead a partition any more until it looks again; the default is 5 minutes."""
_AT_ONCE = 256
"""Records of a topic that are handled together at most, and as many wait meanwhile."""

Background = Callable[[], Awaitable[None]]
"""Something that runs beside the streams until it is cancelled."""


class _App(faust.App):
    """The application on the driver that reads committed records."""

    def _new_transport(self) -> Any:
        return CommittedTransport(self.conf.broker_consumer, self)


class _Worker(faust.Worker):
    """Faust's worker; signals are the command's, which tells it when to stop."""

    def install_signal_handlers(self) -> None:
        """Leave them alone."""


class Host:
    """Runs handlers of topics as one member of a consumer group.

    Args:
        settings: of the principal that reads.
        group: consumer group.
        instance: stable name among the members of the group.
        handlers: topic → what handles its records, in order within a partition.
        park: puts a record aside.
        background: what runs beside them.
    """

    def __init__(
        self,
        settings: Settings,
        group: str,
        instance: str,
        handlers: Mapping[str, Handler],
        park: Park,
        background: Sequence[Background] = (),
    ) -> None:
        check_driver()
        self._settings, self._group, self._instance = settings, group, instance
        self._handlers, self._park, self._background = handlers, park, background
        self._failed: asyncio.Future[None] | None = None

    def run(self, stop: threading.Event) -> None:
        """Run until `stop` is set; the records in hand are finished.

        Raises:
            LogError: the worker of Faust ended, or a record could neither be handled nor put aside.
        """
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(self._run(stop))
        finally:
            _end(loop)
            asyncio.set_event_loop(None)

    async def _run(self, stop: threading.Event) -> None:
        loop = asyncio.get_running_loop()
        self._failed = loop.create_future()
        app = self._app(loop)
        worker = _Worker(app, loop=loop, override_logging=False, redirect_stdouts=False, quiet=True)
        worker.spinner = None  # it would draw on a terminal that is not its own
        started = asyncio.ensure_future(worker.start())
        beside = [asyncio.ensure_future(each()) for each in self._background]
        stopped = asyncio.ensure_future(_until(stop))
        running = [started, stopped, self._failed, *beside]
        try:
            await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in (stopped, *beside):
                each.cancel()
            await asyncio.gather(stopped, *beside, return_exceptions=True)
            await _stop(worker, app)
            started.cancel()
            await asyncio.wait([started], timeout=_LET_GO_S)
            failed = _failure(started)
        if self._failed.done():
            self._failed.result()
        for each in beside:
            if each.done() and not each.cancelled():
                each.result()
        if not stop.is_set():
            said = worker.crash_reason or app.crash_reason or failed or "without a word"
            raise LogError(f"the worker of Faust ended: {said}")

    def _app(self, loop: asyncio.AbstractEventLoop) -> faust.App:
        settings = self._settings
        servers = settings.require("bootstrap").split(",")
        app = _App(
            self._group,
            loop=loop,
            broker=[f"kafka://{server}" for server in servers],
            broker_credentials=credentials(settings.client_config()),
            store="memory://",
            datadir=str(settings.home / "faust"),
            processing_guarantee="at_least_once",
            web_enabled=False,
            topic_allow_declare=False,
            topic_disable_leader=True,
            consumer_auto_offset_reset="earliest",
            consumer_group_instance_id=f"{self._group}-{self._instance}",
            consumer_metadata_max_age_ms=_METADATA_MS,
            broker_commit_interval=1.0,
            broker_commit_every=1_000,
            stream_buffer_maxsize=256,
            broker_session_timeout=10.0,
            broker_heartbeat_interval=2.0,
            broker_rebalance_timeout=20.0,
            broker_request_timeout=20.0,
            producer_acks=-1,
            producer_request_timeout=30.0,
            stream_wait_empty=True,
            key_serializer="raw",
            value_serializer="raw",
        )
        for name, handler in self._handlers.items():
            topic = app.topic(name, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")
            app.agent(topic, name=name, concurrency=1)(partial(self._read, app, handler))
        return app

    async def _read(self, app: faust.App, handler: Handler, stream: Any) -> None:
        """Handle what waits together, one batch at a time, so that all is acknowledged in its order."""
        waiting: asyncio.Queue[Any] = asyncio.Queue(_AT_ONCE)
        working = asyncio.ensure_future(self._work(app, handler, waiting))
        try:
            async for event in stream.noack().events():
                await waiting.put(event)
        finally:
            working.cancel()

    async def _work(self, app: faust.App, handler: Handler, waiting: "asyncio.Queue[Any]") -> None:
        while True:
            events = [await waiting.get()]
            while len(events) < _AT_ONCE and not waiting.empty():
                events.append(waiting.get_nowait())
            try:
                await handle(events, handler, self._park)
            except Unhandled as error:
                # Left unacknowledged, but not waited for: the worker ends, and begins again with it.
                app.consumer._unacked_messages.clear()  # type: ignore[attr-defined]  # noqa: SLF001  # there is no other way
                if self._failed is not None and not self._failed.done():
                    self._failed.set_exception(LogError(str(error)))
                return


def credentials(config: Mapping[str, Any]) -> Any:
    """What Faust needs to reach the broker as librdkafka does; None where the broker asks for nothing.

    Raises:
        SettingsError: the properties ask for something that is not known here.
    """
    protocol = str(config.get("security.protocol", "plaintext")).lower()
    if protocol == "plaintext":
        return None
    context = _tls(config) if protocol.endswith("ssl") else None
    if protocol == "ssl" and context is not None:
        return faust.SSLCredentials(context)
    mechanism = str(config.get("sasl.mechanism") or config.get("sasl.mechanisms") or "")
    if mechanism not in ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"):
        raise SettingsError(f"sasl.mechanism {mechanism or 'none'}: PLAIN or SCRAM is known to the stage disseminate")
    return faust.SASLCredentials(
        username=str(config.get("sasl.username", "")),
        password=str(config.get("sasl.password", "")),
        ssl_context=context,
        mechanism=mechanism,
    )


def _tls(config: Mapping[str, Any]) -> ssl.SSLContext:
    authority = config.get("ssl.ca.location")
    context = ssl.create_default_context(cafile=str(authority) if authority else None, cadata=config.get("ssl.ca.pem"))
    if config.get("ssl.certificate.location"):
        context.load_cert_chain(
            str(config["ssl.certificate.location"]),
            str(config["ssl.key.location"]) if config.get("ssl.key.location") else None,
            str(config["ssl.key.password"]) if config.get("ssl.key.password") else None,
        )
    if str(config.get("ssl.endpoint.identification.algorithm", "https")).lower() == "none":
        context.check_hostname = False
    return context


async def _stop(worker: faust.Worker, app: faust.App) -> None:
    """Stop within a time: what is not acknowledged by then is read again."""
    stopping = asyncio.ensure_future(worker.stop())
    _, late = await asyncio.wait([stopping], timeout=_STOP_S)
    if late:
        _logger.warning("the worker of Faust did not stop within %.0f s; it is left to itself", _STOP_S)
        app.consumer.give_up()  # type: ignore[attr-defined]  # of the driver
        stopping.cancel()
        await asyncio.wait([stopping], timeout=_LET_GO_S)
    if error := _failure(stopping):
        _logger.warning("the worker of Faust did not stop as it should: %s", error)


def _failure(task: "asyncio.Future[None]") -> BaseException | None:
    return task.exception() if task.done() and not task.cancelled() else None


async def _until(stop: threading.Event) -> None:
    while not stop.is_set():  # noqa: ASYNC110  # it is set by another thread, or by a signal
        await asyncio.sleep(_LOOK_S)


def _end(loop: asyncio.AbstractEventLoop) -> None:
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    if left:
        loop.run_until_complete(asyncio.wait(left, timeout=_LET_GO_S))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()
