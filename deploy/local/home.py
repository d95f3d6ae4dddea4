"""A home directory of the local stack: its paths, what it keeps between two starts, its passwords."""

import base64
import json
import secrets
import shutil
import uuid
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from deploy.local.account import database_account, others_can_enter, shared_place
from deploy.private_file import write_private
from schemas.errors import StackError

STATE_VERSION = 1
_OWNER_ONLY_DIRECTORY = 0o700


@dataclass(frozen=True)
class State:
    """What a home keeps between two starts.

    Attributes:
        deployment: the id of this deployment, ``dev-`` and ten random letters and digits.
        cluster_id: the id under which Kafka's data was formatted.
        postgres_dir: where the database lives; kept, because the rule that chose it may choose otherwise later.
        ports: the loopback port of each server, by its name.
        secure: whether the broker asks for TLS and passwords; so from the first start, or never.
        brokers: how many nodes Kafka has; as many for ever.
    """

    deployment: str
    cluster_id: str
    postgres_dir: Path
    ports: dict[str, int] = field(default_factory=dict)
    secure: bool = False
    brokers: int = 1


@dataclass(frozen=True)
class Secrets:
    """The passwords of the database's roles."""

    superuser: str = field(repr=False)
    writer: str = field(repr=False)
    reader: str = field(repr=False)


class Home:
    """The files of one local stack under one directory."""

    def __init__(self, root: Path) -> None:
        self.root = root.expanduser().absolute()
        self.kafka_dir = self.root / "kafka"
        self.registry_dir = self.root / "registry"
        self.logs_dir = self.root / "logs"
        self.run_dir = self.root / "run"
        self.tls_dir = self.root / "tls"
        self.credentials_dir = self.root / "credentials"
        self.lock_file = self.root / "lock"
        self.state_file = self.root / "state.json"
        self.secrets_file = self.root / "secrets.json"

    def prepare(self) -> None:
        """Make the directories. All but the root are the owner's alone; the root is entered by PostgreSQL's account."""
        self.root.mkdir(parents=True, exist_ok=True)
        for directory in (self.kafka_dir, self.registry_dir, self.logs_dir, self.run_dir, self.tls_dir):
            directory.mkdir(mode=_OWNER_ONLY_DIRECTORY, exist_ok=True)

    def state(self) -> State | None:
        """Read the state, None if this home was never started.

        Raises:
            StackError: the state file is damaged.
        """
        kept = _read(self.state_file)
        if kept is None:
            return None
        try:
            version = kept.pop("version")
            if version != STATE_VERSION:
                raise StackError(
                    f"{self.state_file} has version {version}, this program knows {STATE_VERSION}; "
                    "use the program that made it, or another home"
                )
            return State(**{**kept, "postgres_dir": Path(kept["postgres_dir"])})
        except (KeyError, TypeError) as damage:
            raise StackError(_damaged(self.state_file, damage)) from damage

    def keep(self, state: State) -> State:
        """Write the state and return it."""
        _write(self.state_file, {"version": STATE_VERSION, **asdict(state), "postgres_dir": str(state.postgres_dir)})
        return state

    def create_state(self, *, secure: bool = False, brokers: int = 1) -> State:
        """Make and keep the state of a new deployment: random ids, no ports yet."""
        deployment = f"dev-{''.join(secrets.choice('abcdefghijkmnpqrstuvwxyz23456789') for _ in range(10))}"
        # Kafka's tool takes an id that begins with - for an option; the first 6 bits of a UUID may well be that.
        number = bytes([uuid.uuid4().bytes[0] & 0x7F]) + uuid.uuid4().bytes[1:]
        cluster_id = base64.urlsafe_b64encode(number).decode().rstrip("=")
        inside = database_account() is None or others_can_enter(self.root)
        place = self.root / "postgres" if inside else shared_place() / deployment
        return self.keep(State(deployment, cluster_id, place, secure=secure, brokers=brokers))

    def keep_port(self, state: State, server: str, port: int) -> State:
        """Keep the port of a server and return the new state."""
        return self.keep(replace(state, ports={**state.ports, server: port}))

    def secrets(self) -> Secrets:
        """Read the passwords, or make and keep random ones.

        Raises:
            StackError: the file is damaged.
        """
        kept = _read(self.secrets_file)
        if kept is None:
            made = Secrets(*(secrets.token_urlsafe(24) for _ in range(3)))
            _write(self.secrets_file, asdict(made))
            return made
        try:
            return Secrets(**kept)
        except TypeError as damage:
            raise StackError(_damaged(self.secrets_file, damage)) from damage

    def erase(self) -> None:
        """Delete logs, passwords, certificates and state.

        The state goes last, so that an interrupted erasure can be repeated.
        """
        for directory in (self.logs_dir, self.run_dir, self.tls_dir, self.credentials_dir):
            shutil.rmtree(directory, ignore_errors=True)
        self.secrets_file.unlink(missing_ok=True)
        self.state_file.unlink(missing_ok=True)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        content = json.loads(text)
    except ValueError as damage:
        raise StackError(_damaged(path, damage)) from damage
    if not isinstance(content, dict):
        raise StackError(_damaged(path, "not a JSON object"))
    return content


def _write(path: Path, content: dict[str, Any]) -> None:
    write_private(path, json.dumps(content, indent=2).encode())


def _damaged(path: Path, damage: object) -> str:
    return f"{path} is damaged ({damage}); put it back from a copy, or move the whole home away to begin anew"
