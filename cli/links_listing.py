"""`ionics links list`: the links that count, or those that wait for a person, with their reasons in words."""

from typing import Any

import click

from cli.accessing import logged
from cli.connections import reader
from cli.output import clean, json_option, print_json, remark
from cli.references import named
from projections.queries import list_links
from projections.queries.links import ALL, COUNTING, REVIEW
from schemas.directory import load_current

_REASONS = 6


@click.command(name="list")
@click.option("--review", is_flag=True, help="Only those that a person should look at: the queue, urgent ones first.")
@click.option("--incident", "ref", metavar="REF", help="All of one incident, also those that were rejected.")
@click.option("--kind", help="Only of this kind, such as DUPLICATE.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=1), help="At most so many.")
@json_option
def list_(review: bool, ref: str | None, kind: str | None, limit: int, as_json: bool) -> None:
    """List links between incidents that you see both: those that count, the more probable first."""
    settings = load_current()
    which = REVIEW if review else COUNTING if ref is None else ALL
    with reader(settings) as connection:
        incident_id = None if ref is None else named(settings, connection, ref)
        asked: dict[str, Any] = {"which": which, "incident_id": incident_id, "kind": kind, "limit": limit}
        found = list_links(connection, settings.generation, **asked)
    logged(settings, settings.acting_as(), "LIST", {"links": asked}, sides(found))
    if as_json:
        print_json(found)
        return
    for row in found:
        click.echo(clean(heading(row)))
        for words in row["words"][:_REASONS]:
            click.echo(clean(f"    {words}"))
        more = len(row["words"]) - _REASONS
        if more > 0:
            click.echo(f"    and {more} more: --json")
    if not found:
        remark("nothing waits for a person" if review else "no links")


def heading(row: dict[str, Any]) -> str:
    """One line for a link: what it is, between which incidents, how sure, and what people said."""
    said = {"SAME": "one seizure", "RELATED": "related", "DIFFERENT": "different"}.get(row["verdict"])
    parts = [
        "URGENT" if row["urgent"] else "",
        f"{row['kind']}:",
        f"{row['left_agency']} {row['left_ref']} ({row['left']})",
        f"— {row['right_agency']} {row['right_ref']} ({row['right']}),",
        f"one seizure with {row['duplicate_ppm'] / 10_000:.2f} %,",
        f"surprise {row['related_mbit'] / 1_000:.1f} bit,",
        state(row),
        f"; {row['judged_by']} says {said}: {row['judgement']}" if said else "",
    ]
    return " ".join(part for part in parts if part).replace(" ;", ";")


def state(row: dict[str, Any]) -> str:
    """Where a link stands, in a word or two."""
    if row["verdict"] == "DIFFERENT":
        return "rejected"
    if row["to_review"]:
        return "counts, to be reviewed" if row["counts"] else "to be reviewed"
    if row["counts"]:
        return "counts"
    return "does not count" if row["key_open"] else "does not count: all its keys are closed"


def sides(found: list[dict[str, Any]]) -> list[str]:
    """The incidents of some links."""
    return sorted({row[side] for row in found for side in ("left", "right")})
