"""`ionics as-of`: any view as it stood at a moment."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click

from cli.accessing import looking_back
from cli.main import BARE, ONLY, VIEWS
from cli.output import remark
from cli.progress import counted
from projections.as_of import as_of as tables_as_of
from projections.as_of import is_final
from schemas.directory import load_current


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("moment")
@click.argument("view", type=click.Choice(VIEWS))
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def as_of(ctx: click.Context, moment: str, view: str, words: tuple[str, ...]) -> None:
    """Show a view over what was admitted by MOMENT, such as 2026-03-14 or 2026-03-14T12:00Z; UTC where nothing is said.

    VIEW is a command of this program, with its own options. You see what the latest revision of each incident and
    the directory of today let you see.
    """
    bare = view in BARE and not words
    if view in ONLY and not bare and words[:1] not in [(each,) for each in ONLY[view]]:
        raise click.UsageError(f"of a moment there is {' and '.join(f'{view} {each}' for each in ONLY[view])}")
    settings, at = load_current(), _parsed(moment)
    if not is_final(settings, at):
        remark(f"events admitted by {at.isoformat()} may still come: this answer is not final")
    with counted("events") as bar:
        task = bar.add_task("", total=None)
        with tables_as_of(settings, at, lambda events: bar.advance(task, events)) as (number, events):
            bar.stop()
            remark(f"{events} events were admitted by {at.isoformat()}")
            with _reading(number), looking_back(at.isoformat()):
                ctx.find_root().command.main([view, *words], prog_name="ionics", standalone_mode=False)


@contextmanager
def _reading(generation: int) -> Iterator[None]:
    """Commands read these tables."""
    before = os.environ.get("IONICS_GENERATION")
    os.environ["IONICS_GENERATION"] = str(generation)
    try:
        yield
    finally:
        os.environ.pop("IONICS_GENERATION")
        if before is not None:
            os.environ["IONICS_GENERATION"] = before


def _parsed(moment: str) -> datetime:
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        raise click.BadParameter(
            f"{moment} is no date or time; write 2026-03-14 or 2026-03-14T12:00Z", param_hint="MOMENT"
        ) from None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
