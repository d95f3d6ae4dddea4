"""The directory: who takes part, with which keys, and who may do what. A pure fold of signed acts.

In: `ionics.directory` (agencies, keys, administrators: open to all) and `ionics.directory-closed` (groups, operations,
focal points, subscriptions). `commands` says what can be changed and who must sign; `fold`, `members` and
`subscriptions` carry it out.
"""

from schemas.directory.acts import Act, act_message, both_steps, read_act, signed_act
from schemas.directory.command import Command
from schemas.directory.commands import COMMANDS
from schemas.directory.entries import (
    GRACE_MS,
    OPEN_RIGHTS,
    RIGHTS,
    SECRETARIAT,
    SEES_ALL,
    Agency,
    AgencyKey,
    FocalPoint,
    Group,
    Operation,
    Subscription,
)
from schemas.directory.fold import Directory
from schemas.directory.members import Members
from schemas.directory.reading import at_generation, load_current, read_directory, read_members
from schemas.directory.source import MembersSource
from schemas.directory.subscriptions import Subscriptions, is_live
from schemas.directory.two_persons import PROPOSAL_MS

__all__ = [
    "COMMANDS",
    "GRACE_MS",
    "OPEN_RIGHTS",
    "PROPOSAL_MS",
    "RIGHTS",
    "SECRETARIAT",
    "SEES_ALL",
    "Act",
    "Agency",
    "AgencyKey",
    "Command",
    "Directory",
    "FocalPoint",
    "Group",
    "Members",
    "MembersSource",
    "Operation",
    "Subscription",
    "Subscriptions",
    "act_message",
    "at_generation",
    "both_steps",
    "is_live",
    "load_current",
    "read_act",
    "read_directory",
    "read_members",
    "signed_act",
]
