"""How surprising each value is: counted over current community incidents.

No value that fewer than five of them have is in a table: it would tell of a single incident. Such values share what is
left, each as likely as their average. An incident counts once for a value, however many of its items have it.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from stream_processors.match.index import spread
from stream_processors.match.interning import Interner
from stream_processors.match.model import Surprise
from stream_processors.match.relating import MODUS_SEPARATOR, ROUTE_SEPARATOR
from stream_processors.match.store import Store
from stream_processors.match.token_comparing import kinds_of_tokens

FEWEST = 5
_LEAST_MBIT, _MOST_MBIT = 500, 20_000
MOST_OF = {"country": 6_000, "substance": 6_000, "place": 7_000}
"""What is rare comes in bursts (Church and Gale, *Poisson mixtures*, 1995): where it is met once it is met again, and a
model may not know a name that is common where it is used. So these are never more surprising than this."""
_DIGITS = 8
_BY_ROW = ("country", "concealment")

Rows = npt.NDArray[np.int64]


def surprises(store: Store, rows: Rows) -> dict[str, Surprise]:
    """The tables of surprise of all fields.

    Args:
        store: with the incidents.
        rows: those that are counted.
    """
    columns = store.rows
    found = {name: _of_numbers(columns[name][rows], store.interned[name]) for name in _BY_ROW}
    items, owners = _ragged(columns["items"][rows], columns["item_count"][rows])
    found["substance"] = _of_numbers(_once(owners, store.items["item_substance"][items]), store.interned["substance"])
    found["amount"] = _of_digits(_once(owners, store.items["item_digits"][items]))
    tokens, owners = _ragged(columns["tokens"][rows], columns["token_count"][rows])
    token, kind = store.tokens["token"][tokens], store.tokens["token_kind"][tokens]
    for field, is_of in kinds_of_tokens(store).items():
        here = is_of[kind]
        found[field] = _of_numbers(_once(owners[here], token[here]), store.interned["token"], of=len(rows))
    found["place"] = _of_places(store, rows)
    found["modus"] = _of_routes(store, rows)
    return found | {field: _at_most(found[field], most) for field, most in MOST_OF.items()}


def _at_most(table: Surprise, most: int) -> Surprise:
    values = {text: min(mbit, most) for text, mbit in table.values.items()}
    return table.model_copy(update={"values": values, "unseen": min(table.unseen, most)})


def _once(owners: Rows, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Values, each once an owner."""
    order = np.lexsort((values, owners))
    owners, values = owners[order], values[order]
    new = np.ones(len(values), np.bool_)
    new[1:] = (owners[1:] != owners[:-1]) | (values[1:] != values[:-1])
    kept: npt.NDArray[Any] = values[new]
    return kept


def _of_numbers(numbers: npt.NDArray[np.int32], interned: Interner, of: int | None = None) -> Surprise:
    stated = numbers[numbers > 0]
    values, counts = np.unique(stated, return_counts=True)
    texts = [interned.text(number) or "" for number in values.tolist()]
    return _table(dict(zip(texts, counts.tolist(), strict=True)), of or len(stated))


def _table(counts: Mapping[str, int], total: int) -> Surprise:
    frequent = {text: count for text, count in counts.items() if count >= FEWEST}
    rare = [count for count in counts.values() if count < FEWEST]
    typical = sum(rare) / len(rare) if rare else 1.0
    values = {text: _mbit(count / total) for text, count in sorted(frequent.items())}
    return Surprise(values=values, unseen=_mbit(typical / max(total, FEWEST)))


def _mbit(frequency: float) -> int:
    return min(_MOST_MBIT, max(_LEAST_MBIT, round(-1_000 * math.log2(frequency))))


def _of_digits(digits: npt.NDArray[np.int64]) -> Surprise:
    """Amounts by their digits, and the others by how many digits they have."""
    stated = digits[digits > 0]
    values, counts = np.unique(stated, return_counts=True)
    table = _table(
        {str(value): count for value, count in zip(values.tolist(), counts.tolist(), strict=True)}, len(stated)
    )
    lengths = np.array([len(str(value)) for value in values.tolist()], np.int64)
    by_digits: list[int] = []
    for length in range(1, _DIGITS + 1):
        rare = counts[(lengths == length) & (counts < FEWEST)]
        fallback = by_digits[-1] if by_digits else table.unseen
        found = _mbit(float(rare.mean()) / len(stated)) if len(rare) else fallback
        by_digits.append(max(found, fallback) if by_digits else found)
    return Surprise(values=table.values, unseen=table.unseen, by_digits=tuple(by_digits))


def _of_places(store: Store, rows: Rows) -> Surprise:
    """Names of places within their country."""
    country, name = (store.rows[column][rows].astype(np.int64) for column in ("country", "place"))
    sizes = np.bincount(country, minlength=len(store.interned["country"]))
    stated = (name > 0) & (country > 0)
    pairs, counts = np.unique(country[stated] << 32 | name[stated], return_counts=True)
    share, frequent = counts / sizes[pairs >> 32], counts >= FEWEST
    values: dict[str, int] = {}
    names = store.interned["place"].texts(pairs[frequent] & 0xFFFFFFFF)
    for text, part in zip(names, share[frequent].tolist(), strict=True):
        values[text] = min(values.get(text, _MOST_MBIT), _mbit(part))
    rare = share[~frequent]
    return Surprise(values=dict(sorted(values.items())), unseen=_mbit(float(np.median(rare)) if len(rare) else 1.0))


def _of_routes(store: Store, rows: Rows) -> Surprise:
    """Departure, destination and substance together."""
    columns = store.rows
    items, numbers = _ragged(columns["items"][rows], columns["item_count"][rows])
    owner = rows[numbers]
    departure, destination = columns["departure"][owner], columns["destination"][owner]
    substance = store.items["item_substance"][items]
    stated = (departure > 0) & (destination > 0) & (substance > 0)
    of_incident = np.stack([departure[stated], destination[stated], substance[stated], owner[stated]])
    once = np.unique(of_incident, axis=1)[:3]
    triples, found = np.unique(once, axis=1, return_counts=True)
    countries, substances = store.interned["country"], store.interned["substance"]
    named = {
        f"{countries.text(one)}{ROUTE_SEPARATOR}{countries.text(two)}{MODUS_SEPARATOR}{substances.text(three)}": count
        for one, two, three, count in zip(*triples.tolist(), found.tolist(), strict=True)
    }
    return _table(named, max(len(rows), 1))


def _ragged(first: Rows, count: npt.NDArray[np.int16]) -> tuple[Rows, Rows]:
    """Indexes of what belongs to each row, and the number of the row among those given."""
    counts = count.astype(np.int64)
    return spread(first, counts, int(counts.sum())), np.repeat(np.arange(len(counts)), counts)
