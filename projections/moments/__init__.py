"""Tables of moments for readers that may make none: the HTTP API asks, a stage with the writer's rights makes them.

In: moments that are asked for (`asking`, over a channel of PostgreSQL). Out: for each a generation of tables as
`projections.as_of` fills it, named in the table ``moment`` for as long as it is asked for and rights stay as they are
(`keeper`). A view that is filled by the sink is in them without further ado.
"""

from projections.moments.asking import ask, number_at
from projections.moments.keeper import MomentsKeeper, drop_moments

__all__ = ["MomentsKeeper", "ask", "drop_moments", "number_at"]
