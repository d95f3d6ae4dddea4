"""Hypothesis strategies: whole incidents with every field and in several scripts, batches of values, damaged bytes."""

import string
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import strategies as st

from schemas.codec import frame
from schemas.codes import codes
from schemas.identity import event_id, incident_id

DEPLOYMENT = "dev-test"

_SCRIPTS = (
    "azAZ09",
    "éßøñ'\"\\/",
    "фентанил",
    "芬太尼",
    "فنتانيل",
    "फेंटानिल",
    "ฟนตนิล",
    "💊\u200f\u202e",
    "\n\t\x7f\u2028",
    "e\u0301",
)
_CHARACTERS = st.sampled_from([*" ,.-=+@", *"".join(_SCRIPTS)]) | st.characters(
    exclude_categories=["Cs"], exclude_characters="\x00"
)


def texts(max_size: int = 12) -> st.SearchStrategy[str]:
    """Reported text: not empty, no NUL, in any script."""
    return st.text(_CHARACTERS, min_size=1, max_size=max_size)


def _of(name: str) -> st.SearchStrategy[str]:
    return st.sampled_from(sorted(codes(name)))


def _optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def _letters(size: int, alphabet: str = string.ascii_uppercase) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=size, max_size=size)


NAMES = st.from_regex(r"[a-z0-9][a-z0-9-]{0,62}", fullmatch=True)
ALPHA3 = _letters(3)
LOCODES = st.builds(str.__add__, _letters(2), _letters(3, string.ascii_uppercase + "23456789"))
LANGUAGES = st.sampled_from(["en", "ru", "zh-Hans", "sr-Latn-RS", "uz-Cyrl"])
DIGESTS = _letters(64, "0123456789abcdef")
DATES = st.dates(date(1900, 1, 1), date(9999, 12, 31))
MOMENTS = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999_000)).map(  # noqa: DTZ001  # UTC follows
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
)
DECIMALS = st.from_regex(r"-?(0|[1-9][0-9]{0,8})(\.[0-9]{1,6})?", fullmatch=True)
PERCENTAGES = st.sampled_from(["0", "0.5", "71.25", "99.999", "100"])

_ITEM = st.fixed_dictionaries(
    {
        "substance_text": texts(),
        "amount_text": _optional(texts()),
        "unit_text": _optional(st.sampled_from(["kg", "г", "tablets"]) | texts()),
        "form": _optional(_of("form")),
        "purity_pct": _optional(PERCENTAGES),
        "identified_by": _optional(_of("identified_by")),
        "hs_code": _optional(_letters(6, string.digits)),
    }
)
_POSITION = _optional(st.tuples(st.integers(-90_000_000, 90_000_000), st.integers(-180_000_000, 180_000_000)))
_LEG = st.fixed_dictionaries(
    {
        "role": _of("route_role"),
        "country": _optional(ALPHA3),
        "country_text": _optional(texts()),
        "locode": _optional(LOCODES),
        "place_text": _optional(texts()),
        "asserted_by": _optional(_of("asserted_by")),
    }
)
_CONCEALMENT = st.fixed_dictionaries(
    {"code": _optional(_of("concealment")), "text": _optional(texts()), "packaging_mark": _optional(texts())}
)
_SHIPMENT = st.fixed_dictionaries(
    {
        "reference": _optional(texts()),
        "status": _optional(_of("shipment_status")),
        "carrier": _optional(texts()),
        "expected_place_text": _optional(texts()),
        "expected_locode": _optional(LOCODES),
        "expected_on": _optional(st.dates()),
        "declared_goods": _optional(texts()),
        "declared_value": _optional(DECIMALS),
        "declared_currency": _optional(ALPHA3),
    }
)
_ENTITY = st.fixed_dictionaries(
    {
        "kind": _of("entity_kind"),
        "name": texts(),
        "role": _of("entity_role"),
        "identifier": _optional(texts()),
        "country": _optional(ALPHA3),
    }
)
_DOCUMENT = st.fixed_dictionaries(
    {
        "media_type": st.sampled_from(["application/pdf", "image/jpeg"]),
        "sha256": DIGESTS,
        "size_bytes": st.integers(0, 2**53 - 1),
        "title": _optional(texts()),
    }
)


