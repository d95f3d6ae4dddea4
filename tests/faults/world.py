"""A deployment of real processes that faults may break: three brokers, registry, PostgreSQL, stages, agencies."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import asdict
from pathlib import Path
from typing import LiteralString

import psycopg
import tomli_w

from deploy.agencies import add_agencies
from deploy.changes import make_changes
from deploy.deployment import COORDINATION, prepare
from deploy.home import administrator_keys
from deploy.local import LocalStack
from deploy.private_file import write_private
from deploy.stages import SHARED, STAGES
from deploy.workers import spawn_stage
from schemas.directory import Agency
from schemas.directory.commands import SubscriptionSet, WebhookHostsSet
from schemas.settings import FILE_NAME, Settings
from stream_processors.disseminate.ports import CONSOLE
from tests.faults.network import Network
from tests.integration.receivers import receiving

AGENCIES = {"nzl-customs": 0.0, "nzl-police": 0.0, "nzl-far": 0.0, "nzl-wrong-clock": 400.0}
"""Agencies, and by how many days their clocks are wrong."""
BEHIND_NETWORK = "nzl-far"
"""The agency with the bad network."""
WORKERS = (*((stage, "0") for stage in STAGES), *((stage, "1") for stage in SHARED))

WEBHOOK = "faults-webhook"
WAYS = (CONSOLE, WEBHOOK)
"""On which somebody who subscribed to all incidents is told of them: the inbox, and the subscription to a webhook."""

_DATABASE_MB = 400
_SOMEBODY = "analyst"
_MOST_A_MINUTE = 600
_REFUSED = 0.01

Worker = tuple[str, str]
"""Stage and instance."""


class World:
    """The deployment, in a home of its own.

    Attributes:
        seed: of what the agencies report.
        tmpfs: whether PostgreSQL lives on a small file system of its own.
        stalls: for each interval in which the views stood still while agencies reported, its seconds.
    """

    def __init__(self, home: Path, seed: int, rate: float, brokers: int) -> None:
        self.home, self.seed, self._rate = home, seed, rate
        self.stack = LocalStack(home / "stack", brokers=brokers)
        self.tmpfs = False
        self.stalls: list[float] = []
        self.workers: dict[Worker, subprocess.Popen[bytes]] = {}
        self.agencies: dict[str, subprocess.Popen[bytes]] = {}
        self.reporting, self._ended, self._keeping = threading.Event(), threading.Event(), threading.Lock()
        self.settings = Settings(home)
        self._threads = [threading.Thread(target=self._keep), threading.Thread(target=self._look)]
        self._receiver = ExitStack()

    def start(self) -> None:
        """Bring everything up, and begin to report."""
        self._mount()
        address = self.stack.up()
        write_private(self.home / FILE_NAME, tomli_w.dumps(asdict(address)).encode())
        self.settings = Settings(self.home, **asdict(address))
        prepare(self.settings)
        add_agencies(self.settings, [Agency(name, name, "CUSTOMS", "NZL") for name in AGENCIES])
        self._subscribe()
        self.network = Network(self.settings.bootstrap)
        self.reporting.set()
        for thread in self._threads:
            thread.start()

    def _subscribe(self) -> None:
        """Somebody wants to be told of all incidents in the inbox, and by a webhook that refuses one in a hundred."""
        chance = random.Random(self.seed)  # noqa: S311  # no secret
        self.receiver = self._receiver.enter_context(receiving())
        self.receiver.answer = lambda _: (503 if chance.random() < _REFUSED else 204, {})
        asked = {"focal_point_id": _SOMEBODY, "events": ["incident"], "limit_a_minute": _MOST_A_MINUTE}
        commands = [
            WebhookHostsSet(agency_id=COORDINATION.agency_id, hosts=[self.receiver.host]),
            SubscriptionSet(subscription_id="faults-inbox", channel=CONSOLE, **asked),
            SubscriptionSet(subscription_id=WEBHOOK, channel="webhook", address=self.receiver.address(), **asked),
        ]
        make_changes(self.settings, commands, *administrator_keys(self.settings))

    def told(self) -> int | None:
        """Deliveries that came through; None while PostgreSQL does not answer."""
        return self._counted("SELECT count(*) FROM dissemination.delivery WHERE state = 'DELIVERED'")

    def journal(self, agency: str) -> Path:
        """The file of what an agency was told."""
        return self.home / f"{agency}.journal"

    @property
    def database(self) -> Path:
        """Directory of PostgreSQL's data."""
        return self.home / "stack" / "postgres"

    def finish(self, patience_s: float) -> list[str]:
        """Let agencies wait for their receipts and end; names of those that got not all."""
        with self._keeping:
            self.reporting.clear()
            for process in self.agencies.values():
                process.terminate()
        late = []
        for name, process in self.agencies.items():
            try:
                code = process.wait(patience_s)
            except subprocess.TimeoutExpired:
                process.kill()
                code = -1
            if code:
                late.append(name)
        return late

    def ask_where_workers_stand(self) -> None:
        """Let each stage print the stacks of its threads into its log."""
        for process in self.workers.values():
            if _runs(process):
                process.send_signal(signal.SIGUSR1)
        time.sleep(1.0)

    def stop_workers(self) -> None:
        """Let all stages finish their batches."""
        self._ended.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()
        for process in self.workers.values():
            process.terminate()
        for process in self.workers.values():
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()

    def close(self) -> None:
        """End all processes and delete the data; logs and journals stay."""
        self.stop_workers()
        for process in self.agencies.values():
            process.kill()
        with suppress(AttributeError):
            self.network.close()
        self._receiver.close()
        logs = self.home / "stack" / "logs"
        if logs.exists():
            kept = self.home / "logs" / "servers"
            kept.mkdir(parents=True, exist_ok=True)
            for log in logs.iterdir():
                log.replace(kept / log.name)
        self.stack.reset()
        if self.tmpfs:
            subprocess.run(["umount", str(self.database)], check=False)  # noqa: S607  # wherever the system has it

    def _mount(self) -> None:
        """A small file system for PostgreSQL, where mounting is allowed."""
        self.database.mkdir(parents=True, exist_ok=True)
        self.home.chmod(0o755)
        for directory in (self.home / "stack", self.database):
            directory.chmod(0o755)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={_DATABASE_MB}m", "ionics-faults", str(self.database)]
        self.tmpfs = subprocess.run(mount, check=False, capture_output=True).returncode == 0

    def _keep(self) -> None:
        """Start what does not run: first everything, then what was killed."""
        while not self._ended.wait(0.3):
            with self._keeping:
                for worker in WORKERS:
                    if not _runs(self.workers.get(worker)):
                        self.workers[worker] = spawn_stage(self.home, *worker)
                for name in AGENCIES if self.reporting.is_set() else ():
                    if not _runs(self.agencies.get(name)):
                        self.agencies[name] = self._spawn(name)

    def _spawn(self, name: str) -> subprocess.Popen[bytes]:
        home = {"IONICS_HOME": str(self.home), "POLARS_MAX_THREADS": "1"}
        if name == BEHIND_NETWORK:
            home["IONICS_BOOTSTRAP"] = self.network.bootstrap
        options = ["--journal", str(self.journal(name)), "--rate", str(self._rate), "--seed", str(self.seed)]
        with (self.home / "logs" / f"agency-{name}.log").open("ab") as out:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.faults.agency", name, *options, "--clock-days", str(AGENCIES[name])],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env={**os.environ, **home},
            )

    def _look(self) -> None:
        """See how long the views stand still while agencies report."""
        moved, before = time.monotonic(), -1
        while not self._ended.wait(0.5):
            now = self.projected()
            if now is not None and now != before:
                self.stalls.append(time.monotonic() - moved)
                moved, before = time.monotonic(), now
            if not self.reporting.is_set():
                self.stalls.append(time.monotonic() - moved)  # also where they have not moved again
                return

    def projected(self) -> int | None:
        """Sum of the projector's positions; None while PostgreSQL does not answer."""
        topics = f"g{self.settings.generation}.positions WHERE topic LIKE 'ionics.enriched%'"
        return self._counted(f"SELECT sum(next) FROM {topics}")

    def _counted(self, question: LiteralString) -> int | None:
        try:
            with psycopg.connect(self.settings.database_url, connect_timeout=2) as connection:
                row = connection.execute(question).fetchone()
        except psycopg.Error:
            return None
        return int(row[0] or 0) if row else 0


def _runs(process: subprocess.Popen[bytes] | None) -> bool:
    return process is not None and process.poll() is None
