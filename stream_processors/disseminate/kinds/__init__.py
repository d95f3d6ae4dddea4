"""Kinds of what is told, one file each: from a record of its topic to the event that subscriptions are matched against.

How one is shown to whom, and whether it still may be, is the other side's to say (`projections/deliveries/kinds`).
"""

from stream_processors.disseminate.kinds.alerts import ALERTS
from stream_processors.disseminate.kinds.incidents import INCIDENTS
from stream_processors.disseminate.kinds.requests import REQUESTS

KINDS = (INCIDENTS, ALERTS, REQUESTS)

__all__ = ["ALERTS", "INCIDENTS", "KINDS", "REQUESTS"]
