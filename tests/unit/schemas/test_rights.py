"""Who may judge pairs of incidents that it sees."""

import pytest

from schemas.directory import FocalPoint
from schemas.errors import ForbiddenError
from schemas.rights import require_judge

OWNERS = {"a": "nzl-customs", "b": "aus-police", "c": "fji-customs"}


def _person(*rights: str) -> FocalPoint:
    return FocalPoint("nzl", "nzl-customs", "NZL", "issuer", "nzl", frozenset(rights))


def test_an_agency_judges_pairs_with_an_incident_of_its_own() -> None:
    """And no others, unless the person coordinates."""
    require_judge(_person(), [("a", "b"), ("c", "a")], OWNERS)
    with pytest.raises(ForbiddenError, match=r"needs the right coordinate.*neither b nor c is of nzl-customs"):
        require_judge(_person("read", "publish"), [("a", "b"), ("b", "c")], OWNERS)
    require_judge(_person("coordinate"), [("b", "c")], OWNERS)
