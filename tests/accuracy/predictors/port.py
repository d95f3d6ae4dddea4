"""The port behind which everyone is measured."""

from typing import Protocol

import polars as pl


class Predict(Protocol):
    """Finds the reports of one seizure.

    Attributes:
        name: as the tables show it.
    """

    @property
    def name(self) -> str:
        """As the tables show it."""

    def __call__(self, enriched: pl.DataFrame) -> pl.DataFrame:
        """What it says of a set of incidents.

        Args:
            enriched: the incidents as the match stage gets them (`tests.accuracy.enriching.enriched`).

        Returns:
            `tests.accuracy.metrics.judged.PREDICTED`: left, right, probability or null, ``linked`` or ``review``.
        """

    def compared(self) -> pl.DataFrame | None:
        """left, right of all pairs that the last call compared; None where it does not tell."""

    def related(self) -> pl.DataFrame | None:
        """What the last call related, as one seizure or otherwise (`tests.accuracy.metrics.correlated.CORRELATED`).

        None for who finds reports of one seizure alone.
        """
