"""PostgreSQL 18, run by its own programs: own port, own roles, passwords, TCP on the loopback address only."""

import os
import shutil
import signal
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg

from deploy.local import ports, wheels
from deploy.local.account import database_account
from deploy.local.home import Home, State
from deploy.local.process import ServerProcess, run_tool
from deploy.local.progress import Progress
from deploy.local.roles import DATABASE, READER, SUPERUSER, WRITER, ensure_roles

POSTGRES = "postgres"

_READY_SECONDS = 120
_STOP_SECONDS = 30
_ORPHAN_SECONDS = 10
_SETTINGS = {
    "listen_addresses": ports.LOOPBACK,
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "fsync": "on",
    "synchronous_commit": "on",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u ",
}
# Each role from the loopback address, to the database that it is for. Passwords everywhere, the superuser included.
_CLIENTS = f"""\
host {DATABASE} {WRITER},{READER} {ports.LOOPBACK}/32 scram-sha-256
host all {SUPERUSER} {ports.LOOPBACK}/32 scram-sha-256
"""


class Postgres:
    """The database server of a home."""

    def __init__(self, home: Home, state: State) -> None:
        self._state = state
        self._place = state.postgres_dir
        self._data = self._place / "data"
        self._secrets = home.secrets
        self.process = ServerProcess(POSTGRES, home.run_dir, home.logs_dir / "postgres.log")

    def url(self, role: str) -> str:
        """Return the URL of the database for ``ionics_writer`` or ``ionics_reader``, password included."""
        kept = self._secrets()
        password = {WRITER: kept.writer, READER: kept.reader}[role]
        return f"postgresql://{role}:{quote(password)}@{ports.LOOPBACK}:{self._state.ports[POSTGRES]}/{DATABASE}"

    def installed(self) -> bool:
        """Tell whether there is a database cluster."""
        return (self._data / "PG_VERSION").is_file()

    def start(self, progress: Progress) -> None:
        """Make the cluster if needed, start the server, and return when its roles and database are there.

        Raises:
            StackError: it could not be set up or started.
        """
        account = database_account()
        programs = wheels.postgres_programs(account)
        if not self.installed():
            progress.step(POSTGRES, "making the database cluster", None)
            self._make_cluster(programs)
        progress.step(POSTGRES, "starting", None)
        self._configure()
        self._clear_after_crash()
        self.process.start([str(programs / "postgres"), "-D", str(self._data)], self._place, account)
        self.process.wait_until(self._connects, _READY_SECONDS)
        kept = self._secrets()
        with self._superuser("postgres") as connection:
            ensure_roles(connection, writer_password=kept.writer, reader_password=kept.reader)
        progress.step(POSTGRES, f"running on {ports.LOOPBACK}:{self._state.ports[POSTGRES]}", 1.0)

    def stop(self) -> None:
        """Stop the server: sessions are ended, the checkpoint is written."""
        # SIGTERM would wait for every client to go by itself.
        self.process.stop(signal.SIGINT, _STOP_SECONDS)

    def erase(self) -> None:
        """Delete the cluster."""
        shutil.rmtree(self._place, ignore_errors=True)

    def _make_cluster(self, programs: Path) -> None:
        account = database_account()
        self._place.mkdir(parents=True, mode=0o700, exist_ok=True)
        beside = self._place / "data.new"
        password = self._place / "password"
        shutil.rmtree(beside, ignore_errors=True)
        password.unlink(missing_ok=True)
        descriptor = os.open(password, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(self._secrets().superuser)
        if account is not None:
            os.chown(self._place, account.uid, account.gid)
            os.chown(password, account.uid, account.gid)
        # The builtin provider sorts alike on every machine, whatever locales it has installed.
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        login = [f"--username={SUPERUSER}", "--auth=scram-sha-256", f"--pwfile={password}"]
        try:
            run_tool("initdb", [str(programs / "initdb"), *locale, *login, "-D", str(beside)], self._place, account)
        finally:
            password.unlink()
        # Renamed when complete: a directory that initdb was killed in must not pass for a cluster.
        beside.rename(self._data)

    def _configure(self) -> None:
        settings = {**_SETTINGS, "port": str(self._state.ports[POSTGRES])}
        text = "".join(f"{name} = '{value}'\n" for name, value in settings.items())
        (self._data / "postgresql.conf").write_text(text, encoding="utf-8")
        (self._data / "pg_hba.conf").write_text(_CLIENTS, encoding="utf-8")

    def _clear_after_crash(self) -> None:
        """Make way for a new server after the old one was killed.

        Its sessions end by themselves when they notice, and until then no new server may touch the data. The pid file
        it left may name a pid that now belongs to somebody else, which a new server would take for the old one.
        """
        orphans = [process for process in psutil.process_iter() if self._works_here(process)]
        _, stubborn = psutil.wait_procs(orphans, timeout=_ORPHAN_SECONDS)
        for process in stubborn:
            process.kill()
        psutil.wait_procs(stubborn, timeout=_ORPHAN_SECONDS)
        (self._data / "postmaster.pid").unlink(missing_ok=True)

    def _works_here(self, process: psutil.Process) -> bool:
        # All of PostgreSQL's processes have the cluster as their working directory, and nobody else can enter it.
        try:
            return bool(process.name() == "postgres" and Path(process.cwd()) == self._data.resolve())
        except psutil.Error:
            return False

    def _superuser(self, database: str) -> psycopg.Connection:
        return psycopg.connect(
            host=ports.LOOPBACK,
            port=self._state.ports[POSTGRES],
            user=SUPERUSER,
            password=self._secrets().superuser,
            dbname=database,
            autocommit=True,
            connect_timeout=5,
        )

    def _connects(self) -> bool:
        # Refused while the log of a crashed server is replayed.
        try:
            self._superuser("postgres").close()
        except psycopg.OperationalError:
            return False
        return True
