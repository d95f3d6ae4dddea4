"""Incidents as the match stage gets them: admitted, through the real stage of enrichment, decoded into columns."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from producers.importers import Draft, read_ids
from schemas.codec import codec, frame
from schemas.columnar import ROW, ColumnarDecoder
from schemas.identity import content_digest, event_id, partition_of
from schemas.reading import Record
from schemas.topics import INCIDENTS
from stream_processors.enrich import Enrichment
from stream_processors.reference import Reference
from tests.accuracy.labelled import id_of
from tests.unit.stream_processors.world import DICTIONARY, SCHEMAS

BATCH = 20_000
"""Incidents enriched at once; the worker's batch."""
_IMPORTED_AFTER = timedelta(days=400)


def enriched(bodies: Iterable[dict[str, Any]]) -> pl.DataFrame:
    """The incidents as `EnrichedDecoder` of the projector gives them: one row each, in order, numbered in ``_row``.

    Args:
        bodies: incidents as `schemas.incident.Incident` takes them, each by its revision 1.
    """
    batches = list(enriched_batches(bodies))
    return pl.concat(batches).drop(ROW).with_row_index(ROW)


def enriched_batches(bodies: Iterable[dict[str, Any]]) -> Iterator[pl.DataFrame]:
    """The same in batches of `BATCH`, for worlds that are too large at once."""
    stage = Enrichment(SCHEMAS, _reference(), 1)
    id_ = DICTIONARY.id_of("enriched")
    decoder = ColumnarDecoder(DICTIONARY.schemas[id_])
    incidents, offset = iter(bodies), 0
    while batch := list(islice(incidents, BATCH)):
        records = [_admitted(body, offset + place) for place, body in enumerate(batch)]
        offset += len(records)
        done = stage.process(records)
        stage.apply(done.delta)
        decoded = decoder.decode(id_, [output.value or b"" for output in done.outputs])
        if decoded.faults or decoded.columns.height != len(batch):
            raise ValueError(f"{len(decoded.faults)} incidents of a batch do not decode")
        yield decoded.columns


def real_bodies(path: Path) -> Iterator[dict[str, Any]]:
    """The incidents that the importer makes of the IDS file, in its order."""
    for draft in read_ids(path):
        if not isinstance(draft, Draft):
            continue
        id_ = id_of(draft)
        content = draft.content.model_dump()
        yield content | {
            "incident_id": id_,
            "event_id": event_id(id_, 1),
            "source_ref": draft.source_ref,
            "revision": 1,
            "event_type": "REPORTED",
            "reason": None,
            "reported_at": _noon(content["occurred_on"]) + _IMPORTED_AFTER,
            "reporting_country": draft.reporting_country,
            "agency_id": draft.agency_id,
            "provenance": {"producer_id": draft.agency_id, "sdk_version": "0", "importer": draft.importer},
        }


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


@cache
def _reference() -> Reference:
    return Reference.load()


_ENCODE = codec("admitted").encode
_FRAME = frame(DICTIONARY.id_of("admitted"))


def _admitted(body: dict[str, Any], offset: int) -> Record:
    """The record of truth of a body. Nobody signs here: key, signature and fingerprint are blank."""
    key = body["incident_id"].encode()
    partition = partition_of(key)
    digest = content_digest(body)
    admission = {
        "admitted_event_id": body["event_id"],
        "submission_partition": partition,
        "submission_offset": offset,
        "admitted_at": body["reported_at"],
        "directory_offset": 1,
        "rules_version": "1",
        "superseded": False,
        "doubts": [],
        "content_digest": digest,
        "signed_digest": digest,
        "key_id": "",
        "algorithm": "Ed25519",
        "signature": b"",
        "schema_fingerprint": "",
    }
    value = _FRAME + _ENCODE({"admission": admission, "incident": body})
    return Record(INCIDENTS.name, partition, offset, int(body["reported_at"].timestamp() * 1000), key, value, ())
