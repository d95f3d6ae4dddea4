"""`ionics case list` and `ionics case show`: what is known of incidents that belong together, in one screen."""

from typing import Any

import click

from cli.accessing import logged, noted
from cli.connections import reader
from cli.links_listing import heading, sides
from cli.output import Column, clean, json_option, kilograms, number, print_json, print_table, remark
from cli.references import named
from projections import queries
from schemas.directory import load_current
from schemas.errors import ProjectionError

_LINKS = 8
_REASONS = 3


@click.command(name="list")
@click.option("--agency", "agency_id", help="Only with an incident that this agency reported.")
@click.option("--limit", default=30, show_default=True, type=click.IntRange(min=1), help="At most so many.")
@json_option
def list_(agency_id: str | None, limit: int, as_json: bool) -> None:
    """List cases, the last changed first."""
    settings = load_current()
    with reader(settings) as connection:
        found = queries.list_cases(connection, settings.generation, agency_id=agency_id, limit=limit)
    noted(settings, "LIST", {"cases": {"agency_id": agency_id, "limit": limit}})
    if as_json:
        print_json(found)
        return
    columns = [Column("case", fold=False), number("seizures"), number("reported"), Column("from"), Column("to")]
    columns += [Column("agencies"), Column("changed", fold=False), Column("")]
    names = ("case_id", "seizures", "incidents", "first", "last")
    print_table(
        columns,
        [
            [
                *(row[name] for name in names),
                ", ".join(row["agencies"]),
                row["changed_at"],
                "" if row["community"] else "restricted",
            ]
            for row in found
        ],
    )
    if not found:
        remark("no cases")


@click.command()
@click.argument("ref", metavar="CASE")
@json_option
def show(ref: str, as_json: bool) -> None:
    """Show one case: CASE is its id, the beginning of that, or any incident of it."""
    settings = load_current()
    with reader(settings) as connection:
        generation = settings.generation
        case_id = queries.case_of(connection, generation, named(settings, connection, ref))
        document = None if case_id is None else queries.case_document(connection, generation, case_id)
    if document is None:
        raise ProjectionError(f"{ref!r} belongs to no case; see `ionics links list --incident`")
    ids = {row["incident_id"] for row in document["members"]} | {*sides(document["links"]), *sides(document["across"])}
    logged(settings, settings.acting_as(), "DETAIL", {"case": case_id}, sorted(ids))
    if as_json:
        print_json(document)
    else:
        _print(document)


def _print(document: dict[str, Any]) -> None:
    case, members = document["case"], document["members"]
    count = f"{case['seizures']} seizures in {case['incidents']} reports" if case["seizures"] > 1 else "one seizure"
    if case["seizures"] == 1:
        count += f", reported {case['incidents']} times"
    click.echo(clean(f"case {case['case_id']}: {count}, {case['first']} to {case['last']}"))
    click.echo(clean(f"reported by: {', '.join(case['agencies'])}"))
    for route in routes(members):
        click.echo(clean(f"route: {route}"))
    for row in document["substances"]:
        without = f", {row['items_without_mass']} items without mass" if row["items_without_mass"] else ""
        click.echo(clean(f"seized: {row['substance']} {kilograms(row['mass_ug'])} kg{without}"))
    click.echo()
    _print_members(members)
    _print_links("why these belong together", [row for row in document["links"] if row["counts"]])
    _print_links("judged different", [row for row in document["links"] if not row["counts"]])
    _print_links("linked with incidents outside, as you may see them", document["across"])
    if document["changes"]:
        click.echo()
        click.echo(clean(f"last changed {case['changed_at']}:"))
        for row in document["changes"]:
            click.echo(clean(f"    {row['what'].lower().replace('_', ' ')}: {row['subject'].replace('|', ' — ')}"))


def _print_members(members: list[dict[str, Any]]) -> None:
    columns = [Column(""), Column("incident", fold=False), Column("agency"), Column("reference"), Column("on")]
    columns += [Column("type"), Column("place"), Column("from"), Column("to"), Column("")]
    rows = [
        [
            "●" if row["canonical"] else "└ again",
            row["incident_id"],
            row["agency_id"],
            row["source_ref"],
            row["occurred_on"],
            row["incident_type"],
            ", ".join(part for part in (row["place_name"], row["place_country"]) if part),
            row["departure"] or "—",
            row["destination"] or "—",
            "withdrawn" if row["withdrawn"] else "asks for action" if row["action_requested"] != "NONE" else "",
        ]
        for row in members
    ]
    print_table(columns, rows)


def _print_links(title: str, found: list[dict[str, Any]]) -> None:
    if not found:
        return
    click.echo()
    click.echo(f"{title}:")
    for row in found[:_LINKS]:
        click.echo(clean(f"  {heading(row)}"))
        for words in row["words"][:_REASONS]:
            click.echo(clean(f"      {words}"))
    if len(found) > _LINKS:
        click.echo(f"  and {len(found) - _LINKS} more: --json")


def routes(members: list[dict[str, Any]]) -> list[str]:
    """The routes that the members state, each once, in the order of the members."""
    found = []
    for row in members:
        legs = [row["departure"], *row["transit"].split(">"), row["destination"]]
        route = " → ".join(leg for leg in legs if leg)
        if route and route not in found:
            found.append(route)
    return found
