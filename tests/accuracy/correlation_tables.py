"""What was correlated, beyond one seizure, as tables in Markdown."""

from collections.abc import Iterator, Sequence

import polars as pl

from tests.accuracy.measuring import Found
from tests.accuracy.metrics.correlated import by_network, by_relation


def correlation(found: Sequence[Found], networks: pl.DataFrame, same: pl.DataFrame) -> Iterator[str]:
    """Precision by kind of relation, and recall by kind of network, of who relates.

    Args:
        found: over the worlds.
        networks: set, left, right, kind of the pairs of one network.
        same: set, left, right of the pairs of one seizure.
    """
    relating = [(each.name, pl.concat(each.related)) for each in found if each.related]
    yield "Correlation: pairs of different seizures of one network. How much of what was related is right (of one"
    yield "network or one seizure), by kind of relation:"
    yield ""
    yield "| who | relation | linked | right of these | to review | right of these |"
    yield "|---|---|---|---|---|---|"
    for name, related in relating:
        for each in by_relation(related, networks, same):
            yield (
                f"| {name} | {each.kind} | {each.linked:,} | {_part(each.right, each.linked)} | {each.review:,} "
                f"| {_part(each.review_right, each.review)} |"
            )
    yield ""
    yield "How many pairs of a network were related, as whatever (linked + to review), by kind of network:"
    yield ""
    reached = {name: list(by_network(related, networks)) for name, related in relating}
    kinds = next(iter(reached.values()), [])
    yield f"| who | {' | '.join(f'{each.kind} ({each.pairs:,})' for each in kinds)} |"
    yield f"|---|{'---|' * len(kinds)}"
    for name, of in reached.items():
        cells = (f"{_part(each.linked, each.pairs)} + {_part(each.review, each.pairs)}" for each in of)
        yield f"| {name} | {' | '.join(cells)} |"


def _part(some: int, of: int) -> str:
    return f"{some / of:.1%}" if of else ""
