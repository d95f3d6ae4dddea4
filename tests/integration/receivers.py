"""Receivers of webhooks on this machine, which answer as a test says."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

from schemas.keys import SigningKey
from stream_processors.disseminate.channels import verify_webhook

Answer = Callable[["Receiver"], tuple[int, dict[str, str]]]


@dataclass
class Receiver:
    """What came, and what is answered.

    Attributes:
        port: of this machine.
        bodies: of each request, in the order in which they came, whatever was answered.
        taken: those that were answered with success.
        answer: status and headers of the next answer.
    """

    port: int = 0
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    taken: list[dict[str, Any]] = field(default_factory=list)
    arrived_at: dict[str, float] = field(default_factory=dict)
    answer: Answer = lambda _: (204, {})

    @property
    def host(self) -> str:
        """As a list of hosts names it."""
        return f"127.0.0.1:{self.port}"

    def address(self, path: str = "hook") -> str:
        """Of a webhook."""
        return f"http://{self.host}/{path}"

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """What was said in each request."""
        return [orjson.loads(body) for _, body in self.requests]

    def events(self) -> list[str]:
        """Ids of what was told in requests that were taken, of groups too."""
        lines = [line for body in self.taken for line in body.get("messages", [body])]
        return [line["link"].rpartition("/")[2] for line in lines]

    def are_signed(self, key: SigningKey) -> bool:
        """Whether each request is signed by the deployment."""
        return all(verify_webhook(key.public, headers, body, time.time()) for headers, body in self.requests)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver on a free port."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            at = time.time()
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.requests.append(({name.lower(): value for name, value in self.headers.items()}, body))
            status, headers = receiver.answer(receiver)
            if 200 <= status < 300:
                document = orjson.loads(body)
                receiver.arrived_at.setdefault(document["id"], at)
                receiver.taken.append(document)
            try:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
            except BrokenPipeError:
                return  # whoever sent it did not wait

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128  # the default of five drops connections that come together

    server = Server(("127.0.0.1", 0), Handler)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
