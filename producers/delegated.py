"""What the secretariat may publish of a delegated report: nothing that tells whose report it was.

What is left of each field stands in one plan. Codes and numbers about the substance and the way it went are kept. Free
text, and the owner's own country wherever it stands, are questions: a person at the secretariat confirms, replaces or
leaves out each of them. Everything else is left out, a field that the plan does not know too. A day becomes its month,
and a deadline the full hour before it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from schemas.errors import InvalidIncidentError
from schemas.incident import COMMUNITY, DatePrecision, Incident, IncidentContent, Tlp, validate_content

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

KEPT, ASKED, COUNTRY, LEFT_OUT = "kept", "asked", "asked where it is the owner's", "left out"
_PLACE = {"country": COUNTRY, "country_text": ASKED, "place_text": ASKED, "locode": LEFT_OUT}
PLAN: Mapping[str, Any] = {
    "incident_type": KEPT,
    "occurred_on": KEPT,
    "occurred_precision": KEPT,
    "location": _PLACE
    | {"subdivision_text": ASKED, "installation_text": ASKED}
    | dict.fromkeys(("subdivision", "iata", "place_language", "place_type", "installation"), LEFT_OUT)
    | dict.fromkeys(("latitude_udeg", "longitude_udeg", "accuracy_m"), LEFT_OUT),
    "items": [
        dict.fromkeys(("substance_text", "amount_text", "unit_text"), ASKED)
        | dict.fromkeys(("form", "purity_pct", "identified_by", "hs_code"), KEPT)
    ],
    "route": [{"role": KEPT, "asserted_by": KEPT, **_PLACE}],
    "routing_direction": LEFT_OUT,  # as seen from the owner
    "transport_mode": KEPT,
    "carrier_type": KEPT,
    "transport_text": ASKED,
    "concealment": [{"code": KEPT, "text": ASKED, "packaging_mark": ASKED}],
    "trafficking_channel": KEPT,
    "shipment": {"status": KEPT}
    | dict.fromkeys(("reference", "carrier", "expected_place_text", "declared_goods"), ASKED)
    | dict.fromkeys(("expected_locode", "expected_on", "declared_value", "declared_currency"), LEFT_OUT),
    "action_requested": KEPT,
    "act_before": KEPT,
    "entities": [{"kind": KEPT, "role": KEPT, "name": ASKED, "identifier": ASKED, "country": COUNTRY}],
    "documents": LEFT_OUT,
    "operation_id": ASKED,
    "audience": LEFT_OUT,
    "tlp": LEFT_OUT,
    "handling": KEPT,
    "handling_text": ASKED,
    "reliability": KEPT,
    "credibility": KEPT,
    "narrative": ASKED,
    "language": LEFT_OUT,
    "contact_id": LEFT_OUT,
    "source_system": LEFT_OUT,
    "delegation": LEFT_OUT,
}
_OPENNESS = (Tlp.RED, Tlp.AMBER_STRICT, Tlp.AMBER, Tlp.GREEN, Tlp.CLEAR)
_STEP = re.compile(r"([a-z_]+)(?:\[(\d+)\])?")


@dataclass
class DelegatedDraft:
    """What would be published, and what a person must say to it first.

    Attributes:
        revision: of the delegated report.
        content: what is kept; list entries stand where they stood.
        texts: path, such as ``items[0].substance_text`` → what the owner wrote there.
        left_out: paths of what is not published, whatever is answered.
    """

    revision: int
    content: dict[str, Any]
    texts: dict[str, str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


def draft_of(incident: Incident) -> DelegatedDraft:
    """What is left of a delegated report.

    Raises:
        InvalidIncidentError: NOT_DELEGATED, or WITHDRAWN by its owner.
    """
    if incident.delegation is None:
        raise InvalidIncidentError("NOT_DELEGATED", "delegation", "its owner has not delegated it")
    if incident.event_type == "WITHDRAWN":
        raise InvalidIncidentError("WITHDRAWN", "event_type", "its owner has withdrawn it")
    found = DelegatedDraft(incident.revision, {})
    stated = incident.model_dump(include=set(IncidentContent.model_fields))
    found.content = _left(stated, PLAN, "", incident.reporting_country, found)
    if incident.occurred_precision is DatePrecision.DAY:
        month = incident.occurred_on.replace(day=1)
        found.content |= {"occurred_on": month, "occurred_precision": DatePrecision.MONTH}
    if incident.act_before is not None:
        found.content["act_before"] = _full_hour(incident.act_before)
    return found


def content_of(
    incident: Incident,
    answers: Mapping[str, str | None],
    contact: str,
    audience: Sequence[str] | None = None,
    tlp: Tlp | None = None,
) -> IncidentContent:
    """What is published, once every question has its answer.

    Args:
        incident: the delegated report.
        answers: path → the text to publish there, None for nothing.
        contact: the secretariat's own, by role.
        audience: to whom, if not to all whom the owner allows.
        tlp: the label, if not the most open one that the owner allows.

    Raises:
        InvalidIncidentError: as `draft_of`; UNANSWERED or NO_QUESTION with the path; WIDER than the owner allows; or
            the result breaks a rule.
    """
    draft, allowed = draft_of(incident), incident.delegation
    assert allowed is not None  # noqa: S101  # a draft is of what is delegated
    for path in draft.texts:
        if path not in answers:
            raise InvalidIncidentError("UNANSWERED", path, "confirm, replace or leave out what the owner wrote here")
    for path, text in answers.items():
        if path not in draft.texts:
            raise InvalidIncidentError("NO_QUESTION", path, "there is nothing to answer here")
        if text is not None:
            _put(draft.content, path, text)
    audience, tlp = list(audience or allowed.audience), tlp or allowed.tlp
    if COMMUNITY not in allowed.audience and not set(audience) <= set(allowed.audience):
        raise InvalidIncidentError("WIDER", "audience", f"its owner allows {' '.join(allowed.audience)}")
    if _OPENNESS.index(tlp) > _OPENNESS.index(allowed.tlp):
        raise InvalidIncidentError("WIDER", "tlp", f"its owner allows {allowed.tlp} at the most")
    return validate_content(_pruned(draft.content) | {"audience": audience, "tlp": tlp, "contact_id": contact})


def _left(value: Any, plan: Any, path: str, country: str | None, found: DelegatedDraft) -> Any:
    if value is None or value == []:
        return None
    if isinstance(plan, dict):
        steps = ((name, each, f"{path}.{name}".lstrip(".")) for name, each in value.items())
        kept = {name: _left(each, plan.get(name, LEFT_OUT), where, country, found) for name, each, where in steps}
        return {name: each for name, each in kept.items() if each is not None}
    if isinstance(plan, list):
        return [_left(each, plan[0], f"{path}[{number}]", country, found) for number, each in enumerate(value)]
    if plan == KEPT or (plan == COUNTRY and value != country):
        return value
    if plan == LEFT_OUT:
        found.left_out.append(path)
    else:
        found.texts[path] = value
    return None


def _put(content: dict[str, Any], path: str, text: str) -> None:
    *steps, last = path.split(".")
    here = content
    for step in steps:
        name, number = _STEP.fullmatch(step).groups()  # type: ignore[union-attr]  # a path of a draft
        here = here[name] if number is None else here[name][int(number)]
    here[last] = text


def _pruned(content: dict[str, Any]) -> dict[str, Any]:
    """Without the entries of which nothing is left that says anything."""
    places = ("country", "country_text", "place_text")
    route = [leg for leg in content.get("route", ()) if any(name in leg for name in places)]
    entities = [entity for entity in content.get("entities", ()) if "name" in entity]
    concealment = [each for each in content.get("concealment", ()) if each]
    shipment = content.get("shipment") or None
    lists = {"route": route, "entities": entities, "concealment": concealment, "shipment": shipment}
    return {"location": {}, **content, **lists}


def _full_hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
