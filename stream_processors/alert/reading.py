"""Records of the inputs as facts: many enriched incidents at once in columns, watches and special alerts one by one."""

from collections.abc import Iterator, Sequence

from schemas.codec import unframe
from schemas.errors import ContractError, DecodeError, UnknownSchemaError
from schemas.known_schemas import KnownSchemas
from schemas.reading import Record
from schemas.special_alert import SpecialAlert
from schemas.topics import SPECIAL_ALERTS, WATCHES
from schemas.watch import Watch
from stream_processors.alert.facts import LOOKED_AT, Revised, revisions

Given = Revised | Watch | SpecialAlert
_SAID: dict[str, tuple[str, type[Watch | SpecialAlert]]] = {
    WATCHES.name: ("watch", Watch),
    SPECIAL_ALERTS.name: ("special_alert", SpecialAlert),
}


class FactReader:
    """Reads facts under the schemas of a dictionary."""

    def __init__(self, schemas: KnownSchemas) -> None:
        self._schemas = schemas

    def facts(self, batch: Sequence[Record]) -> list[Given]:
        """The fact in each record.

        Raises:
            ContractError: one holds none.
        """
        found: dict[int, Given] = {}
        by_schema: dict[int, list[int]] = {}
        for number, record in enumerate(batch):
            if record.topic in _SAID:
                found[number] = self._said(record)
            else:
                by_schema.setdefault(unframe(record.value)[0], []).append(number)
        for schema_id, numbers in by_schema.items():
            values = [batch[number].value or b"" for number in numbers]
            decoded = self._schemas.columnar(schema_id, "enriched", LOOKED_AT).decode(schema_id, values)
            if decoded.faults:
                raise DecodeError(f"{len(decoded.faults)} values of {batch[numbers[0]].topic} do not decode")
            found.update(zip(numbers, revisions(decoded.columns), strict=True))
        return [found[number] for number in range(len(batch))]

    def readable(self, batch: Sequence[Record]) -> Iterator[Given]:
        """The facts in those records that hold one: what was put aside then is passed over."""
        try:
            yield from self.facts(batch)
        except ContractError:
            for record in batch:
                try:
                    yield from self.facts([record])
                except ContractError:
                    continue

    def _said(self, record: Record) -> Watch | SpecialAlert:
        kind, model = _SAID[record.topic]
        id_, body = unframe(record.value)
        if not self._schemas.has(id_, kind):
            raise UnknownSchemaError(f"schema id {id_} is no schema of {record.topic}")
        return model.of_body(body)
