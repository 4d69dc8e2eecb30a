"""Connections to the public internet only, whatever a name resolves to: for addresses that people enter.

Every address of a name is looked at when it is resolved, and that very address is connected to, after another look: a
name that answers differently the second time gains nothing. Proxies are not used: behind one nobody sees the address.
"""

import socket
from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import aiohttp
import httpx
from aiohttp.abc import AbstractResolver, ResolveResult

_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in the last 32 bits


class NotPublic(OSError):
    """The address is of this machine, of a private network, or of nobody."""


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet; an IPv4 address inside an IPv6 one is looked at too."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    looked_at = _led_to(found) if found in _NAT64 else (found, *_led_to(found))
    return all(map(_is_public, looked_at))


def connector(permitted: Collection[str] = ()) -> aiohttp.TCPConnector:
    """Connects to public addresses, and those of `permitted` (IP addresses as text). Needs a running event loop.

    Other addresses end as NotPublic inside aiohttp.ClientConnectorError.
    """
    allowed = frozenset(permitted)

    def made(info: tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int]]) -> socket.socket:
        _check([str(info[4][0])], allowed)
        return socket.socket(*info[:3])

    tls = httpx.create_ssl_context()
    return aiohttp.TCPConnector(resolver=_Resolver(allowed), socket_factory=made, use_dns_cache=False, ssl=tls)


class _Resolver(AbstractResolver):
    """The system's, that refuses a name with any address that is not public."""

    def __init__(self, allowed: frozenset[str]) -> None:
        self._allowed = allowed
        self._system = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._system.resolve(host, port, family)
        _check([one["host"] for one in found], self._allowed)
        return found

    async def close(self) -> None:
        await self._system.close()


def _check(addresses: list[str], allowed: frozenset[str]) -> None:
    for address in addresses:
        if address not in allowed and not is_public(address):
            raise NotPublic(f"{address} is no address on the internet")


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    special = address.is_multicast or address.is_reserved or address.is_unspecified or address.is_link_local
    return address.is_global and not special and not (isinstance(address, IPv6Address) and address.is_site_local)


def _led_to(address: IPv4Address | IPv6Address) -> tuple[IPv4Address, ...]:
    """IPv4 addresses to which an IPv6 address leads: mapped, 6to4, NAT64. Teredo's are not public as they are."""
    if isinstance(address, IPv4Address):
        return ()
    nat64 = IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
    return tuple(one for one in (address.ipv4_mapped, address.sixtofour, nat64) if one is not None)
