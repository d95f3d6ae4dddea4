"""Cursors that say nothing and fit nobody else: sealed for one focal point and one question."""

import base64
import binascii
import hashlib
from pathlib import Path
from typing import Any

import orjson
from nacl.exceptions import CryptoError
from nacl.secret import Aead

from projections.api.problems import ProblemError
from schemas.identity import canonical_json
from schemas.keys import SigningKey


class Cursors:
    """Seals positions with a key of this API (XChaCha20-Poly1305, by libsodium); the nonce is random.

    Args:
        path: file of the key, made where it is missing.
    """

    def __init__(self, path: Path) -> None:
        if not path.exists():
            SigningKey.generate().save(path)
        SigningKey.load(path)  # refuses a file that others can read
        self._box = Aead(bytes.fromhex(path.read_text("ascii").strip()))

    def seal(self, viewer: str, question: dict[str, Any], position: list[Any]) -> str:
        """A cursor."""
        sealed = self._box.encrypt(orjson.dumps(position), _bound(viewer, question))
        return base64.urlsafe_b64encode(bytes(sealed)).decode().rstrip("=")

    def open(self, viewer: str, question: dict[str, Any], cursor: str) -> list[Any]:
        """The position in a cursor.

        Raises:
            ProblemError: 400, it is not one that this viewer got for this question.
        """
        try:
            sealed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            position = orjson.loads(self._box.decrypt(sealed, _bound(viewer, question)))
        except (CryptoError, binascii.Error, ValueError, TypeError):
            raise ProblemError(400, "CURSOR", "the cursor is of another question; begin without one") from None
        return list(position)


def _bound(viewer: str, question: dict[str, Any]) -> bytes:
    asked = {name: value for name, value in question.items() if value is not None}
    return hashlib.sha256(canonical_json([viewer, asked])).digest()
