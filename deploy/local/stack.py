"""The local stack: Kafka, the schema registry and PostgreSQL on one machine."""

import signal as signals
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

from deploy.local import ports
from deploy.local.home import Home, State
from deploy.local.kafka import BROKER, CLUSTER, CONTROLLER, INTERNAL, Kafka, brokers
from deploy.local.lock import exclusive
from deploy.local.part import Part, PartState, PartStatus, StackAddress
from deploy.local.postgres import POSTGRES, Postgres
from deploy.local.progress import Progress, Silence
from deploy.local.registry import REGISTRY, Registry
from deploy.local.roles import READER, WRITER
from schemas.errors import StackError

Step = tuple[str, ...]
"""Parts that start side by side. Brokers do: none serves before most of them are there."""

_T = TypeVar("_T")

PARTS = (BROKER, REGISTRY, POSTGRES)
"""The parts of a stack with one broker."""


class LocalStack:
    """The stack of one home directory. Several objects and processes may use the same home.

    Args:
        home: the directory that holds its data, logs, passwords and state.
        secure: whether a home that is new asks its clients for TLS and passwords. One that exists stays as it is.
        brokers: of a home that is new, 1 or 3; None is 1. One that exists keeps its number.

    Raises:
        StackError: there is no such stack.
    """

    def __init__(self, home: Path, *, secure: bool = False, brokers: int | None = None) -> None:
        if brokers not in (None, 1, CLUSTER):
            raise StackError(f"a local stack has 1 or {CLUSTER} brokers, not {brokers}")
        self._home = Home(home)
        self._secure = secure
        self._brokers = brokers

    @property
    def address(self) -> StackAddress:
        """Where clients find the stack, whether it runs or not.

        Raises:
            StackError: it was never started in this home.
        """
        state = self._home.state()
        if state is None or any(
            server not in state.ports for part in _parts(state) for server in _servers(part, state)
        ):
            raise StackError(f"no local stack in {self._home.root}; start one with: ionics up")
        kafka, postgres = Kafka(self._home, state), Postgres(self._home, state)
        return StackAddress(
            deployment=state.deployment,
            bootstrap=kafka.bootstrap,
            registry_url=Registry(self._home, state, kafka).url,
            database_url=postgres.url(WRITER),
            reader_url=postgres.url(READER),
            kafka=kafka.client_settings,
            credentials=str(self._home.credentials_dir) if state.secure else "",
            replication=state.brokers,
        )

    def up(self, progress: Progress | None = None) -> StackAddress:
        """Start every part that is not alive, and return when all serve. Idempotent.

        Raises:
            StackError: a part could not be fetched, set up or started. The others stay as they are.
        """
        watch = progress or Silence()
        with self._locked(watch):
            state = self._settle(None, watch)
            parts = self._parts(state)
            _each(lambda chain: _start(chain, parts, watch), _chains(state))
        return self.address

    def start(self, part: str) -> None:
        """Start one part again. No-op if it is alive.

        Raises:
            StackError: there is no such part, or it could not be started.
        """
        watch = Silence()
        with self._locked(watch):
            before = self._alive()
            state = self._settle(part, watch)
            # With those stopped by us because a broker moved to another port.
            wanted = {part, *(before - self._alive())}
            for chain in _chains(state):
                kept = [tuple(name for name in step if name in wanted) for step in chain]
                _start([step for step in kept if step], self._parts(state), watch)

    def down(self) -> None:
        """Stop all parts; their data stays. No-op if none is alive."""
        if self._home.state() is None:
            return
        with self._locked(Silence()):
            self._stop()

    def reset(self) -> None:
        """Stop all parts and delete data, logs, passwords and state. What was downloaded stays."""
        if self._home.state() is None:
            return
        with self._locked(Silence()):
            self._stop()
            state = self._home.state()
            if state is not None:
                for part in self._parts(state).values():
                    part.erase()
            self._home.erase()

    def kill(self, part: str, signal: int = signals.SIGKILL) -> None:
        """Send a signal to a part, as a fault would.

        Raises:
            StackError: there is no such part, or it is not alive.
        """
        state = self._existing_state()
        _known(part, state)
        self._parts(state)[part].process.kill(signal)

    def status(self) -> list[PartStatus]:
        """Tell how each part is, in the order in which they depend on each other."""
        state = self._home.state()
        if state is None:
            log = self._home.logs_dir
            return [PartStatus(name, "not installed", None, None, None, log / f"{name}.log") for name in PARTS]
        return [_status(name, part, state) for name, part in self._parts(state).items()]

    def _locked(self, progress: Progress) -> AbstractContextManager[None]:
        waiting = f"waiting for another command on {self._home.root}"
        return exclusive(self._home.lock_file, lambda: progress.step("stack", waiting, None))

    def _parts(self, state: State) -> dict[str, Part]:
        kafkas = {name: Kafka(self._home, state, number) for number, name in enumerate(brokers(state), 1)}
        registry = Registry(self._home, state, Kafka(self._home, state))
        return {**kafkas, REGISTRY: registry, POSTGRES: Postgres(self._home, state)}

    def _alive(self) -> set[str]:
        state = self._home.state()
        parts = {} if state is None else self._parts(state)
        return {name for name, part in parts.items() if part.process.pid is not None}

    def _existing_state(self) -> State:
        state = self._home.state()
        if state is None:
            raise StackError(f"no local stack in {self._home.root}; start one with: ionics up")
        return state

    def _settle(self, part: str | None, progress: Progress) -> State:
        """Make the home if it is new, and see that each part that will be started (None is all) has free ports.

        A kept port that somebody else took meanwhile is replaced: clients ask this object for the address, Kafka tells
        its own in its metadata, and no data names a port.

        Raises:
            StackError: there is no such part, or the home is of another kind.
        """
        self._home.prepare()
        state = self._home.state() or self._home.create_state(secure=self._secure, brokers=self._brokers or 1)
        if part is not None:
            _known(part, state)
        if self._secure and not state.secure:
            raise StackError(
                f"the stack in {self._home.root} was made without --secure, and stays so; "
                "`ionics reset` deletes it with its data, or set IONICS_HOME to another directory"
            )
        if self._brokers not in (None, state.brokers):
            raise StackError(
                f"the stack in {self._home.root} was made with {state.brokers} brokers, and stays so; "
                "`ionics reset` deletes it with its data, or set IONICS_HOME to another directory"
            )
        alive = self._alive()
        # A broker is told the ports of all others at its start.
        names = _parts(state) if part is None else brokers(state) if part in brokers(state) else (part,)
        for server in (server for name in names if name not in alive for server in _servers(name, state)):
            kept = state.ports.get(server)
            if kept is not None and ports.is_free(kept):
                continue
            port = ports.choose(state.ports.values())
            if kept is not None:
                progress.step(server, f"port {kept} was taken by another program; moved to {port}", None)
                # These were told the old port at their start.
                for name in (REGISTRY, *brokers(state)) if server.startswith(BROKER) else ():
                    self._parts(state)[name].stop()
            state = self._home.keep_port(state, server, port)
        return state

    def _stop(self) -> None:
        state = self._existing_state()
        parts = self._parts(state)

        def stop(chain: Sequence[Step]) -> None:
            for step in reversed(chain):
                _each(lambda name: parts[name].stop(), step)

        _each(stop, _chains(state))


