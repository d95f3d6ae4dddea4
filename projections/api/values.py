"""Stored Avro values as JSON: exactly what the agency stated."""

import threading
from typing import Any

from producers import Outcome, Receipt
from schemas.codec import RecordCodec, unframe
from schemas.dictionary import read_dictionary
from schemas.errors import UnknownSchemaError
from schemas.incident import Incident, validate_incident
from schemas.settings import Settings


class Values:
    """Decodes enriched values under the schema that they name, from the log's own dictionary."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._codecs: dict[int, RecordCodec] = {}
        self._reading = threading.Lock()

    def decoded(self, value: bytes) -> dict[str, Any]:
        """The whole record.

        Raises:
            ContractError: it does not decode, or its schema is not known.
            LogError: the dictionary cannot be read.
        """
        schema_id, body = unframe(value)
        with self._reading:
            if schema_id not in self._codecs:
                schema = read_dictionary(self._settings).schemas.get(schema_id)
                if schema is None:
                    raise UnknownSchemaError(f"schema id {schema_id} is not in ionics.schemas")
                self._codecs[schema_id] = RecordCodec(schema)
        return self._codecs[schema_id].decode(body)

    def known(self, value: bytes) -> tuple[Incident, Receipt]:
        """The incident and the receipt of its current revision, which an amendment follows.

        Raises:
            ContractError: as `decoded`.
            LogError: as `decoded`.
        """
        admitted = self.decoded(value)["admitted"]
        body, admission = admitted["incident"], admitted["admission"]
        receipt = Receipt(
            Outcome.ACCEPTED,
            None,
            None,
            None,
            body["incident_id"],
            body["event_id"],
            body["revision"],
            admission["content_digest"],
            admission["signed_digest"],
            admission["admitted_at"],
            admission["submission_partition"],
            admission["submission_offset"],
        )
        return validate_incident(body), receipt

    def reported(self, value: bytes) -> dict[str, Any]:
        """What the agency stated.

        Raises:
            ContractError: as `decoded`.
            LogError: as `decoded`.
        """
        incident: dict[str, Any] = self.decoded(value)["admitted"]["incident"]
        return incident
