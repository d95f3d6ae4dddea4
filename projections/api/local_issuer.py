"""The token issuer of a `dev-` deployment: an Ed25519 key in its home. No other deployment accepts its tokens."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from schemas.errors import SettingsError
from schemas.keys import SigningKey
from schemas.settings import Settings

ALGORITHM = "EdDSA"
AUDIENCE = "ionics-api"


class LocalIssuer:
    """Makes and recognises tokens.

    Raises:
        SettingsError: the deployment is no `dev-` deployment.
        IdentityError: its key cannot be used.
    """

    def __init__(self, settings: Settings) -> None:
        if not settings.is_development:
            raise SettingsError(
                f"deployment {settings.deployment}: tokens come from its identity provider; see [[issuers]]"
            )
        self.issuer = settings.local_issuer
        self._path = settings.home / "keys" / "issuer.key"
        if not self._path.exists():
            SigningKey.generate().save(self._path)
        SigningKey.load(self._path)  # refuses a file that others can read
        self._private = Ed25519PrivateKey.from_private_bytes(_seed(self._path))
        self.public = self._private.public_key()

    def token(self, subject: str, scopes: list[str], minutes: float) -> str:
        """A bearer token for a focal point, which its subject names."""
        now = datetime.now(UTC)
        claims = {
            "iss": self.issuer,
            "sub": subject,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + timedelta(minutes=minutes),
            "scope": " ".join(scopes),
        }
        return jwt.encode(claims, self._private, ALGORITHM, headers={"kid": "local"})


def _seed(path: Path) -> bytes:
    return bytes.fromhex(path.read_text("ascii").strip())
