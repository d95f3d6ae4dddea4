"""Makes the model that comes with the program again, to the byte: ``python -m tests.accuracy.shipping``.

It is learned without labels from a generated world that is measured nowhere and tuned on nowhere; only the thresholds
are chosen, on other worlds (seeds 101 to 103).
"""

import sys
from pathlib import Path

from stream_processors.match.levels import FIELDS, FREQUENT, LEVELS, STRATA, UNSTATED
from stream_processors.match.model import Model, Stratum, Surprise, Thresholds
from stream_processors.match.training.learning import learn
from tests.accuracy.measuring import world

SHIPPED = Path(__file__).parents[2] / "stream_processors" / "match" / "model" / "shipped.json"
INCIDENTS, SEED = 40_000, 5_001
THRESHOLDS = Thresholds(
    duplicate_linked={"other_agency": 997_250, "same_agency": 997_250, "shared_name": 999_999},
    duplicate_review=58_000,
    related_linked=10_000,
    related_review=6_000,
)


def blank() -> Model:
    """The model to begin with: limits and thresholds, and no weights."""
    nothing = Stratum(weights={field: {level: 0 for level in LEVELS[field] if level != UNSTATED} for field in FIELDS})
    return Model(
        name="blank",
        key_limit=50,
        prior=0,
        strata=dict.fromkeys(STRATA, nothing),
        surprise=dict.fromkeys((*FREQUENT, "concealment", "modus"), Surprise(unseen=0)),
        chance=0,
        thresholds=THRESHOLDS,
    )


def shipped() -> Model:
    """The model, learned."""
    made = world(INCIDENTS, SEED)
    return learn([made.enriched], "shipped with the program; learned from a generated world", base=blank()).model


if __name__ == "__main__":
    SHIPPED.write_bytes(shipped().to_json())
    sys.stdout.write(f"wrote {SHIPPED}\n")
