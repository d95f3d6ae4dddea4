"""References for rows that carry none: what a row says, and which of several identical ones it is."""

import hashlib
from typing import Any

from schemas.identity import canonical_json


class References:
    """Gives the rows of one file their references. The same file gives the same references again."""

    def __init__(self) -> None:
        self._seen: dict[bytes, int] = {}

    def of(self, said: Any) -> str:
        """SHA-256 of the canonical JSON of ``[said, ordinal]``, 64 hexadecimal digits.

        Args:
            said: the fields of the row or of the group of rows, as JSON.
        """
        digest = hashlib.sha256(canonical_json(said)).digest()
        ordinal = self._seen[digest] = self._seen.get(digest, 0) + 1
        return hashlib.sha256(canonical_json([said, ordinal])).hexdigest()
