"""Which pairs of incidents are compared: those that share an open key.

How many an incident is compared with is bounded however many there are: it has at most `keys.KEYS_KEPT` keys, and an
open key is carried by no more than the model's key limit of one scope: 48 times 50 of the community, and as many of
each class of restricted incidents that carries the key. A pair may depend only on what whoever sees both may see, so a
key must be open in the scopes of both, and of the community. `make growth` measures it.
"""

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from stream_processors.match.closing import COMMUNITY, by_scope
from stream_processors.match.index import KeyIndex
from stream_processors.match.store import Store

Rows = npt.NDArray[np.int64]
KeyArray = npt.NDArray[np.uint64]
AreOpen = Callable[[int, KeyArray], npt.NDArray[np.bool_]]
_AT_ONCE = 50_000


def pairs_of_new(
    store: Store,
    indexes: tuple[KeyIndex, KeyIndex],
    entries: tuple[Rows, KeyArray],
    alive: npt.NDArray[np.bool_],
    are_open: AreOpen,
) -> Iterator[tuple[Rows, Rows]]:
    """Pairs of the rows of a batch with each other and with those before, each once a part.

    Args:
        store: with the rows of the batch staged.
        indexes: of the rows before, and of the batch.
        entries: rows of the batch and their keys, by row.
        alive: by row: whether it counts after the batch.
        are_open: of a scope and keys, whether each is open in it after the batch.
    """
    classes = store.rows["policy_class"]
    rows, keys = entries
    for start in range(0, len(rows), _AT_ONCE):
        part, part_keys = rows[start : start + _AT_ONCE], keys[start : start + _AT_ONCE]
        wanted = open_in(part_keys, classes[part], are_open)
        part, part_keys = part[wanted], part_keys[wanted]
        left, right, key = [], [], []
        for index in indexes:
            asked, found = index.find(part_keys)
            others = found.astype(np.int64)
            counts = alive[others] & (others < part[asked])
            left.append(part[asked[counts]])
            right.append(others[counts])
            key.append(part_keys[asked[counts]])
        one, two, shared = np.concatenate(left), np.concatenate(right), np.concatenate(key)
        mixed = (classes[two] != classes[one]) & (classes[two] != COMMUNITY)
        if mixed.any():
            kept = np.ones(len(one), np.bool_)
            kept[mixed] = open_in(shared[mixed], classes[two[mixed]], are_open)
            one, two = one[kept], two[kept]
        yield distinct(one, two)


def pairs_of_key(store: Store, members: Rows, key: int, are_open: AreOpen) -> tuple[Rows, Rows]:
    """All pairs of the rows that carry a key that was opened."""
    one, two = np.triu_indices(len(members), 1)
    left, right = members[one], members[two]
    classes = store.rows["policy_class"]
    keys = np.full(len(left), key, np.uint64)
    kept = open_in(keys, classes[left], are_open) & open_in(keys, classes[right], are_open)
    return left[kept], right[kept]


def distinct(left: Rows, right: Rows) -> tuple[Rows, Rows]:
    """Each pair once, whichever side comes first."""
    packed = np.unique(np.minimum(left, right) << 32 | np.maximum(left, right))
    return packed >> 32, packed & 0xFFFFFFFF


def open_in(keys: KeyArray, classes: npt.NDArray[np.int64], are_open: AreOpen) -> npt.NDArray[np.bool_]:
    """Whether each key is open for the community and in its class."""
    found = are_open(COMMUNITY, keys)
    for scope, here in by_scope(classes):
        if scope != COMMUNITY:
            found[here] &= are_open(scope, keys[here])
    return found
