"""Ed25519 keys (RFC 8032, by libsodium): making, storing, signing, verifying."""

import hashlib
import os
from pathlib import Path

from nacl.bindings import crypto_sign, crypto_sign_open, crypto_sign_seed_keypair
from nacl.exceptions import CryptoError

from schemas.errors import IdentityError

ALGORITHM = "Ed25519"
_SIGNATURE_BYTES = 64


def key_id(public: bytes) -> str:
    """Name of a public key: the first 32 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(public).hexdigest()[:32]


class SigningKey:
    """A private key.

    Attributes:
        public: the public key, 32 bytes.
        key_id: its name.
    """

    def __init__(self, seed: bytes) -> None:
        self.public, self._secret = crypto_sign_seed_keypair(seed)
        self._seed = seed
        self.key_id = key_id(self.public)

    @classmethod
    def generate(cls) -> "SigningKey":
        """A new key from the operating system's randomness."""
        return cls(os.urandom(32))

    @classmethod
    def load(cls, path: Path) -> "SigningKey":
        """The key of a file that `save` wrote.

        Raises:
            IdentityError: the file is missing, damaged, or readable by others.
        """
        try:
            mode, text = path.stat().st_mode, path.read_text("ascii")
            seed = bytes.fromhex(text.strip())
        except (OSError, ValueError) as error:
            raise IdentityError(f"signing key {path} cannot be used: {error}") from error
        if mode & 0o077:
            raise IdentityError(f"signing key {path} is readable by others; run: chmod 600 {path}")
        if len(seed) != 32:
            raise IdentityError(f"signing key {path} must hold 64 hexadecimal digits")
        return cls(seed)

    def save(self, path: Path) -> None:
        """Write the key to a new file of mode 0600.

        Raises:
            IdentityError: the file exists or cannot be written.
        """
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise IdentityError(f"signing key {path} cannot be written: {error}") from error
        with os.fdopen(descriptor, "w") as out:
            out.write(self._seed.hex() + "\n")

    def sign(self, message: bytes) -> bytes:
        """The signature of a message, 64 bytes."""
        return crypto_sign(message, self._secret)[:_SIGNATURE_BYTES]


def verifies(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a signature is of this message by this key."""
    if len(signature) != _SIGNATURE_BYTES:
        return False
    try:
        crypto_sign_open(signature + message, public)
    except CryptoError:
        return False
    return True
