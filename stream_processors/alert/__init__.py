"""Alerts: what people should look at now, why, and from which incidents.

In: `ionics.enriched.gN`, what the secretariat writes (`ionics.special-alerts`) and what agencies watch
(`ionics.watches`). Out: `ionics.alerts.gN`, each alert after each change of it. `facts` says what an incident adds,
`book` where it is filed; a detector each (`first_seen`, `unknown_name`, `surge`, `new_route`, `finds`, `stoppable`,
`watched`, `special`) says what follows; `judging` does so for what a record touches, once for each audience.
"""

from stream_processors.alert.groups import ALERT_GROUPS, alert_group
from stream_processors.alert.stage import Alerts

__all__ = ["ALERT_GROUPS", "Alerts", "alert_group"]
