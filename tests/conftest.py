"""Fixtures: one running deployment for all tests that only add to it, and fresh ones for those that break things."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

from deploy.agencies import add_agencies
from deploy.deployment import prepare
from schemas.directory import Agency
from schemas.settings import Settings
from tests.ids.finding import BESIDE
from tests.ids.finding import ids_file as found_ids_file
from tests.running import Running, engine_answers, local, with_containers

# The same examples in every run, so that a failure is of the change at hand; `make explore` draws new ones. And no
# deadlines: how long an example takes says more of the machine than of the code.
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.settings.register_profile("exploring", print_blob=True, deadline=None)
hypothesis.settings.load_profile("exploring" if os.environ.get("IONICS_EXPLORE") == "1" else "repeatable")


def pytest_report_header() -> str:
    """Say which kind of stack the tests use."""
    return (
        "containers: used" if engine_answers() else "containers: not run (no engine answers); the local stack is used"
    )


def _fresh() -> Iterator[Running]:
    home = Path(tempfile.mkdtemp(prefix="ionics-test-"))
    with with_containers(home) if engine_answers() else local(home) as running:
        prepare(running.settings)
        yield running
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    """The deployment that tests share."""
    yield from _fresh()


@pytest.fixture
def fresh() -> Iterator[Running]:
    """A deployment of the test's own, which it may break."""
    yield from _fresh()


@pytest.fixture
def settings(running: Running) -> Settings:
    """Settings of the shared deployment: topics made, schemas published, read store migrated."""
    return running.settings


@pytest.fixture
def writer_url(settings: Settings) -> str:
    """The read store, as the projector."""
    return settings.database_url


@pytest.fixture
def reader_url(settings: Settings) -> str:
    """The read store, as readers."""
    return settings.reader_url


@pytest.fixture
def make_agency(settings: Settings) -> Callable[..., str]:
    """Add an agency with its key to the shared deployment; returns its id."""

    def make(agency_id: str, country: str | None = "NZL", agency_type: str = "CUSTOMS") -> str:
        add_agencies(settings, [Agency(agency_id, agency_id, agency_type, country)])
        return agency_id

    return make


@pytest.fixture(scope="session")
def ids_file() -> Path:
    """The UNODC IDS file: `IONICS_IDS_FILE`, else in `../shared/data` beside the checkout."""
    path = found_ids_file()
    if path is not None:
        return path
    absent = f"the UNODC IDS file is absent: put it at {BESIDE} or set IONICS_IDS_FILE"
    if os.environ.get("IONICS_REQUIRE_IDS") == "1":
        pytest.fail(f"IONICS_REQUIRE_IDS=1, but {absent}")
    pytest.skip(absent)
