"""Enrichment: what the backbone derives of an admitted incident, with the version of the reference data.

In: `ionics.incidents`. Out: `ionics.enriched.gN`: the admitted bytes, unchanged, followed by the enrichment. It is
total: what cannot be resolved is said to be unresolved, so nothing admitted is ever missing from the views.
"""

from stream_processors.enrich.stage import GROUPS, Enrichment, group

__all__ = ["GROUPS", "Enrichment", "group"]
