"""`ionics verify`: that what was submitted came all the way to the views, once, and nothing else did."""

import sys

import click
import psycopg

from cli.accessing import logged
from cli.output import Column, json_option, number, print_json, print_table
from cli.progress import progress_of
from cli.verdicts import findings_document, print_findings
from projections.reconciliation.reconciling import Reconciled, reconcile
from projections.replay.log_source import LogSource
from schemas.directory import load_current, read_members
from schemas.errors import ProjectionError
from schemas.rights import require_right
from schemas.settings import Settings
from schemas.topics import INCIDENTS
from stream_processors.enrich import group as enrich_group
from stream_processors.runtime.lag import committed


@click.command()
@json_option
def verify(as_json: bool) -> None:
    """Reconcile submissions, decisions, incidents, enriched incidents and the rows of PostgreSQL.

    Says in words what is missing or doubled, and ends with 1 if anything is. What merely waits for a stage is counted
    and is no finding. Needs the right administer or audit. Signatures are for: ionics replay --verify
    """
    settings = load_current()
    person = settings.acting_as("operator")
    require_right(read_members(settings), person, "administer", "audit")
    logged(settings, person, "AUDIT", {"of": "verify"})
    done = _reconciled(settings)
    if as_json:
        print_json(
            {
                "sound": not done.findings.counts,
                "counts": dict(done.counts),
                "decisions": dict(done.outcomes),
                "waiting": dict(done.waiting),
                "findings": findings_document(done.findings),
            }
        )
    else:
        _print(done)
    sys.exit(1 if done.findings.counts else 0)


def _reconciled(settings: Settings) -> Reconciled:
    generation = settings.generation
    enriching = committed(settings, enrich_group(generation), INCIDENTS)
    try:
        with (
            psycopg.connect(settings.require("database_url"), autocommit=True) as connection,
            progress_of("reconciled") as progress,
        ):
            return reconcile(LogSource(settings), connection, generation, enriching, progress)
    except psycopg.Error as error:
        raise ProjectionError(f"the read store: {(str(error).splitlines() or ['no answer'])[0]}") from error


def _print(done: Reconciled) -> None:
    print_findings(done.findings)
    rows = [*done.counts.items(), *((f"decisions: {name}", count) for name, count in sorted(done.outcomes.items()))]
    print_table([Column("what"), number("records")], [[name, f"{count:,}"] for name, count in rows])
    waiting = ", ".join(f"{count:,} for {stage}" for stage, count in done.waiting.items() if count)
    click.echo(f"waiting: {waiting or 'nothing'}")
    total = done.findings.counts.total()
    click.echo(
        f"NOT RECONCILED: {total:,} findings, above" if total else "reconciled: nothing missing, nothing doubled"
    )
