"""What the secretariat's commands make of a draft, and what they call the state of a report."""

import io

import orjson
import pytest

from cli.delegation import answers_in, state_of
from schemas.errors import InvalidIncidentError

TEXTS = {"narrative": None, "items[0].substance_text": "MDMA"}


def _file(content: bytes) -> io.BytesIO:
    file = io.BytesIO(content)
    file.name = "draft.json"
    return file


def test_an_edited_draft_holds_the_answers() -> None:
    """Only its texts count; what it shows of the content is for the reader."""
    draft = {"revision": 3, "texts": TEXTS, "content": {"agency_id": "other"}}
    assert answers_in(_file(orjson.dumps(draft)), 3) == TEXTS


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"texts": {}}', b'{"revision": 3, "texts": 5}', b'{"revision": 3, "texts": ["a"]}']
)
def test_what_is_no_draft_is_refused(content: bytes) -> None:
    """In one line."""
    with pytest.raises(InvalidIncidentError, match=r"draft\.json is no draft"):
        answers_in(_file(content), 3)


def test_a_draft_of_an_earlier_revision_is_refused() -> None:
    """What was confirmed is not what would go out."""
    with pytest.raises(InvalidIncidentError, match="REVISION"):
        answers_in(_file(orjson.dumps({"revision": 2, "texts": TEXTS})), 3)


@pytest.mark.parametrize(
    ("state", "changed", "withdrawn", "expected"),
    [
        (None, False, False, "waits"),
        (None, False, True, "withdrawn"),
        ("RESERVED", False, False, "begun, not yet published"),
        ("PUBLISHED", False, False, "published"),
        ("PUBLISHED", True, False, "changed since published"),
        ("PUBLISHED", True, True, "withdrawn since published"),
    ],
)
def test_where_a_report_stands(state: str | None, changed: bool, withdrawn: bool, expected: str) -> None:
    """As the desk needs to know it."""
    assert expected == state_of({"state": state, "changed": changed, "withdrawn": withdrawn})
