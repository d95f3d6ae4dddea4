"""Questions to the tables of a generation, as plain functions within `projections.viewing.viewing`.

Rows come back as dictionaries of strings, integers, booleans, lists and None, fit for JSON, in an order that is always
the same. Dates and times are ISO 8601, times in UTC; mass is in micrograms.
"""

from projections.queries.aggregates import agencies, heat, milestones, routes, timeline
from projections.queries.alerts import alert_document, find_alerts, list_alerts, list_watches
from projections.queries.cases import case, case_document, case_of, list_cases, members_of
from projections.queries.delegations import delegations, owner_behind
from projections.queries.incidents import find_incidents, incident, items, opened_by, owners_of, revisions
from projections.queries.links import closed_keys, list_links, pairs_across
from projections.queries.lists import list_incidents, list_items, stored_value
from projections.queries.requests import (
    find_requests,
    list_requests,
    request_document,
    response_times,
    thread_of,
)
from projections.queries.substances import first_seen, substances

__all__ = [
    "agencies",
    "alert_document",
    "case",
    "case_document",
    "case_of",
    "closed_keys",
    "delegations",
    "find_alerts",
    "find_incidents",
    "find_requests",
    "first_seen",
    "heat",
    "incident",
    "items",
    "list_alerts",
    "list_cases",
    "list_incidents",
    "list_items",
    "list_links",
    "list_requests",
    "list_watches",
    "members_of",
    "milestones",
    "opened_by",
    "owner_behind",
    "owners_of",
    "pairs_across",
    "request_document",
    "response_times",
    "revisions",
    "routes",
    "stored_value",
    "substances",
    "thread_of",
    "timeline",
]
