"""Where a host name leads, and whether anybody may be reached there from a server that stands inside a network."""

import asyncio
import ipaddress
import socket

from schemas.errors import NotDeliveredError

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_LOCAL_NAT64 = ipaddress.ip_network("64:ff9b:1::/48")


def is_public(text: str) -> bool:
    """Whether an address is one of the public internet, also the one that lies within an address of IPv6."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        if address in _LOCAL_NAT64:
            return False
        if address in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)))
        within = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if within is not None:
            return is_public(str(within))
    return address.is_global and not address.is_multicast and not address.is_reserved


async def resolved(host: str, port: int, *, private: bool) -> list[str]:
    """The addresses of a host, all of which may be reached.

    Args:
        host: a name or an address.
        port: to be reached.
        private: whether addresses that are not public may be, too.

    Raises:
        NotDeliveredError: it has none, or one of them is not public.
    """
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotDeliveredError("the host has no address") from None
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    if not addresses or not (private or all(map(is_public, addresses))):
        raise NotDeliveredError("the host has no address, or one that is not public")
    return addresses
