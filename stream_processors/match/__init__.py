"""Matching: which incidents are one seizure reported twice, which are of one shipment or network, and their cases.

In: `ionics.enriched.gN` and `ionics.judgements`. Out of the matcher: `ionics.links.gN`: links with their reasons, keys
that were closed, incidents that moved on. Out of the cases (`cases/`): `ionics.cases.gN`, the correlated stream.
"""

from stream_processors.match.groups import CASES_GROUPS, MATCH_GROUPS, cases_group, match_group
from stream_processors.match.matcher import Matcher
from stream_processors.match.model import Model, shipped_model
from stream_processors.match.models import bind_model, find_model, load_model, model_of, read_model, versions
from stream_processors.match.stage import Matching

__all__ = [
    "CASES_GROUPS",
    "MATCH_GROUPS",
    "Matcher",
    "Matching",
    "Model",
    "bind_model",
    "cases_group",
    "find_model",
    "load_model",
    "match_group",
    "model_of",
    "read_model",
    "shipped_model",
    "versions",
]
