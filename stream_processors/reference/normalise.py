"""Forms of a reported text that two spellings of one thing share.

`normalise_name` is the form that substance names are compared in: it is how the column `name_normalised` of
`data/substance_names.csv` was made, and a test holds it to every row. `fold_words` is the milder form for labels made
of words: countries, places, units.
"""

import re
import unicodedata

_GREEK_WORDS = str.maketrans(
    {
        "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "κ": "kappa", "λ": "lambda",
        "μ": "mu", "ω": "omega", "Δ": "delta", "Ω": "omega",
    }
)  # fmt: skip  # one pair below the other would be a page

_SALT_IN_BRACKETS = re.compile(
    r"\([^)]*(?:hydrochloride|hydrobromide|hcl|salt|citrate|tartrate|fumarate|sulfate|sulphate|phosphate|maleate"
    r"|oxalate|acetate)[^)]*\)"
)
_FORM_WORDS = re.compile(r"\b(?:hydrochloride|hydrobromide|hcl|crm)\b")


def without_marks(text: str) -> str:
    """The text in Unicode NFKD without combining marks: ``Peñalolén`` becomes ``Penalolen``."""
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def is_blank(text: str | None) -> bool:
    """Whether a text says nothing: absent, or without a single letter or digit of any script (``-``, ``?``, ``…``)."""
    return text is None or not any(character.isalnum() for character in text)


def normalise_name(text: str) -> str:
    """The form in which substance names are compared.

    Greek letters become words, then NFKD without combining marks, lower case, without the words hydrochloride,
    hydrobromide, hcl, crm and salt names in brackets; what is left keeps only its alphanumeric characters, of any
    script.

    Args:
        text: a substance name as reported, in any language and script.

    Returns:
        the normalised name; empty for a text without letters and digits. Normalising it again changes nothing.
    """
    form = _once(text)
    while (again := _once(form)) != form:  # joining the pieces of `h-cl` makes a word that the next pass drops
        form = again
    return form


def _once(text: str) -> str:
    plain = without_marks(text.translate(_GREEK_WORDS)).lower()
    plain = _FORM_WORDS.sub(" ", _SALT_IN_BRACKETS.sub(" ", plain))
    return "".join(character for character in plain if character.isalnum())


def fold_words(text: str) -> str:
    """The words of a label in lower case, without marks and punctuation, one space between them.

    Apostrophes join (``People's`` is ``peoples``, ``Surkhandar'inskaya`` one word); ``&`` is read as ``and``.

    Args:
        text: a label of any script.

    Returns:
        the folded label, empty where it has no letter or digit.
    """
    plain = without_marks(text).casefold().replace("&", " and ")
    kept = (
        character
        if character.isalnum() or unicodedata.category(character) == "Mc"
        else ""
        if character in "'’ʼ`´ʻ"
        else " "
        for character in without_marks(plain)
    )
    return " ".join("".join(kept).split())
