"""The real columnar decoder, asked once for each value: stages that start again read the same values many times."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any
from unittest.mock import patch

import polars as pl

from schemas.columnar import ROW, ColumnarDecoder, Decoded
from schemas.identity import schema_fingerprint

_Wanted = tuple[str, ...] | None
_decoders: dict[tuple[int, _Wanted], ColumnarDecoder] = {}
_rows: dict[_Wanted, dict[bytes, pl.DataFrame]] = {}


class RememberingDecoder:
    """Stands for `ColumnarDecoder`, under the schema ids of the one dictionary that all seeds share."""

    def __init__(self, schema: Mapping[str, Any], wanted: Collection[str] | None = None) -> None:
        self._schema, self._wanted = schema, None if wanted is None else tuple(wanted)

    def decode(self, schema_id: int, values: Sequence[bytes]) -> Decoded:
        """See `ColumnarDecoder.decode`."""
        if (schema_id, self._wanted) not in _decoders:
            _decoders[schema_id, self._wanted] = ColumnarDecoder(self._schema, self._wanted)
        decoder, rows = _decoders[schema_id, self._wanted], _rows.setdefault(self._wanted, {})
        fresh = [value for value in dict.fromkeys(values) if value not in rows]
        if fresh or not values:
            decoded = decoder.decode(schema_id, fresh)
            if decoded.faults or not values:
                return decoder.decode(schema_id, values)
            columns = decoded.columns.drop(ROW)
            rows.update({value: columns.slice(index, 1) for index, value in enumerate(fresh)})
        return Decoded(pl.concat([rows[value] for value in values], rechunk=False).with_row_index(ROW), {})


_of_text = cache(schema_fingerprint)


def _fingerprint(schema: str | Mapping[str, Any]) -> str:
    return _of_text(schema) if isinstance(schema, str) else schema_fingerprint(schema)


@contextmanager
def remembered() -> Iterator[None]:
    """Use it in the stages, and hash each schema once; what was remembered of values is forgotten at the end."""
    with ExitStack() as entered:
        entered.enter_context(patch("schemas.known_schemas.ColumnarDecoder", RememberingDecoder))
        entered.enter_context(patch("schemas.dictionary.schema_fingerprint", _fingerprint))
        yield
    _rows.clear()
