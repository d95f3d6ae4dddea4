"""Free loopback ports."""

import secrets
import socket
from collections.abc import Collection

from schemas.errors import StackError

LOOPBACK = "127.0.0.1"

# Below the range from which systems take the source ports of outgoing connections (32768 on Linux, 49152 elsewhere):
# a port kept from there would often be in use by some connection at the next start.
_RANGE = range(20_000, 32_000)
_ATTEMPTS = 200


def is_free(port: int) -> bool:
    """Tell whether a server could listen on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As the servers do it: connections of a dead server that linger in TIME_WAIT do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def answers(port: int) -> bool:
    """Tell whether something accepts connections on this loopback port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0


def choose(taken: Collection[int]) -> int:
    """Choose a free loopback port that is not among those taken.

    Raises:
        StackError: no free port was found.
    """
    for _ in range(_ATTEMPTS):
        port = secrets.choice(_RANGE)
        if port not in taken and is_free(port):
            return port
    raise StackError(
        f"no free port on {LOOPBACK} in {_RANGE.start}-{_RANGE.stop - 1} after {_ATTEMPTS} attempts; "
        "stop other servers on this machine"
    )