@st.composite
def _locations(draw: st.DrawFn) -> dict[str, Any]:
    latitude, longitude = draw(_POSITION) or (None, None)
    return {
        "country": draw(_optional(ALPHA3)),
        "country_text": draw(_optional(texts())),
        "subdivision": draw(_optional(st.sampled_from(["NZ-AUK", "UA-46", "US-CA"]))),
        "subdivision_text": draw(_optional(texts())),
        "locode": draw(_optional(LOCODES)),
        "iata": draw(_optional(ALPHA3)),
        "place_text": draw(_optional(texts())),
        "place_language": draw(_optional(LANGUAGES)),
        "place_type": draw(_optional(_of("place_type"))),
        "latitude_udeg": latitude,
        "longitude_udeg": longitude,
        "accuracy_m": draw(_optional(st.integers(0, 20_100_000))),
        "installation": draw(_optional(_of("installation"))),
        "installation_text": draw(_optional(texts())),
    }


_SHARING = st.sampled_from(
    [
        ("CLEAR", ["COMMUNITY"]),
        ("GREEN", ["COMMUNITY"]),
        ("AMBER", ["COMMUNITY"]),
        ("AMBER", ["country:NZL", "agency:nzl-customs"]),
        ("AMBER_STRICT", ["group:opioids"]),
        ("RED", ["agency:nzl-customs"]),
    ]
)


@st.composite
def contents(draw: st.DrawFn) -> dict[str, Any]:
    """What an officer fills in, with every field present (null where it is not given)."""
    precision = draw(st.sampled_from(["DAY", "MONTH", "YEAR"]))
    occurred_on = draw(DATES)
    if precision != "DAY":
        occurred_on = occurred_on.replace(day=1, month=1 if precision == "YEAR" else occurred_on.month)
    tlp, audience = draw(_SHARING)
    handling = draw(_optional(_of("handling")))
    delegation = None
    if draw(st.integers(0, 3)) == 0:
        delegation = {"audience": audience, "tlp": tlp}
        tlp, audience = "RED", ["agency:secretariat"]
    return {
        "incident_type": draw(_of("incident_type")),
        "occurred_on": occurred_on,
        "occurred_precision": precision,
        "location": draw(_locations()),
        "items": draw(st.lists(_ITEM, min_size=1, max_size=3)),
        "audience": audience,
        "tlp": tlp,
        "route": draw(st.lists(_LEG, max_size=3)),
        "routing_direction": draw(_optional(_of("routing_direction"))),
        "transport_mode": draw(_optional(_of("transport_mode"))),
        "carrier_type": draw(_optional(_of("carrier_type"))),
        "transport_text": draw(_optional(texts())),
        "concealment": draw(st.lists(_CONCEALMENT, max_size=2)),
        "trafficking_channel": draw(_optional(_of("trafficking_channel"))),
        "shipment": draw(_optional(_SHIPMENT)),
        "action_requested": draw(_of("action_requested")),
        "act_before": draw(_optional(MOMENTS)),
        "entities": draw(st.lists(_ENTITY, max_size=2)),
        "documents": draw(st.lists(_DOCUMENT, max_size=2)),
        "operation_id": draw(_optional(NAMES)),
        "handling": handling,
        "handling_text": draw(texts()) if handling == "H3" else draw(_optional(texts())),
        "reliability": draw(_optional(_of("reliability"))),
        "credibility": draw(_optional(_of("credibility"))),
        "narrative": draw(_optional(texts(60))),
        "language": draw(_optional(LANGUAGES)),
        "contact_id": draw(_optional(texts())),
        "source_system": draw(_optional(texts())),
        "delegation": delegation,
    }


