"""A host → the addresses that may be connected to, and connections to just these.

A name is resolved once: the address that was looked at is the one that is connected to, so no second answer of
the name service can put another in its place. TLS and the ``Host`` header go on naming the host.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

import httpcore

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]

_TRANSLATED: Final = tuple(
    ipaddress.IPv6Network(prefix) for prefix in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96")
)
"""IPv6 addresses that stand for IPv4 ones: NAT64, 6to4, Teredo, IPv4-compatible."""
_RELAY: Final = ipaddress.IPv4Network("192.88.99.0/24")


class AddressRefused(httpcore.ConnectError):
    """The host has no address that may be connected to."""


def is_public(address: Address) -> bool:
    """Whether an address is one of a single machine on the public internet, and says so plainly.

    >>> [is_public(ipaddress.ip_address(a)) for a in ("192.0.66.2", "127.0.0.1", "::ffff:10.0.0.1", "2620:0:861::1")]
    [True, False, False, True]
    """
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        if mapped is not None:
            return is_public(mapped)
        if address.is_site_local or any(address in network for network in _TRANSLATED):
            return False
    elif address in _RELAY:
        return False
    return address.is_global and not (
        address.is_multicast
        or address.is_reserved
        or address.is_unspecified
        or address.is_loopback
        or address.is_link_local
        or address.is_private
    )


async def resolve(host: str, port: int) -> list[str]:
    """The addresses that the system has for a host."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to public addresses, and to others only for the hosts that ``private`` names."""

    def __init__(self, private: Callable[[str], bool], resolve: Resolve = resolve) -> None:
        self._private = private
        self._resolve = resolve
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to the first of the host's addresses that may be used and answers."""
        try:
            found = [ipaddress.ip_address(each) for each in await self._resolve(host, port)]
        except (OSError, ValueError) as cause:
            raise httpcore.ConnectError(f"the name {host} does not resolve: {cause}") from cause
        allowed = [each for each in found if is_public(each) or self._private(host)]
        if not allowed:
            raise AddressRefused(f"{host} has no public address, and HARMGRAPH_FEDERATION_PRIVATE does not list it")
        for address in allowed[:-1]:
            try:
                return await self._network.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._network.connect_tcp(str(allowed[-1]), port, timeout, local_address, socket_options)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Never: a socket in the file system is no endpoint."""
        raise AddressRefused(f"{path} is no host")

    async def sleep(self, seconds: float) -> None:
        """Wait, as the connection pool asks for between its tries."""
        await self._network.sleep(seconds)