def _chains(state: State) -> tuple[tuple[Step, ...], ...]:
    """In each chain a step needs the one before it; the chains need nothing of each other."""
    return ((brokers(state), (REGISTRY,)), ((POSTGRES,),))


def _parts(state: State) -> tuple[str, ...]:
    return (*brokers(state), REGISTRY, POSTGRES)


def _servers(part: str, state: State) -> tuple[str, ...]:
    if part not in brokers(state):
        return (part,)
    return (part, part + CONTROLLER, *((part + INTERNAL,) if state.secure else ()))


def _start(chain: Sequence[Step], parts: Mapping[str, Part], progress: Progress) -> None:
    for step in chain:
        _each(lambda name: parts[name].start(progress), [name for name in step if parts[name].process.pid is None])


def _each(act: Callable[[_T], None], things: Sequence[_T]) -> None:
    """Act on all side by side; the first failure is raised when all have ended."""
    if things:
        with ThreadPoolExecutor(max_workers=len(things)) as pool:
            list(pool.map(act, things))


def _known(part: str, state: State) -> None:
    if part not in _parts(state):
        raise StackError(f"there is no part {part!r}; the parts are {', '.join(_parts(state))}")


def _status(name: str, part: Part, state: State) -> PartStatus:
    pid = part.process.pid
    uptime = part.process.uptime
    condition: PartState
    if pid is not None:
        condition = "running"
    elif part.process.died:
        condition = "dead"
    else:
        condition = "stopped" if part.installed() else "not installed"
    port = state.ports.get(name)
    address = None if port is None else f"{ports.LOOPBACK}:{port}"
    return PartStatus(name, condition, pid, address, uptime, part.process.log)
