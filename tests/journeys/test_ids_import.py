"""The real seizure file through the whole path, against the oracle; and the same with parts killed in the middle."""

import os
import signal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from projections.digest import digests
from projections.projector import EnrichedDecoder
from schemas.codec import FRAME_BYTES, codec
from schemas.identity import PARTITIONS
from schemas.reading import read_topic
from schemas.settings import Settings
from schemas.topics import DECISIONS, SUBMISSIONS, enriched, links
from stream_processors.match import Matcher, read_model
from stream_processors.match.matcher import Taken
from tests.ids.oracle import Expected, expected
from tests.journeys.journey import (
    eventually,
    finished,
    incidents_in_views,
    read_by,
    reported,
    start_import,
    view,
    working,
)
from tests.running import Running
from tests.unit.match.worlds import Said

pytestmark = [pytest.mark.stack, pytest.mark.ids]
_ROUTE = ["departure", "transit", "destination", "substance_class", "period"]
_TIMELINE = ["substance_id", "period"]
_TIMELINE_QUERY = (
    "(select substance_id, period, sum(incidents)::bigint as incidents, sum(items)::bigint as items, "
    "sum(mass_ug) as mass_ug, sum(items_without_mass)::bigint as items_without_mass "
    "from substance_timeline group by 1, 2) as timeline"
)


@pytest.fixture(scope="module")
def oracle(ids_file: Path) -> Expected:
    """What the file must come to, by plain tables."""
    return expected(ids_file)


def _assert_views_equal(settings: Settings, oracle: Expected) -> None:
    for name, keys, wanted in (
        ("route_flow", _ROUTE, oracle.route_flow),
        (
            _TIMELINE_QUERY,
            _TIMELINE,
            oracle.timeline,
        ),
    ):
        found = view(settings, name, keys)
        plain = wanted.select(found.columns).with_columns(wanted["mass_ug"].cast(str)).sort(keys)
        assert found.rows() == plain.rows(), name


def _digests(settings: Settings) -> dict[str, str]:
    with psycopg.connect(settings.database_url) as connection:
        return digests(connection, settings.generation)


def _all_decided(settings: Settings) -> bool:
    """Every submission offset has exactly one decision: contiguous positions, none twice."""
    positions: dict[int, list[int]] = {partition: [] for partition in range(PARTITIONS)}
    for record in read_topic(settings, DECISIONS.name):
        decision = codec("decision").decode((record.value or b"")[5:])
        positions[record.partition].append(decision["submission_offset"])
    for offsets in positions.values():
        assert offsets == list(range(len(offsets)))
    return True


def _complete(settings: Settings, oracle: Expected) -> None:
    eventually("all incidents in the views", lambda: incidents_in_views(settings) == oracle.incidents)
    _assert_views_equal(settings, oracle)
    _all_decided(settings)


def test_every_row_is_accounted_for_and_the_views_equal_the_oracle(
    fresh: Running, ids_file: Path, oracle: Expected
) -> None:
    """Rows are items and rejects; a second import, after the submissions have expired, changes nothing."""
    settings = fresh.settings
    with working(settings, without=("match", "cases")):
        first = finished(start_import(settings, ids_file))
        assert first["rows"] == first["items"] + first["rejects"] == oracle.rows
        assert first["items"] == oracle.items
        assert _counted(first) == {"ACCEPTED": oracle.incidents}
        _complete(settings, oracle)
        before = _digests(settings)

    _truncate_submissions(settings)
    with working(settings, without=("match", "cases")):
        second = finished(start_import(settings, ids_file))
        assert _counted(second) == {"DUPLICATE": oracle.incidents}
        assert _digests(settings) == before


def _counted(report: dict[str, Any]) -> dict[str, int]:
    """Outcomes that occurred."""
    return {outcome: number for outcome, number in report["outcomes"].items() if number}


def _truncate_submissions(settings: Settings) -> None:
    admin = AdminClient(settings.client_config())
    ends = [TopicPartition(SUBMISSIONS.name, number, -1) for number in range(PARTITIONS)]
    for future in admin.delete_records(ends).values():
        future.result(timeout=30)


@pytest.mark.faults
def test_every_part_killed_in_turn_loses_and_doubles_nothing(fresh: Running, ids_file: Path, oracle: Expected) -> None:
    """`kill -9` of the reporting process, of each stage, and of the broker, while one import runs.

    The import is simply run once more; stages and broker are started again. Links are what one matcher finds in all
    that was enriched.
    """
    settings = fresh.settings
    with working(settings) as workers:
        importing = start_import(settings, ids_file)
        _so_many(settings, oracle, 1_000)
        os.kill(importing.pid, signal.SIGKILL)
        importing.communicate()
        importing = start_import(settings, ids_file)
        for number, stage in enumerate(("admit", "match", "enrich", "cases", "project")):
            _so_many(settings, oracle, (3 + 2 * number) * 1_000)
            workers.process(stage).kill()
            workers.process(stage).wait()
            workers.start()
        _so_many(settings, oracle, 13_000)
        fresh.kill("kafka")
        fresh.start("kafka")
        workers.start()
        outcomes = _counted(finished(importing))
        assert set(outcomes) <= {"ACCEPTED", "DUPLICATE"}
        assert sum(outcomes.values()) == oracle.incidents
        eventually("all incidents in the views", lambda: incidents_in_views(settings) == oracle.incidents)
        _all_decided(settings)
        for stage in ("match", "cases"):
            eventually(f"{stage} has read all", lambda stage=stage: read_by(settings, stage))  # type: ignore[misc]  # mypy cannot infer a default
        _links_are_of_one_matcher(settings)
        wanted = oracle.route_flow.select(*_ROUTE, "incidents").sort(_ROUTE)
        eventually("all reports counted", lambda: reported(settings, _ROUTE).equals(wanted))


def _links_are_of_one_matcher(settings: Settings) -> None:
    """What counts by the log of links is what a matcher finds that is given all at once."""
    said, expected = Said(), Said()
    for record in read_topic(settings, links(settings.generation).name):
        event = codec("match_event").decode((record.value or b"")[FRAME_BYTES:])
        said.take(
            Taken(
                moved=[each for each in (event["moved"],) if each],
                keys=[each for each in (event["key"],) if each],
                links=[each for each in (event["link"],) if each],
            )
        )
    values = [record.value or b"" for record in read_topic(settings, enriched(settings.generation).name)]
    expected.take(Matcher(read_model(settings, settings.generation)).take(EnrichedDecoder(settings)(values)))
    assert _pairs(said) == _pairs(expected)
    assert said.closed == expected.closed


def _pairs(said: Said) -> dict[tuple[str, str], tuple[str, str, int]]:
    return {pair: (link["kind"], link["outcome"], link["duplicate_mbit"]) for pair, link in said.counting().items()}


def _so_many(settings: Settings, oracle: Expected, number: int) -> None:
    eventually(f"{number} incidents in the views", lambda: incidents_in_views(settings) > number)
    assert incidents_in_views(settings) < oracle.incidents, "nothing is in the middle any more"
