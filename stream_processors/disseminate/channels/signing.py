"""Signatures of webhooks: Ed25519 over id, time and body, as Standard Webhooks 1.0.0 has asymmetric ones.

The deployment signs with one key, and receivers need its public half alone: no secret is shared, so none lies in the
directory.
"""

import base64
import binascii
from collections.abc import Mapping

from schemas.keys import SigningKey, verifies

_SCHEME = "v1a,"
TOLERANCE_S = 300
"""How old, or how far ahead, a message may be."""


def signed_headers(key: SigningKey, message_id: str, at_s: int, body: bytes) -> dict[str, str]:
    """The headers of a message that is sent at a time in seconds since 1970."""
    signature = base64.b64encode(key.sign(_signed(message_id, str(at_s), body))).decode()
    return {"webhook-id": message_id, "webhook-timestamp": str(at_s), "webhook-signature": f"{_SCHEME}{signature}"}


def verify_webhook(public: bytes, headers: Mapping[str, str], body: bytes, now_s: float) -> bool:
    """Whether a message is of the deployment with this key, and of now.

    Args:
        public: the public key, 32 bytes.
        headers: of the request, names in small letters.
        body: as it came, not read and written again.
        now_s: seconds since 1970.
    """
    message_id, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not at.isdigit() or abs(now_s - int(at)) > TOLERANCE_S:
        return False
    for each in headers.get("webhook-signature", "").split(" "):
        try:
            signature = base64.b64decode(each.removeprefix(_SCHEME), validate=True)
        except (binascii.Error, ValueError):
            continue
        if each.startswith(_SCHEME) and verifies(public, _signed(message_id, at, body), signature):
            return True
    return False


def _signed(message_id: str, at: str, body: bytes) -> bytes:
    return f"{message_id}.{at}.".encode() + body
