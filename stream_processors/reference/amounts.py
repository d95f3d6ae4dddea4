"""Reading an amount as people and systems of many countries write it.

A reading is certain or there is none: `1,234` may be one thousand or one and a quarter, so it is not read.
"""

import re
import unicodedata
from decimal import Decimal

# Between groups of three digits: spaces of all widths, apostrophes, the Arabic thousands separator.
_GROUP_MARKS = re.compile(r"(?<=\d)[ '’٬](?=\d{3}(?:\D|$))")
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?")
_LEADING_NUMBER = re.compile(r"[+-]?[\d.,٬٫'’ ]*\d")
_GROUPED = {mark: re.compile(rf"[+-]?[1-9]\d{{0,2}}(?:{re.escape(mark)}\d{{3}})+") for mark in ".,"}
_DASHES = str.maketrans("−‐‑‒–", "-----")
_MOST_DIGITS = 38  # what fits a decimal column; a longer run of digits is no amount
_MOST_MAGNITUDE = 30


def read_amount(text: str) -> Decimal | None:
    """The number that a text states, exactly.

    Digits of any script; spaces, apostrophes and ``٬`` between groups of three; ``٫`` as decimal mark; an exponent as
    programs write it (``1e-06``). Where both ``.`` and ``,`` occur the last one is the decimal mark and the other must
    separate groups of three. Where one of them occurs more than once it separates groups. A single ``.`` is the decimal
    mark. A single ``,`` is the decimal mark, *unless* one to three digits that begin with 1–9 stand before it and
    exactly three after it: ``1,234`` can be read two ways and is not read at all.

    Args:
        text: the amount as reported.

    Returns:
        the number, or None where there is no certain reading (words, ranges, ``~5``, ``1,234``, ``1/2``).
    """
    plain = _ascii_number(text)
    previous = ""
    while previous != plain:
        previous, plain = plain, _GROUP_MARKS.sub("", plain)
    pointed = _decimal_point(plain.replace("٫", "."))
    if pointed is None or not _NUMBER.fullmatch(pointed):
        return None
    number = Decimal(pointed)
    if len(number.as_tuple().digits) > _MOST_DIGITS or (number and abs(number.adjusted()) > _MOST_MAGNITUDE):
        return None
    return number


def canonical(number: Decimal) -> str:
    """The one text of a number: no exponent, no trailing zeros, no sign before zero."""
    if not number:
        return "0"
    plain = format(number, "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def split_unit(text: str) -> tuple[str, str]:
    """An amount that carries its unit (``2.786 kilogram``) in two: number and unit, empty where there is none."""
    plain = _ascii_number(text)
    match = _LEADING_NUMBER.match(plain)
    if match is None:
        return text, ""
    return match.group(), plain[match.end() :].strip()


def _ascii_number(text: str) -> str:
    digits = (
        str(unicodedata.decimal(character)) if unicodedata.decimal(character, None) is not None else character
        for character in text.translate(_DASHES)
    )
    return " ".join("".join(digits).split())  # split() knows the no-break and the thin spaces


def _decimal_point(plain: str) -> str | None:
    dots, commas = plain.count("."), plain.count(",")
    if dots and commas:
        mark, group = (".", ",") if plain.rindex(".") > plain.rindex(",") else (",", ".")
        whole, _, fraction = plain.rpartition(mark)
        if not _GROUPED[group].fullmatch(whole):
            return None
        return f"{whole.replace(group, '')}.{fraction}"
    if dots > 1 or commas > 1:
        group = "." if dots else ","
        return plain.replace(group, "") if _GROUPED[group].fullmatch(plain) else None
    if commas and _GROUPED[","].fullmatch(plain):
        return None
    return plain.replace(",", ".")
