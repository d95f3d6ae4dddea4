"""The peers that are measured."""

from pathlib import Path

import polars as pl

from tests.accuracy.predictors.equality import EqualAttributes
from tests.accuracy.predictors.identity import EqualIdentity
from tests.accuracy.predictors.port import Predict
from tests.accuracy.predictors.splink_predictor import Splink, chosen, labelled_model, probabilities

SPLINK = "Splink, EM"
SPLINK_LABELS = "Splink, m from labels"
STRONG = (SPLINK, SPLINK_LABELS)
"""The peers of which the better one on a set has its F1 taken from the others'."""


def simple() -> list[Predict]:
    """The peers that need no preparation."""
    return [EqualAttributes(), EqualAttributes(identifiers_only=True), EqualIdentity()]


def splinks(enriched: pl.DataFrame, known: pl.DataFrame, folder: Path) -> list[Predict]:
    """Splink in both ways, tuned on a world that is measured nowhere else.

    Args:
        enriched: the incidents of that world.
        known: incident_id, seizure.
        folder: where the model made from labels is kept while it is used.

    Raises:
        UnavailableError: Splink cannot be installed or run here.
    """
    model = folder / "splink.json"
    labelled_model(enriched, known, model)
    return [
        Splink(SPLINK, chosen(probabilities(enriched, None), known)),
        Splink(SPLINK_LABELS, chosen(probabilities(enriched, model), known), model),
    ]
