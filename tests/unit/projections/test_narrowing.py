"""A case without some of its members: what remains is what the remaining links say."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from projections.matching.narrowing import without
from projections.matching.reading import read_current
from tests.unit.projections.matches import Matches, admitted_at, incident_id


def _case(*seizures: list[int]) -> dict[str, Any]:
    found = Matches()
    found.case(*seizures)
    return read_current(found.records[0])


def _canonical(case: Any) -> dict[str, str]:
    return {member["incident_id"]: member["canonical_id"] for member in case["members"]}


def test_nothing_goes_where_nobody_does() -> None:
    """The whole case is itself."""
    case = _case([0, 1, 2], [3], [4, 5])
    assert without(case, []) == case


def test_the_next_one_stands_for_a_seizure_whose_first_is_gone() -> None:
    """Links were 0-1 and 1-2: the others are one seizure still."""
    assert _canonical(without(_case([0, 1, 2]), {incident_id(0)})) == dict.fromkeys(
        (incident_id(1), incident_id(2)), incident_id(1)
    )


def test_who_is_linked_to_nobody_leaves() -> None:
    """0 and 2 were linked to 1 alone; nothing says that they belong together."""
    case = without(_case([0, 1, 2]), {incident_id(1)})
    assert (case["members"], case["links"]) == ([], [])


_NUMBERS = range(8)


@given(
    st.sets(st.tuples(st.sampled_from(_NUMBERS), st.sampled_from(_NUMBERS), st.booleans())),
    st.sets(st.sampled_from(_NUMBERS)),
)
def test_it_is_the_case_of_the_remaining_links(pairs: set[tuple[int, int, bool]], gone: set[int]) -> None:
    """Whatever was linked to whom: taking members away is never having had their links."""
    links = [
        {"left": incident_id(one), "right": incident_id(other), "kind": "DUPLICATE" if same else "SAME_NETWORK"}
        for one, other, same in sorted(pairs)
        if one != other
    ]
    members = [{"incident_id": incident_id(n), "admitted_at": admitted_at(n), "canonical_id": ""} for n in _NUMBERS]
    hidden = {incident_id(number) for number in gone}
    kept = [link for link in links if hidden.isdisjoint((link["left"], link["right"]))]
    found = without({"members": members, "links": links}, hidden)
    assert found == without({"members": members, "links": kept}, [])
    assert hidden.isdisjoint(_canonical(found))
    for link in kept:
        same = _canonical(found)[str(link["left"])] == _canonical(found)[str(link["right"])]
        assert same or link["kind"] != "DUPLICATE"
    order = {incident_id(number): number for number in _NUMBERS}
    assert all(order[canonical] <= order[id_] for id_, canonical in _canonical(found).items())
