"""Reported texts in a form that two spellings and two scripts of one thing share."""

import csv
import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files

import polars as pl
from anyascii import anyascii

from stream_processors.reference.normalise import fold_words

_NOT_OF_A_REFERENCE = re.compile(r"[^0-9A-Z]+")


@cache
def generic_words(of: str) -> frozenset[str]:
    """Folded words that tell no ``place`` or ``company`` from another."""
    text = (files("stream_processors.match") / "model" / "generic_words.csv").read_text("utf-8")
    return frozenset(row["word"] for row in csv.DictReader(text.splitlines()) if row["of"] == of)


def folded(texts: pl.Series) -> pl.Series:
    """Words in lower-case Latin letters and digits, one space between them; null where nothing is left."""
    return each_text(texts, lambda text: fold_words(anyascii(text)))


def telling_places(texts: pl.Series) -> pl.Series:
    """Names of places, folded, without the words for what kind of place it is; null where nothing else is said."""
    return each_text(texts, _place)


def folded_references(texts: pl.Series) -> pl.Series:
    """Tracking numbers and the like: capital Latin letters and digits alone; null below four of them."""
    return each_text(texts, lambda text: _longer(_NOT_OF_A_REFERENCE.sub("", anyascii(text).upper())))


def folded_companies(texts: pl.Series) -> pl.Series:
    """Names of companies, vessels and vendors: folded, without the words for the legal form, words in order."""
    return each_text(texts, _company)


def _longer(text: str) -> str:
    return text if len(text) >= 4 else ""


def _place(text: str) -> str:
    generic = generic_words("place")
    return " ".join(word for word in fold_words(anyascii(text)).split() if word not in generic)


def _company(text: str) -> str:
    words = fold_words(anyascii(text)).split()
    return " ".join(sorted(word for word in words if word not in generic_words("company")))


def each_text(texts: pl.Series, form: Callable[[str], str]) -> pl.Series:
    """The form of each text; null where there is none or it is empty."""
    listed = texts.to_list()
    forms = {text: None if text is None else form(text) or None for text in set(listed)}
    return pl.Series([forms[text] for text in listed], dtype=pl.String)
