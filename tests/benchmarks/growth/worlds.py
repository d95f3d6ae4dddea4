"""Generated worlds on the disk: enriched incidents in batches, written once by several processes.

A world of n incidents is made of as many worlds of equal length as there are processes, each with its share of the
incidents of each day, taken in turn.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import polars as pl

from tests.accuracy.enriching import BATCH, enriched_batches
from tests.accuracy.world import Scale, reports

DOMINANT = 0.6
"""Share of the seizures that the busiest country has."""
SEED = 6
_SHARES = 2
_DONE = "done"


def write_world(scratch: Path, incidents: int) -> Path:
    """Write a world of so many incidents unless it is there; where it is."""
    made = scratch / f"world-{incidents}"
    length = Scale(incidents, SEED, DOMINANT).length
    shares = [incidents // _SHARES + (share < incidents % _SHARES) for share in range(_SHARES)]
    with ProcessPoolExecutor(min(_SHARES, os.cpu_count() or 1), get_context("spawn")) as pool:
        scales = [Scale(share, SEED + number, DOMINANT, days=length) for number, share in enumerate(shares)]
        places = [made / f"share-{number}" for number in range(_SHARES)]
        list(pool.map(_write, scales, places))
    return made


def _write(scale: Scale, made: Path) -> None:
    if (made / _DONE).exists():
        return
    made.mkdir(parents=True, exist_ok=True)
    bodies = (report.body for report in reports(scale))
    for number, columns in enumerate(enriched_batches(bodies)):
        columns.write_ipc(made / f"{number:06}.arrow", compression="lz4")
    (made / _DONE).touch()


def read_world(made: Path) -> Iterator[pl.DataFrame]:
    """The incidents of a world in batches, by share in turn."""
    batches = [sorted(share.glob("*.arrow")) for share in sorted(made.glob("share-*"))]
    for number in range(max(map(len, batches))):
        for share in batches:
            if number < len(share):
                yield pl.read_ipc(share[number])


def in_batches(columns: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Incidents in batches as the worker takes them."""
    yield from columns.iter_slices(BATCH)
