"""The HTTP API on a free port of this machine, and clients of it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn

from deploy.changes import make_changes
from deploy.home import administrator_keys
from projections.api import LocalIssuer, create_app
from projections.api.backend import Backend
from projections.api.publishing import gateway_key_path
from schemas.directory import RIGHTS
from schemas.directory.commands import KeyRegister
from schemas.keys import SigningKey
from schemas.settings import Settings


@contextmanager
def serving(backend: Backend, port: int = 0) -> Iterator[str]:
    """The API as a thread of this process, on a free port unless one is given; its address."""
    server = uvicorn.Server(uvicorn.Config(create_app(backend), port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def with_gateway_key(settings: Settings, agency_id: str) -> None:
    """Let the API sign for an agency, unless it may already."""
    path = gateway_key_path(settings, agency_id)
    if path.exists():
        return
    key = SigningKey.generate()
    key.save(path)
    command = KeyRegister(agency_id=agency_id, key_id=key.key_id, public=key.public.hex(), use="gateway")
    make_changes(settings, [command], *administrator_keys(settings))


def client(address: str, settings: Settings, subject: str, *scopes: str) -> httpx.Client:
    """Somebody with a token of the local issuer."""
    token = LocalIssuer(settings).token(subject, list(scopes or RIGHTS), 5)
    return httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=60)
