"""The outbox on the disk."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from producers.outbox import Envelope, Outbox
from schemas.errors import OutboxError

MARK = b"marked text of a report"


def envelopes(first: int, count: int) -> list[Envelope]:
    """Envelopes whose bodies carry a mark and span pages."""
    return [
        Envelope(f"incident-{i}", f"event-{i}", "REPORTED", "2025-01-01T00:00:00.000Z", "f" * 64, "k" * 32, b"s" * 64,
                 MARK * (i % 400 + 1))
        for i in range(first, first + count)
    ]  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A place for an outbox in a directory that does not exist yet."""
    return tmp_path / "outbox" / "customs.sqlite"


@pytest.fixture
def outbox(path: Path) -> Iterator[Outbox]:
    """An open outbox."""
    outbox = Outbox(path, "dev-unit", "customs")
    yield outbox
    outbox.close()


def marks(path: Path) -> int:
    """How often the mark stands in any file of the outbox."""
    return sum(file.read_bytes().count(MARK) for file in path.parent.iterdir())


def test_order_and_return(outbox: Outbox, path: Path) -> None:
    """What one process appends another reads, in order, and positions are never given twice."""
    outbox.append(envelopes(0, 3))
    other = Outbox(path, "dev-unit", "customs")
    queued = other.read(0, 10)
    assert [tuple(row[1:]) for row in queued] == [tuple(each) for each in envelopes(0, 3)]
    assert other.producer == outbox.producer

    other.delete([row.position for row in queued])
    other.append(envelopes(3, 1))
    assert outbox.read(0, 10)[0].position > queued[-1].position
    assert outbox.count() == 1
    other.close()


def test_deleted_is_gone(outbox: Outbox, path: Path) -> None:
    """After deleting and scrubbing no file holds anything of a report, while it is open and after."""
    outbox.append(envelopes(0, 500))
    assert marks(path) > 0

    positions = [row.position for row in outbox.read(0, 1000)]
    outbox.delete(positions[1::2])
    outbox.delete(positions[0::2])
    assert outbox.scrub()

    assert marks(path) == 0


def test_a_part_is_kept(outbox: Outbox) -> None:
    """Deleting some leaves the others readable."""
    outbox.append(envelopes(0, 50))
    positions = [row.position for row in outbox.read(0, 100)]
    outbox.delete([*positions[:10], *positions[20:]])

    assert [f"event-{i}" for i in range(10, 20)] == [row.event_id for row in outbox.read(0, 100)]


def test_modes(outbox: Outbox, path: Path) -> None:
    """The owner alone can read the outbox and its side files."""
    outbox.append(envelopes(0, 2))
    with outbox.delivering():
        files = list(path.parent.iterdir())
        assert {path.name, f"{path.name}-wal", f"{path.name}-shm", f"{path.name}.lock"} <= {f.name for f in files}
        assert {0o600} == {stat.S_IMODE(file.stat().st_mode) for file in files}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_one_delivers(outbox: Outbox, path: Path) -> None:
    """Only one has the right to deliver, and it is given back."""
    other = Outbox(path, "dev-unit", "customs")
    with outbox.delivering() as first, other.delivering() as second:
        assert (first, second) == (True, False)
    with other.delivering() as again:
        assert again
    other.close()


@pytest.mark.usefixtures("outbox")
def test_refusals(path: Path, tmp_path: Path) -> None:
    """An outbox of another deployment or agency, a damaged file and an open directory are refused."""
    with pytest.raises(OutboxError, match="belongs to agency customs in deployment dev-unit"):
        Outbox(path, "dev-other", "customs")
    (tmp_path / "damaged.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(OutboxError, match="cannot be used"):
        Outbox(tmp_path / "damaged.sqlite", "dev-unit", "customs")
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(OutboxError, match="writable by others"):
        Outbox(tmp_path / "open" / "x.sqlite", "dev-unit", "customs")
