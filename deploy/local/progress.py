"""What a caller hands in to show how far the stack has come."""

from typing import Protocol


class Progress(Protocol):
    """Receives one line for each step. Calls come from several threads at once."""

    def step(self, part: str, message: str, fraction: float | None) -> None:
        """Take note of a step of a part; fraction is in [0, 1], or None where the length is not known."""


class Silence:
    """The progress of callers that do not watch."""

    def step(self, part: str, message: str, fraction: float | None) -> None:
        """Take note of nothing."""
