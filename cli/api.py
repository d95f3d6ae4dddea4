"""`ionics api`: the HTTP API as a server."""

import socket
from pathlib import Path

import click
import uvicorn

from projections.api import create_app
from projections.api.backend import Backend
from schemas.settings import load_settings


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=0, help="Port; else a free one, which is printed.")
@click.option("--certificate", type=click.Path(path_type=Path), help="TLS certificate chain, PEM.")
@click.option("--key", type=click.Path(path_type=Path), help="Its private key, PEM.")
def api(host: str, port: int, certificate: Path | None, key: Path | None) -> None:
    """Serve the HTTP API until interrupted."""
    if (certificate is None) is not (key is None):
        raise click.UsageError("--certificate and --key go together")
    settings = load_settings()
    with socket.create_server((host, port)) as listening:
        scheme = "https" if certificate else "http"
        click.echo(f"serving {scheme}://{host}:{listening.getsockname()[1]} ; its description is at /openapi.json")
        config = uvicorn.Config(
            create_app(Backend(settings)),
            log_level="warning",
            ssl_certfile=certificate,
            ssl_keyfile=key,
            server_header=False,
        )
        uvicorn.Server(config).run(sockets=[listening])
