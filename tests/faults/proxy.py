"""A proxy in front of a broker that understands requests, one at a time on each connection, and may hold one back."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

from tests.faults.kafka_requests import FIND_COORDINATOR, METADATA, Request, parsed, read_frame, write_frame

Forward = Callable[[Request], bytes]
"""Sends a request to the broker, on the connection it came on, and returns the answer."""


class Cut(Exception):  # noqa: N818  # an order, not an error
    """Raised by a rule: the client's connection ends here, the one to the broker stays."""


class Proxy:
    """Listens on loopback, and brings clients back to itself: in answers that name the broker it puts its own port.

    Args:
        bootstrap: host and port of the broker, as the broker advertises them.
        rule: gets each request and the way to the broker; returns the answer, or None to leave the client without.
    """

    def __init__(self, bootstrap: str, rule: Callable[[Request, Forward], bytes | None]) -> None:
        host, port = bootstrap.rsplit(":", 1)
        self._upstream, self._rule = (host, int(port)), rule
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = [self._listener]
        own = self._listener.getsockname()[1]
        self.bootstrap = f"{host}:{own}"
        self._theirs, self._ours = (host.encode() + p.to_bytes(4, "big") for p in (int(port), own))

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                broker = socket.create_connection(self._upstream)
                self._sockets += [client, broker]
                threading.Thread(target=self._serve, args=(client, broker), daemon=True).start()

    def _serve(self, client: socket.socket, broker: socket.socket) -> None:
        def forward(request: Request) -> bytes:
            write_frame(broker, request.frame)
            answer = read_frame(broker)
            if request.key in {METADATA, FIND_COORDINATOR}:
                return answer.replace(self._theirs, self._ours)
            return answer

        kept = False
        with suppress(OSError), client:
            while frame := read_frame(client):
                try:
                    answer = self._rule(parsed(frame), forward)
                except Cut:
                    kept = True
                    break
                if answer is None:
                    kept = True
                else:
                    write_frame(client, answer)
        if not kept:  # what was held back goes out on its own connection
            broker.close()
