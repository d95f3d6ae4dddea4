"""Which names on record a reported name may be a misspelling of.

Names of substances are close to each other on purpose of chemistry, so most near misses are *other* substances: JWH-018
and JWH-019, methylone and ethylone. The rules here are therefore all refusals; what is left is a slip of the keyboard.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz.distance import OSA, Levenshtein

# A shorter name is too close to too many others.
SHORTEST = 7
# From here on two slips are allowed if they stand apart: letters that change side by side are a morpheme (acetyl,
# acryl).
TWO_SLIPS_FROM = 14
_APART = 4
_CODE_WORD = re.compile(r"[A-Z]{2,}|[A-Za-z]\d|\d[A-Za-z]")
_WORD = re.compile(r"[^\W_]+")
_DIGITS = re.compile(r"\d+")
_VOWELS = frozenset("aeiouyаеиоуыэ")
_LAST_SYLLABLE = re.compile(r"[nlнл][eaа]?")
# Letters that are written for each other by ear. Any other letter replaced is likelier another substance: cloxazolam
# and clonazolam, mephedrone and methedrone.
_BY_EAR = frozenset(
    frozenset(pair) for pair in ("ae", "ei", "iy", "ck", "cs", "sz", "ао", "еи", "еэ", "ёе", "ий", "ыи", "сз", "тд")
)
_GROUPS = ("met", "мет", "oyl", "оил")  # a letter more or less makes -eth- of -meth-, -yl of -oyl


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    form: str
    language: str
    substance_id: str


@dataclass(frozen=True, slots=True)
class Near:
    """The names that are nearest to a text: their substances in order of id, the slips between, and how near."""

    substance_ids: tuple[str, ...]
    slips: int
    similarity_pct: int


class Spelling:
    """The names that may be misspelt. Codes are left out: in a code every character counts."""

    def __init__(self, names: Iterable[tuple[str, str, str, str, str]]) -> None:
        """Take the names on record.

        Args:
            names: name, normalised name, BCP 47 language, kind and substance id of each.
        """
        entries = [
            (kind, _Entry(name, form, language, substance_id)) for name, form, language, kind, substance_id in names
        ]
        # A code stays one where another row writes it small: alpha-pvp.
        codes = {entry.form for kind, entry in entries if kind == "code" or _CODE_WORD.search(entry.name)}
        self._by_beginning: dict[str, list[_Entry]] = {}
        for _, entry in entries:
            if len(entry.form) >= SHORTEST and entry.form not in codes:
                self._by_beginning.setdefault(entry.form[:2], []).append(entry)

    def nearest(self, text: str, form: str, language: str | None) -> Near | None:
        """The substances whose names a text may be a misspelling of, None where there are none.

        The first two letters, every digit and every short word (a locant, a salt's initials) must be the same; one
        letter may be missing, surplus, swapped with its neighbour or written by ear, in a name of fourteen letters and
        more two that stand apart. Changes that turn one substance into another of its family are refused (``-eth-`` to
        ``-meth-``, ``-yl`` to ``-oyl``, the vowel of ``-one``, ``-ine``, ``-ane`` at the end). A refused name that is
        as near as an accepted one makes the text ambiguous.

        Args:
            text: the name as reported.
            form: the same, normalised.
            language: BCP 47 tag of the report; names of other languages are left out, English and international ones
                stay. None for all.
        """
        if len(form) < SHORTEST:
            return None
        slips: dict[str, int] = {}
        refused: dict[str, int] = {}
        limit = 2 if len(form) >= TWO_SLIPS_FROM else 1
        for entry in self._by_beginning.get(form[:2], ()):
            distance = OSA.distance(form, entry.form, score_cutoff=limit)
            if distance <= limit and _spoken(entry, language):
                found = slips if _is_slip(text, form, entry, distance) else refused
                found[entry.substance_id] = min(distance, found.get(entry.substance_id, distance))
        if not slips:
            return None
        nearest = min(slips.values())
        ids = {substance_id for found in (slips, refused) for substance_id in found if found[substance_id] <= nearest}
        return Near(tuple(sorted(ids)), nearest, 100 * (len(form) - nearest) // len(form))


def _spoken(entry: _Entry, language: str | None) -> bool:
    return language is None or entry.language.split("-")[0] in {language.split("-")[0].lower(), "en", "zxx"}


def _is_slip(text: str, form: str, entry: _Entry, distance: int) -> bool:
    """Whether the two differ by slips only; they differ by as few letters as allowed already."""
    if _DIGITS.findall(form) != _DIGITS.findall(entry.form) or _short_words(text) != _short_words(entry.name):
        return False
    if distance == 1 and sorted(form) == sorted(entry.form):
        return True  # two neighbours swapped
    operations = [(step.tag, step.src_pos, step.dest_pos) for step in Levenshtein.editops(form, entry.form)]
    if distance > 1:
        places = sorted(here for _, here, _ in operations)
        if len(entry.form) < TWO_SLIPS_FROM or places[-1] - places[0] < _APART:
            return False
    return not any(_tells(form, entry.form, tag, here, there) for tag, here, there in operations)


def _tells(one: str, other: str, tag: str, here: int, there: int) -> bool:
    """Whether one change of letters is how chemistry names another substance."""
    if tag == "replace":
        pair = frozenset((one[here], other[there]))
        return pair not in _BY_EAR or (pair <= _VOWELS and _LAST_SYLLABLE.fullmatch(one[here + 1 :]) is not None)
    longer, place = (one, here) if tag == "delete" else (other, there)
    return longer.startswith(_GROUPS, place)


def _short_words(text: str) -> list[str]:
    return sorted(word.lower() for word in _WORD.findall(text) if len(word) <= 2)
