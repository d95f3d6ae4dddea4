"""The principals of a deployment: the deployment itself, its stages, the API, operators, and one an agency.

Names are those of the topic catalogue. No name but an agency's holds a dot, and no id does, so that the prefix of one
principal's groups is never a prefix of another's.
"""

from deploy.stages import REACTING, STAGES, STREAMING
from schemas.settings import OPERATOR

DEPLOYMENT = "deployment"
"""Makes topics, access lists and credentials, and writes the directory: a super user of the broker."""

API = "api"

STAGE_GROUPS = {stage.name: stage.groups for stage in (*STREAMING, *REACTING)}
"""Prefix of the consumer groups and transactional ids of each stage that has any."""

SEES_LAG = (OPERATOR, "moments")
"""Principals that may ask how far the stages have come."""

BACKBONE = (*STAGES, API, OPERATOR)
"""Principals that every deployment has beside `deployment`."""
