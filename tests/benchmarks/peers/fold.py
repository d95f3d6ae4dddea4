"""What is folded, and the reference that every table is compared with. Standard library only: all peers import it.

Of each incident id the first record counts, the others are re-submissions and dropped. Each item of an incident counts
in the row of its (substance, departure, destination, month):

- substance: `substance_text` as it stands;
- departure, destination: `country` of the first leg of the route in that role, empty where there is none;
- month: `YYYY-MM` of `occurred_on`.

A row holds the number of items, the sum of their masses in micrograms, and the number of items without a mass. A mass
is `amount_text` times the factor of `unit_text`, multiplied in double precision and rounded half to even; an item whose
amount is no number or whose unit is no unit of mass has none. Micrograms are whole numbers: sums are equal whatever
their order, and a kilogram is 10⁹ of them.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

UNITS = {
    "kg": 10**9,
    "kilogram": 10**9,
    "кг": 10**9,
    "t": 10**12,
    "g": 10**6,
    "gram": 10**6,
    "г": 10**6,
    "mg": 10**3,
}
"""Unit as reported → micrograms."""

Key = tuple[str, str, str, str]
Table = dict[Key, list[int]]
"""Key → items, micrograms, items without a mass."""


def micrograms(amount: str | None, unit: str | None) -> int | None:
    """Mass of an item, None if it has none."""
    factor = UNITS.get(unit or "")
    if factor is None or amount is None:
        return None
    try:
        return round(float(amount) * factor)
    except ValueError:
        return None


_WANTED = {
    "Incident": {"incident_id", "occurred_on", "items", "route"},
    "Item": {"substance_text", "amount_text", "unit_text"},
    "RouteLeg": {"role", "country"},
}


def projection(schema: Any) -> Any:
    """A reader's schema with nothing but the fields that the fold needs: row by row it makes peers faster."""
    if isinstance(schema, list):
        return [projection(branch) for branch in schema]
    if not isinstance(schema, dict):
        return schema
    if "fields" not in schema:
        return {key: projection(value) if key in {"items", "type"} else value for key, value in schema.items()}
    wanted = _WANTED[schema["name"]]
    fields = [field for field in schema["fields"] if field["name"] in wanted]
    return {**schema, "fields": [{**field, "type": projection(field["type"])} for field in fields]}


def contributions(incident: Mapping[str, Any]) -> Iterator[tuple[Key, int | None]]:
    """Row and mass of each item of an incident, as fastavro decodes it."""
    departure = destination = None
    for leg in incident["route"]:
        if departure is None and leg["role"] == "DEPARTURE":
            departure = leg["country"]
        elif destination is None and leg["role"] == "DESTINATION":
            destination = leg["country"]
    month = incident["occurred_on"].isoformat()[:7]
    for item in incident["items"]:
        key = (item["substance_text"], departure or "", destination or "", month)
        yield key, micrograms(item["amount_text"], item["unit_text"])


def add(table: Table, incident: Mapping[str, Any]) -> None:
    """Count an incident that is no re-submission."""
    for key, mass in contributions(incident):
        row = table.get(key)
        if row is None:
            row = table[key] = [0, 0, 0]
        row[0] += 1
        if mass is None:
            row[2] += 1
        else:
            row[1] += mass


def fold(incidents: Iterable[Mapping[str, Any]]) -> Table:
    """The reference: one incident after the other."""
    table: Table = {}
    seen: set[str] = set()
    for incident in incidents:
        if incident["incident_id"] not in seen:
            seen.add(incident["incident_id"])
            add(table, incident)
    return table
