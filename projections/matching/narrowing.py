"""A case as it would be without some of its members. Pure."""

from collections.abc import Collection, Mapping
from typing import Any

from projections.matching.rows import Content

_SAME = "DUPLICATE"


def without(case: Content, gone: Collection[str]) -> Content:
    """The case over the links that remain: who is linked to nobody leaves, and each seizure is what is still connected.

    Args:
        case: content of a case event.
        gone: incident ids.
    """
    left = [link for link in case["links"] if link["left"] not in gone and link["right"] not in gone]
    linked = {link[side] for link in left for side in ("left", "right")}
    members = [member for member in case["members"] if member["incident_id"] in linked]
    first = _firsts(members, left)
    return {
        **case,
        "links": left,
        "members": [{**member, "canonical_id": first[member["incident_id"]]} for member in members],
    }


def _firsts(members: list[Mapping[str, Any]], links: list[Mapping[str, Any]]) -> dict[str, str]:
    """Each incident with the first admitted of its seizure."""
    order = {m["incident_id"]: (m["admitted_at"], m["incident_id"]) for m in members}
    groups = {id_: {id_} for id_ in order}
    for link in links:
        if link["kind"] == _SAME and groups[link["left"]] is not groups[link["right"]]:
            groups[link["left"]] |= groups[link["right"]]
            for id_ in groups[link["right"]]:
                groups[id_] = groups[link["left"]]
    return {id_: min(group, key=order.__getitem__) for id_, group in groups.items()}
