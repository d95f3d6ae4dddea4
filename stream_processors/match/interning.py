"""Texts as small integers, so that columns of them can be compared at once.

An interner only grows, and which number a text gets is seen by nobody outside: filling it is not a change of state.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

Ids = npt.NDArray[np.int32]
_FIRST_CAPACITY = 64
NONE = 0
"""The number of what is not stated."""


def _said(texts: Iterable[str]) -> list[str | None]:
    return [text or None for text in texts]


class Derived:
    """What follows from each text of an interner, by its number; made when it is first asked for.

    Args:
        texts: of the interner, which adds to them.
        make: a value for each of some texts.
        type_: of the values.
    """

    def __init__(self, texts: Sequence[str], make: Callable[[Sequence[str]], Any], type_: type[np.generic]) -> None:
        self._texts, self._make = texts, make
        self._made, self._values = 0, np.empty(_FIRST_CAPACITY, type_)

    def of(self, numbers: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The values of numbers."""
        known = len(self._texts)
        if self._made < known:
            if len(self._values) < known:
                grown = np.empty(max(known, 2 * len(self._values)), self._values.dtype)
                grown[: self._made] = self._values[: self._made]
                self._values = grown
            self._values[self._made : known] = self._make(self._texts[self._made : known])
            self._made = known
        found: npt.NDArray[Any] = self._values[numbers]
        return found


class Interner:
    """Numbers for the texts of one kind; 0 is null."""

    def __init__(self) -> None:
        self._numbers: dict[str | None, int] = {None: NONE}
        self._texts: list[str] = [""]
        self._said = Derived(self._texts, _said, np.object_)

    def ids(self, texts: pl.Series) -> Ids:
        """The numbers of a column of texts (String); a text not met before gets one."""
        listed, numbers = texts.to_list(), self._numbers
        for text in dict.fromkeys(listed):
            if text not in numbers:
                numbers[text] = len(self._texts)
                self._texts.append(text)
        return np.fromiter(map(numbers.__getitem__, listed), np.int32, len(listed))

    def text(self, number: int) -> str | None:
        """The text of a number, None for 0."""
        return None if number == NONE else self._texts[number]

    def texts(self, numbers: npt.NDArray[Any]) -> list[str]:
        """The texts of many numbers; empty for 0."""
        return [self._texts[number] for number in numbers.tolist()]

    def said(self, numbers: npt.NDArray[Any]) -> npt.NDArray[np.object_]:
        """Of each number its text, None for 0."""
        return self._said.of(numbers)

    def __len__(self) -> int:
        return len(self._texts)
