"""The local stack: Kafka, the schema registry and PostgreSQL on one machine."""

import signal as signals
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

from deploy.local import ports
from deploy.local.home import Home, State
from deploy.local.kafka import BROKER, CONTROLLER, INTERNAL, Kafka
from deploy.local.lock import exclusive
from deploy.local.part import Part, PartState, PartStatus, StackAddress
from deploy.local.postgres import POSTGRES, Postgres
from deploy.local.progress import Progress, Silence
from deploy.local.registry import REGISTRY, Registry
from deploy.local.roles import READER, WRITER
from schemas.errors import StackError

# In each chain a part needs the one before it; the chains need nothing of each other.
_CHAINS = ((BROKER, REGISTRY), (POSTGRES,))
_SERVERS = {BROKER: (BROKER, CONTROLLER), REGISTRY: (REGISTRY,), POSTGRES: (POSTGRES,)}
_SECURE_SERVERS = {BROKER: (INTERNAL,)}
PARTS = tuple(part for chain in _CHAINS for part in chain)


class LocalStack:
    """The stack of one home directory. Several objects and processes may use the same home.

    Args:
        home: the directory that holds its data, logs, passwords and state.
        secure: whether a home that is new asks its clients for TLS and passwords. One that exists stays as it is.
    """

    def __init__(self, home: Path, *, secure: bool = False) -> None:
        self._home = Home(home)
        self._secure = secure

    @property
    def address(self) -> StackAddress:
        """Where clients find the stack, whether it runs or not.

        Raises:
            StackError: it was never started in this home.
        """
        state = self._home.state()
        if state is None or any(server not in state.ports for part in PARTS for server in _servers(part, state)):
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
        )

    def up(self, progress: Progress | None = None) -> StackAddress:
        """Start every part that is not alive, and return when all serve. Idempotent.

        Raises:
            StackError: a part could not be fetched, set up or started. The others stay as they are.
        """
        watch = progress or Silence()
        with self._locked(watch):
            state = self._settle(PARTS, watch)
            parts = self._parts(state)
            with ThreadPoolExecutor(max_workers=len(_CHAINS), thread_name_prefix="up") as pool:
                chains = [pool.submit(_start, [(name, parts[name]) for name in chain], watch) for chain in _CHAINS]
            for chain in chains:
                chain.result()
        return self.address

    def start(self, part: str) -> None:
        """Start one part again. No-op if it is alive.

        Raises:
            StackError: there is no such part, or it could not be started.
        """
        _known(part)
        watch = Silence()
        with self._locked(watch):
            before = self._alive()
            parts = self._parts(self._settle((part,), watch))
            # Stopped by us because its Kafka moved to another port.
            behind = sorted(before - self._alive())
            _start([(name, parts[name]) for name in (part, *behind)], watch)

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
        _known(part)
        self._existing_parts()[part].process.kill(signal)

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
        kafka = Kafka(self._home, state)
        return {BROKER: kafka, REGISTRY: Registry(self._home, state, kafka), POSTGRES: Postgres(self._home, state)}

    def _alive(self) -> set[str]:
        state = self._home.state()
        parts = {} if state is None else self._parts(state)
        return {name for name, part in parts.items() if part.process.pid is not None}

    def _existing_parts(self) -> dict[str, Part]:
        state = self._home.state()
        if state is None:
            raise StackError(f"no local stack in {self._home.root}; start one with: ionics up")
        return self._parts(state)

    def _settle(self, names: Sequence[str], progress: Progress) -> State:
        """Make the home if it is new, and see that each part that will be started has free ports.

        A kept port that somebody else took meanwhile is replaced: clients ask this object for the address, Kafka tells
        its own in its metadata, and no data names a port.
        """
        self._home.prepare()
        state = self._home.state() or self._home.create_state(secure=self._secure)
        if self._secure and not state.secure:
            raise StackError(
                f"the stack in {self._home.root} was made without --secure, and stays so; "
                "`ionics reset` deletes it with its data, or set IONICS_HOME to another directory"
            )
        alive = self._alive()
        for server in (server for name in names if name not in alive for server in _servers(name, state)):
            kept = state.ports.get(server)
            if kept is not None and ports.is_free(kept):
                continue
            port = ports.choose(state.ports.values())
            if kept is not None:
                progress.step(server, f"port {kept} was taken by another program; moved to {port}", None)
                if server == BROKER and REGISTRY in alive:
                    # It was told the old port at its start.
                    self._parts(state)[REGISTRY].stop()
            state = self._home.keep_port(state, server, port)
        return state

    def _stop(self) -> None:
        parts = self._existing_parts()

        def stop(chain: Sequence[str]) -> None:
            for name in reversed(chain):
                parts[name].stop()

        _each(stop, _CHAINS)


def _servers(part: str, state: State) -> tuple[str, ...]:
    return (*_SERVERS[part], *(_SECURE_SERVERS.get(part, ()) if state.secure else ()))


def _start(chain: Sequence[tuple[str, Part]], progress: Progress) -> None:
    for _, part in chain:
        if part.process.pid is None:
            part.start(progress)


def _each(act: Callable[[Sequence[str]], None], chains: Sequence[Sequence[str]]) -> None:
    with ThreadPoolExecutor(max_workers=len(chains)) as pool:
        list(pool.map(act, chains))


def _known(part: str) -> None:
    if part not in PARTS:
        raise StackError(f"there is no part {part!r}; the parts are {', '.join(PARTS)}")


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
