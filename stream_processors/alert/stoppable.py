"""STOPPABLE: a shipment on its way of which somebody asks others to do something, while there is time."""

from collections.abc import Iterable, Iterator

from schemas.policies import COMMUNITY_CLASS
from stream_processors.alert.book import Book, Entry, Filing, View
from stream_processors.alert.detector import Unit
from stream_processors.alert.facts import Fact
from stream_processors.alert.finding import Finding, Reason, Subject, listed, moment, short


class Stoppable:
    """A unit is an incident."""

    name = "stop"

    def filings(self, fact: Fact) -> Iterator[Filing | Entry]:  # noqa: ARG002  # of a detector
        """See `Detector.filings`: it looks at one incident alone."""
        yield from ()

    def units(self, book: Book, fact: Fact) -> Iterator[Unit]:  # noqa: ARG002  # of a detector
        """See `Detector.units`."""
        if fact.deadlines:
            yield self.name, fact.incident_id

    def changed(self, book: Book, fact: Fact) -> None:
        """See `Detector.changed`."""

    def classes(self, book: Book, unit: Unit) -> Iterable[int]:
        """See `Detector.classes`."""
        known = book.incidents.get(unit[1])
        return {known.fact.policy_class} - {COMMUNITY_CLASS} if known and known.fact else ()

    def findings(self, unit: Unit, view: View) -> Iterator[Finding]:
        """See `Detector.findings`."""
        known = view.book.incidents.get(unit[1])
        fact = known.fact if known else None
        if fact is None or fact.policy_class != view.class_:
            return
        deadline = next((when for when in fact.deadlines if when > fact.admitted_ms), None)
        if deadline is None:
            return
        what = short(fact.items[0].text) if fact.items else "a shipment"
        until = moment(deadline)
        way = f" from {fact.departure}" if fact.departure else ""
        way += f" to {fact.destination}" if fact.destination else ""
        asked = fact.asks.lower().replace("_", " ")
        yield Finding(
            kind="STOPPABLE",
            named=(fact.incident_id,),
            severity="CRITICAL",
            title=f"Can still be stopped: {what}{way}",
            subject=Subject(
                substance_id=fact.items[0].substance_id or None if fact.items else None,
                substance_class=fact.items[0].substance_class or None if fact.items else None,
                countries=fact.countries,
                departure=fact.departure or None,
                destination=fact.destination or None,
            ),
            reasons=(
                Reason(
                    "action_requested",
                    f"the reporter asks to {asked}; it can be acted on until {until:%Y-%m-%d %H:%M} UTC",
                ),
            ),
            incidents=listed([fact]),
            label=fact.label,
            raised_ms=fact.admitted_ms,
            act_before_ms=deadline,
            rests_on=frozenset({fact.policy_class}),
        )
