"""What is trafficked, from where, in what amounts and how: lists and ranges of our own making.

They were written after reading the real file (which substances lead, how masses spread by channel, that mail centres
see units and grams, sea ports tonnes), with many more new substances than it has, as this system is for them. No value
is a row's. Amounts are log-normal: a median and the standard deviation of the logarithm.
"""

from dataclasses import dataclass

from tests.accuracy.world.drawing import Weighted

MASS, COUNT, VOLUME = "mass", "count", "volume"


@dataclass(frozen=True, slots=True)
class Channel:
    """How something travels.

    Attributes:
        site: the kind of place where it is found.
        mode: the transport mode.
        channel: the trafficking channel, None for what does not travel.
        hiding: concealment codes with weights.
        scale: factor on the substance's median amount.
        tracked: share of such consignments that have a tracking reference.
        foreign: share that crosses a border.
    """

    name: str
    site: str
    mode: str
    channel: str | None
    hiding: Weighted[str]
    scale: float
    tracked: float
    foreign: float


CHANNELS = {
    channel.name: channel
    for channel in (
        Channel(
            "parcel",
            "mail centre",
            "MAIL",
            "POSTAL",
            Weighted({"POSTAL": 60, "FOOD": 8, "COSMETICS": 8, "CLOTHES": 6, "ELECTRICAL_PARTS": 6, "GIFTS": 12}),
            0.05,
            0.75,
            0.95,
        ),
        Channel(
            "express",
            "airport",
            "EXPRESS",
            "COURIER",
            Weighted({"ELECTRICAL_PARTS": 25, "FREIGHT": 25, "FOOD": 15, "COSMETICS": 15, "POSTAL": 20}),
            0.6,
            0.9,
            0.98,
        ),
        Channel(
            "passenger",
            "airport",
            "AIR",
            "PASSENGER",
            Weighted({"BAGGAGE": 45, "SWALLOWED": 25, "BODY": 12, "OUTERWEAR": 8, "SHOES": 5, "UNDERWEAR": 5}),
            1.0,
            0.0,
            0.97,
        ),
        Channel(
            "container",
            "port",
            "SEA",
            "CARGO",
            Weighted({"CONTAINER": 60, "FREIGHT": 20, "FOOD": 10, "VESSEL": 10}),
            120.0,
            0.8,
            1.0,
        ),
        Channel(
            "vehicle",
            "border",
            "ROAD",
            None,
            Weighted({"CAR_PARTS": 40, "TRANSPORT_VEHICLE": 30, "BAGGAGE": 20, "SACK": 10}),
            6.0,
            0.0,
            0.85,
        ),
        Channel(
            "train",
            "border",
            "RAIL",
            "PASSENGER",
            Weighted({"BAGGAGE": 50, "HANDBAG": 20, "BODY": 15, "INSERTED": 15}),
            1.2,
            0.0,
            0.8,
        ),
        Channel(
            "home",
            "city",
            "OTHER",
            None,
            Weighted({"RESIDENCE": 60, "FURNITURE": 25, "TOILET": 5, "PLASTIC_BAGS": 10}),
            0.4,
            0.0,
            0.1,
        ),
        Channel(
            "street",
            "city",
            "PEDESTRIAN",
            None,
            Weighted({"BODY": 40, "OUTERWEAR": 30, "CARRY": 20, "UNDERWEAR": 10}),
            0.004,
            0.0,
            0.02,
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Line:
    """A substance in trade.

    Attributes:
        substance: its preferred name in the reference data.
        weight: how common it is.
        measure: mass (grams), count (units) or volume (millilitres).
        median: median amount at scale 1.
        spread: standard deviation of the logarithm of the amount.
        channels: channels with weights.
        sources: alpha-3 of departure countries.
        form: the code of its form.
    """

    substance: str
    weight: float
    measure: str
    median: float
    spread: float
    channels: Weighted[str]
    sources: tuple[str, ...]
    form: str


_ANDES = ("COL", "PER", "BOL", "ECU", "BRA", "DOM", "VEN", "PAN", "CRI", "ARG")
_OPIUM = ("AFG", "IRN", "TJK", "UZB", "KGZ", "TUR", "PAK", "MMR")
_LABS = ("CHN", "IND", "HKG", "NLD", "POL", "GBR", "DEU", "CZE")
_WEST = ("NLD", "BEL", "DEU", "GBR", "ESP", "POL", "CAN")
_MIXED = Weighted({"passenger": 40, "container": 8, "vehicle": 22, "home": 18, "street": 6, "parcel": 6})
_OVERLAND = Weighted({"vehicle": 42, "train": 22, "home": 20, "street": 10, "passenger": 6})
_MAIL = Weighted({"parcel": 72, "express": 16, "home": 8, "street": 4})
_STREET = Weighted({"street": 62, "home": 26, "parcel": 8, "vehicle": 4})
_BULK = Weighted({"container": 46, "express": 14, "vehicle": 26, "home": 14})

LINES = (
    Line("Cocaine", 22, MASS, 1_300, 1.1, _MIXED, _ANDES, "POWDER"),
    Line("Heroin", 10, MASS, 700, 1.4, _OVERLAND, _OPIUM, "POWDER"),
    Line("Opium", 6, MASS, 3_000, 1.4, _OVERLAND, _OPIUM, "RESIN"),
    Line("Methamphetamine", 11, MASS, 600, 1.8, _MIXED, ("MMR", "CHN", "MEX", "THA", "NLD", "IRN"), "CRYSTAL"),
    Line("Amphetamine", 6, MASS, 500, 1.5, _STREET, _WEST, "POWDER"),
    Line("MDMA", 9, COUNT, 900, 1.9, _MAIL, _WEST, "TABLET"),
    Line("LSD", 3, COUNT, 1_400, 1.5, _MAIL, ("NLD", "CAN", "GBR", "DEU"), "BLOTTER"),
    Line("Ketamine", 5, MASS, 800, 1.6, _MAIL, ("IND", "NLD", "GBR", "DEU"), "POWDER"),
    Line("Fentanyl", 5, MASS, 120, 1.9, _MAIL, ("CHN", "MEX", "HKG", "CAN"), "POWDER"),
    Line("Carfentanil", 1.5, MASS, 30, 1.4, _MAIL, ("CHN", "HKG"), "POWDER"),
    Line("Isotonitazene", 2, MASS, 60, 1.5, _MAIL, ("CHN", "HKG"), "POWDER"),
    Line("Protonitazene", 1.5, MASS, 60, 1.5, _MAIL, ("CHN", "HKG"), "POWDER"),
    Line("Metonitazene", 1.2, MASS, 50, 1.5, _MAIL, ("CHN", "HKG"), "POWDER"),
    Line("Acetylfentanyl", 0.8, MASS, 80, 1.6, _MAIL, ("CHN",), "POWDER"),
    Line("Mephedrone", 3, MASS, 500, 1.7, _MAIL, ("CHN", "IND", "NLD", "POL"), "CRYSTAL"),
    Line("Methylone", 1.2, MASS, 500, 1.6, _MAIL, ("CHN", "NLD"), "CRYSTAL"),
    Line("alpha-PVP", 2, MASS, 200, 1.7, _MAIL, ("CHN", "HKG", "NLD"), "CRYSTAL"),
    Line("5F-ADB", 1.4, MASS, 400, 1.6, _MAIL, ("CHN", "HKG"), "POWDER"),
    Line("AB-FUBINACA", 1.2, MASS, 300, 1.6, _STREET, ("CHN",), "HERBAL"),
    Line("ADB-BUTINACA", 1.2, MASS, 300, 1.6, _MAIL, ("CHN", "HKG"), "POWDER"),
    Line("Alprazolam", 2.5, COUNT, 700, 1.4, _MAIL, ("IND", "THA", "SRB", "PAK"), "TABLET"),
    Line("Diazepam", 2.5, COUNT, 900, 1.4, _MAIL, ("THA", "IND", "PAK", "GBR"), "TABLET"),
    Line("Clonazolam", 0.8, MASS, 40, 1.4, _MAIL, ("CHN",), "POWDER"),
    Line("Tramadol", 3, COUNT, 2_500, 2.0, _BULK, ("IND", "PAK", "NGA"), "CAPSULE"),
    Line("Buprenorphine", 1.4, COUNT, 800, 1.3, _MAIL, ("FRA", "GEO", "MAR"), "TABLET"),
    Line("Methylphenidate", 0.8, COUNT, 60, 0.9, _MAIL, ("NLD", "IND"), "TABLET"),
    Line("GBL", 1.6, VOLUME, 2_000, 1.1, _MAIL, ("POL", "NLD", "LTU"), "LIQUID"),
    Line("2C-B", 0.9, COUNT, 250, 1.4, _MAIL, ("NLD", "PRT"), "TABLET"),
    Line("DMT", 0.5, MASS, 150, 1.3, _MAIL, ("PER", "BRA", "NLD"), "POWDER"),
    Line("Psilocybin mushrooms", 0.9, MASS, 60, 1.3, _STREET, ("NLD", "POL"), "HERBAL"),
    Line("Cannabis resin", 3, MASS, 9_000, 1.9, _MIXED, ("MAR", "ESP", "AFG"), "RESIN"),
    Line("Ephedrine", 2, MASS, 9_000, 1.6, _BULK, ("IND", "CHN", "HKG", "MYS"), "POWDER"),
    Line("Pseudoephedrine", 3, MASS, 4_000, 1.6, _BULK, ("IND", "CHN", "KOR", "TUR"), "POWDER"),
    Line("1-Phenyl-2-propanone", 0.8, VOLUME, 40_000, 1.2, _BULK, ("CHN", "HKG"), "LIQUID"),
    Line("Acetic anhydride", 0.8, VOLUME, 120_000, 1.3, _BULK, ("CHN", "POL", "IND"), "LIQUID"),
)

TOGETHER = {
    "Cocaine": ("MDMA", "Cannabis resin", "Amphetamine"),
    "Heroin": ("Opium", "Cannabis resin", "Methamphetamine"),
    "Opium": ("Heroin", "Cannabis resin"),
    "MDMA": ("LSD", "Ketamine", "2C-B", "Amphetamine"),
    "Amphetamine": ("MDMA", "Methamphetamine", "Cannabis resin"),
    "Methamphetamine": ("GBL", "Amphetamine", "Pseudoephedrine"),
    "Fentanyl": ("Acetylfentanyl", "Methamphetamine"),
}
"""What is often found beside it; for others, any line."""

PACKS = (10, 12, 20, 28, 30, 50, 56, 60, 90, 100, 100, 200, 500, 1_000)
"""Counts in which tablets are sold."""

COUNTRIES = (
    *("ESP", "CHL", "NZL", "NLD", "GBR", "USA", "DEU", "AUS", "FRA", "KAZ", "POL", "ITA", "MEX", "COL", "UZB", "BRA"),
    *("IND", "CHN", "RUS", "PRT", "AUT", "LVA", "THA", "CAN", "BEL", "UKR", "PER", "ARG", "TUR", "ZAF", "NGA", "FIN"),
    *("SWE", "HRV", "GEO", "TJK", "KGZ", "DOM", "CUB", "GTM", "ECU", "BOL", "PAN", "CRI", "HKG", "MYS", "IDN", "PHL"),
    *("JPN", "KOR", "CZE", "HUN", "ROU", "BGR", "SRB", "LTU", "EST", "IRL", "CHE", "MAR", "EGY", "KEN", "ZMB", "PAK"),
)
"""Countries whose agencies report, the busiest first."""

SPANISH = frozenset(("ESP", "CHL", "MEX", "COL", "PER", "ARG", "DOM", "CUB", "GTM", "ECU", "BOL", "PAN", "CRI"))
RUSSIAN = frozenset(("KAZ", "UZB", "RUS", "TJK", "KGZ", "UKR"))
OTHER_LANGUAGES = {
    "PRT": "pt",
    "BRA": "pt",
    "FRA": "fr",
    "BEL": "fr",
    "MAR": "fr",
    "DEU": "de",
    "AUT": "de",
    "CHE": "de",
}
PORTS = {
    "ESP": ("Algeciras", "Valencia", "Barcelona"),
    "CHL": ("Valparaíso", "San Antonio", "Iquique"),
    "NZL": ("Auckland", "Tauranga"),
    "NLD": ("Rotterdam", "Vlissingen"),
    "GBR": ("London", "Southampton", "Liverpool"),
    "USA": ("Los Angeles", "Miami", "Newark"),
    "DEU": ("Hamburg", "Bremerhaven"),
    "AUS": ("Sydney", "Melbourne", "Brisbane"),
    "FRA": ("Le Havre", "Marseille"),
    "BEL": ("Antwerpen", "Gent"),
    "ITA": ("Genova", "Livorno", "Napoli"),
    "PRT": ("Lisbon", "Setúbal"),
    "MEX": ("Veracruz", "Manzanillo"),
    "COL": ("Cartagena", "Buenaventura"),
    "BRA": ("Santos", "Paranaguá"),
    "IND": ("Mumbai", "Chennai"),
    "CHN": ("Shanghai", "Shenzhen"),
    "RUS": ("Saint Petersburg", "Vladivostok"),
    "ECU": ("Guayaquil",),
    "PER": ("Callao",),
}
"""Ports by country; the others see containers at their greatest city."""
