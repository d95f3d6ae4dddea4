"""Refusals that concern security, as records of `ionics.audit`: anyone with the right can list them.

A refusal names the submission by its position in the log, and nothing of it that was not proved. The id of the record
is made of that position, so a batch processed again gives the same record.
"""

import uuid
from datetime import UTC, datetime

from schemas.codec import codec, frame
from schemas.dictionary import SchemaDictionary
from schemas.reading import Record
from schemas.topics import AUDIT
from stream_processors.runtime import Output

# Refusals of a submission that verifies, by which its signer claimed what is not its own or contradicted itself. Other
# rejections are mistakes in what was reported; the agency gets its receipt.
OF_TRUST = frozenset({"OWNERSHIP", "EVENT_TYPE", "COUNTRY", "IDENTITY", "PARTITION", "CONFLICT"})

_NAMESPACE = uuid.UUID("6f0c8f0e-2f4b-5a35-9c2e-0f6d3c1b7a11")
_LONGEST = 500


class Refusals:
    """Makes the records under the schema id of a dictionary."""

    def __init__(self, dictionary: SchemaDictionary) -> None:
        self._frame = frame(dictionary.id_of("audit"))

    def of(self, record: Record, code: str, message: str, agency_id: str | None = None) -> Output:
        """The refusal of a submission.

        Args:
            record: the submission.
            code: why, such as BAD_SIGNATURE.
            message: the same in words; cut off after 500 characters.
            agency_id: who signed, only where the signature verified.
        """
        position = f"{record.topic}/{record.partition}/{record.offset}"
        entry = {
            "event_id": str(uuid.uuid5(_NAMESPACE, position)),
            "at": datetime.fromtimestamp(record.timestamp_ms / 1000, UTC),
            "kind": "SUBMISSION_REFUSED",
            "code": code,
            "actor": agency_id and f"agency:{agency_id}",
            "agency_id": agency_id,
            "subject": position,
            "message": message[:_LONGEST],
        }
        return Output(AUDIT.name, 0, position.encode(), self._frame + codec("audit").encode(entry))
