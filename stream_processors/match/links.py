"""Links as columns, and all that the matcher says of a batch as records."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import pyarrow as pa
import pyruhvro

from schemas.codec import avro_schema
from stream_processors.match.explaining import REASON

_SIDES = [
    field
    for side in ("left", "right")
    for field in (
        (side, pa.string()),
        (f"{side}_revision", pa.int32()),
        (f"{side}_class", pa.int64()),
        (f"{side}_admitted_at", pa.int64()),
    )
]
LINK = pa.struct(
    [
        pa.field(name, type_, nullable=False)
        for name, type_ in (
            *_SIDES,
            ("model", pa.string()),
            ("kind", pa.string()),
            ("outcome", pa.string()),
            ("possible_duplicate", pa.bool_()),
            ("duplicate_mbit", pa.int32()),
            ("duplicate_ppm", pa.int32()),
            ("related_mbit", pa.int32()),
            ("urgent", pa.bool_()),
            ("reasons", pa.list_(REASON)),
            ("keys", pa.list_(pa.int64())),
        )
    ]
)
"""A link as the schema ``match_event`` has it; moments are milliseconds since 1970."""


def _plain(node: Any) -> Any:
    """A schema without logical types: the same bytes from the numbers behind them."""
    if isinstance(node, dict):
        return {name: _plain(value) for name, value in node.items() if name not in ("logicalType", "doc")}
    return [_plain(each) for each in node] if isinstance(node, list) else node


_PARTS: Sequence[Mapping[str, Any]] = avro_schema("match_event")["fields"]
_AVRO = orjson.dumps(next(_plain(part["type"][1]) for part in _PARTS if part["name"] == "link")).decode()
# Of the parts of an event each is a union with null: 1 where it is given, 0 else, as zigzag.
_AT = [part["name"] for part in _PARTS].index("link")
_BEFORE, _BEHIND = b"\x00" * _AT + b"\x02", b"\x00" * (len(_PARTS) - _AT - 1)


@dataclass(frozen=True)
class Links:
    """Links in an order.

    Attributes:
        columns: of the type `LINK`.
    """

    columns: pa.StructArray

    @classmethod
    def ordered(cls, parts: Sequence[pa.StructArray]) -> "Links":
        """All links of parts, each of which is so ordered: urgent ones first, then by their ids."""
        if len(parts) < 2:
            return cls(parts[0]) if parts else NO_LINKS
        columns = pa.concat_arrays(parts)
        urgent, left, right = (columns.field(name).to_pylist() for name in ("urgent", "left", "right"))
        order = sorted(range(len(columns)), key=lambda n: (not urgent[n], left[n], right[n]))
        return cls(columns.take(pa.array(order)))

    def __len__(self) -> int:
        return len(self.columns)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Each as the schema ``match_event`` has it."""
        yield from self.columns.to_pylist()

    def encoded(self) -> Iterator[tuple[bytes, bytes]]:
        """Of each link its key on the topic and the Avro body of its event."""
        if not len(self):
            return
        left, right = (self.columns.field(side).to_pylist() for side in ("left", "right"))
        (bodies,) = pyruhvro.serialize_record_batch(pa.RecordBatch.from_struct_array(self.columns), _AVRO, 1)
        for one, two, body in zip(left, right, bodies.to_pylist(), strict=True):
            yield f"{one}|{two}".encode(), _BEFORE + body + _BEHIND


NO_LINKS = Links(pa.array([], LINK))
