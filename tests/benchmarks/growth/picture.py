"""What an incident takes as the history grows: dots and lines over a logarithmic axis."""

import math
from collections.abc import Mapping

from tests.benchmarks.growth.running import Run

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 640, 300, 60, 150, 40, 50
_FONT = 'font-family="sans-serif" font-size="12"'
_LINES = (("microseconds each", "#0b6e99"), ("comparisons each", "#b05c00"))


def draw(grown: Mapping[int, Run], title: str) -> str:
    """An SVG document: microseconds and comparisons of an incident, over the number of incidents."""
    sizes = sorted(grown)
    values = (
        [grown[size].seconds / size * 1e6 for size in sizes],
        [grown[size].compared / size for size in sizes],
    )
    low, high = math.log10(sizes[0]), max(math.log10(sizes[-1]), math.log10(sizes[0]) + 1)
    top = 1.15 * max(map(max, values))

    def at(size: int, value: float) -> tuple[float, float]:
        across = (math.log10(size) - low) / (high - low)
        return _LEFT + across * (_WIDTH - _LEFT - _RIGHT), _HEIGHT - _BOTTOM - value / top * (_HEIGHT - _TOP - _BOTTOM)

    ground = _HEIGHT - _BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" {_FONT}>',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        f'<text x="10" y="20" font-size="14">{title}</text>',
        f'<line x1="{_LEFT}" y1="{ground}" x2="{_WIDTH - _RIGHT}" y2="{ground}" stroke="#999999"/>',
    ]
    for size in sizes:
        x, y = at(size, 0)
        parts.append(f'<text x="{x:.1f}" y="{y + 20:.1f}" text-anchor="middle" fill="#666666">{size:,}</text>')
    for (name, colour), each in zip(_LINES, values, strict=True):
        points = [at(size, value) for size, value in zip(sizes, each, strict=True)]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}"/>')
        for (x, y), value in zip(points, each, strict=True):
            parts += [
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>',
                f'<text x="{x:.1f}" y="{y - 9:.1f}" text-anchor="middle" fill="{colour}">{value:.0f}</text>',
            ]
        x, y = points[-1]
        parts.append(f'<text x="{x + 18:.1f}" y="{y + 4:.1f}" fill="{colour}">{name}</text>')
    return "\n".join((*parts, "</svg>", ""))
