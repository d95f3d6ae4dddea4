"""LARGE and POTENT: a find of far more mass, or purity, than finds of the same substance, else class, were before.

What there was before are incidents that were admitted in earlier years: so a find is judged by what does not change any
more, and a year of finds by one measure. Of an incident that is both, one alert says both.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from schemas.policies import COMMUNITY_CLASS
from stream_processors.alert.book import Book, Entry, Filing, Key, View
from stream_processors.alert.detector import Unit
from stream_processors.alert.facts import DAY_MS, Fact, Item
from stream_processors.alert.fences import A_DECADE, MASS_STEP, PURITY_STEP, fence, mass_step
from stream_processors.alert.finding import Finding, Reason, Subject, listed, short

MASS, PURITY = "mass", "purity"
_LEAST_MAD = {MASS: MASS_STEP, PURITY: PURITY_STEP}
_UNITS = ((1_000_000_000, "kg"), (1_000_000, "g"), (1_000, "mg"), (1, "ug"))


class Value(NamedTuple):
    """What an incident has of a substance or class.

    Attributes:
        of: substance id, or class.
        step: on the scale of the measure.
    """

    measure: str
    of: str
    step: int
    item: Item


class Fence(NamedTuple):
    """From where a value is unusual.

    Attributes:
        at: the greatest usual step.
        label: index of the strictest label of what was looked at.
    """

    at: int
    label: int


class Finds:
    """A unit is an incident."""

    name = "find"

    def filings(self, fact: Fact) -> Iterator[Filing | Entry]:
        """See `Detector.filings`."""
        year = _year(fact.admitted_ms // DAY_MS)
        for value in _values(fact):
            yield Filing(_key(value.measure, value.of, year), value.step)
            yield Entry(("years", value.measure, value.of), str(year))
            yield Entry(_labels(value.measure, value.of, year, fact.policy_class), str(fact.label))

    def units(self, book: Book, fact: Fact) -> Iterator[Unit]:
        """See `Detector.units`: beside itself what is unusual, before or after, in later years."""
        if fact.late and not _values(fact):
            return
        yield self.name, fact.incident_id
        year = _year(fact.admitted_ms // DAY_MS)
        for measure, of, *_ in _values(fact):
            for later in map(int, book.index(("years", measure, of))):
                if later <= year:
                    continue
                key = _key(measure, of, later)
                seen_by = {*book.classes(key)} if fact.policy_class == COMMUNITY_CLASS else {fact.policy_class}
                for class_ in seen_by:
                    own = book.parts(key, class_)
                    limit = self._fence(View(book, class_), measure, of, later) if own else None
                    if limit is None:
                        continue
                    for step, facts in own.items():
                        if step > limit.at:
                            yield from ((self.name, each.incident_id) for each in facts)

    def changed(self, book: Book, fact: Fact) -> None:
        """See `Detector.changed`."""
        year = _year(fact.admitted_ms // DAY_MS)
        for measure, of, *_ in _values(fact):
            if not book.parts(_key(measure, of, year), fact.policy_class):  # nobody will tell of it what changes next
                book.memo.put((self.name, measure, of, year, fact.policy_class), None)
            for later in map(int, book.index(("years", measure, of))):
                if later > year:
                    for class_ in {COMMUNITY_CLASS, fact.policy_class, *book.classes(_key(measure, of, later))}:
                        memo = self.name, measure, of, later, class_
                        if book.memo.get(memo) is not None:
                            book.memo.put(memo, None)

    def classes(self, book: Book, unit: Unit) -> Iterable[int]:
        """See `Detector.classes`."""
        known = book.incidents.get(unit[1])
        return {known.fact.policy_class} - {COMMUNITY_CLASS} if known and known.fact else ()

    def findings(self, unit: Unit, view: View) -> Iterator[Finding]:
        """See `Detector.findings`."""
        known = view.book.incidents.get(unit[1])
        fact = known.fact if known else None
        if fact is None or fact.late or fact.policy_class != view.class_:
            return
        found: dict[tuple[str, Item], tuple[Value, Fence]] = {}
        for value in _values(fact):  # a substance with a history of its own is not compared with its class
            limit = self._fence(view, value.measure, value.of, _year(fact.admitted_ms // DAY_MS))
            if limit is not None:
                found.setdefault((value.measure, value.item), (value, limit))
        unusual = [(value, limit) for value, limit in found.values() if value.step > limit.at]
        if unusual:
            yield _finding(fact, sorted(unusual, key=lambda each: (each[0].measure, each[1].at - each[0].step)))

    def _fence(self, view: View, measure: str, of: str, year: int) -> Fence | None:
        memo = self.name, measure, of, year, view.class_
        found = view.book.memo.get(memo)
        if found is None:
            found = (_fenced(view, measure, of, year),)
            view.book.memo.put(memo, found)
        limit: Fence | None = found[0]
        return limit


def _fenced(view: View, measure: str, of: str, year: int) -> Fence | None:
    counts: dict[int, int] = {}
    labels = {0}
    for earlier in map(int, view.book.index(("years", measure, of))):
        if earlier >= year:
            continue
        for parts in view.parts(_key(measure, of, earlier)):
            for step, facts in parts.items():
                counts[step] = counts.get(step, 0) + len(facts)
        for class_ in {COMMUNITY_CLASS, view.class_}:
            labels.update(map(int, view.book.index(_labels(measure, of, earlier, class_))))
    at = fence(counts, _LEAST_MAD[measure])
    return None if at is None else Fence(at, max(labels))


def _finding(fact: Fact, unusual: list[tuple[Value, Fence]]) -> Finding:
    large = [value for value, _ in unusual if value.measure == MASS]
    item = (large or [unusual[0][0]])[0].item
    far = max(value.step - limit.at for value, limit in unusual) if large else 0
    what = "large" if large else "potent"
    return Finding(
        kind="LARGE" if large else "POTENT",
        named=(fact.incident_id,),
        severity="HIGH" if far >= A_DECADE or {value.measure for value, _ in unusual} == {MASS, PURITY} else "MEDIUM",
        title=f"Unusually {what} find: {_amount(item, MASS if large else PURITY)} of {short(item.text)}",
        subject=Subject(
            substance_id=item.substance_id or None,
            substance_class=item.substance_class or None,
            countries=fact.countries,
        ),
        reasons=tuple(_reason(*each) for each in unusual),
        incidents=listed([fact]),
        label=max(fact.label, *(limit.label for _, limit in unusual)),
        raised_ms=fact.admitted_ms,
        rests_on=frozenset({fact.policy_class}),
    )


def _reason(value: Value, limit: Fence) -> Reason:
    item, of = value.item, "the substance" if value.of == value.item.substance_id else value.of
    if value.measure == PURITY:
        found, usual = f"{(item.purity or 0) / 10:g}", f"{limit.at / 10:g}"
        return Reason("purity_pct", f"{found} per cent; usual of {of} is up to {usual}", found, usual)
    most = round(10 ** ((limit.at + 1) / A_DECADE))
    words = f"{_amount(item, MASS)}; usual of {of} is up to {_mass(most)}"
    return Reason("mass_ug", words, str(item.mass_ug), str(most))


def _amount(item: Item, measure: str) -> str:
    return _mass(item.mass_ug or 0) if measure == MASS else f"{(item.purity or 0) / 10:g} %"


def _mass(micrograms: int) -> str:
    size, unit = next((each for each in _UNITS if micrograms >= each[0]), _UNITS[-1])
    return f"{micrograms / size:.3g} {unit}" if micrograms < 1_000 * size else f"{micrograms // size:,} {unit}"


def _values(fact: Fact) -> list[Value]:
    """What it has of each substance, then of each class: of those the item that has most."""
    found: dict[tuple[str, str], Value] = {}
    for of in ("substance_id", "substance_class"):
        for item in fact.items:
            steps = {MASS: mass_step(item.mass_ug) if item.mass_ug else None, PURITY: item.purity}
            for measure, step in steps.items():
                name = getattr(item, of)
                known = found.get((measure, name))
                if name and step is not None and (known is None or known.step < step):
                    found[measure, name] = Value(measure, name, step, item)
    return list(found.values())


def _key(measure: str, of: str, year: int) -> Key:
    return "values", measure, of, str(year)


def _labels(measure: str, of: str, year: int, class_: int) -> Key:
    return "labels", measure, of, str(year), str(class_)


@lru_cache(maxsize=65_536)
def _year(day: int) -> int:
    return datetime.fromtimestamp(day * DAY_MS / 1000, UTC).year
