"""Texts as small integers, so that columns of them can be compared at once.

An interner only grows, and which number a text gets is seen by nobody outside: filling it is not a change of state.
"""

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

Ids = npt.NDArray[np.int32]
NONE = 0
"""The number of what is not stated."""


def ranks(texts: Iterable[str]) -> npt.NDArray[np.uint64]:
    """A place for each text in an order that is the same wherever and whenever: 64 bits of BLAKE2b, 0 for none."""
    digests = b"".join(hashlib.blake2b(text.encode(), digest_size=8).digest() if text else bytes(8) for text in texts)
    return np.frombuffer(digests, ">u8").astype(np.uint64)


class Interner:
    """Numbers for the texts of one kind; 0 is null."""

    def __init__(self) -> None:
        self._numbers: dict[str | None, int] = {None: NONE}
        self._texts: list[str] = [""]
        self._ranks = ranks([""])

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

    def ranks(self, numbers: npt.NDArray[Any]) -> npt.NDArray[np.uint64]:
        """Of each number the rank of its text: numbers themselves depend on what came first."""
        if len(self._ranks) < len(self._texts):
            self._ranks = np.concatenate([self._ranks, ranks(self._texts[len(self._ranks) :])])
        found: npt.NDArray[np.uint64] = self._ranks[numbers]
        return found

    def __len__(self) -> int:
        return len(self._texts)
