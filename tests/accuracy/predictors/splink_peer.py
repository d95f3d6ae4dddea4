"""Splink over a file of columns, run by the Python of its own environment.

``splink_peer.py em IN.parquet OUT.parquet`` estimates m by EM on the file itself, over two blocking rules;
``splink_peer.py labels LABELLED.parquet MODEL.json`` estimates m from a file whose column ``seizure`` says what is
one, as Splink's documentation advises where labels exist; ``splink_peer.py model MODEL.json IN.parquet OUT.parquet``
predicts with that model. In all, u is estimated by random sampling and the prior from deterministic rules.

Comparisons follow Splink's advice for each kind of column: exact levels with term-frequency adjustment, then nearer and
farther ones; lists by intersection; dates by distance. OUT has unique_id_l, unique_id_r, match_probability of all
pairs compared.
"""

import logging
import sys
import warnings
from typing import Any

import splink.comparison_level_library as cll  # type: ignore[import-not-found]  # it lives in its own environment
import splink.comparison_library as cl  # type: ignore[import-not-found]  # likewise
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

_SEED = 11
_SAMPLED = 1e6


def comparisons() -> list[Any]:
    """What is compared, and at which levels."""
    return [
        cl.CustomComparison(
            output_column_name="date",
            comparison_levels=[
                cll.CustomLevel('"month_l" IS NULL OR "month_r" IS NULL', "blank"),
                cll.CustomLevel('"day_l" = "day_r"', "same day"),
                cll.CustomLevel('abs(date_diff(\'day\', "day_l"::DATE, "day_r"::DATE)) <= 1', "a day apart"),
                cll.CustomLevel('abs(date_diff(\'day\', "day_l"::DATE, "day_r"::DATE)) <= 5', "days apart"),
                cll.CustomLevel('("day_l" IS NULL OR "day_r" IS NULL) AND "month_l" = "month_r"', "month"),
                cll.CustomLevel('"yearday_l" = "yearday_r"', "same day of another year"),
                cll.CustomLevel('abs(date_diff(\'day\', "day_l"::DATE, "day_r"::DATE)) <= 35', "a month apart"),
                cll.ElseLevel(),
            ],
        ),
        cl.CustomComparison(
            output_column_name="amount",
            comparison_levels=[
                cll.NullLevel("amount"),
                cll.ExactMatchLevel("amount", term_frequency_adjustments=True),
                cll.ArrayIntersectLevel("amounts", 1),
                cll.PercentageDifferenceLevel("mass", 0.01),
                cll.CustomLevel('"digits_l" = "digits_r" AND length("digits_l") >= 3', "same digits"),
                cll.ArrayIntersectLevel("amounts_rounded", 1),
                cll.PercentageDifferenceLevel("mass", 0.06),
                cll.ElseLevel(),
            ],
        ),
        cl.CustomComparison(
            output_column_name="substances",
            comparison_levels=[
                cll.NullLevel("substances"),
                cll.ExactMatchLevel("main_substance", term_frequency_adjustments=True),
                cll.ArrayIntersectLevel("substances", 1),
                cll.ElseLevel(),
            ],
        ),
        cl.CustomComparison(
            output_column_name="place",
            comparison_levels=[
                cll.NullLevel("place"),
                cll.ExactMatchLevel("place", term_frequency_adjustments=True),
                cll.DistanceInKMLevel("latitude", "longitude", 15),
                cll.JaroWinklerLevel("place_text", 0.9),
                cll.DistanceInKMLevel("latitude", "longitude", 100),
                cll.JaroWinklerLevel("place_text", 0.8),
                cll.ElseLevel(),
            ],
        ),
        cl.ExactMatch("country").configure(term_frequency_adjustments=True),
        cl.JaroWinklerAtThresholds("region", [0.9, 0.75]),
        cl.CustomComparison(
            output_column_name="tracking",
            comparison_levels=[
                cll.NullLevel("tracking"),
                cll.ExactMatchLevel("tracking"),
                cll.DamerauLevenshteinLevel("tracking", 1),
                cll.ElseLevel(),
            ],
        ),
        cl.ArrayIntersectAtSizes("names", [1]),
        cl.ArrayIntersectAtSizes("marks", [1]),
        cl.ExactMatch("departure").configure(term_frequency_adjustments=True),
        cl.ExactMatch("destination").configure(term_frequency_adjustments=True),
        cl.ExactMatch("transport").configure(term_frequency_adjustments=True),
        cl.ExactMatch("hiding").configure(term_frequency_adjustments=True),
        cl.ExactMatch("agency"),
    ]


