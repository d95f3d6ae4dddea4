"""Requests for information on the read side: the tables of threads, and the desk at which people write.

In: records of `ionics.messages`, which the projector brings (`tables`); what people ask and answer (`desk`,
`amending`). Out: the tables of ``0008_requests.sql``, each thread folded anew with each message; messages.
"""

from projections.requests.amending import amend_from
from projections.requests.desk import RequestDesk
from projections.requests.tables import RequestTables, forget_escalations
from projections.requests.telling import told

__all__ = ["RequestDesk", "RequestTables", "amend_from", "forget_escalations", "told"]
