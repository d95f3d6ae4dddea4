"""Who is told what happened: events meet subscriptions, and leave by webhook, mail or console.

In: enriched incidents, alerts, acknowledgements, the directory. Out: rows of delivery state, through a port, and
messages; nothing in the log but dead letters. Faust hosts it (`edge`), and is trusted with no more than handing out
records at least once. `kinds` says what can be told, `channels` how it leaves, `delivering` when.
"""

from stream_processors.disseminate.backoff import Backoff
from stream_processors.disseminate.kinds import KINDS
from stream_processors.disseminate.stage import GROUPS, NAME, Disseminate, Ports, group

__all__ = ["GROUPS", "KINDS", "NAME", "Backoff", "Disseminate", "Ports", "group"]
