"""The fixed labels of the UNODC IDS layout → codes of our lists. Any other label has no code, only its text."""

import re
from functools import lru_cache

from schemas.codes import codes

_REMEMBERED = 4096
_SEPARATORS = re.compile(r"[^A-Z0-9]+")

_MODES = {
    "air": "AIR",
    "sea": "SEA",
    "road": "ROAD",
    "rail": "RAIL",
    "river": "INLAND_WATER",
    "inland water": "INLAND_WATER",
    "mail": "MAIL",
    "express": "EXPRESS",
    "pedestrian": "PEDESTRIAN",
    "land": "LAND",
    "other": "OTHER",
    "unknown": "UNKNOWN",
}
_CARRIERS = {"commercial": "COMMERCIAL", "private": "PRIVATE"}
_ROUTINGS = {
    "national territory/domestic seizure": "DOMESTIC",
    "border - inbound": "INBOUND",
    "border - outbound": "OUTBOUND",
    "border - transit/free trade zone": "TRANSIT_FREE_ZONE",
    "international waters/unclaimed territory": "INTERNATIONAL_WATERS",
    "other": "OTHER",
    "unknown": "UNKNOWN",
}


@lru_cache(maxsize=_REMEMBERED)
def listed(name: str, label: str) -> str | None:
    """The code of a list that is written as the label: ``Farm / Plantation`` is ``FARM_PLANTATION``."""
    code = _SEPARATORS.sub("_", label.upper()).strip("_")
    return code if code in codes(name) else None


@lru_cache(maxsize=_REMEMBERED)
def transport(label: str) -> tuple[str | None, str | None]:
    """Transport mode and carrier type of a TRANSPORT label: ``Private sea`` is SEA and PRIVATE, ``Land`` is LAND."""
    folded = " ".join(label.split()).casefold()
    first, _, rest = folded.partition(" ")
    if first in _CARRIERS and rest in _MODES:
        return _MODES[rest], _CARRIERS[first]
    return _MODES.get(folded), None


def routing(label: str) -> str | None:
    """The routing direction of a ROUTING label."""
    return _ROUTINGS.get(" ".join(label.split()).casefold())
