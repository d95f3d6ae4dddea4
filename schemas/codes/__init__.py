"""The code lists that can grow: one CSV a list (code, label, source). Avro carries them as strings, admission checks.

Every optional list has UNKNOWN (the reporter says that it is not known) and OTHER; blank is null.
"""

import csv
import hashlib
from functools import cache
from importlib.resources import files

__all__ = ["code_labels", "codes", "lists_version"]


@cache
def code_labels(name: str) -> dict[str, str]:
    """The codes of a list with their labels, in the order of the list."""
    text = (files(__name__) / f"{name}.csv").read_text("utf-8")
    return {row["code"]: row["label"] for row in csv.DictReader(text.splitlines())}


@cache
def codes(name: str) -> frozenset[str]:
    """The codes of a list."""
    return frozenset(code_labels(name))


@cache
def lists_version() -> str:
    """The first 12 hexadecimal digits of the SHA-256 over all lists."""
    digest = hashlib.sha256()
    for path in sorted(files(__name__).iterdir(), key=lambda path: path.name):
        if path.name.endswith(".csv"):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]
