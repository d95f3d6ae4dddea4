"""Reading the stream: typed events, filters, cursors, and a reader that is killed."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from projections.feed import FeedFilter, feed
from schemas.errors import ProjectionError
from schemas.settings import Settings
from tests.integration.exchange import reported, stages

pytestmark = pytest.mark.stack

_READER = """
import sys
from pathlib import Path
from projections.feed import feed
from schemas.settings import load_settings

seen, place = Path(sys.argv[1]), Path(sys.argv[2])
after = place.read_text() if place.exists() else None
with seen.open("a") as out:
    for event in feed(load_settings(), after=after, follow=False):
        print(event.incident.event_id, file=out, flush=True)
        place.with_suffix(".new").write_text(event.cursor)
        place.with_suffix(".new").replace(place)
        print("read", flush=True)
"""


@pytest.fixture
def exchanged(settings: Settings, make_agency: Callable[..., str]) -> set[str]:
    """Event ids of an exchange that the stream holds."""
    agency = make_agency("feed-nzl")
    with stages(settings, "admit", "enrich"):
        wanted = {submission.event_id for submission in reported(settings, agency, 40)}
        missing = set(wanted)
        for event in feed(settings):
            missing.discard(event.incident.event_id)
            if not missing:
                return wanted
    raise AssertionError("the stream ended")


def test_a_reader_goes_on_from_any_cursor_without_gap_or_repetition(settings: Settings, exchanged: set[str]) -> None:
    """From each cursor exactly the events after it follow."""
    events = list(feed(settings, follow=False))
    assert exchanged <= {event.incident.event_id for event in events}
    for position in (0, len(events) // 2, len(events) - 1):
        before = {event.incident.event_id for event in events[: position + 1]}
        after = [event.incident.event_id for event in feed(settings, after=events[position].cursor, follow=False)]
        assert len(after) == len(set(after))
        assert before | set(after) == {event.incident.event_id for event in events}
        assert not before & set(after)


def test_a_filter_gives_what_it_names(settings: Settings, exchanged: set[str]) -> None:
    """By agency, country of place or leg, and substance."""
    own = FeedFilter(agency_id="feed-nzl", country="CHN")
    assert exchanged <= {event.incident.event_id for event in feed(settings, filter=own, follow=False)}
    assert list(feed(settings, filter=FeedFilter(substance_id="class:none"), follow=False)) == []


def test_a_damaged_cursor_is_refused(settings: Settings) -> None:
    """It is said what to do."""
    with pytest.raises(ProjectionError, match="start without one"):
        next(feed(settings, after="no cursor", follow=False))


@pytest.mark.faults
def test_a_reader_killed_at_any_point_goes_on_without_a_gap(
    settings: Settings, exchanged: set[str], tmp_path: Path
) -> None:
    """`kill -9` after each few events; the last run reads to the end."""
    seen, place = tmp_path / "seen", tmp_path / "cursor"
    command = [sys.executable, "-c", _READER, str(seen), str(place)]
    environment = {**os.environ, "IONICS_HOME": str(settings.home)}
    for kill_after in (1, 7, 13):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as reader:
            assert reader.stdout is not None
            for _ in range(kill_after):
                assert reader.stdout.readline() == "read\n"
            reader.kill()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    ids = seen.read_text().split()
    assert exchanged <= set(ids)
    assert {event.incident.event_id for event in feed(settings, follow=False)} == set(ids)


def test_a_reader_that_has_everything_ends(settings: Settings, exchanged: set[str]) -> None:
    """From the last cursor there is nothing more, whatever markers of transactions lie behind it."""
    assert exchanged
    *_, last = feed(settings, follow=False)
    assert list(feed(settings, after=last.cursor, follow=False)) == []
