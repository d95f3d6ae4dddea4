"""What was learned, as pictures: weights, the course of the estimation, the scores of the candidates. SVG."""

import math
from collections.abc import Mapping, Sequence
from html import escape

from stream_processors.match.telling import RELATIONS, Weight
from stream_processors.match.training.estimating import Estimated

_WIDTH, _TOP, _ROW = 860, 44, 16
_FONT = 'font-family="sans-serif" font-size="12"'
_FOR, _AGAINST, _LINE, _GREY = "#0b6e99", "#b3541e", "#dddddd", "#666666"
_PALE = "#8fc0d5"
_COLOURS = {"other_agency": "#0b6e99", "same_agency": "#b3541e", "shared_name": "#555555"}
_LEFT, _RIGHT = 220, 60


def weight_bars(found: Sequence[Weight], title: str) -> str:
    """A bar for each field and level, to the right for one seizure and to the left against it.

    Paler where the value decides: then it is as long as at a value of typical frequency.
    """
    least = math.floor(min(0.0, *(each.typical for each in found)))
    most = math.ceil(max(1.0, *(each.typical for each in found)))
    height = _TOP + _ROW * len(found) + 30

    def across(bits: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (bits - least) / (most - least)

    parts = _head(height, title)
    for bits in range(least, most + 1, 2 if most - least > 16 else 1):
        parts += _upright(across(bits), height, f"{bits}")
    before = ""
    for row, each in enumerate(found):
        y = _TOP + _ROW * row
        label = f"{each.field} {each.level}" if each.field != before else each.level
        before, zero, end = each.field, across(0), across(each.typical)
        colour = _PALE if each.by_value else _FOR if each.bits >= 0 else _AGAINST
        shown = f"{each.typical:.1f}" + (" typically, by value" if each.by_value else "")
        anchor, beside = ("start", max(zero, end) + 5) if end >= zero else ("end", end - 5)
        parts += [
            f'<text x="{_LEFT - 8}" y="{y + 11}" text-anchor="end">{escape(label.replace("_", " "))}</text>',
            f'<rect x="{min(zero, end):.1f}" y="{y + 2}" width="{abs(end - zero):.1f}" height="11" fill="{colour}"/>',
            f'<text x="{beside:.1f}" y="{y + 11}" text-anchor="{anchor}" font-size="10" fill="{_GREY}">{shown}</text>',
        ]
    return _done(parts)


def course(estimated: Mapping[str, Estimated]) -> str:
    """How many pairs are one seizure after each round, of each relation, as part of the last round's number."""
    height, left = 260, 60
    rounds = max(len(found.history) for found in estimated.values())
    shares = {name: [each / (found.history[-1] or 1.0) for each in found.history] for name, found in estimated.items()}
    most = max(1.2, *(max(each) for each in shares.values()))

    def at(number: int, share: float) -> str:
        x = left + (_WIDTH - left - _RIGHT) * number / max(1, rounds - 1)
        return f"{x:.1f},{height - 40 - (height - 40 - _TOP) * share / most:.1f}"

    parts = _head(height, "Pairs that are one seizure, by round, as part of the last round's number")
    for number in range(0, rounds, max(1, rounds // 10)):
        x = float(at(number, 0).split(",")[0])
        parts += _upright(x, height - 10, f"{number + 1}")
    for share in (0.5, 1.0):
        level = at(0, share).split(",")[1]
        parts += [
            f'<line x1="{left}" y1="{level}" x2="{_WIDTH - _RIGHT}" y2="{level}" stroke="{_LINE}"/>',
            f'<text x="{left - 6}" y="{level}" text-anchor="end" fill="{_GREY}">{share:g}</text>',
        ]
    for row, (name, line) in enumerate(shares.items()):
        y, words = height - 56 - 16 * row, escape(f"{RELATIONS[name]}: {estimated[name].history[-1]:,.1f} pairs")
        points = " ".join(at(number, share) for number, share in enumerate(line))
        parts += [
            f'<polyline points="{points}" fill="none" stroke="{_COLOURS[name]}" stroke-width="2"/>',
            f'<text x="{_WIDTH - _RIGHT}" y="{y}" text-anchor="end" fill="{_COLOURS[name]}">{words}</text>',
        ]
    return _done(parts)


def score_histogram(scores: Mapping[int, int], title: str, linked: float, review: float) -> str:
    """How many candidates have each score, on a logarithmic scale, and where the thresholds lie.

    Args:
        scores: whole bits → candidates.
        title: of the picture.
        linked: bits from where on the matcher links.
        review: bits from where on a person should look.
    """
    height, left = 260, 60
    least, most = min((*scores, -10)), max((*scores, 10)) + 1
    top = math.log10(max((*scores.values(), 10))) + 0.2

    def across(bits: float) -> float:
        return left + (_WIDTH - left - 20) * (bits - least) / (most - least)

    def up(count: float) -> float:
        return (height - 40 - _TOP) * math.log10(count * 2) / (top + math.log10(2))

    parts = _head(height, title)
    for mark in range(-(-least // 10) * 10, most + 1, 10):
        parts += _upright(across(mark), height - 10, f"{mark}")
    for power in range(math.floor(top) + 1):
        y = height - 40 - up(10**power)
        parts.append(f'<text x="{left - 6}" y="{y:.1f}" text-anchor="end" fill="{_GREY}">{10**power:,}</text>')
    width = max(across(1) - across(0) - 1, 1)
    for bits, count in sorted(scores.items()):
        tall = up(count)
        colour = _FOR if bits >= linked else _GREY if bits >= review else "#bbbbbb"
        x, y = across(bits), height - 40 - tall
        parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{tall:.1f}" fill="{colour}"/>')
    for threshold, word, y in ((review, "review", _TOP - 4), (linked, "linked", _TOP + 8)):
        x = across(threshold)
        parts += [
            f'<line x1="{x:.1f}" y1="{_TOP - 10}" x2="{x:.1f}" y2="{height - 40}" stroke="{_AGAINST}"/>',
            f'<text x="{x + 4:.1f}" y="{y}" fill="{_AGAINST}">{word} from {threshold:.1f}</text>',
        ]
    return _done(parts)


def _head(height: int, title: str) -> list[str]:
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" {_FONT}>',
        f'<rect width="{_WIDTH}" height="{height}" fill="white"/>',
        f'<text x="10" y="20" font-size="14">{escape(title)}</text>',
    ]


def _upright(x: float, height: int, label: str) -> list[str]:
    return [
        f'<line x1="{x:.1f}" y1="{_TOP - 6}" x2="{x:.1f}" y2="{height - 26}" stroke="{_LINE}"/>',
        f'<text x="{x:.1f}" y="{height - 10}" text-anchor="middle" fill="{_GREY}">{label}</text>',
    ]


def _done(parts: Sequence[str]) -> str:
    return "\n".join((*parts, "</svg>", ""))
