"""The directory on a real broker: two persons, rotation, suspension, and what admission makes of it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.broker import broker
from cli.directory import directory
from deploy.deployment import bootstrap
from deploy.home import ADMINISTRATORS, key_path
from producers import IncidentProducer
from projections.dead_letters import DISCARDED, REDRIVEN, DeadLetter, dead_letter, dead_letters, discard, redrive
from schemas.codec import codec
from schemas.directory import read_directory, read_members
from schemas.errors import LogError
from schemas.keys import SigningKey
from schemas.reading import read_topic
from schemas.settings import Settings
from schemas.topics import DECISIONS
from tests.integration.exchange import CONTENT, stages, until


@pytest.fixture
def ionics(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Run `ionics directory …` in the shared deployment; gives what it printed."""
    monkeypatch.setenv("IONICS_HOME", str(settings.home))

    def run(*words: str, exit_code: int = 0) -> str:
        result = CliRunner().invoke(directory, words)
        assert result.exit_code == exit_code, (result.output, result.exception)
        return result.output + (str(result.exception) if exit_code else "")

    return run


def test_a_deployment_has_people_to_act_as(settings: Settings) -> None:
    """A dev- deployment begins with an analyst, an auditor and an operator of the coordination centre."""
    people = read_members(settings).focal_points
    assert {name: sorted(people[name].rights) for name in ("analyst", "auditor", "operator")} == {
        "analyst": ["coordinate", "publish", "read"],
        "auditor": ["audit", "read"],
        "operator": ["administer", "read"],
    }
    assert not bootstrap(settings)


def test_an_agency_needs_two_administrators(settings: Settings, ionics: Callable[..., str]) -> None:
    """What one proposes, another one approves; nobody approves their own."""
    key = SigningKey.generate()
    key.save(key_path(settings, "fji-customs"))
    agency = ("change", "agency-add", "--agency-id", "fji-customs", "--name", "Fiji", "--agency-type", "CUSTOMS")
    proposed = ionics(*agency, "--country", "FJI")
    digest = proposed.split("approve ")[1].split()[0]
    assert "fji-customs" not in read_directory(settings).agencies
    assert digest[:12] in ionics("proposals")
    first = str(key_path(settings, ADMINISTRATORS[0]))
    assert "changed nothing" in ionics("approve", digest, "--yes", "--key", first, exit_code=1)
    ionics("approve", digest, "--yes")
    assert read_directory(settings).agencies["fji-customs"].country == "FJI"
    if settings.credentials:  # the tests run on a secure broker
        assert CliRunner().invoke(broker, ["credential", "agency.fji-customs"]).exit_code == 0
    assert "country" in ionics("change", "agency-add", *agency[2:], "--country", "fj", exit_code=2)
    ionics("change", "key-register", "--agency-id", "fji-customs", "--public", key.public.hex(), "--both")
    with stages(settings, "admit"), _producer(settings, "fji-customs", "FJI") as producer:
        assert producer.wait(producer.report(CONTENT), 30).outcome == "ACCEPTED"


def test_an_agency_rotates_its_key_and_goes_on(
    settings: Settings, make_agency: Callable[..., str], ionics: Callable[..., str]
) -> None:
    """The SDK finds the new key where the old one was; what the old one signed before still counts."""
    agency = make_agency("ton-customs", "TON")
    path = key_path(settings, agency)
    old = SigningKey.load(path)
    with stages(settings, "admit"):
        with _producer(settings, agency, "TON") as producer:
            ionics("rotate", agency)
            assert producer.wait(producer.report(CONTENT), 30).outcome == "ACCEPTED"
        with _producer(settings, agency, "TON") as producer:
            assert producer.wait(producer.report(CONTENT), 30).outcome == "ACCEPTED"
    new = SigningKey.load(path)
    keys = read_directory(settings).keys
    assert keys[old.key_id].end_ms == keys[new.key_id].start_ms
    assert not path.with_suffix(".next").exists()


def test_a_rotation_may_be_carried(
    settings: Settings, make_agency: Callable[..., str], ionics: Callable[..., str], tmp_path: Path
) -> None:
    """An agency that cannot write the directory signs the act; the operator submits it; junk is refused."""
    agency = make_agency("tuv-customs", "TUV")
    path, act = key_path(settings, agency), tmp_path / "act"
    old = SigningKey.load(path)
    assert "submitted" in ionics("rotate", agency, "--out", str(act))
    assert SigningKey.load(path).key_id == old.key_id
    ionics("submit", str(act))
    ionics("rotate", agency)
    assert read_directory(settings).keys[old.key_id].end_ms is not None
    assert SigningKey.load(path).key_id in read_directory(settings).keys
    assert "changed nothing" in ionics("submit", str(act), exit_code=1)
    act.write_bytes(b"junk")
    assert "no signed act" in ionics("submit", str(act), exit_code=1)


def test_a_suspended_agency_is_refused_until_two_restore_it(
    settings: Settings, make_agency: Callable[..., str], ionics: Callable[..., str]
) -> None:
    """Its submissions do not verify, and nothing of them is used; an operator may drive them again afterwards."""
    agency = make_agency("wsm-customs", "WSM")
    ionics("change", "agency-suspend", "--agency-id", agency)
    with stages(settings, "admit"), _producer(settings, agency, "WSM") as producer:
        refused, letters = producer.report(CONTENT), list[DeadLetter]()

        def put_aside() -> bool:
            letters[:] = (each for each in dead_letters(settings) if each.record.key == refused.incident_id.encode())
            return bool(letters)

        until(put_aside)
        with pytest.raises(LogError):
            producer.wait(refused, 0.2)
        ionics("change", "agency-restore", "--agency-id", agency, "--both")
        assert producer.wait(producer.report(CONTENT), 30).outcome == "ACCEPTED"
        [letter] = letters
        redrive(settings, letter, "operator", "the suspension was a mistake")
        assert producer.wait(refused, 30).outcome == "ACCEPTED"
    settled = dead_letter(settings, letter.position)
    assert (settled.settled, settled.reason) == (REDRIVEN, "the suspension was a mistake")
    discard(settings, settled, "operator", "done")
    assert dead_letter(settings, letter.position).settled == DISCARDED
    codes = {codec("decision").decode((r.value or b"")[5:])["code"] for r in read_topic(settings, DECISIONS.name)}
    assert "KEY_NOT_GOOD" in codes


def _producer(settings: Settings, agency: str, country: str) -> IncidentProducer:
    return IncidentProducer(agency, reporting_country=country, settings=settings)
