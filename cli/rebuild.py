"""`ionics rebuild`: the views again, from the log, without a reader noticing."""

import click

from cli.output import json_option, print_json
from cli.progress import counted
from projections.audit_log import record_audit
from projections.rebuild import rebuild as rebuild_views
from schemas.directory import load_current, read_members
from schemas.rights import require_right


@click.command()
@json_option
def rebuild(as_json: bool) -> None:
    """Rebuild the views from the log beside the live ones, compare both, and put them in their place.

    Where they differ, the live ones stay, and the tables that differ are named.
    """
    settings = load_current()
    actor = settings.acting_as("operator")
    require_right(read_members(settings), actor, "administer")
    with counted("events") as bar:
        task = bar.add_task("", total=None)
        done = rebuild_views(settings, lambda events: bar.advance(task, events))
    words = f"{done.events} events, {len(done.digests)} tables compared and exchanged"
    record_audit(settings, "OPERATOR_ACT", "REBUILT", words, actor=actor, subject=f"generation {settings.generation}")
    if as_json:
        print_json(
            {
                "events": done.events,
                "seconds": done.seconds,
                "writers_waited_s": done.writers_waited_s,
                "digests": done.digests,
                "positions": [[topic, partition, at] for (topic, partition), at in sorted(done.positions.items())],
            }
        )
        return
    rate = done.events / done.seconds if done.seconds else 0.0
    click.echo(f"{words} in {done.seconds:.1f} s ({rate:,.0f} events/s)")
    click.echo(f"old and new tables had the same digests; the projectors waited {1000 * done.writers_waited_s:.0f} ms")
