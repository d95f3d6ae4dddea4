"""The account under which PostgreSQL runs when the stack is started by root.

PostgreSQL refuses to run as root. It then runs as an account that the machine already has; none is created, and no
permission of a directory outside the stack is widened. Where that account could not enter the home (``/root`` is
closed to others), the database lives in the machine's shared place instead.
"""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from schemas.errors import StackError

_CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """A system account other than root."""

    name: str
    uid: int
    gid: int


def database_account() -> Account | None:
    """Return the account for PostgreSQL, None if the caller's own will do.

    Raises:
        StackError: root calls, and the machine has none of the accounts that would do.
    """
    if os.geteuid() != 0:
        return None
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise StackError(
        f"PostgreSQL refuses to run as root, and this machine has none of the accounts {', '.join(_CANDIDATES)}; "
        "run as an ordinary user, or create the account postgres"
    )


def others_can_enter(directory: Path) -> bool:
    """Tell whether any account can reach what is in a directory, as far as modes tell."""
    directory = directory.resolve()
    return all(place.stat().st_mode & stat.S_IXOTH for place in (directory, *directory.parents))


def shared_place() -> Path:
    """Make, if needed, the machine's directory for state, which root may write and others may enter."""
    place = platformdirs.site_state_path("ionics")
    place.mkdir(parents=True, exist_ok=True)
    # Whatever the umask is.
    place.chmod(0o755)
    return place
