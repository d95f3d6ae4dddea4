"""SPECIAL: what the secretariat wrote, passed on to the audience that it named."""

from collections.abc import Iterable, Iterator

from schemas.alert import WITHDRAWN
from schemas.policies import COMMUNITY_CLASS
from stream_processors.alert.book import Book, Entry, Filing, View
from stream_processors.alert.detector import Unit
from stream_processors.alert.facts import LABELS, Fact
from stream_processors.alert.finding import Finding, Reason, Special, Subject
from stream_processors.alert.watching import milliseconds

NOT_LOOKED_AT = 0
"""Revision of an incident that a special alert names: its author named it, and nobody looked at it."""


class Specials:
    """A unit is a special alert."""

    name = "special"

    def filings(self, fact: Fact) -> Iterator[Filing | Entry]:  # noqa: ARG002  # of a detector
        """See `Detector.filings`: incidents do not matter."""
        yield from ()

    def units(self, book: Book, fact: Fact) -> Iterator[Unit]:  # noqa: ARG002  # of a detector
        """See `Detector.units`."""
        yield from ()

    def changed(self, book: Book, fact: Fact) -> None:
        """See `Detector.changed`."""

    def classes(self, book: Book, unit: Unit) -> Iterable[int]:  # noqa: ARG002  # of a detector
        """See `Detector.classes`."""
        return ()

    def findings(self, unit: Unit, view: View) -> Iterator[Finding]:
        """See `Detector.findings`."""
        said = view.book.specials.get(unit[1])
        if said is None or said.status == WITHDRAWN:
            return
        yield Finding(
            kind="SPECIAL",
            named=(said.alert_id,),
            severity=said.severity,
            title=said.title,
            subject=Subject(**said.subject.model_dump()),
            reasons=(Reason("author", f"written by {said.author_agency}"),),
            incidents=tuple((id_, NOT_LOOKED_AT) for id_ in said.incidents),
            label=LABELS.index(said.tlp.value),
            raised_ms=milliseconds(said.at),
            act_before_ms=None if said.act_before is None else milliseconds(said.act_before),
            classes=() if said.policy_class == COMMUNITY_CLASS else (said.policy_class,),
            special=Special(
                said.alert_id,
                said.text,
                tuple((each.media_type, each.sha256, each.size, each.title) for each in said.documents),
                said.author_id,
                said.author_agency,
            ),
        )
