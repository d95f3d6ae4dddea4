"""What was read, so that another can check that it is all: offsets, counts and digests of each partition."""

import hashlib
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

_NULL = -1


@dataclass(frozen=True)
class Extent:
    """What was read of one partition.

    Attributes:
        records: how many; markers of transactions are none, so offsets may have holes.
        first: offset of the first one.
        last: offset of the last one.
        digest: SHA-256 over offsets, append times, keys and values, hexadecimal; see `Tally`.
    """

    records: int
    first: int
    last: int
    digest: str

    def document(self) -> dict[str, Any]:
        """For JSON."""
        return {"records": self.records, "first": self.first, "last": self.last, "digest": self.digest}


class _Counted:
    def __init__(self, first: int) -> None:
        self.records, self.first, self.last = 0, first, first
        self.hashes = [hashlib.sha256() for _ in range(6)]


class Tally:
    """Counts and digests records as they pass, whatever the batches.

    The digest of a partition is SHA-256 over six others, of its offsets, append times, lengths of keys, keys, lengths
    of values and values, each laid end to end; numbers have 8 bytes, the most significant first, and null the length
    -1. So it takes a few calls a batch, and not some for each record.
    """

    def __init__(self) -> None:
        self._counted: dict[int, _Counted] = {}

    def add(self, batch: pl.DataFrame) -> None:
        """Take in records, as `RECORDS` says, in order within each partition."""
        for (partition,), rows in batch.partition_by("partition", as_dict=True, maintain_order=True).items():
            offsets = rows["offset"].to_list()
            counted = self._counted.setdefault(int(partition), _Counted(offsets[0]))
            counted.records += rows.height
            counted.last = offsets[-1]
            keys, values = rows["key"].to_list(), rows["value"].to_list()
            parts = (
                _numbers(offsets),
                _numbers(rows["appended_ms"].to_list()),
                _numbers(_NULL if key is None else len(key) for key in keys),
                b"".join(key or b"" for key in keys),
                _numbers(_NULL if value is None else len(value) for value in values),
                b"".join(value or b"" for value in values),
            )
            for hash_, part in zip(counted.hashes, parts, strict=True):
                hash_.update(part)

    def extents(self) -> dict[int, Extent]:
        """By partition; one of which nothing was read is left out."""
        return {
            partition: Extent(
                each.records,
                each.first,
                each.last,
                hashlib.sha256(b"".join(hash_.digest() for hash_ in each.hashes)).hexdigest(),
            )
            for partition, each in sorted(self._counted.items())
        }


def digest_of(extents: Mapping[int, Extent]) -> str:
    """One SHA-256 over the digests of all partitions with their numbers, hexadecimal."""
    hash_ = hashlib.sha256()
    for partition, extent in sorted(extents.items()):
        hash_.update(_numbers([partition]) + bytes.fromhex(extent.digest))
    return hash_.hexdigest()


def _numbers(numbers: Iterable[int]) -> bytes:
    listed = list(numbers)
    return struct.pack(f">{len(listed)}q", *listed)
