"""The HTTP API on a free port of this machine, and clients of it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn

from projections.api import LocalIssuer, create_app
from projections.api.backend import Backend
from schemas.directory import RIGHTS
from schemas.settings import Settings


@contextmanager
def serving(backend: Backend) -> Iterator[str]:
    """The API as a thread of this process; its address."""
    server = uvicorn.Server(uvicorn.Config(create_app(backend), port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def client(address: str, settings: Settings, subject: str, *scopes: str) -> httpx.Client:
    """Somebody with a token of the local issuer."""
    token = LocalIssuer(settings).token(subject, list(scopes or RIGHTS), 5)
    return httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=60)
