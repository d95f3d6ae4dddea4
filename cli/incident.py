"""`ionics incident`: everything that is known of one incident."""

from typing import Any

import click
import psycopg
from psycopg import sql

from cli.accessing import logged, noted
from cli.connections import reader
from cli.output import Column, clean, json_option, kilograms, number, print_json, print_table, remark
from cli.references import MANY, meant
from projections.migrate import schema_name
from projections.queries import find_incidents, items, revisions
from schemas.directory import load_current
from schemas.errors import ContractError, LogError, ProjectionError
from schemas.known_schemas import KnownSchemas
from schemas.settings import Settings

_IDENTITY_FIRST = ("incident_id", "revision", "event_type", "withdrawn", "agency_id", "source_ref")


@click.command()
@click.argument("ref")
@json_option
def incident(ref: str, as_json: bool) -> None:
    """Show one incident: REF is its id, the beginning of its id, or its reference."""
    settings = load_current()
    with reader(settings) as connection:
        found = meant(find_incidents(connection, settings.generation, ref, MANY + 1), ref)
        if found is None:
            raise ProjectionError(
                f"no incident {ref!r} that {settings.acting_as()} may see; if it was just reported, see `ionics status`"
            )
        if isinstance(found, list):
            noted(settings, "LIST", {"ref": ref})
            if as_json:
                print_json({"candidates": found})
            else:
                _candidates(found)
            raise ProjectionError(f"{ref!r} names more than one incident: give more of its id")
        incident_id = found["incident_id"]
        logged(settings, settings.acting_as(), "DETAIL", {"ref": ref}, [incident_id])
        document = {
            "incident": found,
            "items": items(connection, settings.generation, incident_id),
            "revisions": revisions(connection, settings.generation, incident_id),
            **_as_reported(settings, connection, incident_id),
        }
    if as_json:
        print_json(document)
    else:
        _print(document)


def _as_reported(settings: Settings, connection: psycopg.Connection, incident_id: str) -> dict[str, Any]:
    """What the agency stated, and its route with what was made of it; nothing where the log does not answer."""
    statement = sql.SQL("SELECT value FROM {} WHERE incident_id = %s").format(
        sql.Identifier(schema_name(settings.generation), "incident")
    )
    try:
        row = connection.execute(statement, (incident_id,)).fetchone()
    except psycopg.Error as error:
        raise ProjectionError(f"the incident cannot be read: {error}") from error
    if row is None:
        return {"route": [], "reported": None}
    try:
        value = KnownSchemas.of(settings).decoded(row[0], "enriched")
    except (LogError, ContractError) as error:
        remark(f"what was reported is not shown: {error}")
        return {"route": [], "reported": None}
    reported, legs = value["admitted"]["incident"], value["enrichment"]["legs"]
    route = [
        {**leg, "resolved_country": legs[n]["country"], "how": legs[n]["how"]} if n < len(legs) else leg
        for n, leg in enumerate(reported["route"])
    ]
    return {"route": route, "reported": reported}


def _candidates(found: list[dict[str, Any]]) -> None:
    names = ("incident_id", "agency_id", "source_ref", "period", "place_country", "place_name")
    print_table([Column(name, fold=False) for name in names], [[row[name] for name in names] for row in found[:MANY]])
    if len(found) > MANY:
        remark("and more")


def _print(document: dict[str, Any]) -> None:
    row = document["incident"]
    names = [*_IDENTITY_FIRST, *(name for name in row if name not in _IDENTITY_FIRST)]
    rows = [[name, _shown(name, row[name])] for name in names if row[name] not in (None, "", [])]
    print_table([Column("incident", fold=False), Column("")], rows)
    click.echo()
    _print_items(document["items"])
    if document["route"]:
        click.echo()
        columns = [Column("route"), Column("as reported"), Column("country"), Column("how")]
        print_table(columns, [_leg(leg) for leg in document["route"]])
    click.echo()
    columns = [number("revision"), Column("event"), Column("admitted at"), Column("reason"), Column("")]
    print_table(
        columns,
        [
            [one["revision"], one["event_type"], one["admitted_at"], one["reason"], "late" if one["superseded"] else ""]
            for one in document["revisions"]
        ],
    )
    for line in _stated(document["reported"] or {}, set(row) | {"items", "route", "location", "provenance"}):
        click.echo(clean(line))


def _print_items(found: list[dict[str, Any]]) -> None:
    columns = [
        number("item"),
        Column("as reported"),
        Column("amount"),
        Column("substance"),
        Column("class"),
        Column("how"),
        number("kg"),
        Column("plausibility"),
        Column("schedules"),
    ]
    rows = [
        [
            one["item_no"],
            one["substance_text"],
            " ".join(part for part in (one["amount_text"], one["unit_text"]) if part),
            one["substance_id"] or " / ".join(one["candidates"]),
            one["substance_class"],
            f"{one['substance_how']} ({one['substance_confidence']})",
            kilograms(one["mass_ug"]) or "no mass",
            one["plausibility"],
            ", ".join(one["schedules"]),
        ]
        for one in found
    ]
    print_table(columns, rows)
    total = sum(one["mass_ug"] or 0 for one in found if one["mass_counted"])
    without = sum(not one["mass_counted"] or one["mass_ug"] is None for one in found)
    click.echo(f"{kilograms(total)} kg in all; {without} items without mass")


def _leg(leg: dict[str, Any]) -> list[Any]:
    said = [leg.get(name) for name in ("country_text", "country", "place_text", "locode")]
    return [leg["role"], ", ".join(part for part in said if part), leg.get("resolved_country"), leg.get("how")]


def _stated(value: Any, known: set[str], path: str = "") -> list[str]:
    """The other fields that the agency filled in, a line each."""
    if isinstance(value, dict):
        return [
            line
            for name, part in value.items()
            if path or name not in known
            for line in _stated(part, known, f"{path}.{name}".lstrip("."))
        ]
    if isinstance(value, list):
        return [line for n, part in enumerate(value) for line in _stated(part, known, f"{path}[{n}]")]
    return [] if value is None else [f"{path}: {value}"]


def _shown(name: str, value: Any) -> str:
    if name.endswith("_udeg"):
        return f"{value / 1_000_000:.6f}"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
