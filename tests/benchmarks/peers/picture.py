"""The rates as a picture: a dot at the median, a line from the slowest to the fastest run, on a logarithmic axis."""

import math
from collections.abc import Mapping
from html import escape
from statistics import median

from tests.benchmarks.peers.catalogue import PEERS, Peer
from tests.benchmarks.peers.runner import Runs

_LEFT, _RIGHT, _ROW, _TOP, _WIDTH = 320, 90, 26, 40, 860
_FONT = 'font-family="sans-serif" font-size="12"'
_OURS, _OTHERS, _LIMIT = "#0b6e99", "#444444", "#999999"


def draw(found: Mapping[str, Runs], title: str) -> str:
    """An SVG document with a line for each peer that was run, fastest first."""
    shown = sorted(
        (
            (peer, sorted(run.rate for run in found[peer.name].runs))
            for peer in PEERS
            if found.get(peer.name, Runs()).runs
        ),
        key=lambda each: -median(each[1]),
    )
    low = math.floor(math.log10(min(rates[0] for _, rates in shown)))
    high = math.ceil(math.log10(max(rates[-1] for _, rates in shown)))
    height = _TOP + _ROW * len(shown) + 30

    def across(rate: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (math.log10(rate) - low) / (high - low)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" {_FONT}>',
        f'<rect width="{_WIDTH}" height="{height}" fill="white"/>',
        f'<text x="10" y="20" font-size="14">{escape(title)}</text>',
    ]
    for power in range(low, high + 1):
        x = across(10**power)
        parts += [
            f'<line x1="{x:.1f}" y1="{_TOP - 6}" x2="{x:.1f}" y2="{height - 26}" stroke="#dddddd"/>',
            f'<text x="{x:.1f}" y="{height - 10}" text-anchor="middle" fill="#666666">{10**power:,}</text>',
        ]
    for row, (peer, rates) in enumerate(shown):
        y, colour = _TOP + _ROW * row + 10, _colour(peer)
        middle, label = median(rates), escape(peer.label.strip("*"))
        parts += [
            f'<text x="{_LEFT - 12}" y="{y + 4}" text-anchor="end" fill="{colour}">{label}</text>',
            f'<line x1="{across(rates[0]):.1f}" y1="{y}" x2="{across(rates[-1]):.1f}" y2="{y}" stroke="{colour}"/>',
            f'<circle cx="{across(middle):.1f}" cy="{y}" r="5" fill="{colour}"/>',
            f'<text x="{across(rates[-1]) + 10:.1f}" y="{y + 4}" fill="{colour}">{middle:,.0f}</text>',
        ]
    return "\n".join((*parts, "</svg>", ""))


def _colour(peer: Peer) -> str:
    if peer.label.startswith("*"):
        return _OURS
    return _OTHERS if peer.folds else _LIMIT
