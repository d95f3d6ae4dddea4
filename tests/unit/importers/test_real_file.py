"""The real IDS file: every row is accounted for, and the oracle counts the same."""

import importlib.util
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest

from producers.importers import Draft, agencies_of, read_ids

CHECKOUT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def oracle() -> ModuleType:
    """``tests/ids/oracle.py``."""
    spec = importlib.util.spec_from_file_location("ids_oracle", CHECKOUT / "tests/ids/oracle.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.ids
def test_against_the_oracle(ids_file: Path, oracle: ModuleType) -> None:
    """Items and rejects are the rows; incidents and agencies are those that the oracle counts."""
    expected = oracle.expected(ids_file)
    read = list(read_ids(ids_file))
    drafts = [each for each in read if isinstance(each, Draft)]
    agencies = (
        pl.DataFrame({"agency_id": [draft.agency_id for draft in drafts]}).group_by("agency_id").len().sort("agency_id")
    )

    assert expected.rejects == len(read) - len(drafts)
    assert expected.items == sum(draft.lines for draft in drafts) == sum(len(draft.content.items) for draft in drafts)
    assert expected.incidents == len(drafts) == len({draft.source_ref for draft in drafts})
    assert expected.agencies.rows() == agencies.rows()
    assert set(expected.agencies["agency_id"]) <= set(agencies_of(ids_file))
