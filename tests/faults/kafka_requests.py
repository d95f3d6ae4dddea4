"""Just enough of Kafka's wire protocol to tell the requests of a transaction apart.

Formats: the message definitions of Apache Kafka (clients/src/main/resources/common/message). A frame is its length in
4 bytes, then a header, then a body; newer versions of a request are "flexible": compact strings, tagged fields.
"""

import socket
import struct
from dataclasses import dataclass

PRODUCE, METADATA, FIND_COORDINATOR, INIT_PRODUCER_ID, END_TXN, TXN_OFFSET_COMMIT = 0, 3, 10, 22, 26, 28
_FLEXIBLE_FROM = {PRODUCE: 9, INIT_PRODUCER_ID: 2, END_TXN: 3, TXN_OFFSET_COMMIT: 3}
"""Requests whose body begins with the transactional id, and the version from which they are flexible."""


@dataclass(frozen=True)
class EndTxn:
    """The rest of an EndTxn."""

    producer_id: int
    epoch: int
    commit: bool


@dataclass(frozen=True)
class Request:
    """A request.

    Attributes:
        frame: all its bytes, without the length.
        transactional_id: whose transaction it is about; None of requests that begin with anything else.
        rest: the body after the transactional id, where there is one.
    """

    frame: bytes
    key: int
    version: int
    transactional_id: str | None
    rest: bytes

    @property
    def flexible(self) -> bool:
        """Whether its answer has tagged fields."""
        return self.version >= _FLEXIBLE_FROM.get(self.key, 99)

    @property
    def end(self) -> EndTxn | None:
        """What an EndTxn says; None of any other request."""
        return EndTxn(*struct.unpack_from(">qh?", self.rest)) if self.key == END_TXN else None

    def error_in(self, answer: bytes) -> int:
        """Error code in the answer to an EndTxn or InitProducerId: after correlation id, tags and throttle time."""
        return int(struct.unpack_from(">h", answer, 9 if self.flexible else 8)[0])


def parsed(frame: bytes) -> Request:
    """The request of a frame."""
    key, version, _, size = struct.unpack_from(">hhih", frame)
    if key not in _FLEXIBLE_FROM:
        return Request(frame, key, version, None, b"")
    body = frame[10 + max(size, 0) :]
    if version >= _FLEXIBLE_FROM[key]:
        size, start = body[1] - 1, 2  # no tagged field, and an id shorter than 127 bytes
    else:
        size, start = struct.unpack_from(">h", body)[0], 2
    if size < 0:
        return Request(frame, key, version, None, body[start:])
    return Request(frame, key, version, body[start : start + size].decode(), body[start + size :])


def read_frame(connection: socket.socket) -> bytes:
    """The next frame; empty at the end of the connection."""
    head = _exactly(connection, 4)
    return _exactly(connection, int.from_bytes(head, "big")) if head else b""


def write_frame(connection: socket.socket, frame: bytes) -> None:
    """Send a frame."""
    connection.sendall(len(frame).to_bytes(4, "big") + frame)


def _exactly(connection: socket.socket, size: int) -> bytes:
    found = bytearray()
    while len(found) < size:
        part = connection.recv(size - len(found))
        if not part:
            return b""
        found += part
    return bytes(found)
