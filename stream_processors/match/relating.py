"""What relates two incidents beyond one seizure: a shipment, a network, a way of working; and how surprising it is.

Surprise is measured against base rates of the model alone, so that it is the same whenever the pair is looked at. A
shared tracking reference or name is as surprising as the value is rare. Like modus operandi (route, substance,
concealment, within a fortnight) is only worth what exceeds chance: with as many incidents in a fortnight as the model
says, so many others would agree in all of it anyway.

A name alone, however rare, is for a person to look at: names are chosen again, and sold on. It links where the
substance is the same too, within half a year (docs/matching.md has the figures).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stream_processors.match.comparing import Comparison
from stream_processors.match.levels import FIELDS, NUMBERS
from stream_processors.match.model import Model
from stream_processors.match.store import Store
from stream_processors.match.weighing import Known, Weighed

KINDS = ("NONE", "SAME_SHIPMENT", "SAME_NETWORK", "SAME_MODUS_OPERANDI")
_SHIPMENT, _NETWORK, _MODUS = 1, 2, 3
_COLUMN = {field: number for number, field in enumerate(FIELDS)}
_FORTNIGHT = 14
_SEASON = 182
_ALIKE_AMOUNTS = [NUMBERS["amount"][level] for level in ("exact", "rounded_3", "rounded_2")]
_SAME_SUBSTANCE = [NUMBERS["substance"][level] for level in ("same", "some")]
ROUTE_SEPARATOR, MODUS_SEPARATOR = ">", "|"


@dataclass(frozen=True)
class Related:
    """Columns of equal length, one row a pair.

    Attributes:
        kind: index in KINDS.
        surprise: thousandths of a bit beyond chance.
        named: whether a shared reference, name or mark is what relates them.
        patterned: whether a like way of working adds to it.
        alone: whether nothing corroborates the name that they share.
    """

    kind: npt.NDArray[np.int8]
    surprise: npt.NDArray[np.int32]
    named: npt.NDArray[np.bool_]
    patterned: npt.NDArray[np.bool_]
    alone: npt.NDArray[np.bool_]


class Relating:
    """Relates pairs of one store under one model."""

    def __init__(self, store: Store, model: Model) -> None:
        self._store, self._model = store, model
        self._concealments = Known(model.surprise["concealment"], store.interned["concealment"])
        self._modus: dict[tuple[int, int, int], int] = {}

    def relate(self, compared: Comparison, weighed: Weighed) -> Related:
        """How pairs are related; the strongest kind of evidence names the kind."""
        reference = self._shared(compared, weighed, "reference")
        network = self._shared(compared, weighed, "packaging_mark") + self._shared(compared, weighed, "entity")
        modus, ends = self._modus_operandi(compared, weighed)
        kind = np.select([reference > 0, network > 0, ends, modus > 0], [_SHIPMENT, _NETWORK, _SHIPMENT, _MODUS], 0)
        return Related(
            kind.astype(np.int8),
            (reference + network + modus).astype(np.int32),
            (reference > 0) | (network > 0),
            modus > 0,
            (kind == _NETWORK) & (modus == 0) & ~self._corroborated(compared),
        )

    def _corroborated(self, compared: Comparison) -> npt.NDArray[np.bool_]:
        """Whether the two are of one substance, and of one season."""
        first, last = self._store.rows["first_day"], self._store.rows["last_day"]
        left, right = compared.left, compared.right
        apart = np.maximum(first[left], first[right]) - np.minimum(last[left], last[right])
        same: npt.NDArray[np.bool_] = np.isin(compared.levels["substance"], _SAME_SUBSTANCE) & (apart <= _SEASON)
        return same

    def _shared(self, compared: Comparison, weighed: Weighed, field: str) -> npt.NDArray[np.int32]:
        return np.where(compared.levels[field] == NUMBERS[field]["same"], weighed.surprise[:, _COLUMN[field]], 0)

    def _modus_operandi(
        self, compared: Comparison, weighed: Weighed
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
        """Surprise at a like way of working, and whether the two lie at both ends of one route."""
        rows, left, right = self._store.rows, compared.left, compared.right
        departure, destination = rows["departure"], rows["destination"]
        alike = (
            (departure[left] > 0)
            & (departure[left] == departure[right])
            & (destination[left] > 0)
            & (destination[left] == destination[right])
            & np.isin(compared.levels["substance"], _SAME_SUBSTANCE)
            & (np.abs(rows["first_day"][left] - rows["first_day"][right]) <= _FORTNIGHT)
        )
        concealed = compared.levels["concealment"] == NUMBERS["concealment"]["same"]
        other_country = compared.levels["country"] == NUMBERS["country"]["differs"]
        amounts = np.isin(compared.levels["amount"], _ALIKE_AMOUNTS)
        ends = alike & other_country & (concealed | amounts)
        counted = ends | (alike & concealed)
        surprise = np.zeros(len(left), np.int32)
        if counted.any():
            surprise[counted] = self._of_routes(compared, counted) - self._model.chance
            surprise += np.where(counted & concealed, self._concealments.of(rows["concealment"][left]), 0)
            surprise += np.where(ends & amounts, weighed.surprise[:, _COLUMN["amount"]], 0)
        return np.maximum(surprise, 0), ends & (surprise > 0)

    def _of_routes(self, compared: Comparison, counted: npt.NDArray[np.bool_]) -> npt.NDArray[np.int32]:
        rows, left = self._store.rows, compared.left[counted]
        substance = compared.values["substance"][counted]
        triples = zip(
            rows["departure"][left].tolist(), rows["destination"][left].tolist(), substance.tolist(), strict=True
        )
        return np.array([self._of_route(triple) for triple in triples], np.int32)

    def _of_route(self, triple: tuple[int, int, int]) -> int:
        known = self._modus.get(triple)
        if known is None:
            interned, table = self._store.interned, self._model.surprise["modus"]
            departure, destination = interned["departure"].text(triple[0]), interned["destination"].text(triple[1])
            text = f"{departure}{ROUTE_SEPARATOR}{destination}{MODUS_SEPARATOR}{interned['substance'].text(triple[2])}"
            known = self._modus[triple] = table.values.get(text, table.unseen)
        return known
