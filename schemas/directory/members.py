"""The closed part of the directory: groups, operations and focal points, out of `ionics.directory-closed`."""

from dataclasses import dataclass, field

from schemas.directory.entries import FocalPoint, Group, Operation
from schemas.directory.fold import Directory


@dataclass
class Members:
    """Groups, operations and focal points, on top of the directory of agencies and administrators.

    Attributes:
        next_offset: the next record of `ionics.directory-closed`.
    """

    directory: Directory
    next_offset: int = 0
    groups: dict[str, Group] = field(default_factory=dict)
    operations: dict[str, Operation] = field(default_factory=dict)
    focal_points: dict[str, FocalPoint] = field(default_factory=dict)
