"""Many values of one schema decoded at once into columns.

Values in wire format laid end to end are an Avro block, if the frame is declared as a first field. A random trailer
after each value, declared as a last field, makes the end of every value checkable: a value that decodes to other than
its own bytes meets the next trailer displaced, and neither damage nor intent can foresee the trailer. A block that
fails is decoded value by value with fastavro, and the good ones once more as a block.

polars and fastavro do not read the same bytes: polars takes a number beyond 32 bits for 0, a boolean byte of 2 for
false and any day number for a date, fastavro a negative index of an enum for its last symbol. So numbers are read
wide and narrowed strictly, dates are checked, and in a block that fails a value is a fault where either reader
refuses it or it is not the canonical encoding of its record. One thing stays unseen in columns: polars takes any
branch number but 0 of ``[null, x]`` for x; admission, which reads canonically, lets none into the log. A value of our
own writers is always canonical.
"""

import io
import json
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from schemas.codec import FRAME_BYTES, RecordCodec, avro_long, frame
from schemas.errors import DecodeError

_TRAILER_BYTES = 16
_FRAME, _TRAILER, ROW = "_frame", "_trailer", "_row"
_RANGES: dict[Any, tuple[int, int]] = {
    pl.Date(): (-719_162, 2_932_896),
    pl.Datetime("ms", "UTC"): (-62_135_596_800_000, 253_402_300_799_999),
}


@dataclass(frozen=True)
class Decoded:
    """Columns of the values that decode, and what is wrong with the others.

    Attributes:
        columns: one row a good value, in order; ``_row`` (UInt32) is its index among the values. Nested records at
            the top are flattened (``admission_admitted_at``), but for the incident, whose fields keep their names.
        faults: index of a bad value → its error.
    """

    columns: pl.DataFrame
    faults: dict[int, DecodeError]


class ColumnarDecoder:
    """Decodes values under one writer schema. Enums become String columns.

    Args:
        schema: what the values were written with.
        wanted: the columns to decode, flattened as they are in `Decoded`; else all. The others are passed over, which
            costs a third: their lengths must fit, what they hold is not looked at in a block that decodes.
    """

    def __init__(self, schema: Mapping[str, Any], wanted: Collection[str] | None = None) -> None:
        self._strict = RecordCodec(schema)
        self._enums: dict[str, list[str]] = {}
        fields = [{"name": _FRAME, "type": _fixed("Frame", FRAME_BYTES)}]
        fields += [_flat_field(name, type_, self._enums) for name, type_ in _flattened(schema)]
        fields += [{"name": _TRAILER, "type": _fixed("Trailer", _TRAILER_BYTES)}]
        fields = _uniquely_named(fields)
        self._trailer = os.urandom(_TRAILER_BYTES)
        self._sync = os.urandom(16)
        self._header = container_header({"type": "record", "name": "Block", "fields": _widened(fields)}, self._sync)
        narrow = container_header({"type": "record", "name": "Block", "fields": fields}, self._sync)
        empty = pl.read_avro(io.BytesIO(narrow + avro_long(0) + avro_long(0) + self._sync))
        self._narrow = pl.Schema(
            {
                name: type_
                for name, type_ in empty.schema.items()
                if name not in (_FRAME, _TRAILER) and (wanted is None or name in wanted)
            }
        )
        if wanted is not None and set(wanted) != set(self._narrow):
            raise DecodeError(f"the schema has no columns {', '.join(sorted(set(wanted) - set(self._narrow)))}")
        self._read = None if wanted is None else [_FRAME, *self._narrow, _TRAILER]
        self._enums = {name: symbols for name, symbols in self._enums.items() if name in self._narrow}
        self._dated = [
            moment.to_physical().is_between(first, last).all().alias(str(number))
            for number, (moment, (first, last)) in enumerate(_moments(self._narrow))
        ]

    def decode(self, schema_id: int, values: Sequence[bytes]) -> Decoded:
        """Decode values that begin with the frame of ``schema_id``."""
        expected = frame(schema_id)
        columns = self._block(expected, values) if values else self._empty()
        if columns is not None:
            return Decoded(columns.with_row_index(ROW), {})
        faults = dict(self._faults(expected, values))
        columns, good = self._good(expected, values, faults)
        if columns is None:
            for index in good:
                if self._block(expected, [values[index]]) is None:
                    faults[index] = DecodeError("value decodes alone but not in columns: a number is out of range")
            columns, good = self._good(expected, values, faults)
        if columns is None:
            raise DecodeError(f"values of schema id {schema_id} decode one by one but not as a block")
        return Decoded(columns.select(pl.Series(ROW, good, dtype=pl.UInt32), pl.all()), faults)

    def _good(
        self, expected: bytes, values: Sequence[bytes], faults: Mapping[int, DecodeError]
    ) -> tuple[pl.DataFrame | None, list[int]]:
        good = [index for index in range(len(values)) if index not in faults]
        return (self._block(expected, [values[index] for index in good]) if good else self._empty()), good

    def _empty(self) -> pl.DataFrame:
        return self._named_enums(self._narrow.to_frame())

    def _block(self, expected: bytes, values: Sequence[bytes]) -> pl.DataFrame | None:
        try:
            columns = pl.read_avro(io.BytesIO(self._laid_out(values)), columns=self._read)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, OverflowError):
            return None
        whole = (
            columns.height == len(values)
            and columns.select(
                (pl.col(_FRAME) == pl.lit(expected)).all() & (pl.col(_TRAILER) == pl.lit(self._trailer)).all()
            ).item()
        )
        if not whole:
            return None
        in_range = [pl.col(name).is_between(0, len(symbols) - 1).all() for name, symbols in self._enums.items()]
        if in_range and not all(columns.select(in_range).row(0)):
            return None
        try:
            columns = columns.drop(_FRAME, _TRAILER).cast(self._narrow)
        except pl.exceptions.InvalidOperationError:
            return None
        if self._dated and not all(columns.select(self._dated).row(0)):
            return None
        return self._named_enums(columns)

    def _laid_out(self, values: Sequence[bytes]) -> bytes:
        """The values as a file of one block, in one copy: to move a large block costs a tenth of reading it."""
        size = sum(map(len, values)) + _TRAILER_BYTES * len(values)
        parts = list(values)
        parts[0] = b"".join((self._header, avro_long(len(values)), avro_long(size), parts[0]))
        parts[-1] = b"".join((parts[-1], self._trailer, self._sync))
        return self._trailer.join(parts)

    def _named_enums(self, columns: pl.DataFrame) -> pl.DataFrame:
        return columns.with_columns(
            pl.col(name).replace_strict(range(len(symbols)), symbols, return_dtype=pl.String)
            for name, symbols in self._enums.items()
        )

    def _faults(self, expected: bytes, values: Sequence[bytes]) -> Iterator[tuple[int, DecodeError]]:
        for index, value in enumerate(values):
            if value[:FRAME_BYTES] != expected:
                yield index, DecodeError(f"value begins with {value[:FRAME_BYTES].hex()}, expected {expected.hex()}")
                continue
            try:
                self._strict.decode_canonical(value[FRAME_BYTES:])
            except DecodeError as error:
                yield index, error


