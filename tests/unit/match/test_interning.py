"""Texts as numbers."""

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from stream_processors.match.interning import NONE, Interner

_TEXTS = st.lists(st.none() | st.text(max_size=3), max_size=20)


@given(st.lists(_TEXTS, max_size=4))
def test_numbers_stand_for_texts_and_never_change(columns: list[list[str | None]]) -> None:
    """Equal texts have one number in whatever column they come; null has 0, and so has no other text."""
    interner, known = Interner(), dict[str | None, int]()
    for column in columns:
        numbers = interner.ids(pl.Series(column, dtype=pl.String)).tolist()
        for text, number in zip(column, numbers, strict=True):
            assert known.setdefault(text, number) == number
            assert interner.text(number) == text
            assert (number == NONE) == (text is None)
    assert len(set(known.values())) == len(known)
    assert len(interner) == len(set(known) - {None}) + 1


def test_texts_of_many_numbers() -> None:
    """Empty where nothing is stated."""
    interner = Interner()
    numbers = interner.ids(pl.Series(["b", None, "a"], dtype=pl.String))

    assert interner.texts(numbers) == ["b", "", "a"]
    assert interner.texts(np.empty(0, np.int32)) == []
