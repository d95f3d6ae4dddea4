"""The members as the read store needs them: who takes part, for the rule of row-level security.

In: `ionics.directory`, `ionics.directory-closed`, `ionics.access`, `ionics.delegations`. Out: the tables of
``0002_members.sql``, and the links of ``0004_delegation.sql``.
"""

from projections.members.projector import MembersProjector, project_members
from projections.members.source import MembersSource
from projections.members.tables import write_links, write_members

__all__ = ["MembersProjector", "MembersSource", "project_members", "write_links", "write_members"]
