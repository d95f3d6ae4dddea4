"""What is watched is met by what is the same once it is normalised; and is told to who may see both."""

from datetime import timedelta
from typing import Any

import pycountry
import pytest

from schemas.policies import policy_class
from schemas.watch import Watch
from stream_processors.alert.finding import Finding
from stream_processors.alert.judging import Told
from stream_processors.alert.regions import region_name, region_of
from stream_processors.reference.countries import UNLISTED_CODES
from tests.unit.alert.world import NOON, facts, report, special, told, watch
from tests.unit.match.worlds import incident_id

_ENTITIES = [
    {"kind": "COMPANY", "name": "Golden Dragon Trading Co., Ltd.", "role": "SENDER", "identifier": "CN-123 456"},
    {"kind": "VESSEL", "name": "MV Ever Given", "role": "CARRIER", "identifier": "IMO 9811000"},
    {"kind": "VENDOR_HANDLE", "name": "Dr_Feelgood", "role": "VENDOR", "identifier": None},
]
_WAY = [{"role": "DEPARTURE", "country": "CHN"}, {"role": "DESTINATION", "country": "NZL"}]
_SHIPMENT = {"reference": "RB 123 456 789 CN"}
_MARKED = [{"packaging_mark": "Blue Dolphin"}]
_FENTANYL = "PJMPHNIQZUBGLI-UHFFFAOYSA-N"


def _incident(number: int = 1, **body: Any) -> bytes:
    stated = {"entities": _ENTITIES, "route": _WAY, "shipment": _SHIPMENT, "concealment": _MARKED}
    return report(number, **stated | body)


def _met(*values: bytes, by: Watch) -> list[Told]:
    return [each for each in told([by, *facts(values)]).values() if each.finding.kind == "WATCHED"]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("COMPANY", "golden dragon trading"),
        ("COMPANY", "CN123456"),
        ("VESSEL", "Ever Given MV"),
        ("VESSEL", "imo9811000"),
        ("HANDLE", "dr feelgood"),
        ("REFERENCE", "rb123456789cn"),
        ("MARK", "BLUE DOLPHIN"),
        ("SUBSTANCE", _FENTANYL),
        ("PLACE", "auckland"),
        ("PLACE", "NZL"),
        ("ROUTE", "CHN>NZL"),
    ],
)
def test_what_is_the_same_meets_it(kind: str, value: str) -> None:
    """However it is written; and nothing else."""
    [found] = _met(_incident(), by=watch(1, kind, value))
    assert found.finding.incidents == ((incident_id(1), 1),)
    assert found.finding.severity == "HIGH"
    other = "NZL>CHN" if kind == "ROUTE" else "something else 77"
    assert _met(_incident(), by=watch(1, kind, other)) == []


def test_it_counts_from_when_it_was_set_until_it_ends() -> None:
    """By when incidents were admitted; past its end, and after somebody ended it, nothing more is met."""
    days = [NOON + timedelta(days=n) for n in (-1, 1, 5, 9)]
    values = [_incident(n, at=at) for n, at in enumerate(days)]

    def met(*said: Watch) -> list[int]:
        found = [each.finding for each in told([*said, *facts(values)]).values() if each.finding.kind == "WATCHED"]
        return [len(each.incidents) for each in found]

    begun = watch(1, "REFERENCE", "RB123456789CN")
    assert met(begun) == [3]
    assert met(watch(1, "REFERENCE", "RB123456789CN", until=NOON + timedelta(days=4))) == [1]
    assert met(begun, watch(1, "REFERENCE", "RB123456789CN", revision=2, active=False, at=days[3])) == [2]
    assert met(watch(1, "REFERENCE", "RB123456789CN", revision=2, active=False, at=days[2]), begun) == [1]


def _alerts(values: list[bytes], by: Watch) -> dict[tuple[int, ...], Finding]:
    return {each.classes: each.finding for each in _met(*values, by=by)}


def test_it_carries_the_policies_of_the_watch_and_of_the_incident() -> None:
    """Who sees the watch alone is told of what the community sees; a restricted incident is told under both."""
    mine, theirs = policy_class("agency-9", ("agency:a",)), policy_class("agency-2", ("country:FJI",))
    by = watch(1, "MARK", "blue dolphin", audience=("agency:a",), agency_id="agency-9")
    restricted = _incident(2, audience=["country:FJI"], tlp="AMBER")
    found = _alerts([_incident(1), restricted], by)
    assert found.keys() == {(mine,), tuple(sorted((mine, theirs)))}
    assert [id_ for id_, _ in found[mine,].incidents] == [incident_id(1)]
    assert len(found[tuple(sorted((mine, theirs)))].incidents) == 2
    assert _alerts([restricted], watch(1, "MARK", "blue dolphin")).keys() == {(theirs,)}


def test_a_restricted_incident_alerts_its_audience_alone() -> None:
    """And not again, where the community's says as much."""
    name = {"items": [{"substance_text": "blue dust", "amount_text": "3", "unit_text": "g"}]}
    theirs = policy_class("agency-2", ("country:FJI",))
    restricted = report(2, audience=["country:FJI"], tlp="AMBER", **name)
    assert [each.classes for each in told(facts([restricted])).values()] == [(theirs,)]
    assert [each.classes for each in told(facts([restricted, report(1, **name)])).values()] == [()]


def test_hits_are_told_one_by_one_and_then_in_steps() -> None:
    """Ten are listed; each quarter is an alert of its own."""
    values = [_incident(n, at=NOON + timedelta(hours=n)) for n in range(25)]
    by = watch(1, "PLACE", "NZL")
    said = {count: _met(*values[:count], by=by)[0].finding for count in (1, 2, 10, 11, 19, 20, 25)}
    assert [each.reasons[0].value for each in said.values()] == ["1", "2", "10", "10", "10", "20", "20"]
    assert said[19] == said[11]
    assert len(_met(*values, _incident(99, at=NOON + timedelta(days=60)), by=by)) == 2


def test_a_special_alert_is_passed_on() -> None:
    """Under its own id, to its audience, as its author wrote it; the last revision holds, and one withdrawn is gone."""
    said = special(1, audience=("country:FJI",), tlp="AMBER", incidents=(incident_id(1),))
    [(id_, found)] = told([said]).items()
    assert (id_, found.classes) == (said.alert_id, (policy_class("hq", ("country:FJI",)),))
    assert (found.finding.severity, found.finding.title) == ("HIGH", said.title)
    assert found.finding.incidents == ((incident_id(1), 0),)
    changed = special(1, revision=2, title="Nitazenes in tablets")
    assert [each.finding.title for each in told([changed, said]).values()] == ["Nitazenes in tablets"]
    assert told([said, special(1, revision=2, status="WITHDRAWN")]) == {}


def test_every_country_has_a_region() -> None:
    """Each code that the reference data can give."""
    codes = {country.alpha_3 for country in pycountry.countries} | set(UNLISTED_CODES)
    assert all(region_name(region_of(code) or "") for code in codes)
