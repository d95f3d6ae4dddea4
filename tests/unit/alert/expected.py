"""What alerts a set of facts makes, judged once when all of them are filed; and what a stream of alerts comes to."""

from collections.abc import Iterable, Iterator
from typing import Any

from schemas.alert import RAISED
from schemas.codec import codec
from stream_processors.alert.book import Book, Kept
from stream_processors.alert.detector import Unit
from stream_processors.alert.finding import written
from stream_processors.alert.judging import DETECTORS, Told, judged
from stream_processors.alert.reading import Given
from stream_processors.alert.restoring import restored

Content = dict[str, Any]
_OF_A_REVISION = ("alert_id", "revision", "status", "positions")


def standing(given: Iterable[Given]) -> dict[str, Told]:
    """What stands after facts, by alert id."""
    return _judged(restored(given).book)


def contents(given: Iterable[Given]) -> dict[str, Content]:
    """The same as readers get it: all that alerts say but their ids, revisions and positions."""
    kept = restored(given).book
    found = {}
    for id_, told in _judged(kept).items():
        policies = [(class_, *kept.policies[class_]) for class_ in told.classes]
        frame = {"alert_id": id_, "revision": 1, "status": RAISED, "positions": []}
        body = codec("alert").encode(written(told.finding, policies) | frame)
        found[id_] = content(codec("alert").decode(body))
    return found


def _judged(kept: Kept) -> dict[str, Told]:
    book, found = Book(kept), dict[str, Told]()
    detectors = {detector.name: detector for detector in DETECTORS}
    for unit in dict.fromkeys(_units(kept)):
        found |= judged(book, unit, detectors[unit[0]])
    return found


def _units(kept: Kept) -> Iterator[Unit]:
    """Everything that can be judged, whatever the detectors think that facts touch."""
    for id_ in kept.incidents:
        yield from (("find", id_), ("stop", id_))
    yield from (("special", id_) for id_ in kept.specials)
    for key, classes in kept.files.items():
        match key:
            case ("first", substance, _):
                yield "first", substance
            case ("name", name):
                yield "name", name
            case ("cell", country, class_) if class_:
                yield "surge", country, class_
            case ("route", departure, destination, _):
                yield "route", departure, destination
            case ("token", _):
                quarters = {part for parts in classes.values() for part in parts}
                yield from (("watch", id_, str(quarter)) for id_ in kept.watches for quarter in quarters)


def folded(events: Iterable[Content]) -> dict[str, Content]:
    """What stands, for whoever folds the stream; revisions go up by one."""
    last: dict[str, Content] = {}
    for event in events:
        known = last.get(event["alert_id"])
        assert event["revision"] == (known["revision"] if known else 0) + 1
        last[event["alert_id"]] = event
    return {id_: content(event) for id_, event in last.items() if event["status"] == RAISED}


def content(event: Content) -> Content:
    """What an alert says, without what is of one revision."""
    return {name: value for name, value in event.items() if name not in _OF_A_REVISION}
