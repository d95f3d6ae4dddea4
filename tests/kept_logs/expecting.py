"""What the views of a log must say, folded from the admitted incidents one by one: no view, no table, no enrichment.

Only of what agencies stated and admission noted: what the reference data makes of it may change with every version.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from projections.replay.source import Source
from schemas.codec import RecordCodec, unframe
from schemas.topics import INCIDENTS

Facts = dict[str, Any]


def expected(source: Source) -> Facts:
    """As of half of the admissions, and in the end: the current revisions, and what follows from them."""
    admitted = sorted(admitted_of(source), key=lambda each: each["admission"]["admitted_at"])
    moments = [admitted[len(admitted) // 2]["admission"]["admitted_at"], admitted[-1]["admission"]["admitted_at"]]
    return {moment.isoformat(): _at(admitted, moment) for moment in moments}


def admitted_of(source: Source) -> Iterator[dict[str, Any]]:
    """The records of `ionics.incidents`, each under the schema that it was written with."""
    dictionary = source.dictionary()
    for batch in source.batches(INCIDENTS.name, source.spans(INCIDENTS.name)):
        for value in batch["value"]:
            schema_id, body = unframe(value)
            yield RecordCodec(dictionary.schemas[schema_id]).decode(body)


def _at(admitted: list[dict[str, Any]], moment: datetime) -> Facts:
    known = [each for each in admitted if each["admission"]["admitted_at"] <= moment]
    current = dict[str, dict[str, Any]]()
    for each in known:
        incident = each["incident"]
        held = current.get(incident["incident_id"])
        if held is None or held["incident"]["revision"] < incident["revision"]:
            current[incident["incident_id"]] = each
    counted = [each["incident"] for each in current.values() if each["incident"]["event_type"] != "WITHDRAWN"]
    reported = dict[str, list[int]]()
    for incident in counted:
        sums = reported.setdefault(incident["agency_id"], [0, 0])
        sums[0] += 1
        sums[1] += len(incident["items"])
    return {
        "incidents": {id_: _facts(each) for id_, each in sorted(current.items())},
        "revisions": sorted([e["incident"]["incident_id"], e["incident"]["revision"]] for e in known),
        "community": sum("COMMUNITY" in incident["audience"] for incident in counted),
        "reported": reported,
    }


def _facts(each: dict[str, Any]) -> Facts:
    incident, admission = each["incident"], each["admission"]
    stated = ("agency_id", "source_ref", "revision", "event_type", "incident_type", "tlp", "reason")
    noted = ("content_digest",)
    return {
        **{name: incident[name] for name in stated},
        **{name: admission[name] for name in noted},
        "admitted_at": admission["admitted_at"].isoformat(),
        "audience": sorted(incident["audience"]),
        "items": [[item["substance_text"], item["amount_text"], item["unit_text"]] for item in incident["items"]],
    }