@st.composite
def bodies(draw: st.DrawFn, agency: str = "nzl-customs", country: str | None = "NZL") -> dict[str, Any]:
    """Whole incidents as they are signed, of every revision kind; every field of the schema is present."""
    revision = draw(st.sampled_from([1, 1, 2, 3, 2_147_483_647]))
    first = revision == 1
    source_ref = draw(st.uuids()).hex
    id_ = incident_id(DEPLOYMENT, agency, source_ref)
    return draw(contents()) | {
        "incident_id": id_,
        "event_id": event_id(id_, revision),
        "source_ref": source_ref,
        "revision": revision,
        "event_type": "REPORTED" if first else draw(st.sampled_from(["AMENDED", "WITHDRAWN"])),
        "reason": draw(_optional(texts())) if first else draw(texts()),
        "reported_at": draw(MOMENTS),
        "reporting_country": country,
        "agency_id": agency,
        "provenance": {
            "producer_id": draw(texts()),
            "sdk_version": "0.1.0",
            "importer": draw(_optional(texts())),
            "import_line": draw(_optional(st.integers(1, 2**31 - 1))),
            "import_lines": draw(_optional(st.integers(1, 9))),
            "previous_revision": None if first else draw(st.integers(1, revision - 1)),
            "previous_digest": None if first else draw(DIGESTS),
        },
    }


ADMISSIONS = st.fixed_dictionaries(
    {
        "admitted_event_id": st.uuids().map(str),
        "submission_partition": st.integers(0, 11),
        "submission_offset": st.integers(0, 2**63 - 1),
        "admitted_at": MOMENTS,
        "directory_offset": st.integers(0, 2**40),
        "rules_version": texts(),
        "superseded": st.booleans(),
        "doubts": st.lists(_of("doubt"), max_size=2),
        "content_digest": DIGESTS,
        "signed_digest": DIGESTS,
        "key_id": _letters(32, "0123456789abcdef"),
        "algorithm": st.just("Ed25519"),
        "signature": st.binary(min_size=64, max_size=64),
        "schema_fingerprint": DIGESTS,
    }
)


def from_schema(node: Any) -> st.SearchStrategy[Any]:  # noqa: PLR0911  # one return a kind of type
    """Any value that a schema can hold, such as an enrichment or a decision."""
    if isinstance(node, list):
        return st.one_of(*(from_schema(branch) for branch in node))
    if isinstance(node, str):
        return {
            "null": st.none(),
            "string": texts(),
            "bytes": st.binary(max_size=8),
            "boolean": st.booleans(),
            "int": st.integers(-(2**31), 2**31 - 1),
            "long": st.integers(-(2**63), 2**63 - 1),
        }[node]
    if node.get("logicalType") == "date":
        return st.dates()
    if node.get("logicalType") == "timestamp-millis":
        return MOMENTS
    if node["type"] == "record":
        return st.fixed_dictionaries({field["name"]: from_schema(field["type"]) for field in node["fields"]})
    if node["type"] == "array":
        return st.lists(from_schema(node["items"]), max_size=2)
    if node["type"] == "enum":
        return st.sampled_from(node["symbols"])
    return from_schema(node["type"])


@st.composite
def damaged(draw: st.DrawFn, values: Sequence[bytes], schema_id: int) -> list[bytes]:
    """The values, some of them cut short, lengthened, with a bit flipped, in another frame, or exchanged for noise."""
    out = list(values)
    for index in draw(st.lists(st.integers(0, len(out) - 1), min_size=1, max_size=3)):
        value = out[index]
        kind = draw(st.sampled_from(["cut", "surplus", "flip", "frame", "byte", "noise", "adjacency"]))
        where = draw(st.integers(0, max(0, len(value) - 1)))
        if kind == "cut":
            out[index] = value[:where]
        elif kind == "surplus":
            out[index] = value + draw(st.binary(min_size=1, max_size=6))
        elif kind == "flip" and value:
            out[index] = value[:where] + bytes([value[where] ^ 1 << draw(st.integers(0, 7))]) + value[where + 1 :]
        elif kind == "byte" and value:
            out[index] = value[:where] + draw(st.binary(min_size=1, max_size=1)) + value[where + 1 :]
        elif kind == "frame":
            out[index] = frame(schema_id + 1) + value[5:]
        elif kind == "noise":
            out[index] = frame(schema_id) + draw(st.binary(max_size=40))
        elif index + 1 < len(out):
            out[index], out[index + 1] = value[:-5], frame(schema_id) + out[index + 1]
    return out
