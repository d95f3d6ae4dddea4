"""Alerts and watches in the tables of a generation.

In: records of `ionics.alerts.gN` and `ionics.watches`, within the transaction of a batch of the projector. Out: of
each alert the current revision with the incidents that it names, and of each watch the revision that holds; a function
of the set of these records. Who sees which is row-level security's to say (``migrations/0007_alerts.sql``).
"""

from projections.alerting.policies import Policy, policies_of_alert, policies_of_watch, with_policies
from projections.alerting.tables import AlertTables, WatchTable

__all__ = ["AlertTables", "Policy", "WatchTable", "policies_of_alert", "policies_of_watch", "with_policies"]
