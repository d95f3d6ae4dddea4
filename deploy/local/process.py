"""A server as a process of its own: started detached, found again by later commands, stopped.

A file in the home's ``run`` keeps pid and start time. The start time tells the server from a stranger that was given
the same pid after a crash or a reboot.
"""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from deploy.local.account import Account
from schemas.errors import StackError

try:
    import psutil
except ImportError as missing:
    raise StackError("the package psutil is not installed; run: pip install 'ionics-backbone[local]'") from missing

# Start times are computed from the boot time, which a correction of the clock moves a little.
_SAME_START_SECONDS = 2.0
_LOG_LIMIT_BYTES = 16 << 20
_LOG_LINES_IN_ERROR = 6
_POLL_SECONDS = 0.05
_DYING_SECONDS = 10
_KILLED_SECONDS = 30

# What servers get of the caller's environment. Variables such as PGPORT, QUARKUS_… or CLASSPATH would change them.
_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "SYSTEMROOT")


def environment() -> dict[str, str]:
    """Return the environment for servers and their tools."""
    return {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}


class ServerProcess:
    """The process of one part.

    Args:
        name: the part.
        run_dir: where its pid is kept.
        log: the file that gets its output.
    """

    def __init__(self, name: str, run_dir: Path, log: Path) -> None:
        self.name = name
        self.log = log
        self._pid_file = run_dir / f"{name}.json"

    @property
    def pid(self) -> int | None:
        """The pid while the server is alive, else None."""
        process = self._process()
        return None if process is None else int(process.pid)

    @property
    def died(self) -> bool:
        """Whether the server was started, is gone, and nobody stopped it."""
        return self._kept() is not None and self.pid is None

    @property
    def uptime(self) -> float | None:
        """Seconds since the start of the live server, else None."""
        process = self._process()
        return None if process is None else max(0.0, time.time() - float(process.create_time()))

    def start(self, command: Sequence[str], directory: Path, account: Account | None = None) -> None:
        """Start the server detached from this process and its terminal, and keep its pid.

        Raises:
            StackError: the program could not be started.
        """
        self._turn_log()
        with self.log.open("ab") as log:
            try:
                started = subprocess.Popen(
                    command,
                    cwd=directory,
                    env=environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    **_credentials(account),
                )
            except OSError as failure:
                raise StackError(f"{self.name} could not be started: {failure}") from failure
        # Collects the exit code, so that a server killed under a long-lived caller does not stay as a zombie.
        threading.Thread(target=started.wait, name=f"{self.name}-exit", daemon=True).start()
        try:
            created = psutil.Process(started.pid).create_time()
        except psutil.NoSuchProcess:
            created = time.time()
        kept = json.dumps({"pid": started.pid, "created": created})
        beside = self._pid_file.with_suffix(".new")
        beside.write_text(kept, encoding="utf-8")
        beside.replace(self._pid_file)

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Wait until the started server is ready.

        Raises:
            StackError: it ended, or was not ready in time; the message carries the end of its log.
        """
        deadline = time.monotonic() + seconds
        while not ready():
            if self.pid is None:
                raise StackError(f"{self.name} ended while starting; {self.last_words()}")
            if time.monotonic() > deadline:
                raise StackError(f"{self.name} was not ready within {seconds:.0f} s; {self.last_words()}")
            time.sleep(_POLL_SECONDS)

    def stop(self, how: signal.Signals, seconds: float) -> None:
        """Ask the server to end, end it by force after some seconds, and forget it. No-op if it is not alive."""
        process = self._process()
        if process is not None:
            try:
                process.send_signal(how)
                process.send_signal(signal.SIGCONT)
                _wait_end(process, seconds)
            except psutil.NoSuchProcess:
                pass
            except psutil.TimeoutExpired:
                self.kill(signal.SIGKILL)
        self._pid_file.unlink(missing_ok=True)

    def kill(self, how: int) -> None:
        """Send a signal as a fault would, and after SIGKILL wait until the process is gone. It stays known as started.

        Raises:
            StackError: it is not alive, or does not go away.
        """
        process = self._process()
        if process is None:
            raise StackError(f"{self.name} is not running, so it cannot be killed")
        try:
            process.send_signal(how)
            if how == signal.SIGKILL:
                _wait_end(process, _KILLED_SECONDS)
        except psutil.NoSuchProcess:
            pass
        except psutil.TimeoutExpired as stuck:
            raise StackError(f"{self.name} (pid {process.pid}) survives SIGKILL; its disk may hang") from stuck

    def last_words(self) -> str:
        """The end of the log in one line, with its path."""
        try:
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            lines = []
        # A Java stack trace says what happened in its first line and in its causes; the frames would push them out.
        said = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("at ")]
        return f"the end of its log {self.log}: {' | '.join(said[-_LOG_LINES_IN_ERROR:]) or '(empty)'}"

    def _kept(self) -> tuple[int, float] | None:
        try:
            kept = json.loads(self._pid_file.read_text(encoding="utf-8"))
            return int(kept["pid"]), float(kept["created"])
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as damage:
            raise StackError(
                f"{self._pid_file} is damaged ({damage}); end {self.name} by hand if it runs, then remove the file"
            ) from damage

    def _process(self) -> Any:
        kept = self._kept()
        if kept is None:
            return None
        pid, created = kept
        try:
            process = psutil.Process(pid)
            if abs(process.create_time() - created) >= _SAME_START_SECONDS:
                return None
            if process.status() != psutil.STATUS_ZOMBIE:
                return process
            _wait_end(process, _DYING_SECONDS)
        except (psutil.NoSuchProcess, psutil.TimeoutExpired):
            pass
        return None

    def _turn_log(self) -> None:
        if self.log.is_file() and self.log.stat().st_size > _LOG_LIMIT_BYTES:
            self.log.replace(self.log.with_suffix(".old.log"))


def run_tool(name: str, command: Sequence[str], directory: Path, account: Account | None = None) -> None:
    """Run a tool of a part to its end.

    Raises:
        StackError: it failed; the message carries the end of what it said.
    """
    try:
        done = subprocess.run(
            command,
            cwd=directory,
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            **_credentials(account),
        )
    except OSError as failure:
        raise StackError(f"{name} could not be started: {failure}") from failure
    if done.returncode != 0:
        said = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise StackError(f"{name} failed with code {done.returncode}: {' | '.join(said[-_LOG_LINES_IN_ERROR:])}")


def _credentials(account: Account | None) -> dict[str, Any]:
    return {} if account is None else {"user": account.uid, "group": account.gid, "extra_groups": []}


def _wait_end(process: Any, seconds: float) -> None:
    """Wait for the end of a process, also where it stays as a zombie because its parent does not collect it."""
    deadline = time.monotonic() + seconds
    while process.is_running() and not _has_let_go(process):
        if time.monotonic() > deadline:
            raise psutil.TimeoutExpired(seconds, process.pid)
        time.sleep(_POLL_SECONDS)


def _has_let_go(process: Any) -> bool:
    """Tell whether a zombie has closed its ports and files: its first thread may be one while others still end."""
    return bool(process.status() == psutil.STATUS_ZOMBIE and process.num_threads() <= 1)
