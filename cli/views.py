"""`ionics routes | heatmap | timeline`: what the aggregates of the read store say."""

import shutil
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import click

from cli.accessing import noted
from cli.connections import reader
from cli.output import Column, bar, clean, json_option, kilograms, number, print_json, print_table, remark
from cli.substances import substance_id_of
from cli.worldmap import SHADES, world_map
from projections.queries import first_seen, heat
from projections.queries import routes as query_routes
from projections.queries import timeline as query_timeline
from schemas.directory import load_current

_PLACES = 15
_MOST_MONTHS = 120
_ALL = 100_000
_MAP_WIDTH = 100


def _filters(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        json_option,
        click.option("--until", metavar="PERIOD", help="Last month or year, such as 2016-03 or 2016."),
        click.option("--since", metavar="PERIOD", help="First month or year."),
        click.option("--class", "substance_class", help="Only this class of substance."),
    ):
        command = option(command)
    return command


@click.command()
@click.option("--from", "departure", help="Only from this country: alpha-3, UNKNOWN, MULTIPLE, OTHER or UNRESOLVED.")
@click.option("--to", "destination", help="Only to this country, likewise.")
@click.option("--limit", default=30, show_default=True, type=click.IntRange(min=1))
@_filters
def routes(departure: str | None, destination: str | None, limit: int, as_json: bool, **bounds: str | None) -> None:
    """Routes by class of substance, most incidents first."""
    settings = load_current()
    with reader(settings) as connection:
        found = query_routes(
            connection, settings.generation, departure=departure, destination=destination, limit=limit, **bounds
        )
    asked = {"departure": departure, "destination": destination, "limit": limit, **bounds}
    noted(settings, "AGGREGATE", {"routes": asked})
    if as_json:
        print_json(found)
        return
    most = max((row["incidents"] for row in found), default=0)
    columns = [
        Column("from"),
        Column("via"),
        Column("to"),
        Column("class"),
        number("incidents"),
        Column("", fold=False),
        number("reported"),
        number("kg"),
        number("no mass"),
    ]
    print_table(
        columns,
        [
            [
                row["departure"] or "—",
                row["transit"],
                row["destination"] or "—",
                row["substance_class"] or "—",
                f"{row['incidents']:,}",
                bar(row["incidents"], most),
                f"{row['reported']:,}",
                kilograms(row["mass_ug"]),
                f"{row['items_without_mass']:,}",
            ]
            for row in found
        ],
    )
    _legend(found)


@click.command()
@click.option("--country", help="Only places in this country (alpha-3).")
@click.option("--limit", type=click.IntRange(min=1), help="Only so many places and classes; else all.")
@_filters
def heatmap(country: str | None, limit: int | None, as_json: bool, **bounds: str | None) -> None:
    """Places on a map of the world, darker where more items were found, and the places with most."""
    settings = load_current()
    with reader(settings) as connection:
        found = heat(connection, settings.generation, country=country, limit=limit or _ALL, **bounds)
    noted(settings, "AGGREGATE", {"heatmap": {"country": country, "limit": limit, **bounds}})
    if as_json:
        print_json(found)
        return
    width = min(_MAP_WIDTH, shutil.get_terminal_size().columns if sys.stdout.isatty() else _MAP_WIDTH)
    located = [row for row in found if row["latitude_udeg"] is not None]
    for line in world_map(((r["latitude_udeg"], r["longitude_udeg"], r["items"]) for r in located), width):
        click.echo(line.rstrip())
    click.echo(f"items: few {SHADES[1:]} many")
    click.echo()
    places = by_place(found)
    most = max((place["items"] for place in places), default=0)
    columns = [
        Column("place"),
        Column("country"),
        number("items"),
        Column("", fold=False),
        number("kg"),
        number("no mass"),
    ]
    print_table(
        columns,
        [
            [
                place["name"],
                place["country"],
                f"{place['items']:,}",
                bar(place["items"], most),
                kilograms(place["mass_ug"]),
                f"{place['items_without_mass']:,}",
            ]
            for place in places[:_PLACES]
        ],
    )
    unlocated = sum(row["items"] for row in found) - sum(row["items"] for row in located)
    if unlocated:
        remark(f"{unlocated:,} items have no coordinates and are not on the map")
    if len(found) == (limit or _ALL):
        remark(f"only the {len(found):,} places and classes with most incidents are counted; see --limit")


