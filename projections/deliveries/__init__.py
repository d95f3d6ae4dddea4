"""What is told to whom, in the read store: the state of deliveries, what a recipient sees of them, and inboxes.

In: events matched with subscriptions (`stream_processors/disseminate`), and acknowledgements. Out: rows of the schema
``dissemination``, which is of a deployment, not of a generation; and what may leave, judged by the views each time.
"""

from projections.deliveries.schema import SCHEMA, make_tables
from projections.deliveries.sight import ViewSight
from projections.deliveries.store import PostgresDeliveries

__all__ = ["SCHEMA", "PostgresDeliveries", "ViewSight", "make_tables"]
