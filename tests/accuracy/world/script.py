"""Writing a name in another script or another spelling, as a clerk does who knows no standard."""

from random import Random

_PAIRS = (
    *(("shch", "щ"), ("zh", "ж"), ("kh", "х"), ("ts", "ц"), ("ch", "ч"), ("sh", "ш"), ("yu", "ю"), ("ya", "я")),
    *(("yo", "ё"), ("ph", "ф"), ("th", "т"), ("ck", "к"), ("a", "а"), ("b", "б"), ("c", "к"), ("d", "д"), ("e", "е")),
    *(("f", "ф"), ("g", "г"), ("h", "х"), ("i", "и"), ("j", "дж"), ("k", "к"), ("l", "л"), ("m", "м"), ("n", "н")),
    *(("o", "о"), ("p", "п"), ("q", "к"), ("r", "р"), ("s", "с"), ("t", "т"), ("u", "у"), ("v", "в"), ("w", "в")),
    *(("x", "кс"), ("y", "ы"), ("z", "з")),
)
_PLAIN = str.maketrans(
    "áàâãäåāéèêëēėíìîïīóòôõöōøúùûüūñçćčďěłńňřšśťůýžźżșşțţğı", "aaaaaaaeeeeeeiiiiiooooooouuuuuncccdelnnrsstuyzzzssttgi"
)
_RESPELLINGS = (
    *(("kh", "h"), ("zh", "j"), ("y", "i"), ("i", "y"), ("sh", "ch"), ("ou", "u"), ("u", "ou"), ("j", "zh")),
    *(("k", "q"), ("q", "k"), ("oe", "o"), ("ae", "a"), ("ss", "s"), ("ll", "l"), ("v", "w"), ("ay", "ai")),
)


def plain(name: str) -> str:
    """Lower case without the commoner diacritics."""
    return name.lower().translate(_PLAIN)


def in_cyrillic(name: str) -> str:
    """A Latin name in Cyrillic letters, sound by sound as the letters suggest; other characters stay."""
    rest, written = plain(name), []
    while rest:
        for latin, cyrillic in _PAIRS:
            if rest.startswith(latin):
                written.append(cyrillic)
                rest = rest[len(latin) :]
                break
        else:
            written.append(rest[0])
            rest = rest[1:]
    return "".join(written).capitalize()


def respelt(name: str, chance: Random) -> str:
    """Another Latin spelling of a name, where one is near."""
    lowered = plain(name)
    fitting = [(old, new) for old, new in _RESPELLINGS if old in lowered[1:]]
    if not fitting:
        return plain(name).capitalize()
    old, new = chance.choice(fitting)
    at = lowered.index(old, 1)
    return (lowered[:at] + new + lowered[at + len(old) :]).capitalize()


def mistyped(text: str, chance: Random) -> str:
    """A text with one typing error: two letters swapped, one doubled, left out or hit beside."""
    if len(text) < 4:
        return text
    at = chance.randrange(1, len(text) - 1)
    kind = chance.randrange(4)
    if kind == 0:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    if kind == 1:
        return text[:at] + text[at] + text[at:]
    if kind == 2:
        return text[:at] + text[at + 1 :]
    other = "аеионт" if "а" <= text[at].lower() <= "я" else "aeiost"
    return text[:at] + chance.choice(other) + text[at + 1 :]
