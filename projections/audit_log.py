"""The audit: acts of operators, and requests that were refused for reasons of security. Admission writes there too."""

import uuid
from datetime import UTC, datetime

from schemas.codec import codec
from schemas.settings import Settings
from schemas.topics import AUDIT
from schemas.writing import publish_as


def record_audit(
    settings: Settings,
    kind: str,
    code: str,
    message: str,
    *,
    actor: str | None = None,
    agency_id: str | None = None,
    subject: str | None = None,
    reason: str | None = None,
) -> None:
    """Write one record and wait for the broker.

    Args:
        settings: where the deployment is.
        kind: code of the list audit_kind.
        code: what was done or refused.
        message: the same in words.
        actor: who, as far as it was proved.
        agency_id: of the actor.
        subject: what it is about.
        reason: for acts, why.

    Raises:
        LogError: the broker did not acknowledge it.
    """
    entry = {
        "event_id": str(uuid.uuid4()),
        "at": datetime.now(UTC),
        "kind": kind,
        "code": code,
        "actor": actor,
        "agency_id": agency_id,
        "subject": subject,
        "message": message[:500],
        "reason": reason,
    }
    publish_as("audit", settings, AUDIT.name, [((actor or "unknown").encode(), codec("audit").encode(entry))])
