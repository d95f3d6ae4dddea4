"""Clusters by connected links, and B-cubed over them (Bagga and Baldwin 1998)."""

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class BCubed:
    """Means over incidents: of its cluster, how much is its seizure; of its seizure, how much is in its cluster."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        return 2 * self.precision * self.recall / (self.precision + self.recall)


def clusters(incidents: pl.Series, links: pl.DataFrame) -> pl.DataFrame:
    """incident_id, cluster (UInt32): the incidents that links (left, right) connect have one number."""
    places = {incident: place for place, incident in enumerate(incidents)}
    parents = list(range(len(places)))

    def root(place: int) -> int:
        while parents[place] != place:
            parents[place] = parents[parents[place]]
            place = parents[place]
        return place

    for left, right in links.select("left", "right").iter_rows():
        one, other = root(places[left]), root(places[right])
        parents[max(one, other)] = min(one, other)
    return pl.DataFrame(
        {
            "incident_id": incidents,
            "cluster": pl.Series([root(place) for place in range(len(parents))], dtype=pl.UInt32),
        }
    )


def b_cubed(found: pl.DataFrame, true: pl.DataFrame) -> BCubed:
    """B-cubed of clusters against the truth.

    Args:
        found: incident_id, cluster.
        true: incident_id, seizure; the same incidents, one at least.
    """
    both = found.join(true, on="incident_id")
    shared = pl.len().over("cluster", "seizure")
    means = both.select(
        precision=(shared / pl.len().over("cluster")).mean(), recall=(shared / pl.len().over("seizure")).mean()
    )
    return BCubed(*means.row(0))
