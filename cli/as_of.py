"""`ionics as-of`: any view as it stood at a moment."""

import os
from datetime import UTC, datetime

import click

from cli.output import remark
from cli.progress import counted
from projections.as_of import as_of as tables_as_of
from schemas.directory import load_current
from schemas.settings import Settings
from schemas.topics import INCIDENTS, SUBMISSIONS
from stream_processors.admit import GROUP as ADMIT_GROUP
from stream_processors.enrich import group as enrich_group
from stream_processors.runtime.lag import committed, lag

_VIEWS = ("routes", "heatmap", "timeline", "incident")


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("moment")
@click.argument("view", type=click.Choice(_VIEWS))
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def as_of(ctx: click.Context, moment: str, view: str, words: tuple[str, ...]) -> None:
    """Show a view over what was admitted by MOMENT, such as 2026-03-14 or 2026-03-14T12:00Z; UTC where nothing is said.

    VIEW is a command of this program, with its own options. You see what the latest revision of each incident and
    the directory of today let you see.
    """
    settings, at = load_current(), _parsed(moment)
    if not _is_final(settings, at):
        remark(f"events admitted by {at.isoformat()} may still come: this answer is not final")
    with counted("events") as bar:
        task = bar.add_task("", total=None)
        with tables_as_of(settings, at, lambda events: bar.advance(task, events)) as (number, events):
            bar.stop()
            remark(f"{events} events were admitted by {at.isoformat()}")
            root = ctx.find_root().command
            before = os.environ.get("IONICS_GENERATION")
            os.environ["IONICS_GENERATION"] = str(number)
            try:
                root.main([view, *words], prog_name="ionics", standalone_mode=False)
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


def _is_final(settings: Settings, moment: datetime) -> bool:
    """Whether everything appended by then has been admitted and enriched, and the moment is past."""
    if moment >= datetime.now(UTC):
        return False
    at_ms = moment.timestamp() * 1000
    unread = (
        lag(settings, SUBMISSIONS, committed(settings, ADMIT_GROUP, SUBMISSIONS)),
        lag(settings, INCIDENTS, committed(settings, enrich_group(settings.generation), INCIDENTS)),
    )
    return all(each.oldest_ms is None or each.oldest_ms > at_ms for each in unread)
