"""A small map of the world in characters: density on a grid in the plate carrée projection."""

from collections.abc import Iterable

SHADES = "·░▒▓█"
_NORTH, _SOUTH = 84.0, -60.0
_WEST, _EAST = -180.0, 180.0
# Rough outlines of the lands, rows of 5 degrees from 80 N to 60 S, as spans of longitude. Only for orientation.
_LAND: tuple[tuple[tuple[int, int], ...], ...] = (
    ((-90, -70), (-60, -20), (10, 25), (50, 65), (95, 105)),
    ((-120, -75), (-58, -20), (55, 60), (85, 115), (140, 150)),
    ((-160, -85), (-80, -70), (-55, -25), (20, 30), (68, 180)),
    ((-168, -65), (-53, -35), (-24, -14), (12, 180)),
    ((-165, -145), (-135, -65), (-48, -43), (5, 30), (30, 175)),
    ((-132, -60), (-8, -2), (8, 12), (14, 140), (155, 163)),
    ((-128, -56), (-10, 142), (156, 159)),
    ((-124, -65), (-5, 135), (142, 144)),
    ((-124, -72), (-9, 48), (50, 122), (125, 128), (140, 142)),
    ((-121, -76), (-8, 0), (10, 12), (22, 120), (130, 140)),
    ((-115, -80), (-10, 121)),
    ((-112, -97), (-82, -80), (-15, 50), (55, 120)),
    ((-105, -88), (-77, -70), (-17, 42), (44, 58), (72, 87), (92, 110)),
    ((-95, -84), (-16, 50), (75, 80), (98, 109), (120, 124)),
    ((-85, -60), (-13, 48), (77, 81), (98, 106), (124, 126)),
    ((-80, -50), (9, 44), (97, 104), (109, 118)),
    ((-80, -37), (9, 41), (103, 118), (120, 124), (130, 150)),
    ((-79, -35), (13, 40), (106, 115), (140, 147)),
    ((-76, -38), (13, 40), (48, 50), (126, 136), (141, 145)),
    ((-70, -40), (12, 36), (44, 49), (118, 148)),
    ((-70, -45), (15, 33), (114, 152)),
    ((-71, -50), (18, 32), (115, 153)),
    ((-73, -56), (117, 124), (134, 150), (173, 176)),
    ((-73, -62), (144, 148), (172, 176)),
    ((-74, -66), (168, 171)),
    ((-74, -68),),
    ((-72, -66),),
    (),
    (),
)


def world_map(points: Iterable[tuple[int, int, float]], width: int = 100) -> list[str]:
    """Lines of a map, darker where there is more; land without anything is a dot.

    Args:
        points: latitude and longitude in microdegrees, and a weight above 0. What lies beyond the map goes to its edge.
        width: characters; a line is twice as high as a character is wide.
    """
    height = max(1, round(width * (_NORTH - _SOUTH) / (_EAST - _WEST) / 2))
    weights = [[0.0] * width for _ in range(height)]
    for latitude, longitude, weight in points:
        row = _cell(_NORTH - latitude / 1e6, _NORTH - _SOUTH, height)
        weights[row][_cell(longitude / 1e6 - _WEST, _EAST - _WEST, width)] += weight
    most = max((weight for line in weights for weight in line), default=0.0)
    return [
        "".join(_shade(weight, most) or _ground(row, column, height, width) for column, weight in enumerate(line))
        for row, line in enumerate(weights)
    ]


def _cell(distance: float, whole: float, cells: int) -> int:
    return min(cells - 1, max(0, int(distance / whole * cells)))


def _shade(weight: float, most: float) -> str:
    """Darker by the fourth root: seizures at few places outnumber the rest a thousandfold."""
    if weight <= 0:
        return ""
    return SHADES[1:][min(len(SHADES) - 2, int((weight / most) ** 0.25 * (len(SHADES) - 1)))]


def _ground(row: int, column: int, height: int, width: int) -> str:
    latitude = _NORTH - (row + 0.5) / height * (_NORTH - _SOUTH)
    longitude = _WEST + (column + 0.5) / width * (_EAST - _WEST)
    band = min(len(_LAND) - 1, max(0, round((80 - latitude) / 5)))
    return SHADES[0] if any(west <= longitude <= east for west, east in _LAND[band]) else " "
