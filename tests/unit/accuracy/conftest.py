"""A small world of one country, so that the gazetteer reads one country's towns."""

import polars as pl
import pytest

from tests.accuracy.enriching import enriched
from tests.accuracy.world import Report, Scale, reports


@pytest.fixture(scope="session")
def few() -> list[Report]:
    """Its reports."""
    return list(reports(Scale(150, seed=3, dominant=0.9999, again=0.3, near=0, networked=0)))


@pytest.fixture(scope="session")
def columns(few: list[Report]) -> pl.DataFrame:
    """The same, enriched."""
    return enriched(report.body for report in few)