def blocking() -> list[Any]:
    """Which pairs are compared: those with an amount in common, exactly, rounded or by its digits, and those tracked.

    Rules without the amount (a country, substance and week) compare twice as many pairs, find six in a hundred more of
    the true ones, and cost more F1 than that: seizures of one flight agree in all but the amount.
    """
    exploded = {"arrays_to_explode": ["amounts_rounded"]}
    return [
        block_on("country", "week", "amounts_rounded", **exploded),
        block_on("country", "week_shifted", "amounts_rounded", **exploded),
        block_on("country", "month", "amounts_rounded", **exploded),
        block_on("country", "day", "main_substance", "digits"),
        block_on("country", "main_substance", "amount"),
        block_on("country", "main_substance", "digits"),
        block_on("month", "main_substance", "amounts", arrays_to_explode=["amounts"]),
        block_on("country", "day", "mass_step", "main_substance"),
        block_on("country", "day", "mass_step_shifted", "main_substance"),
        block_on("tracking"),
    ]


def main() -> None:
    """Train, predict, write."""
    mode, *paths = sys.argv[1:]
    warnings.simplefilter("ignore")
    if mode == "em":
        source, target = paths
        linker = _linker(source, _settings())
        _prepare(linker)
        # EM over one rule cannot learn what the rule fixes, so there are two; where nothing is tracked, another one.
        shipments = (
            block_on("tracking", "month") if _any_tracked(source) else block_on("place", "day", "main_substance")
        )
        for rule in (shipments, block_on("amount", "main_substance", "country", "month")):
            linker.training.estimate_parameters_using_expectation_maximisation(rule)
        _predict(linker, target)
    elif mode == "labels":
        source, model = paths
        linker = _linker(source, _settings())
        _prepare(linker)
        linker.training.estimate_m_from_label_column("seizure")
        linker.misc.save_model_to_json(model, overwrite=True)
    else:
        model, source, target = paths
        _predict(_linker(source, model), target)


def _any_tracked(source: str) -> bool:
    seen = DuckDBAPI().duckdb_con.read_parquet(source)
    return bool(seen.filter("tracking IS NOT NULL").limit(1).fetchall())


def _settings() -> Any:
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=comparisons(),
        blocking_rules_to_generate_predictions=blocking(),
        retain_matching_columns=False,
    )


def _linker(source: str, settings: Any) -> Any:
    api = DuckDBAPI()
    data = api.register(api.duckdb_con.read_parquet(source), table_name="incidents")
    return Linker(data, settings, log_level=logging.ERROR)


def _prepare(linker: Any) -> None:
    certain = [block_on("tracking"), block_on("country", "day", "main_substance", "amount")]
    linker.training.estimate_probability_two_random_records_match(certain, recall=0.6)
    linker.training.estimate_u_using_random_sampling(max_pairs=_SAMPLED, seed=_SEED)


def _predict(linker: Any, target: str) -> None:
    predicted = linker.inference.predict(threshold_match_probability=0.0)
    wanted = predicted.query_sql("SELECT unique_id_l, unique_id_r, match_probability FROM {this}")
    wanted.to_parquet(target, overwrite=True)


if __name__ == "__main__":
    main()
