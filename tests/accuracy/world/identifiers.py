"""Tracking numbers, companies, vessels, handles and marks: made up, in the forms in which they are met."""

from random import Random

from tests.accuracy.world.places import alpha_2_of
from tests.accuracy.world.vocabulary import country_names

_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
_FIRST = ("Golden", "Silk", "Pacific", "Blue", "Eastern", "Global", "Sun", "Star", "Prime", "Royal", "Nova", "Delta")
_SECOND = ("Bridge", "River", "Wave", "Gate", "Lotus", "Dragon", "Peak", "Harbour", "Link", "Chem", "Orient", "Falcon")
_TRADES = ("Trading", "Import Export", "Logistics", "Chemical", "Biotech", "Textiles", "Freight", "Foods")
_FORMS = {
    "CHN": ("Co., Ltd.", "Co Ltd", "Company Limited", "有限公司"),
    "HKG": ("Limited", "Ltd", "Ltd."),
    "IND": ("Pvt. Ltd.", "Private Limited", "Pvt Ltd"),
    "DEU": ("GmbH", "G.m.b.H."),
    "NLD": ("B.V.", "BV"),
    "ESP": ("S.L.", "SL"),
    "COL": ("S.A.S.", "SAS"),
    "": ("Ltd", "Ltd.", "Limited", "LLC"),
}
_MARK_SUBJECTS = ("tiger", "crown", "anchor", "horse", "eagle", "rose", "scorpion", "diamond", "lion", "shark", "bull")
_MARKS = ("{}", "{} logo", "stamp {}", "{} {}", "red {}", "{} on tape", "blue {} sticker")
_HANDLES = ("snow", "chem", "pharma", "lab", "white", "dark", "euro", "pill", "dr", "kings", "ghost", "orange", "moon")
_SHIPS = ("Maria", "Stella", "Ocean", "Nordic", "Santa", "Hansa", "Al", "Baltic", "Cap", "Ever", "Star", "Sea")
_SHIP_ENDS = ("Grace", "Hope", "Carrier", "Express", "Pioneer", "Fortune", "Rosa", "Spirit", "Queen", "Trader", "Dawn")
CARRIERS = ("DHL", "FedEx", "UPS", "EMS", "TNT", "China Post", "PostNL", "Royal Mail", "Maersk", "MSC", "CMA CGM")
GOODS = ("clothes", "toys", "plant food", "cosmetics", "machine parts", "documents", "tea", "electronics", "samples")


def postal(chance: Random, country: str, serial: int | None = None) -> str:
    """A number of the Universal Postal Union's S10 form, with its check digit: ``RR473124829CN``."""
    alpha_2 = alpha_2_of(country)
    serial = chance.randrange(10**8) if serial is None else serial
    digits = f"{serial:08d}"
    check = 11 - sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=True)) % 11
    check = {10: 0, 11: 5}.get(check, check)
    return f"{chance.choice('RCLE')}{chance.choice('RPXZ')}{digits}{check}{alpha_2}"


def waybill(chance: Random) -> str:
    """A number of an express carrier, ten or twelve digits."""
    return str(chance.randrange(10**9, 10**10) if chance.random() < 0.5 else chance.randrange(10**11, 10**12))


def container(chance: Random) -> str:
    """A container number's form (ISO 6346 without its check)."""
    letters = "".join(chance.choice("ABCDEFGHKMNPSTU") for _ in range(3))
    return f"{letters}U{chance.randrange(10**7):07d}"


def next_number(reference: str, chance: Random) -> str:
    """A number a few above: what the sender's next parcel has. Its last digits differ and nothing else."""
    digits = [at for at, letter in enumerate(reference) if letter.isdigit()]
    last = digits[-4:]
    value = int("".join(reference[at] for at in last)) + chance.randrange(1, 9)
    written = list(reference)
    for at, digit in zip(last, f"{value % 10_000:04d}", strict=True):
        written[at] = digit
    return "".join(written)


def company(chance: Random, country: str) -> tuple[str, ...]:
    """A company's name with the spellings in which it is met, the full one first."""
    stem = f"{chance.choice(_FIRST)} {chance.choice(_SECOND)} {chance.choice(_TRADES)}"
    if chance.random() < 0.5:
        stem = f"{country_names('en')[country][0]} {stem}"
    forms = _FORMS.get(country, _FORMS[""])
    return tuple(dict.fromkeys((f"{stem} {forms[0]}", *(f"{stem} {form}" for form in forms[1:]), stem, stem.upper())))


def vessel(chance: Random) -> tuple[str, str]:
    """A vessel's name and its IMO number with the check digit."""
    digits = f"{chance.randrange(900_000, 999_999)}"
    check = sum(int(digit) * weight for digit, weight in zip(digits, range(7, 1, -1), strict=True)) % 10
    return f"MV {chance.choice(_SHIPS)} {chance.choice(_SHIP_ENDS)}", f"IMO {digits}{check}"


def handle(chance: Random) -> str:
    """A vendor's name on a market."""
    return (
        f"{chance.choice(_HANDLES)}{chance.choice(('', '_', '-', '.'))}{chance.choice(_HANDLES)}{chance.randrange(100)}"
    )


def mark(chance: Random) -> str:
    """What is pressed into a tablet or stuck on a brick."""
    return chance.choice(_MARKS).format(chance.choice(_MARK_SUBJECTS), chance.randrange(1, 100))
