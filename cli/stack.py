"""`ionics up | down | reset`: the local stack, or the preparation of an existing cluster."""

import os
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
import tomli_w

from cli.progress import StackProgress
from deploy.deployment import prepare
from deploy.private_file import write_private
from schemas.errors import SettingsError, StackError
from schemas.settings import FILE_NAME, Settings, default_home, load_settings

if TYPE_CHECKING:
    from deploy.local import LocalStack


@click.command()
@click.option("--no-workers", is_flag=True, help="Start the servers only, not the stages.")
@click.option("--secure", is_flag=True, help="A broker with TLS, a password for each principal, access lists, quotas.")
@click.option("--brokers", type=click.Choice(["1", "3"]), help="Of a new stack; with 3 one may fail.  [default: 1]")
def up(no_workers: bool, secure: bool, brokers: str | None) -> None:
    """Start Kafka, registry, PostgreSQL and the stages here; or prepare the cluster that the settings name."""
    settings = start(workers=not no_workers, secure=secure, brokers=None if brokers is None else int(brokers))
    click.echo(f"up: deployment {settings.deployment}, broker {settings.bootstrap}, home {settings.home}")
    if settings.credentials:
        click.echo(f"the broker asks everybody for a password; those of this home are in {settings.credentials}")
    else:
        click.echo("who can reach the broker on this machine reads all of its log; --secure makes one that asks")


@click.command()
def down() -> None:
    """Stop the stages and the servers; the data stays."""
    stop_workers(default_home())
    _stack(default_home()).down()
    click.echo("down; the data stays, `ionics up` goes on with it")


@click.command()
@click.confirmation_option(prompt="Delete all incidents, keys and settings of this home?")
def reset() -> None:
    """Stop everything and delete its data."""
    home = default_home()
    stop_workers(home)
    _stack(home).reset()
    for path in [home / FILE_NAME, *(home / "keys").glob("*.key"), *(home / "outbox").glob("*")]:
        path.unlink(missing_ok=True)
    click.echo("reset: all data of this home is gone")


def start(*, workers: bool, secure: bool = False, brokers: int | None = None) -> Settings:
    """Start what is not running, prepare the deployment, and return its settings.

    Args:
        workers: whether the stages start, too.
        secure: whether a local stack that is made now asks its clients for TLS and passwords.
        brokers: how many brokers a local stack that is made now has; None leaves it to the stack.

    Raises:
        IonicsError: a server cannot be started, reached or prepared.
    """
    home = default_home()
    settings = load_settings(home)
    local = home / "stack"
    if (secure or brokers) and settings.bootstrap and not local.exists():
        raise SettingsError(f"--secure and --brokers are of the local stack; {settings.bootstrap} is its operator's")
    if not settings.bootstrap or local.exists():
        with StackProgress() as progress:
            address = _stack(home, secure=secure, brokers=brokers).up(progress)
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(home / FILE_NAME, tomli_w.dumps(asdict(address)).encode())
        settings = load_settings(home)
    prepare(settings)
    if workers:
        start_workers(home)
    return settings


def _stack(home: Path, *, secure: bool = False, brokers: int | None = None) -> "LocalStack":
    from deploy.local import LocalStack  # noqa: PLC0415  # needs the extra `local`

    return LocalStack(home / "stack", secure=secure, brokers=brokers)


def start_workers(home: Path) -> None:
    """Start the supervisor of the stages, unless it runs."""
    if worker_pid(home) is not None:
        return
    (home / "logs").mkdir(parents=True, exist_ok=True)
    with (home / "logs" / "worker.log").open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "ionics", "worker"],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            env={**os.environ, "IONICS_HOME": str(home)},
        )
    (home / "worker.pid").write_text(str(process.pid), "ascii")


def worker_pid(home: Path) -> int | None:
    """Process id of the supervisor, if it runs."""
    import psutil  # noqa: PLC0415  # needs the extra `local`

    try:
        process = psutil.Process(int((home / "worker.pid").read_text("ascii")))
        return process.pid if "worker" in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE else None
    except (OSError, ValueError, psutil.Error):
        return None


def stop_workers(home: Path) -> None:
    """Let the stages finish their batches and stop.

    Raises:
        StackError: the supervisor does not end.
    """
    import psutil  # noqa: PLC0415  # needs the extra `local`

    pid = worker_pid(home)
    if pid is None:
        return
    os.kill(pid, signal.SIGTERM)
    try:
        psutil.Process(pid).wait(60)
    except psutil.NoSuchProcess:
        pass
    except psutil.TimeoutExpired:
        raise StackError(f"the workers (process {pid}) do not stop; see {home / 'logs'}") from None
    (home / "worker.pid").unlink(missing_ok=True)
