"""One loaded `Reference` for all tests: it is immutable in all that shows."""

import pytest

from stream_processors.reference import Reference


@pytest.fixture(scope="session")
def reference() -> Reference:
    """The reference data as shipped."""
    return Reference.load()