def _fixed(name: str, size: int) -> dict[str, Any]:
    return {"type": "fixed", "name": name, "size": size}


def _flattened(schema: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Name and type of each field. A record at the top lies in the bytes as its fields do, so it can be opened."""
    for field in schema["fields"]:
        name, type_ = field["name"], field["type"]
        if name in ("admitted", "incident"):
            yield from _flattened(type_)
        elif name in ("admission", "enrichment"):
            yield from _flattened(type_, f"{name}_")
        else:
            yield prefix + name, type_


def _flat_field(name: str, type_: Any, enums: dict[str, list[str]]) -> dict[str, Any]:
    if isinstance(type_, dict) and type_.get("type") == "enum":
        enums[name] = type_["symbols"]
        return {"name": name, "type": "int"}
    return {"name": name, "type": type_}


def _uniquely_named(fields: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The fields with each record named anew: two writer schemas under one header must not share names."""
    counter = iter(range(1_000_000))

    def renamed(node: Any) -> Any:
        if isinstance(node, dict):
            kept = {key: renamed(value) for key, value in node.items() if key not in ("doc", "namespace", "default")}
            if kept.get("type") in ("record", "fixed"):
                kept["name"] = f"{kept['name']}{next(counter)}"
            return kept
        return [renamed(item) for item in node] if isinstance(node, list) else node

    return [{"name": field["name"], "type": renamed(field["type"])} for field in fields]


def _widened(node: Any) -> Any:
    """The schema with each int and boolean as a long: the same bytes, but nothing is cut off in reading them.

    A boolean byte of 1 is the long -1, and cast it is true, as is any but 0.
    """
    if isinstance(node, dict):
        return {key: value if key == "name" else _widened(value) for key, value in _plain_int(node).items()}
    if isinstance(node, list):
        return [_widened(item) for item in node]
    return "long" if node in ("int", "boolean") else node


def _plain_int(node: dict[str, Any]) -> dict[str, Any]:
    return {"type": "long"} if node.get("type") == "int" and "name" not in node else node


def _moments(schema: Mapping[str, Any]) -> Iterator[tuple[pl.Expr, tuple[int, int]]]:
    """Dates and timestamps at the top and in records at the top, with what the years 1 to 9999 are in them."""
    for name, type_ in schema.items():
        if type_ in _RANGES:
            yield pl.col(name), _RANGES[type_]
        elif isinstance(type_, pl.Struct):
            for inner in type_.fields:
                if inner.dtype in _RANGES:
                    yield pl.col(name).struct.field(inner.name), _RANGES[inner.dtype]


def container_header(schema: Mapping[str, Any], sync: bytes) -> bytes:
    """Header of an Avro object container file (Avro 1.12, Object Container Files), uncompressed."""
    entries = {"avro.schema": json.dumps(schema).encode(), "avro.codec": b"null"}
    parts = [b"Obj\x01", avro_long(len(entries))]
    for key, value in entries.items():
        parts += [avro_long(len(key)), key.encode(), avro_long(len(value)), value]
    return b"".join((*parts, avro_long(0), sync))
