"""The matcher: a fold of enriched incidents and judgements that says what is linked.

What it has said of the current revisions is a function of the set of what it was given, however that is ordered or cut:
pairs under an open key are compared when the later of the two comes, or when the key opens again.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from stream_processors.match.closing import Changes, Closed, ClosedKeys, Scoped, by_scope
from stream_processors.match.features import features
from stream_processors.match.index import KeyArray, KeyIndex, RowArray
from stream_processors.match.keys import Keys, keys, shown
from stream_processors.match.linking import Linking
from stream_processors.match.links import NO_LINKS, Links
from stream_processors.match.model import Model
from stream_processors.match.pairing import Rows, distinct, pairs_of_key, pairs_of_new
from stream_processors.match.store import Store

Pair = tuple[str, str]
Met = tuple[KeyArray, RowArray]
_ADMITTED = "admission_admitted_at"


@dataclass
class Taken:
    """What a batch gives, and what the matcher gains by it once it is committed.

    Attributes:
        moved: incidents that are at a later revision, as the schema ``match_event`` has them.
        keys: keys that were closed or opened, the same way.
        links: links, urgent ones first.
        compared: how many pairs were compared.
    """

    moved: list[dict[str, Any]] = field(default_factory=list)
    keys: list[dict[str, Any]] = field(default_factory=list)
    links: Links = NO_LINKS
    compared: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    dying: Rows = field(default_factory=lambda: np.empty(0, np.int64))
    entries: Keys | None = None
    closed: Mapping[Scoped, Closed | None] = field(default_factory=dict)
    judged: frozenset[Pair] = frozenset()


class Matcher:
    """Knows all current incidents.

    `take` changes nothing; `apply` takes its result in, before the next `take`.

    Attributes:
        model: under which it matches.
        store: the incidents.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self.store, self._index, self._closed = Store(), KeyIndex(), ClosedKeys()
        self._linking, self._limits = Linking(self.store, model), model.key_limits()
        self._rows: dict[str, int] = {}
        self._judged: dict[str, set[str]] = {}

    def take(self, columns: pl.DataFrame | None, judged: Iterable[Pair] = (), *, silent: bool = False) -> Taken:
        """Look at a batch.

        Args:
            columns: enriched incidents as the columnar decoder gives them; may be None or empty.
            judged: pairs that people judged.
            silent: make no links: what they were is known, and only the state is to be restored.
        """
        self.store.forget_staged()
        taken = Taken(judged=frozenset(pair for pair in judged if pair[1] not in self._judged.get(pair[0], ())))
        current = None if columns is None or not columns.height else self._current(columns)
        pairs: list[tuple[Rows, Rows]] = []
        changes = Changes(self._closed)
        if current is not None and current.height:
            entries = self._take_rows(current, taken)
            pairs = [*self._pairs(taken, entries, changes, silent=silent)]
        if not silent:
            self._link(pairs, taken, changes)
        return taken

    def _current(self, columns: pl.DataFrame) -> pl.DataFrame:
        """The last revision of each incident in the batch, where it is later than the one that is known.

        Its time of admission is that of the first of its revisions in the batch.
        """
        latest = (
            columns.with_row_index("_at")
            .select("_at", "incident_id", "revision", pl.col(_ADMITTED).min().over("incident_id"))
            .sort("incident_id", "revision", "_at")
            .unique("incident_id", keep="last", maintain_order=True)
            .sort("_at")
        )
        known, revisions = self._rows, self.store.rows["revision"]
        later = [
            (row := known.get(id_)) is None or revision > revisions[row]
            for id_, revision in zip(latest["incident_id"].to_list(), latest["revision"].to_list(), strict=True)
        ]
        kept = latest.filter(pl.Series(later, dtype=pl.Boolean))
        return columns[kept["_at"]].with_columns(kept[_ADMITTED])

    def _take_rows(self, current: pl.DataFrame, taken: Taken) -> Keys:
        store, first = self.store, self.store.rows.size
        found = features(current)
        ids, withdrawn = found.rows["incident_id"].to_list(), found.rows["withdrawn"].to_numpy()
        admitted = found.rows["admitted_ms"].to_numpy().copy()
        before = np.fromiter((self._rows.get(id_, -1) for id_ in ids), np.int64, len(ids))
        known = before >= 0
        admitted[known] = np.minimum(admitted[known], store.rows["admitted_ms"][before[known]])
        taken.moved = [
            {"incident_id": id_, "revision": revision, "withdrawn": gone}
            for id_, revision, gone in zip(ids, found.rows["revision"].to_list(), withdrawn.tolist(), strict=True)
            if revision > 1
        ]
        carried = keys(found)
        counts = ~withdrawn[carried.row]
        carried = Keys(carried.row[counts], carried.key[counts], carried.kind[counts], carried.text.filter(counts))
        store.stage(found, carried, admitted)
        taken.rows = {id_: first + number for number, id_ in enumerate(ids)}
        gone = before[known]
        taken.dying = gone[store.rows["alive"][gone]]
        taken.entries = Keys((carried.row + first).astype(np.uint32), carried.key, carried.kind, carried.text)
        return taken.entries

    def _alive(self, taken: Taken) -> npt.NDArray[np.bool_]:
        """By row, the staged ones included, whether it counts after the batch."""
        size = self.store.rows.size + len(taken.rows)
        alive = self.store.rows["alive"][:size].copy()
        alive[taken.dying] = False
        return alive

    def _pairs(self, taken: Taken, entries: Keys, changes: Changes, *, silent: bool) -> Iterator[tuple[Rows, Rows]]:
        store, alive = self.store, self._alive(taken)
        met = self._count(taken, entries, alive, changes)
        opened = changes.open(self._limits)
        taken.closed, taken.keys = changes.made, sorted(changes.events(), key=lambda key: (key["scope"], key["key"]))
        if silent:
            return

        before, batch = KeyIndex(), KeyIndex()
        for keys_met, rows_met in met:
            before.add(keys_met, rows_met, alive)
        batch.add(entries.key, entries.row, alive)
        rows = entries.row.astype(np.int64)
        yield from pairs_of_new(store, (before, batch), (rows, entries.key), alive, changes.are_open)
        for key in sorted({key for _, key in opened}):
            asked = np.array([key], np.uint64)
            members = np.unique(np.concatenate([self._index.find(asked)[1], batch.find(asked)[1]])).astype(np.int64)
            yield pairs_of_key(store, members[alive[members]], key, changes.are_open)

    def _count(self, taken: Taken, entries: Keys, alive: npt.NDArray[np.bool_], changes: Changes) -> list[Met]:
        """Count the incidents of each key that the batch touches, and close keys that have too many.

        Returns:
            Its keys with the rows before it that carry them, but for keys that were closed already where they are met.
        """
        store, met = self.store, list[Met]()
        for row in taken.dying.tolist():
            scope, first = int(store.rows["policy_class"][row]), int(store.rows["keys"][row])
            for key in store.keys["key"][first : first + int(store.rows["key_count"][row])].tolist():
                changes.count((scope, key), -1)
        classes = store.rows["policy_class"]
        for scope, here in by_scope(classes[entries.row]):
            asked, first_at, more = np.unique(entries.key[here], return_index=True, return_counts=True)
            are_open = changes.are_open(scope, asked)
            for number in np.flatnonzero(~are_open).tolist():
                changes.count((scope, int(asked[number])), int(more[number]))
            # Of a closed key the number is known, and however many carry it, they are not looked up.
            asked, first_at, more = asked[are_open], first_at[are_open], more[are_open]
            index, found = self._index.find(asked)
            met.append((asked[index], found))
            counted = alive[found] & (classes[found] == scope)
            total = more + np.bincount(index[counted], minlength=len(asked))
            for number in np.flatnonzero(total > self._limits[entries.kind[here[first_at]]]).tolist():
                at = int(here[first_at[number]])
                told = Closed(int(entries.kind[at]), shown(str(entries.text[at])), int(total[number]))
                changes.close((scope, int(asked[number])), told)
        return met

    def _link(self, pairs: list[tuple[Rows, Rows]], taken: Taken, changes: Changes) -> None:
        wanted = self._wanted(taken)
        left, right = (np.concatenate([*(pair[side] for pair in pairs), wanted[side]]) for side in (0, 1))
        left, right = distinct(left, right)
        packed = left << 32 | right
        asked = np.isin(packed, np.minimum(*wanted) << 32 | np.maximum(*wanted))
        taken.compared = len(left)
        taken.links = self._linking.links(left, right, asked, changes.are_open)

    def _wanted(self, taken: Taken) -> tuple[Rows, Rows]:
        """Rows of pairs that people judged, where the judgement or one of the two is new."""
        found = set()
        for one, two in taken.judged:
            found.add((one, two))
        for id_ in taken.rows.keys() & self._judged.keys() if self._judged else ():
            found |= {(id_, other) for other in self._judged[id_]}
        alive = self._alive(taken)
        rows = [(self._row(one, taken), self._row(two, taken)) for one, two in sorted(found)]
        good = [pair for pair in rows if min(pair) >= 0 and alive[pair[0]] and alive[pair[1]]]
        both = np.array(good, np.int64).reshape(-1, 2)
        return both[:, 0], both[:, 1]

    def _row(self, id_: str, taken: Taken) -> int:
        return taken.rows.get(id_, self._rows.get(id_, -1))

    def counts(self) -> tuple[int, int, int]:
        """Distinct keys, closed ones (by scope), and entries of the index of keys."""
        return self._index.distinct(), len(self._closed), self._index.entries

    def apply(self, taken: Taken) -> None:
        """Take a batch in."""
        store = self.store
        store.take_in()
        if len(taken.dying):
            store.rows["alive"][taken.dying] = False
        if taken.entries is not None:
            self._index.add(taken.entries.key, taken.entries.row, store.rows["alive"])
        self._closed.apply(taken.closed)
        self._rows |= taken.rows
        for one, two in taken.judged:
            self._judged.setdefault(one, set()).add(two)
            self._judged.setdefault(two, set()).add(one)
