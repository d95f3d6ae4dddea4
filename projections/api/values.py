"""Stored Avro values as JSON: exactly what the agency stated."""

from typing import Any

from producers import Outcome, Receipt
from schemas.incident import Incident, validate_incident
from schemas.known_schemas import KnownSchemas
from schemas.settings import Settings


class Values:
    """Decodes values under the schema that they name, from the log's own dictionary."""

    def __init__(self, settings: Settings) -> None:
        self._schemas = KnownSchemas.of(settings)

    def decoded(self, value: bytes) -> dict[str, Any]:
        """The whole record.

        Raises:
            ContractError: it does not decode, or its schema is not known.
            LogError: the dictionary cannot be read.
        """
        return self._schemas.decoded(value)

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
