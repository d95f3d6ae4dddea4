"""Which cases a set of facts makes, straight from the rules and as slowly as they are written."""

from collections.abc import Iterable
from typing import Any

from schemas.codec import FRAME_BYTES, codec
from schemas.topics import JUDGEMENTS
from stream_processors.runtime import Output
from tests.unit.match_cases.facts import Standing

Facts = list[dict[str, Any]]


def expected(records: Iterable[Output]) -> Standing:
    """The cases of some records; only of one key and class is the last one the one that holds."""
    events: Facts = []
    judgements: Facts = []
    for record in records:
        value = record.value or b""
        if record.topic == JUDGEMENTS.name:
            judgements.append({**codec("judgement").decode(value[FRAME_BYTES:]), "bytes": value})
        else:
            events.append(codec("match_event").decode(value[FRAME_BYTES:]))
    links = [event["link"] for event in events if event["link"]]
    moves = [event["moved"] for event in events if event["moved"]]
    named = [(link[side], link[f"{side}_revision"]) for link in links for side in ("left", "right")]
    named += [(move["incident_id"], move["revision"]) for move in moves]
    current: dict[str, int] = {}
    for incident, revision in named:
        current[incident] = max(revision, current.get(incident, 0))
    withdrawn = {m["incident_id"] for m in moves if m["withdrawn"] and m["revision"] == current[m["incident_id"]]}
    closed = {(e["key"]["key"], e["key"]["scope"]): e["key"]["closed"] for e in events if e["key"]}
    counting: dict[tuple[str, str], tuple[int, bool]] = {}
    admitted = {}
    for link in links:
        left, right = link["left"], link["right"]
        admitted |= {left: link["left_admitted_at"], right: link["right_admitted_at"]}
        if (current[left], current[right]) != (link["left_revision"], link["right_revision"]):
            continue
        if {left, right} & withdrawn or link["left_class"] != link["right_class"]:
            continue
        said = [j for j in judgements if (j["left"], j["right"]) == (left, right)]
        verdict = max(said, key=lambda j: (j["revision"], j["bytes"]))["verdict"] if said else "NONE"
        scopes = (0, link["left_class"], link["right_class"])
        is_open = any(not any(closed.get((key, scope)) for scope in scopes) for key in link["keys"])
        if verdict in ("SAME", "RELATED") or (verdict == "NONE" and link["outcome"] == "LINKED" and is_open):
            duplicate = verdict == "SAME" or (verdict == "NONE" and link["kind"] == "DUPLICATE")
            counting[left, right] = (link["left_class"], duplicate)
    first = {incident: (at, incident) for incident, at in admitted.items()}
    case_of = _least_in_reach(counting, first)
    canonical = _least_in_reach({pair: of for pair, of in counting.items() if of[1]}, first)
    standing: Standing = {}
    for pair, (policy_class, _) in counting.items():
        for one in pair:
            standing.setdefault((policy_class, case_of[one]), {})[one] = canonical.get(one, one)
    return standing


def _least_in_reach(pairs: Iterable[tuple[str, str]], first: dict[str, Any]) -> dict[str, str]:
    least = {one: one for pair in pairs for one in pair}
    before: dict[str, str] = {}
    while before != least:
        before = dict(least)
        for left, right in pairs:
            least[left] = least[right] = min(least[left], least[right], key=first.__getitem__)
    return least
