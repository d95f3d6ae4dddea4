"""The rows of the tables that hold links, keys, judgements and cases, out of decoded records. Pure.

Of several records of one thing each function keeps the one that holds, so that an order does not matter.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
import polars as pl

from projections.copying import REPLACEMENT
from schemas.reading import Record

Content = Mapping[str, Any]
Records = Sequence[tuple[Record, Content]]

_TIME = pl.Datetime("ms", "UTC")
LINK = pl.Schema(
    {
        "left": pl.String(),
        "left_revision": pl.Int32(),
        "left_class": pl.Int64(),
        "left_admitted_at": _TIME,
        "right": pl.String(),
        "right_revision": pl.Int32(),
        "right_class": pl.Int64(),
        "right_admitted_at": _TIME,
        "model": pl.String(),
        "kind": pl.String(),
        "outcome": pl.String(),
        "possible_duplicate": pl.Boolean(),
        "duplicate_mbit": pl.Int32(),
        "duplicate_ppm": pl.Int32(),
        "related_mbit": pl.Int32(),
        "urgent": pl.Boolean(),
        "reasons": pl.String(),
        "keys": pl.String(),
        "written": pl.Int64(),
    }
)
LINK_KEY = ("left", "right", "left_revision", "right_revision")
MATCH_KEY = pl.Schema(
    {
        "key": pl.Int64(),
        "scope": pl.Int64(),
        "kind": pl.String(),
        "text": pl.String(),
        "closed": pl.Boolean(),
        "incidents": pl.Int32(),
        "written": pl.Int64(),
    }
)
JUDGEMENT = pl.Schema(
    {
        "left": pl.String(),
        "right": pl.String(),
        "revision": pl.Int32(),
        "verdict": pl.String(),
        "reason": pl.String(),
        "focal_point_id": pl.String(),
        "agency_id": pl.String(),
        "judged_at": _TIME,
        "body": pl.String(),
    }
)
CASE = pl.Schema(
    {
        "case_id": pl.String(),
        "policy_class": pl.Int64(),
        "version": pl.Int64(),
        "closed": pl.Boolean(),
        "changed_at": _TIME,
        "changes": pl.String(),
    }
)
CASE_MEMBER = pl.Schema(
    {
        "case_id": pl.String(),
        "incident_id": pl.String(),
        "revision": pl.Int32(),
        "admitted_at": _TIME,
        "canonical_id": pl.String(),
        "policy_class": pl.Int64(),
    }
)
CASE_LINK = pl.Schema(
    {
        "case_id": pl.String(),
        "left": pl.String(),
        "right": pl.String(),
        "kind": pl.String(),
        "verdict": pl.String(),
        "duplicate_ppm": pl.Int32(),
        "related_mbit": pl.Int32(),
        "policy_class": pl.Int64(),
    }
)


def link_rows(records: Records) -> pl.DataFrame:
    """Rows of the table ``link``: of each pair at the same revisions the one written last."""
    rows = [
        {
            **content["link"],
            "reasons": json_text(content["link"]["reasons"]),
            "keys": "{" + ",".join(map(str, content["link"]["keys"])) + "}",
            "written": record.offset,
        }
        for record, content in records
        if content["link"] is not None
    ]
    return last_of(rows, LINK, LINK_KEY, "written")


def key_rows(records: Records) -> pl.DataFrame:
    """Rows of the table ``match_key``: of each key and scope the one written last."""
    rows = [{**content["key"], "written": record.offset} for record, content in records if content["key"] is not None]
    return last_of(rows, MATCH_KEY, ("key", "scope"), "written")


def judgement_rows(records: Sequence[tuple[bytes, Content]]) -> pl.DataFrame:
    """Rows of the table ``judgement`` out of bodies and their contents: of each pair the one that holds."""
    rows = [{**content, "body": "\\x" + body.hex()} for body, content in records]
    return last_of(rows, JUDGEMENT, ("left", "right"), "revision", "body")


def case_rows(events: Sequence[Content]) -> pl.DataFrame:
    """Rows of the table ``case``, each case once."""
    rows = [
        {
            **event,
            "closed": not event["members"],
            "changed_at": event["at"],
            "changes": json_text(event["changes"]),
        }
        for event in events
    ]
    return framed(rows, CASE)


def member_rows(events: Sequence[Content]) -> pl.DataFrame:
    """Rows of the table ``case_member`` of cases, each case once."""
    return framed(_parts(events, "members"), CASE_MEMBER)


def case_link_rows(events: Sequence[Content]) -> pl.DataFrame:
    """Rows of the table ``case_link`` of cases, each case once."""
    return framed(_parts(events, "links"), CASE_LINK)


def latest(events: Iterable[Content]) -> dict[str, Content]:
    """Case id → its highest version among these."""
    found: dict[str, Content] = {}
    for event in events:
        if event["case_id"] not in found or found[event["case_id"]]["version"] < event["version"]:
            found[event["case_id"]] = event
    return found


def _parts(events: Sequence[Content], name: str) -> list[dict[str, Any]]:
    return [
        {**part, "case_id": event["case_id"], "policy_class": event["policy_class"]}
        for event in events
        for part in event[name]
    ]


def last_of(rows: list[dict[str, Any]], schema: pl.Schema, key: Sequence[str], *by: str) -> pl.DataFrame:
    """Of rows of one key the last in the order of ``by``, with the columns of the schema."""
    if not rows:
        return pl.DataFrame(schema=schema)
    return framed(rows, schema).sort(*key, *by).unique(key, keep="last", maintain_order=True)


def framed(rows: list[dict[str, Any]], schema: pl.Schema) -> pl.DataFrame:
    """Rows with the columns of the schema."""
    return pl.DataFrame([{name: row[name] for name in schema} for row in rows], schema=schema)


def json_text(value: Any) -> str:
    """A part of a record as PostgreSQL takes it for jsonb."""
    return orjson.dumps(_storable(value)).decode()


def _storable(value: Any) -> Any:
    """The same without U+0000, which a JSON of PostgreSQL cannot hold either."""
    if isinstance(value, str):
        return value.replace("\x00", REPLACEMENT)
    if isinstance(value, Mapping):
        return {name: _storable(part) for name, part in value.items()}
    return [_storable(part) for part in value] if isinstance(value, list) else value
