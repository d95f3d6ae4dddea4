"""Signing keys: on the disk for their owner alone, and signatures that hold for one message by one key."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import IdentityError
from schemas.keys import SigningKey, verifies


def test_a_saved_key_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Mode 0600 in a directory of mode 0700, and it comes back as the same key."""
    key, path = SigningKey.generate(), tmp_path / "keys" / "a.key"
    key.save(path)
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert SigningKey.load(path).public == key.public


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o610])
def test_a_key_that_others_can_reach_is_refused(tmp_path: Path, mode: int) -> None:
    """The message says what to do."""
    path = tmp_path / "a.key"
    SigningKey.generate().save(path)
    path.chmod(mode)
    with pytest.raises(IdentityError, match="chmod 600"):
        SigningKey.load(path)


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    """The old one may be the only copy."""
    path, key = tmp_path / "a.key", SigningKey.generate()
    key.save(path)
    with pytest.raises(IdentityError, match="cannot be written"):
        SigningKey.generate().save(path)
    assert SigningKey.load(path).key_id == key.key_id


@pytest.mark.parametrize("text", ["", "zz", "ab" * 31, "ab" * 33, "ключ"])
def test_a_damaged_key_is_refused(tmp_path: Path, text: str) -> None:
    """64 hexadecimal digits or nothing."""
    path = tmp_path / "a.key"
    path.touch(0o600)
    path.write_text(text, "utf-8")
    with pytest.raises(IdentityError, match="signing key"):
        SigningKey.load(path)


def test_a_missing_key_is_an_error_of_ours(tmp_path: Path) -> None:
    """Not an OSError."""
    with pytest.raises(IdentityError, match="cannot be used"):
        SigningKey.load(tmp_path / "none.key")


@given(message=st.binary(max_size=40), bit=st.integers(0, 511), other=st.binary(max_size=40))
def test_a_signature_holds_for_its_message_and_key_alone(message: bytes, bit: int, other: bytes) -> None:
    """Any bit flipped, another message, another key, another length: no."""
    key = SigningKey(b"\x01" * 32)
    signature = key.sign(message)
    flipped = bytearray(signature)
    flipped[bit // 8] ^= 1 << bit % 8
    assert verifies(key.public, message, signature)
    assert not verifies(key.public, message, bytes(flipped))
    assert (other == message) == verifies(key.public, other, signature)
    assert not verifies(SigningKey(b"\x02" * 32).public, message, signature)
    assert not verifies(key.public, message, signature + b"\x00")


@pytest.mark.parametrize("public", [b"", b"\x00" * 31, b"\x00" * 33])
def test_nothing_is_signed_by_what_is_no_key(public: bytes) -> None:
    """A public key of another length verifies nothing, and does not raise."""
    assert not verifies(public, b"message", SigningKey.generate().sign(b"message"))
