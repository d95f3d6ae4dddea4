"""The file of rejects beside the input."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from producers.importers import Reject, write_rejects
from schemas.errors import ImportFileError


def test_columns(tmp_path: Path) -> None:
    """Line, field and reason, in the order of the file."""
    written = write_rejects(tmp_path / "in.csv.gz", [Reject(3, "COUNTRY", "'a, b' is none"), Reject(4, "row", "x")])

    assert tmp_path / "in.csv.gz.rejects.csv" == written
    assert written.read_text("utf-8") == "line,field,reason\n3,COUNTRY,\"'a, b' is none\"\n4,row,x\n"


def test_none(tmp_path: Path) -> None:
    """Without rejects there is no file, not even that of an earlier import."""
    source = tmp_path / "in.csv"
    write_rejects(source, [Reject(2, "row", "x")])

    assert write_rejects(source, []) is None
    assert list(tmp_path.iterdir()) == []


def test_whole_or_not_at_all(tmp_path: Path) -> None:
    """If the import breaks off, the file of the earlier one stands, and nothing else is left."""
    source = tmp_path / "in.csv"
    earlier = write_rejects(source, [Reject(2, "row", "x")])

    def breaking() -> Iterator[Reject]:
        yield Reject(2, "row", "y")
        raise ImportFileError("broke off")

    with pytest.raises(ImportFileError, match="broke off"):
        write_rejects(source, breaking())
    assert [earlier] == list(tmp_path.iterdir())
    assert earlier is not None
    assert "2,row,x" in earlier.read_text("utf-8")


def test_nowhere_to_write(tmp_path: Path) -> None:
    """A directory that is not there is an error that says what to do."""
    with pytest.raises(ImportFileError, match="make the directory writable"):
        write_rejects(tmp_path / "absent" / "in.csv", [Reject(2, "row", "x")])
