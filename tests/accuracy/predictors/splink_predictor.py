"""Splink behind the port, with thresholds chosen on another world."""

import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from tests.accuracy.predictors.features import features
from tests.accuracy.truth import same_seizure
from tests.benchmarks.peers.environments import UnavailableError, splink

_SCRIPT = Path(__file__).parent / "splink_peer.py"
_REVIEW_PER_1000 = 50
_LONGEST_S = 900
_LEAST = 0.001


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which probability on a pair is linked, and from which it is put to review."""

    linked: float
    review: float


@dataclass(slots=True)
class Splink:
    """Splink as one run: `model` is None for EM on the set itself, else a model made from labels (`labelled_model`)."""

    name: str
    thresholds: Thresholds
    model: Path | None = None
    _compared: pl.DataFrame | None = field(default=None, init=False)

    def __call__(self, enriched: pl.DataFrame) -> pl.DataFrame:
        """See `Predict`.

        Raises:
            UnavailableError: Splink cannot be installed or run here.
        """
        found = probabilities(enriched, self.model)
        self._compared = found.select("left", "right")
        linked = pl.col("probability") >= self.thresholds.linked
        return found.filter(pl.col("probability") >= min(self.thresholds.review, self.thresholds.linked)).select(
            "left", "right", "probability", outcome=pl.when(linked).then(pl.lit("linked")).otherwise(pl.lit("review"))
        )

    def compared(self) -> pl.DataFrame | None:
        """See `Predict`."""
        return self._compared

    def related(self) -> pl.DataFrame | None:
        """See `Predict`: it knows one relation, that of one seizure."""
        return None


def probabilities(enriched: pl.DataFrame, model: Path | None) -> pl.DataFrame:
    """left, right, probability of all pairs that Splink compares."""
    with tempfile.TemporaryDirectory(prefix="ionics-splink-") as folder:
        source, target = Path(folder) / "in.parquet", Path(folder) / "out.parquet"
        features(enriched).write_parquet(source)
        _run(["em", str(source), str(target)] if model is None else ["model", str(model), str(source), str(target)])
        found = pl.read_parquet(target)
    return found.select(
        left=pl.min_horizontal("unique_id_l", "unique_id_r"),
        right=pl.max_horizontal("unique_id_l", "unique_id_r"),
        probability=pl.col("match_probability").clip(0, 1),
    ).unique(["left", "right"], keep="first", maintain_order=True)


def labelled_model(enriched: pl.DataFrame, known: pl.DataFrame, model: Path) -> None:
    """Make a model whose m come from the truth of a world.

    Args:
        enriched: its incidents.
        known: incident_id, seizure.
        model: where to write it.
    """
    with tempfile.TemporaryDirectory(prefix="ionics-splink-") as folder:
        source = Path(folder) / "in.parquet"
        labelled = features(enriched).join(
            known.select(pl.col("incident_id").alias("unique_id"), "seizure"), on="unique_id", how="left"
        )
        labelled.write_parquet(source)
        _run(["labels", str(source), str(model)])


def chosen(found: pl.DataFrame, known: pl.DataFrame) -> Thresholds:
    """The thresholds of best F1, and for review of best F2 with at most 50 pairs of review per 1,000 incidents.

    Args:
        found: left, right, probability of all pairs compared in a world.
        known: incident_id, seizure of that world.
    """
    true = same_seizure(known)
    ranked = (
        found.join(true.with_columns(true=pl.lit(1)), on=["left", "right"], how="left")
        .sort("probability", descending=True)
        .with_columns(hits=pl.col("true").fill_null(0).cum_sum(), shown=pl.int_range(1, pl.len() + 1))
        .with_columns(
            f1=2 * pl.col("hits") / (pl.col("shown") + true.height),
            f2=5 * pl.col("hits") / (pl.col("shown") + 4 * true.height),
        )
    )
    best = ranked.sort("f1", descending=True, maintain_order=True).row(0, named=True)
    most = best["shown"] + known.height * _REVIEW_PER_1000 // 1000
    for_review = ranked.filter(pl.col("shown").is_between(best["shown"], most))
    second = for_review.sort("f2", descending=True, maintain_order=True).row(0, named=True)
    return Thresholds(float(best["probability"]), max(_LEAST, float(second["probability"])))


def _run(arguments: list[str]) -> None:
    command = [*splink(), str(_SCRIPT), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_LONGEST_S)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["nothing"]
        raise UnavailableError(f"Splink ended with {done.returncode}: {said[-1][:200]}")
