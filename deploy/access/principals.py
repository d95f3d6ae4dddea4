"""The principals of a deployment: the deployment itself, its stages, the API, operators, and one an agency.

Names are those of the topic catalogue. No name but an agency's holds a dot, and no id does, so that the prefix of one
principal's groups is never a prefix of another's.
"""

from schemas.settings import OPERATOR
from stream_processors.admit import GROUP as ADMIT_GROUP
from stream_processors.enrich import GROUPS as ENRICH_GROUPS
from stream_processors.match import CASES_GROUPS, MATCH_GROUPS

DEPLOYMENT = "deployment"
"""Makes topics, access lists and credentials, and writes the directory: a super user of the broker."""

API = "api"

STAGE_GROUPS = {"admit": ADMIT_GROUP, "enrich": ENRICH_GROUPS, "match": MATCH_GROUPS, "cases": CASES_GROUPS}
"""Prefix of the consumer groups and transactional ids of each stage that has any."""

BACKBONE = (*STAGE_GROUPS, "project", "members", API, OPERATOR)
"""Principals that every deployment has beside `deployment`."""
