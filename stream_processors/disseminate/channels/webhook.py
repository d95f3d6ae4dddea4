"""Webhooks: one POST to an address that was looked at, signed; no redirect is followed, and no answer read."""

import asyncio
import socket
import ssl
import time
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import aiohttp
import orjson
from aiohttp.abc import AbstractResolver, ResolveResult

from schemas.directory.subscribing import host_of
from schemas.errors import NotDeliveredError
from schemas.keys import SigningKey
from stream_processors.disseminate.channels.addresses import resolved
from stream_processors.disseminate.channels.messages import Message
from stream_processors.disseminate.channels.signing import signed_headers

_PATIENCE_S = 5.0
Resolve = Callable[[str, int], Awaitable[list[str]]]


class Webhook:
    """Sends messages to receivers of agencies.

    Args:
        key: by which the deployment signs.
        address: where readers look, for links.
        development: whether receivers may be private, and without TLS.
        context: whom to trust; else the authorities of the system.
        resolve: gives the addresses of host and port, or refuses.
    """

    def __init__(
        self,
        key: SigningKey,
        address: str,
        *,
        development: bool,
        context: ssl.SSLContext | None = None,
        resolve: Resolve | None = None,
        patience_s: float = _PATIENCE_S,
    ) -> None:
        self._key, self._address, self._development = key, address, development
        self._context = context or ssl.create_default_context()
        self._resolve = resolve or self._looked_up
        self._patience_s = patience_s

    async def send(self, address: str, hosts: frozenset[str], message: Message) -> None:
        """Send a message, once.

        Args:
            address: of the receiver.
            hosts: those that the agency lets webhooks go to.
            message: what is said.

        Raises:
            NotDeliveredError: it may not be sent there, or was not taken.
        """
        parts = urlsplit(address)
        try:
            host = host_of(address)
        except ValueError:
            raise NotDeliveredError("the address is no webhook's") from None
        if host not in hosts:
            raise NotDeliveredError("the host is not on the agency's list")
        if parts.scheme != "https" and not self._development:
            raise NotDeliveredError("the address is not of https")
        body = orjson.dumps(message.document(self._address))
        headers = signed_headers(self._key, message.message_id, int(time.time()), body)
        try:
            async with asyncio.timeout(self._patience_s):
                status = await self._posted(address, body, {**headers, "content-type": "application/json"})
        except TimeoutError:
            raise NotDeliveredError(f"no answer within {self._patience_s:g} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise NotDeliveredError(f"no connection: {type(error).__name__}") from None
        if not 200 <= status < 300:
            raise NotDeliveredError(f"answered {status}")

    async def _posted(self, address: str, body: bytes, headers: dict[str, str]) -> int:
        parts = urlsplit(address)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        addresses = await self._resolve(parts.hostname or "", port)
        connector = aiohttp.TCPConnector(resolver=_Known(addresses), use_dns_cache=False, force_close=True)
        async with aiohttp.ClientSession(connector=connector, auto_decompress=False) as session:  # noqa: SIM117  # the answer needs the session
            async with session.post(
                address, data=body, headers=headers, allow_redirects=False, ssl=self._context
            ) as answer:
                return answer.status

    async def _looked_up(self, host: str, port: int) -> list[str]:
        return await resolved(host, port, private=self._development)


class _Known(AbstractResolver):
    """Gives the addresses that were looked at: what a second look-up would give may be another host."""

    def __init__(self, addresses: list[str]) -> None:
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """See `AbstractResolver.resolve`."""
        return [
            ResolveResult(
                hostname=host,
                host=each,
                port=port,
                family=socket.AF_INET6 if ":" in each else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for each in self._addresses
            if family in (socket.AF_UNSPEC, socket.AF_INET6 if ":" in each else socket.AF_INET)
        ]

    async def close(self) -> None:
        """Nothing to close."""
