"""What tests of detectors share."""

import pytest

from stream_processors.alert import history


@pytest.fixture
def short_history(monkeypatch: pytest.MonkeyPatch) -> None:
    """A scope has a history after three incidents and ten days."""
    monkeypatch.setattr(history, "ENOUGH_INCIDENTS", dict.fromkeys((history.WORLD, history.REGION, history.ELSE), 3))
    monkeypatch.setattr(history, "ENOUGH_DAYS", 10)
