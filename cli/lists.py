"""`ionics incidents | items | activity | milestones | substances`: what the read store lists, newest or most first."""

from collections.abc import Mapping, Sequence
from typing import Any

import click

from cli.accessing import noted
from cli.connections import reader
from cli.output import Column, clean, json_option, kilograms, number, print_json, print_table, remark
from cli.substances import substance_id_of
from projections import queries
from schemas.directory import load_current

_SHORT = {"admitted_at": 16, "incident_id": 8}
"""Characters that a table shows: a minute, and of an id as much as `ionics incident` needs; JSON has all."""
_HEADINGS = {
    "mass_ug": "kg",
    "admitted_at": "admitted",
    "agency_id": "agency",
    "source_ref": "reference",
    "incident_type": "type",
    "place_country": "in",
    "place_name": "place",
    "departure": "from",
    "destination": "to",
    "revision": "rev",
    "event_type": "event",
    "incident_id": "incident",
    "items_without_mass": "no mass",
    "substance_id": "substance",
    "substance_class": "class",
    "substance_text": "as reported",
    "item_no": "item",
    "amount_text": "amount",
    "unit_text": "unit",
}

_since = click.option("--since", metavar="PERIOD", help="First month or year, such as 2016-03 or 2016.")
_until = click.option("--until", metavar="PERIOD", help="Last month or year.")
_agency = click.option("--agency", "agency_id", help="Only what this agency reported.")
_substance = click.option("--substance", "substance_id", callback=substance_id_of, help="Its id, or any name of it.")
_limit = click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000))


@click.command()
@_agency
@click.option("--country", help="Only where it happened, or where a route departs or ends: alpha-3.")
@click.option("--type", "incident_type", help="Only of this type, such as SEIZURE.")
@_substance
@click.option("--reference", help="Only where the agency's own reference begins so.")
@_since
@_until
@_limit
@json_option
def incidents(as_json: bool, **asked: Any) -> None:
    """Incidents, the newest admitted first; withdrawn ones too."""
    found = _asked("list_incidents", "LIST", "incidents", asked)
    columns: list[Column | str] = [
        *("admitted_at", "agency_id", "source_ref", "incident_type", "period", "place_country", "place_name"),
        *("departure", "destination"),
        number("revision"),
        *("event_type", "incident_id"),
    ]
    _show(found, columns, as_json=as_json)


@click.command()
@_substance
@click.option("--class", "substance_class", help="Only this class of substance.")
@_since
@_until
@_limit
@json_option
def items(as_json: bool, **asked: Any) -> None:
    """Items of incidents that are not withdrawn, the newest admitted first."""
    found = _asked("list_items", "LIST", "items", asked)
    columns: list[Column | str] = [
        *("admitted_at", "substance_text", "substance_id", "substance_class", "amount_text", "unit_text"),
        number("mass_ug"),
        *("plausibility", "incident_id"),
        number("item_no"),
    ]
    _show(found, columns, as_json=as_json)


@click.command()
@_agency
@_since
@_until
@json_option
def activity(as_json: bool, **asked: Any) -> None:
    """What each agency reported by type and period, and how often it amended and withdrew."""
    found = _asked("agencies", "AGGREGATE", "agencies", asked)
    counts = ("incidents", "items", "mass_ug", "items_without_mass", "amendments", "withdrawals")
    _show(found, ["agency_id", "incident_type", "period", *map(number, counts)], as_json=as_json)


@click.command()
@click.option("--step", default=1_000, show_default=True, type=click.IntRange(1, 1_000_000), help="Which are round.")
@json_option
def milestones(step: int, as_json: bool) -> None:
    """How many community incidents there are, and when each round number was passed."""
    found = _asked("milestones", "AGGREGATE", "milestones", {"step": step})
    if as_json:
        print_json(found)
        return
    click.echo(f"incidents of the community: {found['incidents']:,}")
    print_table(
        [number("number"), Column("passed at"), Column("incident")], [[*row.values()] for row in found["passed"]]
    )


@click.command()
@click.argument("text", default="")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 10_000))
@json_option
def substances(text: str, limit: int, as_json: bool) -> None:
    """Substances whose id, or a name that they were reported under, begins with TEXT."""
    found = _asked("substances", "AGGREGATE", "substances", {"text": text, "limit": limit})
    counts = ("incidents", "items", "mass_ug", "items_without_mass")
    _show(found, ["substance_id", "substance_class", *map(number, counts)], as_json=as_json)


def _asked(query: str, action: str, name: str, asked: Mapping[str, Any]) -> Any:
    """The answer of one of `projections.queries`, noted in the access log as the API notes it."""
    settings = load_current()
    with reader(settings) as connection:
        found = getattr(queries, query)(connection, settings.generation, **asked)
    noted(settings, action, {name: dict(asked)})
    return found


def _show(found: Sequence[Mapping[str, Any]], columns: Sequence[Column | str], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    named = [column if isinstance(column, Column) else Column(column, fold=False) for column in columns]
    headings = [Column(_HEADINGS.get(c.heading, c.heading), c.justify, c.fold) for c in named]
    print_table(headings, [[_cell(column.heading, row[column.heading]) for column in named] for row in found])
    if not found:
        remark("nothing found; see `ionics status` for whether the views are fresh")


def _cell(name: str, value: Any) -> str:
    if name == "mass_ug":
        return kilograms(value)
    if name in _SHORT:
        return clean(value)[: _SHORT[name]]
    return f"{value:,}" if isinstance(value, int) else clean(value)
