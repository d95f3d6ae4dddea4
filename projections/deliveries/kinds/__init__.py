"""How each kind of event is seen, one file each: questions to the views, within `projections.viewing`."""

from projections.deliveries.kinds.alerts import ALERT
from projections.deliveries.kinds.incidents import INCIDENT
from projections.deliveries.kinds.requests import REQUEST

SHOWN = {"incident": INCIDENT, "alert": ALERT, "request": REQUEST}
"""Kind of an event → how it is seen."""

__all__ = ["SHOWN"]
