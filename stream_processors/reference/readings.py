"""Other readings of a reported substance name, tried only when the name itself is not on record.

Without the salt (``Clorhidrato de cocaína``), without or inside the brackets, and with look-alike letters of one script
set right (``АВ-FUBINACA`` typed with a Cyrillic А and В).
"""

import re
from collections.abc import Iterator

from stream_processors.reference.normalise import fold_words

# Salts and forms in the reporting languages. Acetate is missing on purpose: psilocin acetate is another substance.
_SALTS_AND_FORMS = frozenset(
    fold_words(
        "hydrochloride hcl dihydrochloride hydrobromide hbr sulfate sulphate citrate tartrate bitartrate fumarate "
        "hemifumarate maleate oxalate phosphate mesylate besylate salt tablet tablets pill pills capsule capsules "
        "powder clorhidrato hidrocloruro sulfato citrato tartrato fumarato maleato oxalato fosfato polvo comprimidos "
        "pastillas cloridrato po comprimido cloridrato cloreto chlorhydrate sulfate poudre comprimes hydrochlorid "
        "sulfat citrat tartrat fumarat maleat oxalat phosphat pulver tabletten гидрохлорид хлорид сульфат цитрат "
        "тартрат фумарат малеат оксалат фосфат соль порошок таблетки таблетка капсулы هيدروكلوريد كبريتات مسحوق حبوب "
        "اقراص 盐酸 盐酸盐 硫酸盐"
    ).split()
)
_CONNECTORS = frozenset({"de", "do", "da", "del", "of", "von", "en", "em", "in"})
_BRACKETS = re.compile(r"[(\[（]([^()\[\]（）]*)[)\]）]")
_CHINESE_SALT = re.compile(r"^(?:盐酸|硫酸|磷酸)|(?:盐酸盐|硫酸盐)$")
_WORD = re.compile(r"\S+")
_LATIN_LOOK_ALIKES = str.maketrans("АВСЕНІКМОРТХУавсенікмортху", "ABCEHIKMOPTXYabcehikmoptxy")
_LATIN = re.compile(r"[A-Za-z]")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")


def readings(text: str) -> Iterator[str]:
    """Other texts that may be meant, the likeliest first, without the text itself."""
    seen = {text}
    for reading in _readings(text):
        plain = reading.strip()
        if plain and plain not in seen:
            seen.add(plain)
            yield plain


def bracketed(text: str) -> tuple[str, ...]:
    """What stands outside and inside the brackets of a text, nothing where there are none."""
    inside = [part.strip() for part in _BRACKETS.findall(text)]
    if not inside:
        return ()
    parts = [" ".join(_BRACKETS.sub(" ", text).split()), *inside]
    return tuple(part for part in parts if part)


def _readings(text: str) -> Iterator[str]:
    yield _one_script(text)
    for candidate in (text, _one_script(text)):
        yield _without_salt(candidate)
        yield _CHINESE_SALT.sub("", candidate.strip())


def _one_script(text: str) -> str:
    """Each word that mixes Latin and Cyrillic letters with its look-alikes made Latin."""

    def latin(word: re.Match[str]) -> str:
        mixed = word.group()
        return mixed.translate(_LATIN_LOOK_ALIKES) if _LATIN.search(mixed) and _CYRILLIC.search(mixed) else mixed

    return _WORD.sub(latin, text)


def _without_salt(text: str) -> str:
    words = text.split()
    kept = [word for word in words if fold_words(word) not in _SALTS_AND_FORMS]
    if len(kept) == len(words):
        return text
    kept = [word for word in kept if word.lower() not in _CONNECTORS]
    # A Russian salt puts its substance in the genitive: кокаина гидрохлорид.
    return " ".join(
        word[:-1] if _CYRILLIC.search(word) and len(word) > 5 and word.endswith("а") else word for word in kept
    )
