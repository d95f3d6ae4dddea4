"""Splink over a file of columns; run by the Python of its own environment: ``splink_peer.py IN.parquet OUT.parquet``.

Comparisons follow Splink's advice for each kind of column: exact levels with term-frequency adjustment, then nearer and
farther ones; lists by intersection; dates by distance. u is estimated by random sampling, m by EM over two blocking
rules, the prior from deterministic rules. OUT has unique_id_l, unique_id_r, match_probability of all pairs compared.
"""

import logging
import sys
import warnings

import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

_SEED = 11


def comparisons() -> list:
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


def blocking() -> list:
    """Which pairs are compared."""
    return [
        block_on("country", "substances", "week", arrays_to_explode=["substances"]),
        block_on("country", "substances", "week_shifted", arrays_to_explode=["substances"]),
        block_on("country", "month", "amounts_rounded", arrays_to_explode=["amounts_rounded"]),
        block_on("country", "main_substance", "amount"),
        block_on("country", "main_substance", "digits"),
        block_on("month", "main_substance", "amounts", arrays_to_explode=["amounts"]),
        block_on("tracking"),
    ]


def main() -> None:
    """Train, predict, write."""
    source, target = sys.argv[1:]
    warnings.simplefilter("ignore")
    api = DuckDBAPI()
    data = api.register(api.duckdb_con.read_parquet(source), table_name="incidents")
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=comparisons(),
        blocking_rules_to_generate_predictions=blocking(),
        retain_matching_columns=False,
    )
    linker = Linker(data, settings, log_level=logging.ERROR)
    training = linker.training
    training.estimate_probability_two_random_records_match(
        [block_on("tracking"), block_on("country", "day", "main_substance", "amount")], recall=0.6
    )
    training.estimate_u_using_random_sampling(max_pairs=3e6, seed=_SEED)
    training.estimate_parameters_using_expectation_maximisation(block_on("country", "day", "main_substance"))
    training.estimate_parameters_using_expectation_maximisation(block_on("amount", "main_substance"))
    predicted = linker.inference.predict(threshold_match_probability=0.0)
    predicted.query_sql("SELECT unique_id_l, unique_id_r, match_probability FROM {this}").to_parquet(
        target, overwrite=True
    )


if __name__ == "__main__":
    main()
