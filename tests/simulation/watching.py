"""What people watch, and what the secretariat writes, in a seed."""

from datetime import UTC, datetime
from random import Random

from schemas.codec import frame
from schemas.special_alert import SpecialAlert
from schemas.topics import SPECIAL_ALERTS, WATCHES
from schemas.watch import Watch
from stream_processors.runtime import Output
from tests.simulation.scheduler import START_MS
from tests.unit.alert.world import special, watch
from tests.unit.stream_processors.world import DICTIONARY

_BEFORE = datetime.fromtimestamp(START_MS / 1000 - 60, UTC)


def watched_or_written(random: Random) -> Output:
    """A watch, or a special alert, at one of its first revisions; what says the same may come again."""
    number, revision = random.randrange(3), random.randrange(1, 4)
    if random.random() < 0.4:
        status = random.choice(("RAISED", "RAISED", "WITHDRAWN"))
        return _output(special(number, revision=revision, status=status, title=f"Beware, {random.randrange(3)}"))
    value = random.choice(("nobody knows", "NZL", "fentanyl"))
    kind = "PLACE" if value == "NZL" else "SUBSTANCE"
    audience = random.choice((("COMMUNITY",), ("agency:aus-police",)))
    return _output(
        watch(number, kind, value, at=_BEFORE, revision=revision, active=random.random() < 0.7, audience=audience)
    )


def _output(said: Watch | SpecialAlert) -> Output:
    kind, topic = ("watch", WATCHES) if isinstance(said, Watch) else ("special_alert", SPECIAL_ALERTS)
    return Output(topic.name, 0, said.key.encode(), frame(DICTIONARY.id_of(kind)) + said.body())
