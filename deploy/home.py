"""Where a home directory keeps its keys."""

from pathlib import Path

from schemas.keys import SigningKey
from schemas.settings import Settings

ADMINISTRATORS = ("administrator-1", "administrator-2")


def key_path(settings: Settings, name: str) -> Path:
    """The file of a key: of an agency, where the SDK finds it, or of an administrator."""
    return settings.home / "keys" / f"{name}.key"


def administrator_keys(settings: Settings) -> tuple[SigningKey, SigningKey]:
    """The keys of the two first administrators, from the home directory.

    Raises:
        IdentityError: one is missing or cannot be used.
    """
    one, two = (SigningKey.load(key_path(settings, name)) for name in ADMINISTRATORS)
    return one, two
