"""How deadlines, fields and documents are written on the command line."""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pytest

from cli.request_amending import _field
from cli.requesting import due_of, referred

_NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("48h", _NOW + timedelta(hours=48)),
        ("5 d", _NOW + timedelta(days=5)),
        ("30min", _NOW + timedelta(minutes=30)),
        ("2026-04-01", datetime(2026, 4, 1, tzinfo=UTC)),
        ("2026-04-01T12:00+02:00", datetime(2026, 4, 1, 10, tzinfo=UTC)),
    ],
)
def test_a_deadline_is_a_span_of_time_or_a_moment(text: str, due: datetime) -> None:
    """In UTC where nothing is said."""
    assert due_of(text, _NOW) == due


@pytest.mark.parametrize("text", ["soon", "48", "-5d", ""])
def test_what_is_no_deadline_is_refused(text: str) -> None:
    """With what to write."""
    with pytest.raises(click.BadParameter, match="48h"):
        due_of(text, _NOW)


def test_a_document_is_its_reference(tmp_path: Path) -> None:
    """Of a file: what it is, its size and its hash."""
    path = tmp_path / "label.jpg"
    path.write_bytes(b"jpeg")
    digest = hashlib.sha256(b"jpeg").hexdigest()
    stated = {"media_type": "image/jpeg", "sha256": digest, "size_bytes": 4, "title": "label.jpg"}
    assert referred(path) == stated
    assert referred(path.rename(tmp_path / "label"))["media_type"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("narrative=the blue one = 2", ("narrative", "the blue one = 2")),
        ('items=[{"substance_text":"x"}]', ("items", [{"substance_text": "x"}])),
        ("transport_mode=null", ("transport_mode", None)),
    ],
)
def test_a_field_is_json_or_text(text: str, field: tuple[str, Any]) -> None:
    """As a whole."""
    assert _field(text) == field


def test_a_field_has_a_name_and_a_value() -> None:
    """Else it is none."""
    with pytest.raises(click.BadParameter, match="FIELD=VALUE"):
        _field("narrative")
