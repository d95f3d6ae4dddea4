"""Why two incidents are linked: field by field what each says, the level of agreement, and what it is worth."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from stream_processors.match.comparing import Comparison
from stream_processors.match.levels import FIELDS, LEVELS
from stream_processors.match.store import Store
from stream_processors.match.token_comparing import ENTITY, MARK, REFERENCE
from stream_processors.match.weighing import Weighed

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_OF_TOKENS = (REFERENCE, MARK, ENTITY)
_COLUMNS = {"place": "place_label", "relation": "agency_id"}
_OF_ITEMS = {"substance": "substance_label", "amount": "amount_label"}


def reasons(store: Store, compared: Comparison, weighed: Weighed, pair: int) -> list[dict[str, Any]]:
    """The reasons of one pair, the most telling first.

    Args:
        store: of the rows.
        compared: pairs, and how they agree.
        weighed: what that is worth.
        pair: its number among those compared.
    """
    weights, surprises = weighed.fields[pair].tolist(), weighed.surprise[pair].tolist()
    found = []
    for column, field in enumerate(FIELDS):
        level = int(compared.levels[field][pair])
        if level:
            left, right = _said(store, compared, field, pair)
            name = LEVELS[field][level]
            worth = {"weight_mbit": weights[column], "surprise_mbit": surprises[column]}
            found.append({"field": field, "level": name, **worth, "left": left, "right": right})
    return sorted(found, key=_rank)


def _rank(reason: dict[str, Any]) -> tuple[int, str]:
    return -max(abs(reason["weight_mbit"]), reason["surprise_mbit"]), reason["field"]


def _said(store: Store, compared: Comparison, field: str, pair: int) -> tuple[str | None, str | None]:
    rows = int(compared.left[pair]), int(compared.right[pair])
    if field == "date":
        return _period(store, rows[0]), _period(store, rows[1])
    if field in _OF_ITEMS:
        name = _OF_ITEMS[field]
        items = int(compared.items.left_item[pair]), int(compared.items.right_item[pair])
        return _item(store, name, items[0]), _item(store, name, items[1])
    if field in _OF_TOKENS:
        shared = int(compared.values[field][pair])
        text = store.interned["token"].text(shared) if LEVELS[field][compared.levels[field][pair]] == "same" else None
        return text, text
    if field in ("purity", "further_amount"):
        return None, None
    name = _COLUMNS.get(field, field)
    return _text(store, name, rows[0]), _text(store, name, rows[1])


def _text(store: Store, name: str, row: int) -> str | None:
    return store.interned[name].text(int(store.rows[name][row]))


def _item(store: Store, name: str, item: int) -> str | None:
    return None if item < 0 else store.interned[name].text(int(store.items[name][item]))


def _period(store: Store, row: int) -> str:
    first, last = int(store.rows["first_day"][row]), int(store.rows["last_day"][row])
    days = [(_EPOCH + timedelta(days=day)).date().isoformat() for day in (first, last)]
    return days[0] if first == last else f"{days[0]}…{days[1]}"


def shared_keys(store: Store, left: int, right: int) -> list[int]:
    """The blocking keys that both rows carry, as signed 64-bit numbers, ascending."""
    one, two = (_keys(store, row) for row in (left, right))
    return sorted(np.intersect1d(one, two).view(np.int64).tolist())


def _keys(store: Store, row: int) -> Any:
    first = int(store.rows["keys"][row])
    return store.keys["key"][first : first + int(store.rows["key_count"][row])]
