"""What agencies watch: form, what holds of several revisions, and until when."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from schemas.codec import frame
from schemas.codes import codes
from schemas.errors import InvalidIncidentError
from schemas.reading import Record
from schemas.watch import Watch, Watches, WatchKind

ID = "00000000-0000-4000-8000-00000000000a"
AT = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
BY = ("nzl", "nzl-customs")
CONTENT: dict[str, Any] = {
    "kind": "COMPANY",
    "value": "Shanghai Lotus Trading",
    "reason": "named in two seizures",
    "audience": ["agency:nzl-customs"],
    "until": None,
}


def _record(value: bytes | None) -> Record:
    return Record("ionics.watches", 0, 0, 0, None, value, ())


def test_the_kinds_are_those_of_the_code_list() -> None:
    """Which people read with their labels."""
    assert codes("watch_kind") == {kind.value for kind in WatchKind}


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"value": " "}, "BLANK"),
        ({"reason": " "}, "BLANK"),
        ({"kind": "PERSON"}, "ENUM"),
        ({"kind": "ROUTE", "value": "China to New Zealand"}, "ROUTE_FORM"),
        ({"audience": ["COMMUNITY", "country:NZL"]}, "AUDIENCE_FORM"),
        ({"until": AT}, "PAST"),
    ],
    ids=str,
)
def test_what_breaks_a_rule_is_refused_by_its_name(wrong: dict[str, Any], code: str) -> None:
    """A route has a form, since nothing else says which country is which."""
    with pytest.raises(InvalidIncidentError) as caught:
        Watches().begun(ID, CONTENT | wrong, BY, AT)
    assert caught.value.code == code


def test_a_route_has_two_countries() -> None:
    """From and to."""
    assert Watches().begun(ID, CONTENT | {"kind": "ROUTE", "value": "CHN>NZL"}, BY, AT).route == ("CHN", "NZL")
    assert Watches().begun(ID, CONTENT, BY, AT).route is None


def test_it_holds_until_it_ends() -> None:
    """By itself, or when somebody ends it; once."""
    watches = Watches()
    watches.take(watches.begun(ID, CONTENT | {"until": AT + timedelta(days=1)}, BY, AT))
    assert watches.held[ID].holds_at(AT)
    assert not watches.held[ID].holds_at(AT + timedelta(days=1))
    watches.take(watches.ended(ID, ("other", BY[1]), AT))
    assert not watches.held[ID].holds_at(AT)
    assert watches.held[ID].value == CONTENT["value"]
    with pytest.raises(InvalidIncidentError, match="ended before"):
        watches.ended(ID, BY, AT)


def test_what_holds_does_not_depend_on_order() -> None:
    """A body comes back as it was; the highest revision holds, then the greatest bytes."""
    first = Watches().begun(ID, CONTENT, BY, AT)
    assert Watch.of_body(first.body()) == first
    said = [first, first.model_copy(update={"value": "a"}), first.model_copy(update={"revision": 2, "active": False})]
    values = [frame(1) + each.body() for each in said]
    found = [Watches().fold(map(_record, (*order, None, b"x"))).held for order in permutations(values)]
    assert all(held == found[0] for held in found)
    assert not found[0][ID].active
