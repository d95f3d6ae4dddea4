"""A bad network between a client and the brokers: a TCP proxy for each, which delays, cuts and swallows.

Brokers tell clients their addresses. In all that they say, each address is replaced by that of its proxy, which has the
same length, so that nothing else of the protocol need be understood but where an answer ends.
"""

import socket
import threading
import time
from contextlib import suppress
from enum import Enum

HOST = "127.0.0.1"


class Weather(Enum):
    """What becomes of what is sent."""

    CLEAR = "passes"
    SLOW = "is delayed"
    CUT = "connections are cut, and new ones refused"
    BLACK_HOLE = "vanishes, without a word"


class Network:
    """Proxies of brokers.

    Args:
        bootstrap: the brokers, as host:port with commas between them.
        delay_s: how long each answer takes where it is slow.

    Attributes:
        weather: may be set at any moment.
        bootstrap: the proxies, in the same order.
    """

    def __init__(self, bootstrap: str, delay_s: float = 0.4) -> None:
        self.weather, self._delay_s = Weather.CLEAR, delay_s
        theirs = [int(each.rsplit(":", 1)[1]) for each in bootstrap.split(",")]
        self._listeners = [socket.create_server((HOST, 0)) for _ in theirs]
        ours = [int(listener.getsockname()[1]) for listener in self._listeners]
        self.bootstrap = ",".join(f"{HOST}:{port}" for port in ours)
        self._named = [(_address(one), _address(other)) for one, other in zip(theirs, ours, strict=True)]
        self._open: set[socket.socket] = set()
        for listener, port in zip(self._listeners, theirs, strict=True):
            threading.Thread(target=self._accept, args=(listener, port), daemon=True).start()

    def cut(self) -> None:
        """Cut all connections that stand."""
        for each in list(self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of everything."""
        for listener in self._listeners:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self.cut()

    def _accept(self, listener: socket.socket, port: int) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                broker = self._connected(port)
                if broker is None:
                    client.close()
                    continue
                self._open |= {client, broker}
                threading.Thread(target=self._to_broker, args=(client, broker), daemon=True).start()
                threading.Thread(target=self._to_client, args=(broker, client), daemon=True).start()

    def _connected(self, port: int) -> socket.socket | None:
        with suppress(OSError):
            return None if self.weather is Weather.CUT else socket.create_connection((HOST, port))
        return None

    def _to_broker(self, client: socket.socket, broker: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(1 << 16):
                self._wait()
                broker.sendall(data)
        self._end(client, broker)

    def _to_client(self, broker: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while answer := _frame(broker):
                self._wait()
                for their, our in self._named:
                    answer = answer.replace(their, our)
                client.sendall(answer)
        self._end(client, broker)

    def _wait(self) -> None:
        """What comes into a black hole does not come out when the weather clears: the connection has ended then."""
        if self.weather is Weather.SLOW:
            time.sleep(self._delay_s)
        lost = False
        while self.weather is Weather.BLACK_HOLE:
            lost = True
            time.sleep(0.05)
        if lost:
            raise OSError

    def _end(self, *ends: socket.socket) -> None:
        for each in ends:
            self._open.discard(each)
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


def _address(port: int) -> bytes:
    """Host and port as brokers write them: a string (its length before it is left out), and 4 bytes."""
    return HOST.encode() + port.to_bytes(4, "big")


def _frame(connection: socket.socket) -> bytes:
    """The next answer with its length; empty at the end."""
    head = _exactly(connection, 4)
    return head + _exactly(connection, int.from_bytes(head, "big")) if head else b""


def _exactly(connection: socket.socket, size: int) -> bytes:
    found = bytearray()
    while len(found) < size:
        part = connection.recv(min(1 << 16, size - len(found)))
        if not part:
            raise OSError
        found += part
    return bytes(found)
