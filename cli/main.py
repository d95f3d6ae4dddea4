"""The entry of the command line: finds the commands, and turns errors into one line each."""

import importlib
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

import click

from schemas.errors import IonicsError

_VIEWS = {
    "incident": "cli.incident",
    "incidents": "cli.lists",
    "items": "cli.lists",
    "routes": "cli.views",
    "heatmap": "cli.views",
    "timeline": "cli.views",
    "substances": "cli.lists",
    "activity": "cli.lists",
    "milestones": "cli.lists",
    "links": "cli.links",
    "case": "cli.case",
    "alerts": "cli.alerts",
    "request": "cli.request",
}
ONLY = {
    "links": ("list",),
    "case": ("list", "show"),
    "alerts": ("list", "show"),
    "request": ("list", "show", "times"),
}
"""Of groups among the views, the commands that look and do nothing."""
BARE = ("alerts",)
"""Groups among the views that look without a further word."""
VIEWS = tuple(_VIEWS)
"""Commands that read the tables of a generation and nothing else: `ionics as-of` gives each of them a moment's."""
_COMMANDS = {
    "up": "cli.stack",
    "down": "cli.stack",
    "status": "cli.status",
    "reset": "cli.stack",
    "demo": "cli.demo",
    "agency": "cli.agency",
    "directory": "cli.directory",
    "broker": "cli.broker",
    "audit": "cli.audit",
    "api": "cli.api",
    "token": "cli.token",
    "import": "cli.import_",
    "report": "cli.report",
    "watch": "cli.watch",
    "as-of": "cli.as_of",
    **_VIEWS,
    "watches": "cli.watches",
    "subscription": "cli.subscription",
    "inbox": "cli.inbox",
    "deliveries": "cli.deliveries",
    "match": "cli.match",
    "replay": "cli.replay",
    "verify": "cli.verify",
    "worker": "cli.worker",
    "delegation": "cli.delegation",
    "outbox": "cli.outbox",
    "rebuild": "cli.rebuild",
    "generation": "cli.generation",
    "dead-letters": "cli.dead_letters",
    "schemas": "cli.schemas",
}


class _Lazy(click.Group):
    """Loads the file of a command when it is called: `ionics --help` needs none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's signature
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(_COMMANDS[cmd_name])
        name = {"import": "import_"}.get(cmd_name, cmd_name.replace("-", "_"))
        command: click.Command = getattr(module, name)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; a reader that goes away, as in `ionics watch | head`, is no error."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # click itself would end with 1
            with suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ionics-backbone")
@click.option("-v", "--verbose", is_flag=True, help="Say what happens underneath, on standard error.")
def cli(verbose: bool) -> None:
    """IONICS Backbone: exchange and read drug-control incidents."""
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    if not verbose:
        # The commands themselves say what remains in an outbox.
        logging.getLogger("producers").setLevel(logging.ERROR)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; exit 0 when done, 1 on an error of ours (one line), 2 on wrong usage, 130 when interrupted."""
    try:
        cli.main(args=None if arguments is None else list(arguments), prog_name="ionics", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except IonicsError as error:
        click.echo(f"error: {' '.join(str(error).split())}", err=True)
        sys.exit(1)
