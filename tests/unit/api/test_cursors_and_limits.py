"""Cursors say nothing and fit nobody else; limits refill."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.api.cursors import Cursors
from projections.api.limits import Limits
from projections.api.problems import ProblemError

_POSITION = ["2026-01-01T00:00:00.000Z", "3b5e"]


def test_a_cursor_fits_its_viewer_and_question_alone(tmp_path: Path) -> None:
    """Another viewer, another question, another key, a changed character: the same refusal."""
    cursors = Cursors(tmp_path / "cursor.key")
    sealed = cursors.seal("a", {"country": "NZL", "type": None}, _POSITION)
    assert cursors.open("a", {"country": "NZL"}, sealed) == _POSITION
    assert sealed != cursors.seal("a", {"country": "NZL"}, _POSITION)
    assert "3b5e" not in sealed
    for viewer, question in (("b", {"country": "NZL"}), ("a", {"country": "AUS"}), ("a", {})):
        with pytest.raises(ProblemError, match="another question"):
            cursors.open(viewer, question, sealed)
    with pytest.raises(ProblemError):
        Cursors(tmp_path / "other.key").open("a", {"country": "NZL"}, sealed)


@given(st.text(max_size=80))
def test_any_text_is_no_cursor(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """And nothing but the refusal comes of it."""
    with pytest.raises(ProblemError, match="another question"):
        Cursors(tmp_path_factory.getbasetemp() / "any.key").open("a", {}, text)


def test_limits_refill() -> None:
    """A burst, then so many a second; each name on its own."""
    now = [0.0]
    limits = Limits(2, 3, lambda: now[0])
    for _ in range(3):
        limits.take("a")
    with pytest.raises(ProblemError) as refused:
        limits.take("a")
    assert (refused.value.status, refused.value.headers) == (429, {"Retry-After": "1"})
    limits.take("b")
    now[0] = 0.5
    limits.take("a")
