"""The directory: who takes part, with which keys, and who may do what. A pure fold of signed acts."""

from schemas.directory.entries import GRACE_MS, RIGHTS, SEES_ALL, Agency, AgencyKey, FocalPoint, Group, Operation
from schemas.directory.fold import PROPOSAL_MS, Directory, act_message, both_steps, read_directory, signed_act

__all__ = [
    "GRACE_MS",
    "PROPOSAL_MS",
    "RIGHTS",
    "SEES_ALL",
    "Agency",
    "AgencyKey",
    "Directory",
    "FocalPoint",
    "Group",
    "Operation",
    "act_message",
    "both_steps",
    "read_directory",
    "signed_act",
]
