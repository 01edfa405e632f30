"""How many queries each client may run or wait for at once, so that none takes the place of all others.

A client is an IPv4 address or an IPv6 network of 64 bits, as the server or a trusted proxy before it reports it. This
machine itself is not counted: it is the operator, or a proxy that does not say for whom it asks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

from starlette.requests import Request

from harmgraph.errors import LimitExceeded

_LOOPBACK: Final = ("127.0.0.1", "::1", None)


class Clients:
    """The queries of each client, for one event loop."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._running: Counter[str] = Counter()

    @contextmanager
    def one_query(self, host: str | None) -> Iterator[None]:
        """While a query of this client runs; raises `LimitExceeded` where it has too many."""
        client = self.begin(host)
        try:
            yield
        finally:
            self.end(client)

    def begin(self, host: str | None) -> str | None:
        """Count one more query of this client, which is to be given to `end`; raises `LimitExceeded`."""
        client = counted_client(host) if self._limit else None
        if client is None:
            return None
        if self._running[client] >= self._limit:
            message = f"{self._limit} queries of your address run or wait already, which is the limit"
            raise LimitExceeded(message, "client", self._limit)
        self._running[client] += 1
        return client

    def end(self, client: str | None) -> None:
        """The query of whom `begin` has counted is over."""
        if client is not None:
            self._running[client] -= 1
            if not self._running[client]:
                del self._running[client]


def client_of(request: Request) -> str | None:
    """The address that the request came from."""
    client = request.scope.get("client")
    return client[0] if client is not None else None


def counted_client(host: str | None) -> str | None:
    """What counts as one client; None for one that is not counted.

    >>> counted_client("203.0.113.7"), counted_client("2001:db8::7"), counted_client("127.0.0.1")
    ('203.0.113.7', '2001:db8::/64', None)
    """
    if host in _LOOPBACK:  # most of what is asked where no proxy says for whom, and telling so takes a while
        return None
    try:
        address: IPv4Address | IPv6Address = ip_address((host or "").partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or address
    if address.is_loopback:
        return None
    return str(address) if isinstance(address, IPv4Address) else str(IPv6Network((address, 64), strict=False))
