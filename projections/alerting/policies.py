"""The policies of alerts and watches: all of one must allow a viewer. Pure.

A record may name further policies under ``also``, of its later revisions: so the tables of a moment are filed
(`projections.as_of`).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from schemas.policies import COMMUNITY_CLASS
from schemas.said import audience_class

Content = Mapping[str, Any]
_ALSO = "also"


class Policy(NamedTuple):
    """A row of the table ``policy``; the community's is always there."""

    class_: int
    owner: str
    audience: list[str]


def policies_of_alert(content: Content) -> list[Policy]:
    """The policies of an alert, without that of the community."""
    return _named(_stated(content["policies"]), content)


def policies_of_watch(content: Content) -> list[Policy]:
    """The policies of a watch, without that of the community."""
    owner, audience = content["agency_id"], sorted(content["audience"])
    class_ = audience_class(owner, audience)
    return _named([] if class_ == COMMUNITY_CLASS else [Policy(class_, owner, audience)], content)


def classes(policies: Iterable[Policy]) -> list[int]:
    """The column ``policy_classes``: sorted; that of the community where there is no other."""
    return sorted({policy.class_ for policy in policies}) or [COMMUNITY_CLASS]


def with_policies(content: Content, further: Sequence[Policy]) -> Content:
    """The record, filed under further policies, too."""
    return {**content, _ALSO: list(further)}


def _stated(policies: Iterable[Mapping[str, Any]]) -> list[Policy]:
    return [Policy(policy["class"], policy["owner"], sorted(policy["audience"])) for policy in policies]


def _named(own: Sequence[Policy], content: Content) -> list[Policy]:
    found = {policy.class_: policy for policy in (*own, *content.get(_ALSO, ()))}
    return [found[class_] for class_ in sorted(found)]
