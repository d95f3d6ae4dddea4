"""Reported substance names → identity, class and effect group, and how sure that is.

An unknown name is normal for a new substance: it is a result, never an error.
"""

import unicodedata
from dataclasses import dataclass, replace
from typing import Literal

from stream_processors.reference.normalise import is_blank, normalise_name
from stream_processors.reference.plausibility import Kinds
from stream_processors.reference.readings import bracketed, readings
from stream_processors.reference.spelling import Spelling
from stream_processors.reference.stated import Stated
from stream_processors.reference.tables import NAMES, SUBSTANCES, Row, Tables

SubstanceHow = Literal["exact", "alias", "fuzzy", "class_only", "ambiguous", "unknown", "blank"]
Confidence = Literal["high", "medium", "low", "none"]

_CONFIDENCES: dict[str, Confidence] = {"high": "high", "medium": "medium", "low": "low"}
_ONE_STEP_DOWN: dict[Confidence, Confidence] = {"high": "medium", "medium": "low", "low": "low", "none": "none"}
_STATED_AS = {"unknown": "class:unknown", "other": "class:other"}


@dataclass(frozen=True, slots=True)
class SubstanceMatch:
    """What a reported name means.

    Attributes:
        substance_id: InChIKey, ``sub:``, ``mix:`` or, where only the class is known, ``class:``; None where ambiguous,
            unknown or blank. Two incidents that share a ``class:`` id share no substance.
        candidates: the substances that an ambiguous name may mean, in order of id; else empty.
        substance_class: one of the nine classes; of an ambiguous name only where all candidates agree, likewise:
        subclass: finer class.
        effect_group: effect group.
        active_substance_id: the main active substance of a ``mix:``, for roll-up only.
        how: ``exact`` is the preferred name, ``alias`` any other name or reading on record, ``class_only`` a class.
        confidence: that of the name on record, one step less for another reading of it; medium for a misspelling by one
            letter, low by two; low where ambiguous.
        similarity_pct: 100 for a name on record, less for a misspelling, 0 for none.
    """

    substance_id: str | None
    candidates: tuple[str, ...]
    substance_class: str | None
    subclass: str | None
    effect_group: str | None
    active_substance_id: str | None
    how: SubstanceHow
    confidence: Confidence
    similarity_pct: int


_BLANK = SubstanceMatch(None, (), None, None, None, None, "blank", "none", 0)
_UNKNOWN = SubstanceMatch(None, (), None, None, None, None, "unknown", "none", 0)


