"""Comparing what names a consignment, a mark, a company, a vessel or a vendor: the tokens of two incidents."""

import re
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import OSA
from rapidfuzz.process import cpdist

from stream_processors.match.index import spread
from stream_processors.match.levels import NUMBERS
from stream_processors.match.store import Store

Rows = npt.NDArray[np.int64]
Levels = npt.NDArray[np.int8]
REFERENCE, MARK, ENTITY = "reference", "packaging_mark", "entity"
_LONG = 8
_LAST_DIGITS = re.compile(r"(\d\D*){1,4}$")
TOKEN_FIELDS = (REFERENCE, MARK, ENTITY)


def compare_tokens(store: Store, left: Rows, right: Rows) -> dict[str, tuple[Levels, npt.NDArray[np.int64]]]:
    """Level of each field of tokens, and the number of the first token that both have, 0 where none.

    They differ only where both state tokens of one kind: a vessel is no other company.
    """
    pairs = len(left)
    found = {field: (np.zeros(pairs, np.int8), np.zeros(pairs, np.int64)) for field in TOKEN_FIELDS}
    counts = store.rows["token_count"]
    many_left, many_right = counts[left].astype(np.int64), counts[right].astype(np.int64)
    combined = many_left * many_right
    total = int(combined.sum())
    if not total:
        return found
    pair = np.repeat(np.arange(pairs), combined)
    number = spread(np.zeros(pairs, np.int64), combined, total)
    ours = store.rows["tokens"][left][pair] + number // many_right[pair]
    theirs = store.rows["tokens"][right][pair] + number % many_right[pair]
    kind = store.tokens["token_kind"]
    same_kind = kind[ours] == kind[theirs]
    token = store.tokens["token"][ours]
    same = same_kind & (token == store.tokens["token"][theirs])
    for field, is_of in kinds_of_tokens(store).items():
        here = is_of[kind[ours]]
        level, shared = found[field]
        level[pair[same_kind & here]] = NUMBERS[field]["differs"]
        if field == REFERENCE:
            level[pair[_mistyped(store, ours, theirs, same_kind & here & ~same)]] = NUMBERS[field]["similar"]
        level[pair[same & here]] = 1
        agreeing = np.flatnonzero(same & here)[::-1]
        shared[pair[agreeing]] = token[agreeing]  # the first one is written last
    return found


def _mistyped(store: Store, ours: Rows, theirs: Rows, asked: npt.NDArray[np.bool_]) -> Rows:
    """Which of the pairs of references asked for are one typing error apart.

    Not where the error would lie in the last digits, as in numbers given out one after the other.
    """
    places, text = np.flatnonzero(asked), store.interned["token"].text
    one, two = (
        [text(token) or "" for token in store.tokens["token"][side[places]].tolist()] for side in (ours, theirs)
    )
    near = np.flatnonzero(cpdist(one, two, scorer=OSA.distance, score_cutoff=1, dtype=np.uint8) <= 1)
    kept = [n for n in near.tolist() if min(len(one[n]), len(two[n])) >= _LONG and _head(one[n]) != _head(two[n])]
    return places[kept]


def _head(text: str) -> str:
    return _LAST_DIGITS.sub("", text)


def kinds_of_tokens(store: Store) -> Mapping[str, npt.NDArray[np.bool_]]:
    """Of each field, whether a kind of token belongs to it, by the number of the kind."""
    interned = store.interned["token_kind"]
    names = [interned.text(number) for number in range(len(interned))]
    return {
        REFERENCE: np.array([name == REFERENCE for name in names]),
        MARK: np.array([name == MARK for name in names]),
        ENTITY: np.array([name not in (None, REFERENCE, MARK) for name in names]),
    }
