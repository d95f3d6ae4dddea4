"""The columns of our CSV layout, made from the models: a field of an incident that is added there is a column here."""

import re
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from schemas.incident import (
    Concealment,
    Delegation,
    Document,
    Entity,
    IncidentContent,
    Item,
    Location,
    RouteLeg,
    Shipment,
)

SOURCE_REF = "source_ref"
REQUIRED = ("incident_type", "occurred_on", "audience", "tlp", "item_substance_text")
MOST_NUMBERED = 99
"""The highest number of a numbered column; no list takes more than a hundred of what is numbered."""

_ITEM = "item"
_SINGLE: dict[str, type[BaseModel]] = {"location": Location, "shipment": Shipment, "delegation": Delegation}
_NUMBERED: dict[str, tuple[str, type[BaseModel]]] = {
    "leg": ("route", RouteLeg),
    "concealment": ("concealment", Concealment),
    "entity": ("entities", Entity),
    "document": ("documents", Document),
}
_LISTS = ("audience",)
"""Fields that are lists, written in one cell with spaces between."""
_ELSEWHERE = {"items", *_SINGLE, *(field for field, _ in _NUMBERED.values())}
_NUMBERED_NAME = re.compile(r"([a-z]+)_([1-9][0-9]?)_([a-z0-9_]+)")

Kind = Literal["source_ref", "incident", "single", "numbered", "item"]


@dataclass(frozen=True, slots=True)
class Column:
    """Where the values of a column go.

    Attributes:
        name: as in the header.
        kind: ``item`` differs from row to row.
        part: the field of the incident that holds `field`, empty for a field of the incident itself.
        field: the field of the model.
        number: which entry of the list `part`, from 1; 0 where it is no list.
    """

    name: str
    kind: Kind
    part: str
    field: str
    number: int = 0

    @property
    def as_reported(self) -> bool:
        """Whether spaces around a cell are part of what is reported."""
        return self.field.endswith("_text") or self.field == "narrative"


def column(name: str) -> Column | None:
    """The column of a header, None where there is no such column."""
    if name == SOURCE_REF:
        return Column(name, "source_ref", "", name)
    if name in IncidentContent.model_fields and name not in _ELSEWHERE:
        return Column(name, "incident", "", name)
    part, _, rest = name.partition("_")
    if part == _ITEM and rest in Item.model_fields:
        return Column(name, "item", "items", rest)
    if part in _SINGLE and rest in _SINGLE[part].model_fields:
        return Column(name, "single", part, rest)
    numbered = _NUMBERED_NAME.fullmatch(name)
    if numbered is None or numbered[1] not in _NUMBERED:
        return None
    into, model = _NUMBERED[numbered[1]]
    return Column(name, "numbered", into, numbered[3], int(numbered[2])) if numbered[3] in model.model_fields else None


def columns() -> list[str]:
    """The names of all columns, those of lists with the number 1."""
    names = [SOURCE_REF, *(name for name in IncidentContent.model_fields if name not in _ELSEWHERE)]
    names += [f"{part}_{name}" for part, model in _SINGLE.items() for name in model.model_fields]
    names += [f"{part}_1_{name}" for part, (_, model) in _NUMBERED.items() for name in model.model_fields]
    return names + [f"{_ITEM}_{name}" for name in Item.model_fields]


def incident_fields(cells: dict[Column, str]) -> dict[str, Any]:
    """The fields of an incident, without its items, from the cells of a row that are not blank."""
    fields: dict[str, Any] = {"location": {}}
    lists: dict[str, dict[int, dict[str, str]]] = {}
    for place, value in cells.items():
        if place.kind == "incident":
            fields[place.field] = value.split() if place.field in _LISTS else value
        elif place.kind == "single":
            stated = value.split() if place.field in _LISTS else value
            fields.setdefault(place.part, {})[place.field] = stated
        elif place.kind == "numbered":
            lists.setdefault(place.part, {}).setdefault(place.number, {})[place.field] = value
    for part, entries in lists.items():
        fields[part] = [entries[number] for number in sorted(entries)]
    return fields
