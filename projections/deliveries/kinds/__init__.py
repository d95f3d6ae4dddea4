"""How each kind of event is seen, one file each: a question to the views, within `projections.viewing`."""

from projections.deliveries.kinds.incidents import show_incident

SHOWN = {"incident": show_incident}

__all__ = ["SHOWN"]