def by_place(found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Places with most items first. Items and mass add up over classes, incidents do not."""
    places: dict[str, dict[str, Any]] = {}
    for row in found:
        only_country = not row["place_name"] or row["place_id"].startswith("country:")
        name = row["place_name"]
        if only_country:
            name = "(country only)" if row["country"] else "(nothing known)"
        place = places.setdefault(
            row["place_id"],
            {"name": name, "country": row["country"], "items": 0, "mass_ug": 0, "items_without_mass": 0},
        )
        for measure in ("items", "mass_ug", "items_without_mass"):
            place[measure] += row[measure]
    return sorted(places.values(), key=lambda place: (-place["items"], place["name"]))


@click.command()
@click.option("--substance", "substance_id", callback=substance_id_of, help="Only this substance: its id or a name.")
@_filters
def timeline(substance_id: str | None, as_json: bool, **bounds: str | None) -> None:
    """Months with bars, and when a substance was first seen."""
    settings = load_current()
    with reader(settings) as connection:
        found = query_timeline(connection, settings.generation, substance_id=substance_id, **bounds)
        seen = first_seen(connection, settings.generation, substance_id) if substance_id else None
    noted(settings, "AGGREGATE", {"timeline": {"substance_id": substance_id, **bounds}})
    if as_json:
        print_json({"periods": found, "first_seen": seen})
        return
    # Incidents with items of several substances would count more than once; items do not.
    single = len({(row["substance_id"], row["substance_class"]) for row in found}) <= 1
    counted = ("incidents", "reported") if single else ("items",)
    rows = by_period(found, *counted, "mass_ug", "items_without_mass")
    most = max((row[1] for row in rows), default=0)
    columns = [Column("period"), number(counted[0]), Column("", fold=False)]
    columns += [*map(number, counted[1:]), number("kg"), number("no mass")]
    print_table(
        columns,
        [
            [period, f"{count:,}", bar(count, most, 40), *(f"{n:,}" for n in more), kilograms(ug), f"{without:,}"]
            for period, count, *more, ug, without in rows
        ],
    )
    if seen is not None:
        click.echo(f"first seen: {clean(seen['period_first'])} in incident {seen['incident_id']}")
        click.echo(f"first admitted: {clean(seen['first_admitted_at'])} in incident {seen['first_admitted_id']}")
    _legend(found)


def by_period(found: Sequence[dict[str, Any]], *measures: str) -> list[tuple[Any, ...]]:
    """Period and the sums of these measures; months without any are filled in, very many become years."""
    sums: defaultdict[str, list[int]] = defaultdict(lambda: [0] * len(measures))
    for row in found:
        sums[row["period"]] = [total + row[name] for total, name in zip(sums[row["period"]], measures, strict=True)]
    months = sorted(period for period in sums if len(period) == 7)
    filled = _months(months[0], months[-1]) if months else []
    if len(filled) > _MOST_MONTHS:
        years: defaultdict[str, list[int]] = defaultdict(lambda: [0] * len(measures))
        for period, values in sums.items():
            years[period[:4]] = [a + b for a, b in zip(years[period[:4]], values, strict=True)]
        sums, filled = years, []
    return [(period, *sums[period]) for period in sorted({*sums, *filled})]


def _months(first: str, last: str) -> list[str]:
    start, end = (int(month[:4]) * 12 + int(month[5:]) - 1 for month in (first, last))
    return [f"{month // 12:04}-{month % 12 + 1:02}" for month in range(start, end + 1)]


def _legend(found: Sequence[dict[str, Any]]) -> None:
    if not found:
        remark("nothing found; see `ionics status` for whether the views are fresh")
        return
    if any(row["reported"] != row["incidents"] for row in found):
        remark("reported: more reports than incidents, for some seizures were reported more than once; they count once")
    if sum(row["items_without_mass"] for row in found):
        remark("no mass: items that are not part of the kilograms, because no mass could be made of what was reported")
