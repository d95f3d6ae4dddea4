"""Enrichment: the admitted bytes, unchanged, and behind them what the reference data says of each reported text."""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.codec import RecordCodec, codec, frame
from schemas.dictionary import versions
from schemas.identity import PARTITIONS
from schemas.topics import DEAD_LETTERS, INCIDENTS, enriched
from stream_processors.enrich import Enrichment, group
from stream_processors.reference import Reference
from stream_processors.runtime import MemoryCluster, MemoryLog, Output, Worker
from tests.strategies import ADMISSIONS, bodies
from tests.unit.stream_processors.world import DICTIONARY, SCHEMAS, body, drain, values

REFERENCE = Reference.load()
TOPIC = enriched(1).name
ADMITTED_FRAME, ENRICHED_FRAME = frame(DICTIONARY.id_of("admitted")), frame(DICTIONARY.id_of("enriched"))


@dataclass
class Raising:
    """The reference data, but one resolver raises."""

    resolver: str

    def __getattr__(self, name: str) -> Any:
        if name == self.resolver:
            raise RuntimeError(f"{name} is broken")
        return getattr(REFERENCE, name)


def _worker(cluster: MemoryCluster, batch: int = 100, reference: Any = REFERENCE) -> Worker[Any]:
    log = MemoryLog(cluster, group(1), INCIDENTS.name, PARTITIONS)
    return Worker(log, Enrichment(SCHEMAS, reference, 1), batch)


def _cluster(records: list[dict[str, Any]]) -> MemoryCluster:
    """Admitted incidents, with submission offsets that rise as they do in the log."""
    cluster = MemoryCluster()
    for offset, record in enumerate(records):
        partition = offset % 2
        placed = record | {"admission": record["admission"] | {"submission_offset": offset}}
        value = ADMITTED_FRAME + codec("admitted").encode(placed)
        cluster.append(Output(INCIDENTS.name, partition, record["incident"]["incident_id"].encode(), value))
    return cluster


ADMITTED = st.fixed_dictionaries({"admission": ADMISSIONS, "incident": bodies()})
_SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def _plain_admitted(**fields: Any) -> dict[str, Any]:
    admission = {
        "admitted_event_id": "e",
        "submission_partition": 0,
        "admitted_at": body()["reported_at"],
        "directory_offset": 1,
        "rules_version": "1",
        "superseded": False,
        "doubts": [],
        "content_digest": "c",
        "signed_digest": "s",
        "key_id": "k",
        "algorithm": "Ed25519",
        "signature": b"",
        "schema_fingerprint": "f",
    }
    return {"admission": admission, "incident": body() | fields}


def expected(incident: dict[str, Any]) -> dict[str, Any]:
    """The enrichment of one incident, field by field, straight from the reference data."""
    on, precision, where = incident["occurred_on"], incident["occurred_precision"], incident["location"]
    first, last = REFERENCE.period(on, precision)
    country = REFERENCE.country(where["country_text"], where["country"])
    place = REFERENCE.place(
        where["place_text"],
        country.country,
        locode=where["locode"],
        iata=where["iata"],
        subdivision=where["subdivision_text"],
    )
    reported = where["latitude_udeg"] is not None
    legs = [REFERENCE.country(leg["country_text"], leg["country"]) for leg in incident["route"]]
    return {
        "reference_version": REFERENCE.version,
        "period_first": first,
        "period_last": last,
        "period": REFERENCE.period_label(on, precision),
        "place_country": country.country,
        "place_country_how": country.how,
        "place_id": place.place_id,
        "place_name": place.name,
        "place_latitude_udeg": where["latitude_udeg"] if reported else place.latitude_udeg,
        "place_longitude_udeg": where["longitude_udeg"] if reported else place.longitude_udeg,
        "place_how": "reported" if reported else place.how,
        "legs": [{"country": leg.country, "how": leg.how} for leg in legs],
        "substances": [_expected_item(item, on, precision) for item in incident["items"]],
        "error": None,
    }


def _expected_item(item: dict[str, Any], on: Any, precision: Any) -> dict[str, Any]:
    match = REFERENCE.substance(item["substance_text"])
    quantity = REFERENCE.quantity(item["amount_text"], item["unit_text"], match.substance_id)
    id_ = match.substance_id
    return {
        "substance_id": id_,
        "candidates": list(match.candidates),
        "substance_class": match.substance_class,
        "subclass": match.subclass,
        "effect_group": match.effect_group,
        "active_substance_id": match.active_substance_id,
        "substance_how": match.how,
        "substance_confidence": match.confidence,
        "schedules": list(REFERENCE.schedules(id_, on, precision)) if id_ else [],
        "schedule_listed": REFERENCE.has_schedule_rows(id_) if id_ else False,
        "amount": quantity.amount,
        "unit": quantity.unit,
        "mass_ug": quantity.mass_ug,
        "mass_source": quantity.mass_source,
        "plausibility": quantity.plausibility,
    }


@settings(_SLOW, max_examples=25)
@given(records=st.lists(ADMITTED, min_size=1, max_size=4))
def test_an_enriched_incident_is_the_admitted_bytes_and_the_enrichment(records: list[dict[str, Any]]) -> None:
    """Same partition and key; read with the composed schema it is the admitted record and what is expected of it."""
    cluster = _cluster(records)
    drain(_worker(cluster))
    admitted, found = values(cluster, INCIDENTS.name), values(cluster, TOPIC)
    assert len(admitted) == len(found)
    for (number, key, before, _), (partition, same_key, value, _) in zip(admitted, found, strict=True):
        record = codec("enriched").decode_canonical(value[5:])
        assert (number, key) == (partition, same_key)
        assert value.startswith(ENRICHED_FRAME + before[5:])
        assert codec("admitted").decode(before[5:]) == record["admitted"]
        assert expected(record["admitted"]["incident"]) == record["enrichment"]


