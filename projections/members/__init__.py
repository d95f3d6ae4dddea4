"""The members as the read store needs them: who takes part, for the rule of row-level security.

In: `ionics.directory`, `ionics.directory-closed`, `ionics.access`, `ionics.delegations`. Out: the tables of
``0002_members.sql``, and the links of ``0004_delegation.sql``.
"""

from projections.members.projector import MembersProjection, MembersProjector, MembersSink
from projections.members.sink import project_members, reading
from projections.members.tables import write_links, write_members

__all__ = [
    "MembersProjection",
    "MembersProjector",
    "MembersSink",
    "project_members",
    "reading",
    "write_links",
    "write_members",
]
