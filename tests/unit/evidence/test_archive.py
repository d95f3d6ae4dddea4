"""An export on another machine: it gives what the log gave, and what was done to its files is found."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from projections.evidence.archive import Archive, file_of
from projections.evidence.exporting import export
from projections.evidence.verifying import verify_history
from schemas.errors import AccessLogError, ReplayError
from schemas.reading import Record
from schemas.topics import DECISIONS, INCIDENTS
from tests.unit.evidence.history import History, history

SOUND = history()
NOW = datetime(2026, 3, 14, tzinfo=UTC)


def exported(source: History, place: Path) -> Archive:
    """An export of a history."""
    export(source, place, NOW, lambda _: None)
    return Archive(place)


def test_an_export_is_verified_like_the_log(tmp_path: Path) -> None:
    """The same verdict, and the same digests, as of the log; and the manifest says them."""
    archive = exported(SOUND, tmp_path / "e")
    verdict = verify_history(archive)
    assert verdict.sound
    assert list(archive.changed()) == []
    assert verdict.extents == verify_history(SOUND).extents
    said = archive.manifest["files"][INCIDENTS.name]["partitions"]
    assert said == {str(number): each.document() for number, each in verdict.extents[INCIDENTS.name].items()}


def test_the_ids_are_told_before_they_leave(tmp_path: Path) -> None:
    """An access log that does not answer stops an export, and nothing of it is there."""
    told: list[str] = []
    export(SOUND, tmp_path / "e", NOW, told.extend)
    assert {(record.key or b"").decode() for record in SOUND.records[INCIDENTS.name]} == set(told)

    def refuse(_: object) -> None:
        raise AccessLogError("no")

    with pytest.raises(AccessLogError):
        export(SOUND, tmp_path / "f", NOW, refuse)
    assert [each.name for each in tmp_path.iterdir()] == ["e"]
    with pytest.raises(ReplayError, match="exists"):
        export(SOUND, tmp_path / "e", NOW, told.extend)


def test_a_byte_flipped_in_a_file_is_found(tmp_path: Path) -> None:
    """Whether the file can still be read or not."""
    archive = exported(SOUND, tmp_path / "e")
    path = tmp_path / "e" / file_of(INCIDENTS.name)
    whole = path.read_bytes()
    for place in (0, 200, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        (found,) = archive.changed()
        assert (found.code, found.where) == ("FILE_CHANGED", str(path))
        verify_history(archive)  # gives a verdict, whatever the file now holds
    path.unlink()
    assert "nothing" in next(archive.changed()).what
    assert not verify_history(archive).sound


def test_a_file_written_anew_is_found_though_its_manifest_agrees(tmp_path: Path) -> None:
    """Who alters a record and writes the whole export anew still lacks the agency's key."""
    victim = SOUND.admitted("three", 2)
    changed = replace(victim, value=(victim.value or b"").replace(b"fentanyl", b"aspirine"))
    assert changed != victim
    archive = exported(SOUND.spoil(INCIDENTS.name, lambda r: changed if r == victim else r), tmp_path / "e")
    assert list(archive.changed()) == []
    (finding,) = verify_history(archive).findings
    assert (finding.code, finding.revision) == ("BAD_SIGNATURE", 2)
    assert finding.where == f"{victim.topic}/{victim.partition}/{victim.offset}"


def test_what_is_no_export_is_said_to_be_none(tmp_path: Path) -> None:
    """No manifest, none that can be read, and one of another format."""
    with pytest.raises(ReplayError, match="no export"):
        Archive(tmp_path)
    manifest = tmp_path / "manifest.json"
    manifest.write_text("{")
    with pytest.raises(ReplayError, match="no export"):
        Archive(tmp_path)
    manifest.write_bytes(orjson.dumps({"format": "ionics-export/9", "deployment": "dev-x", "files": {}}))
    with pytest.raises(ReplayError, match="format"):
        Archive(tmp_path)


class Growing(History):
    """A log to which admission writes between one question for its ends and the next."""

    step = 0
    start = 0

    def spans(self, topic: str) -> dict[int, tuple[int, int]]:  # type: ignore[override]  # a span is such a pair
        """What is there at this moment: each question finds more."""
        self.step += 1
        with self._shortened(topic):
            return super().spans(topic)  # type: ignore[return-value]  # the same

    @contextmanager
    def _shortened(self, topic: str) -> Iterator[None]:
        whole = self.records[topic]
        if topic in (INCIDENTS.name, DECISIONS.name):
            self.records[topic] = self._until(whole, self.start + self.step)
        try:
            yield
        finally:
            self.records[topic] = whole

    def _until(self, records: list[Record], submissions: int) -> list[Record]:
        """Those of the first submissions: what a transaction writes is there together, the decision last."""
        times = sorted({record.timestamp_ms for record in self.records[DECISIONS.name]})
        last = times[min(submissions, len(times) - 1)]
        return [record for record in records if record.timestamp_ms <= last]


@pytest.mark.parametrize("start", range(0, 16, 3))
def test_a_log_that_grows_meanwhile_is_sound(start: int, tmp_path: Path) -> None:
    """Incidents and decisions are cut at one submission, in verifying and in an export."""
    log = Growing(SOUND.copy().records)
    log.start = start
    assert list(verify_history(log).findings) == []
    log.step = 0
    archive = exported(log, tmp_path / "e")
    assert list(verify_history(archive).findings) == []
    assert archive.manifest["files"][INCIDENTS.name]["records"] < len(SOUND.records[INCIDENTS.name])