class Substances:
    """Resolves substance names, from ``substances.csv`` and ``substance_names.csv``.

    Raises:
        ReferenceDataError: a name or an active substance points to no substance, a confidence is not listed, or
            ``name_normalised`` is given and is not what the rules make of the name.
    """

    def __init__(self, tables: Tables, stated: Stated) -> None:
        self._stated = stated
        self._substances = {row["substance_id"]: row for row in tables.rows(SUBSTANCES)}
        for row in self._substances.values():
            self._check_known(row, "active_substance_id")
        self._verbatim: dict[str, list[Row]] = {}
        self._normalised: dict[str, list[Row]] = {}
        spellings = []
        for row in tables.rows(NAMES):
            self._check_known(row, "substance_id")
            if row["confidence"] not in _CONFIDENCES:
                raise row.error("confidence", f"{row['confidence']!r} must be one of {', '.join(_CONFIDENCES)}")
            form = normalise_name(row["name"])
            if row["name_normalised"] not in {"", form}:
                raise row.error("name_normalised", f"{row['name_normalised']!r} should be {form!r}, or blank")
            self._verbatim.setdefault(_verbatim(row["name"]), []).append(row)
            self._normalised.setdefault(form, []).append(row)
            spellings.append((row["name"], form, row["language"], row["kind"], row["substance_id"]))
        self._spelling = Spelling(spellings)

    @property
    def ids(self) -> frozenset[str]:
        """The ids of all substances on record."""
        return frozenset(self._substances)

    def kinds(self, substance_id: str | None) -> Kinds:
        """What is known of a substance, for the ceilings of plausibility."""
        row = None if substance_id is None else self._substances.get(substance_id)
        if row is None:
            return Kinds(substance_id)
        return Kinds(substance_id, row["subclass"], row["class"], row["effect_group"])

    def resolve(self, text: str | None, language: str | None = None) -> SubstanceMatch:
        """What a reported name means. Never raises.

        In this order: the name as written; normalised; a statement such as "unknown" in the reporting languages; other
        readings (`readings`); outside and inside its brackets; a misspelling (`spelling`).

        Args:
            text: the name as reported, in any language and script.
            language: BCP 47 tag of the report, where given; it narrows which names may be misspelt.
        """
        if text is None or is_blank(text):
            return _BLANK
        found = self._on_record(text)
        if found is None and (stated := _STATED_AS.get(self._stated.meaning(text) or "")) in self._substances:
            found = self._match(stated, "alias", "high", 100)
        return found or self._read_otherwise(text) or self._misspelt(text, language) or _UNKNOWN

    def _check_known(self, row: Row, column: str) -> None:
        if row[column] and row[column] not in self._substances:
            raise row.error(column, f"{row[column]!r} is not in substances.csv; add it there")

    def _on_record(self, text: str) -> SubstanceMatch | None:
        form = normalise_name(text)
        same_form = self._normalised.get(form, [])
        rows = self._verbatim.get(_verbatim(text)) or same_form
        if not rows:
            return None
        ids = {row["substance_id"] for row in rows}
        if len(ids) > 1 or any(row["ambiguous"] for row in rows):
            ids |= {row["substance_id"] for row in same_form}
        if len(ids) > 1:
            return self._ambiguous(ids, 100)
        row = min(rows, key=lambda row: (row["kind"] != "preferred", list(_CONFIDENCES).index(row["confidence"])))
        how: SubstanceHow = "exact" if row["kind"] == "preferred" else "alias"
        return self._match(row["substance_id"], how, _CONFIDENCES[row["confidence"]], 100)

    def _read_otherwise(self, text: str) -> SubstanceMatch | None:
        for reading in readings(text):
            if (found := self._on_record(reading)) is not None:
                return _less_sure(found)
        parts = [found for part in bracketed(text) if (found := self._part(part)) is not None]
        if not parts:
            return None
        # "Designer drug (mephedrone)": the class says no more than the substance beside it.
        parts = [part for part in parts if part.how != "class_only"] or parts
        ids = {part.substance_id for part in parts if part.substance_id} | {
            i for part in parts for i in part.candidates
        }
        return self._ambiguous(ids, 100) if len(ids) > 1 else _less_sure(parts[0])

    def _part(self, part: str) -> SubstanceMatch | None:
        return self._on_record(part) or next(filter(None, map(self._on_record, readings(part))), None)

    def _misspelt(self, text: str, language: str | None) -> SubstanceMatch | None:
        near = self._spelling.nearest(text, normalise_name(text), language)
        if near is None:
            return None
        if len(near.substance_ids) > 1:
            return self._ambiguous(set(near.substance_ids), near.similarity_pct)
        confidence: Confidence = "medium" if near.slips == 1 else "low"
        return self._match(near.substance_ids[0], "fuzzy", confidence, near.similarity_pct)

    def _match(self, substance_id: str, how: SubstanceHow, confidence: Confidence, similarity: int) -> SubstanceMatch:
        row = self._substances[substance_id]
        if substance_id.startswith("class:"):
            how = "class_only"
        return SubstanceMatch(
            substance_id,
            (),
            row["class"],
            row["subclass"],
            row["effect_group"],
            row["active_substance_id"] or None,
            how,
            confidence,
            similarity,
        )

    def _ambiguous(self, ids: set[str], similarity: int) -> SubstanceMatch:
        def agreed(column: str) -> str | None:
            values = {self._substances[substance_id][column] for substance_id in ids}
            return values.pop() if len(values) == 1 else None

        kinds = agreed("class"), agreed("subclass"), agreed("effect_group")
        return SubstanceMatch(None, tuple(sorted(ids)), *kinds, None, "ambiguous", "low", similarity)


def _less_sure(match: SubstanceMatch) -> SubstanceMatch:
    how: SubstanceHow = "alias" if match.how == "exact" else match.how
    return replace(match, how=how, confidence=_ONE_STEP_DOWN[match.confidence])


def _verbatim(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())
