"""Two pictures: precision against recall, and whether probabilities mean what they say."""

from collections.abc import Callable, Iterator, Sequence
from html import escape

import polars as pl

from tests.accuracy.measuring import Found
from tests.accuracy.metrics import calibration

_SIZE, _LEFT, _TOP, _WIDTH = 400, 60, 50, 760
_FONT = 'font-family="sans-serif" font-size="12"'
_COLOURS = ("#0b6e99", "#b5541c", "#3d7a3a", "#7a4a8a", "#444444", "#a08000")
_POINTS = 200


def precision_recall(found: Sequence[Found], title: str) -> str:
    """A curve from the surest pair to the last one shown for who gives probabilities, a dot where links end."""
    return _document(title, "recall", "precision", found, _precision_recall)


def reliability(found: Sequence[Found], title: str) -> str:
    """Share of true pairs over the mean probability of each bin; the diagonal is right."""
    given = [each for each in found if not calibration.reliability(each.judged).is_empty()]
    return _document(title, "probability given", "share of true pairs", given, _reliability, diagonal=True)


def _document(
    title: str,
    across: str,
    up: str,
    found: Sequence[Found],
    drawn: Callable[[Found, str], Iterator[str]],
    *,
    diagonal: bool = False,
) -> str:
    height = _TOP + _SIZE + 60
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" {_FONT}>',
        f'<rect width="{_WIDTH}" height="{height}" fill="white"/>',
        f'<text x="10" y="22" font-size="14">{escape(title)}</text>',
    ]
    for tenth in range(0, 11, 2):
        x, y = _x(tenth / 10), _y(tenth / 10)
        parts += [
            f'<line x1="{x:.1f}" y1="{_y(0):.1f}" x2="{x:.1f}" y2="{_y(1):.1f}" stroke="#dddddd"/>',
            f'<line x1="{_x(0):.1f}" y1="{y:.1f}" x2="{_x(1):.1f}" y2="{y:.1f}" stroke="#dddddd"/>',
            f'<text x="{x:.1f}" y="{_y(0) + 18:.1f}" text-anchor="middle" fill="#666666">{tenth / 10:.1f}</text>',
            f'<text x="{_x(0) - 8:.1f}" y="{y + 4:.1f}" text-anchor="end" fill="#666666">{tenth / 10:.1f}</text>',
        ]
    parts += [
        f'<text x="{_x(0.5):.1f}" y="{_y(0) + 38:.1f}" text-anchor="middle" fill="#666666">{escape(across)}</text>',
        f'<text x="{_LEFT}" y="{_TOP - 10}" fill="#666666">{escape(up)}</text>',
    ]
    if diagonal:
        parts.append(_line([(0.0, 0.0), (1.0, 1.0)], "#999999", dashed=True))
    for number, each in enumerate(found):
        colour = _COLOURS[number % len(_COLOURS)]
        y = _TOP + 20 + 22 * number
        parts += [
            *drawn(each, colour),
            f'<circle cx="{_LEFT + _SIZE + 30}" cy="{y - 4}" r="5" fill="{colour}"/>',
            f'<text x="{_LEFT + _SIZE + 42}" y="{y}" fill="{colour}">{escape(each.name)}</text>',
        ]
    return "\n".join((*parts, "</svg>", ""))


def _precision_recall(found: Found, colour: str) -> Iterator[str]:
    pairs, true = found.judged, found.judged.filter("true").height
    ranked = (
        pairs.filter(pl.col("probability").is_not_null())
        .sort("probability", "left", "right", descending=[True, False, False])
        .select(hits=pl.col("true").cum_sum(), shown=pl.int_range(1, pl.len() + 1))
    )
    if not ranked.is_empty() and true:
        step = max(1, ranked.height // _POINTS)
        curve = ranked.gather_every(step)
        yield _line([(hits / true, hits / shown) for hits, shown in curve.iter_rows()], colour)
    linked = pairs.filter("linked")
    if linked.height and true:
        hits = linked.filter("true").height
        yield f'<circle cx="{_x(hits / true):.1f}" cy="{_y(hits / linked.height):.1f}" r="5" fill="{colour}"/>'


def _reliability(found: Found, colour: str) -> Iterator[str]:
    bins = calibration.reliability(found.judged)
    points = list(bins.select("probability", "true").iter_rows())
    yield _line(points, colour)
    for (probability, share), pairs in zip(points, bins["pairs"], strict=True):
        title = f"<title>{pairs} pairs</title>"
        yield f'<circle cx="{_x(probability):.1f}" cy="{_y(share):.1f}" r="4" fill="{colour}">{title}</circle>'


def _line(points: Sequence[tuple[float, float]], colour: str, *, dashed: bool = False) -> str:
    path = " ".join(f"{_x(across):.1f},{_y(up):.1f}" for across, up in points)
    dash = ' stroke-dasharray="4 4"' if dashed else ""
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"{dash}/>'


def _x(share: float) -> float:
    return _LEFT + _SIZE * share


def _y(share: float) -> float:
    return _TOP + _SIZE * (1 - share)
