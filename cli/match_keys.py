"""`ionics match keys`: blocking keys that are closed."""

import click

from cli.accessing import logged
from cli.connections import reading
from cli.output import Column, json_option, number, print_json, print_table, remark
from projections.queries import closed_keys
from projections.viewing import viewing
from schemas.directory import load_current, read_members
from schemas.rights import require_right


@click.command()
@click.option("--limit", default=100, show_default=True, type=click.IntRange(min=1), help="At most so many.")
@json_option
def keys(limit: int, as_json: bool) -> None:
    """List blocking keys that support no link, for too many incidents carry them. Needs the right administer."""
    settings = load_current()
    person = settings.acting_as("operator")
    require_right(read_members(settings), person, "administer")
    with reading(settings) as connection, viewing(connection, settings.generation, person):
        found = closed_keys(connection, settings.generation, limit)
    logged(settings, person, "LIST", {"closed keys": {"limit": limit}})
    if as_json:
        print_json(found)
        return
    columns = [Column("kind"), Column("of"), number("incidents"), Column("among")]
    print_table(
        columns,
        [
            [row["kind"], row["text"], f"{row['incidents']:,}", "community" if row["community"] else "one audience"]
            for row in found
        ],
    )
    if not found:
        remark("all keys are open")