def test_a_known_substance_and_place_are_resolved() -> None:
    """So that the expectation above is not of blanks alone."""
    cluster = _cluster([_plain_admitted()])
    drain(_worker(cluster))
    [(_, _, value, _)] = values(cluster, TOPIC)
    found = codec("enriched").decode(value[5:])["enrichment"]
    assert (found["place_country"], found["period"]) == ("NZL", "2023-05")
    assert (found["substances"][0]["mass_ug"], found["substances"][0]["substance_confidence"]) == (12_000_000, "medium")


def test_each_version_of_the_schema_keeps_its_own_bytes_and_frame() -> None:
    """The body was signed as it is; a worker that starts anew finds its place after either version."""
    record = _plain_admitted()
    cluster = MemoryCluster()
    pairs = sorted(DICTIONARY.composed_ids("enriched").items())
    assert len(pairs) == len(versions("enriched"))
    for offset, (schema_id, _) in enumerate(pairs):
        admission = record["admission"] | {"submission_offset": offset}
        body_ = RecordCodec(DICTIONARY.schemas[schema_id]).encode(record | {"admission": admission})
        cluster.append(Output(INCIDENTS.name, 0, b"key", frame(schema_id) + body_))
        drain(_worker(cluster))
        cluster.positions.clear()
    found = values(cluster, TOPIC)
    assert len(found) == len(pairs)
    for (_, _, value, _), (_, composed) in zip(found, pairs, strict=True):
        assert value.startswith(frame(composed))
        read = RecordCodec(DICTIONARY.schemas[composed]).decode_canonical(value[5:])
        assert expected(body()) == read["enrichment"]


@settings(_SLOW, max_examples=12)
@given(
    records=st.lists(ADMITTED, min_size=1, max_size=6),
    cuts=st.lists(st.integers(1, 3), max_size=5),
    restarts=st.sets(st.integers(0, 5)),
)
def test_neither_cuts_nor_restarts_change_a_byte(
    records: list[dict[str, Any]], cuts: list[int], restarts: set[int]
) -> None:
    """Whatever was remembered from texts met before."""
    whole, cut = _cluster(records), _cluster(records)
    drain(_worker(whole))
    running = _worker(cut)
    for number, limit in enumerate(cuts):
        running = _worker(cut) if number in restarts else running
        running._limit = limit
        running.step(0)
    drain(running)
    assert values(whole, TOPIC) == values(cut, TOPIC)
    cut.positions.clear()
    drain(_worker(cut))
    assert values(whole, TOPIC) == values(cut, TOPIC)


@pytest.mark.parametrize("resolver", ["substance", "schedules", "quantity", "country", "place", "has_schedule_rows"])
def test_a_resolver_that_raises_loses_no_incident(resolver: str) -> None:
    """Everything of that incident is unresolved, with the error; one item for each, one leg for each."""
    items = [body()["items"][0], body()["items"][0] | {"substance_text": "heroin"}]
    cluster = _cluster([_plain_admitted(items=items), _plain_admitted(route=[])])
    drain(_worker(cluster, reference=Raising(resolver)))
    found = [codec("enriched").decode_canonical(value[5:])["enrichment"] for _, _, value, _ in values(cluster, TOPIC)]
    assert [(len(each["substances"]), len(each["legs"])) for each in found] == [(2, 1), (1, 0)]
    assert all(f"{resolver} is broken" in each["error"] for each in found)
    assert {"unresolved"} == {each["place_how"] for each in found}
    assert {"UNREADABLE"} == {item["plausibility"] for each in found for item in each["substances"]}
    assert values(cluster, DEAD_LETTERS.name) == []


@pytest.mark.parametrize("damaged", [b"", ADMITTED_FRAME, frame(9) + b"body", ADMITTED_FRAME + b"\xff" * 9])
def test_bytes_that_are_no_admitted_incident_are_put_aside_whole(damaged: bytes) -> None:
    """They cannot have come from admission; the others are enriched."""
    cluster = _cluster([_plain_admitted(), _plain_admitted()])
    cluster.append(Output(INCIDENTS.name, 0, b"key", damaged))
    drain(_worker(cluster))
    [(_, key, value, headers)] = values(cluster, DEAD_LETTERS.name)
    assert (b"key", damaged, b"enrich") == (key, value, dict(headers)["ionics-dl-stage"])
    assert len(values(cluster, TOPIC)) == 2


@pytest.mark.parametrize(
    "poison", [None, b"x", frame(9) + b"body", ADMITTED_FRAME + b"x", ENRICHED_FRAME + b"\xff" * 9]
)
def test_a_fresh_enrichment_gets_over_what_no_enrichment_wrote(poison: bytes | None) -> None:
    """Bytes at the end of its own output: it skips what it had done before them, and goes on."""
    cluster = _cluster([_plain_admitted(), _plain_admitted()])
    drain(_worker(cluster))
    cluster.append(Output(TOPIC, 0, b"key", poison))
    cluster.positions.clear()
    drain(_worker(cluster))
    assert len(values(cluster, TOPIC)) == 3
