"""A query for another endpoint → the bytes of its answer, within every limit there is, or `ServiceFailed`.

The one place of the project that calls out while it serves. Follows no proxy of the environment, sends no cookie,
takes nothing compressed, and goes only where `endpoints` and `addresses` allow, redirects included.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections import defaultdict
from contextlib import aclosing
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlencode, urljoin

import httpcore

from harmgraph import __version__
from harmgraph.errors import LimitExceeded, ServiceFailed
from harmgraph.iris import BASE
from harmgraph.settings import Settings
from harmgraph.store.federation.addresses import CheckedNetwork, Resolve, resolve
from harmgraph.store.federation.endpoints import Endpoint, Endpoints

log = logging.getLogger(__name__)

_JSON: Final = ("application/sparql-results+json", "application/json")
_REDIRECTS: Final = (301, 302, 307, 308)
"""Those after which the query is sent again; 303 says that the answer is a document, which no endpoint does."""
_HOPS: Final = 3
_HEADERS: Final = [
    ("Accept", _JSON[0]),
    ("Accept-Encoding", "identity"),  # what is compressed may be any size
    ("Content-Type", "application/x-www-form-urlencoded"),
    ("User-Agent", f"harmgraph/{__version__} (+{BASE})"),
]
_SAID: Final = 2_000
"""Bytes of an error that are read for its message."""


@dataclass(slots=True)
class Budget:
    """What is left of the limits of one query."""

    deadline: float
    timeout: float
    bytes: int
    rows: int

    def remaining(self) -> float:
        """Seconds to the deadline; raises `LimitExceeded` when it has passed."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise LimitExceeded(
                f"the query was ended at its deadline of {self.timeout:g} s, while another endpoint was asked for a "
                "SERVICE clause; narrow the pattern of the clause",
                "time",
                self.timeout,
            )
        return left


class Calls:
    """Calls endpoints; one instance for one event loop."""

    def __init__(self, settings: Settings, endpoints: Endpoints, resolve: Resolve = resolve) -> None:
        self._settings = settings
        self._endpoints = endpoints
        self._network = CheckedNetwork(endpoints.private, resolve)
        self._pool: httpcore.AsyncConnectionPool | None = None
        self._places: defaultdict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(settings.federation_concurrency)
        )
        self._waiting = 0
        self._not_before: dict[str, float] = {}

    async def select(self, endpoint: Endpoint, text: str, budget: Budget) -> bytes:
        """The answer to a SELECT query, as SPARQL results in JSON.

        Raises `ServiceFailed`, and `LimitExceeded` when the deadline of the local query passes or too many wait.
        """
        if self._waiting >= self._settings.queue:
            raise LimitExceeded(f"{self._waiting} queries wait for other endpoints already", "queue", self._waiting)
        self._waiting += 1
        try:
            async with asyncio.timeout(budget.remaining()):
                await self._places[endpoint.iri].acquire()
        except TimeoutError:
            budget.remaining()
            raise
        finally:
            self._waiting -= 1
        try:
            return await self._timed(endpoint, text, budget)
        finally:
            self._places[endpoint.iri].release()

    async def close(self) -> None:
        """Close all connections."""
        if self._pool is not None:
            await self._pool.aclose()

    async def _timed(self, endpoint: Endpoint, text: str, budget: Budget) -> bytes:
        seconds = min(self._settings.federation_timeout, budget.remaining())
        begun = time.monotonic()
        outcome = "failed"
        try:
            async with asyncio.timeout(seconds):
                body = await self._followed(endpoint, text, budget)
            outcome = f"{len(body)} bytes"
        except TimeoutError as cause:
            budget.remaining()
            raise _failed(endpoint, f"did not answer within {seconds:g} s") from cause
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError) as cause:
            raise _failed(endpoint, f"cannot be asked: {cause or type(cause).__name__}") from cause
        finally:
            log.info("asked %s: %s after %.2f s", endpoint.iri, outcome, time.monotonic() - begun)
        return body

    async def _followed(self, endpoint: Endpoint, text: str, budget: Budget) -> bytes:
        asked = endpoint
        for _ in range(_HOPS + 1):
            answer = await self._sent(asked, text, budget)
            if isinstance(answer, bytes):
                return answer
            target = self._endpoints.get(answer)
            if target is None:
                raise _failed(endpoint, f"redirects to {answer[:200]!r}, which is not listed in HARMGRAPH_FEDERATION")
            asked = target
        raise _failed(endpoint, f"redirects more than {_HOPS} times")

    async def _sent(self, endpoint: Endpoint, text: str, budget: Budget) -> bytes | str:
        """The body of the answer, or the address that it redirects to."""
        pause = self._not_before.get(endpoint.iri, 0.0) - time.monotonic()
        if pause > 0:
            raise _failed(endpoint, "asked not to be called for a while", math.ceil(pause))
        if self._pool is None:
            self._pool = httpcore.AsyncConnectionPool(
                max_connections=100, max_keepalive_connections=10, keepalive_expiry=15, network_backend=self._network
            )
        content = urlencode({"query": text}).encode()
        async with self._pool.stream("POST", endpoint.iri, headers=_HEADERS, content=content) as response:
            headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            if response.status in _REDIRECTS and "location" in headers:
                return _target(endpoint, headers["location"])
            if response.status != 200:
                seconds = _seconds(headers.get("retry-after"))
                if seconds:
                    self._not_before[endpoint.iri] = time.monotonic() + seconds
                said = await _beginning(response, headers)
                raise _failed(endpoint, f"answered with status {response.status}{said}", seconds)
            media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
            if media_type not in _JSON:
                raise _failed(endpoint, f"answered in {media_type[:80] or 'no media type'!r}, not in {_JSON[0]}")
            if headers.get("content-encoding", "identity").lower() != "identity":
                raise _failed(endpoint, "compressed its answer, which it was asked not to")
            return await _body(endpoint, response, budget)


def _target(endpoint: Endpoint, location: str) -> str:
    """Where a redirect leads; what cannot be resolved is left as it is, and is listed nowhere."""
    try:
        return urljoin(endpoint.iri, location)
    except ValueError:
        return location


async def _body(endpoint: Endpoint, response: httpcore.Response, budget: Budget) -> bytes:
    body = bytearray()
    async with aclosing(response.aiter_stream()) as chunks:  # type: ignore[type-var]  # a generator, typed as iterator
        async for chunk in chunks:
            body += chunk
            if len(body) > budget.bytes:
                raise _failed(
                    endpoint,
                    f"sends more than the {budget.bytes} bytes that are left of HARMGRAPH_FEDERATION_BYTES; "
                    "narrow the pattern of the clause",
                )
    budget.bytes -= len(body)
    return bytes(body)


async def _beginning(response: httpcore.Response, headers: dict[str, str]) -> str:
    """The first line of an error in plain text: endpoints say there what is wrong with a pattern."""
    if not headers.get("content-type", "").startswith("text/plain"):
        return ""
    said = bytearray()
    async with aclosing(response.aiter_stream()) as chunks:  # type: ignore[type-var]  # as above
        async for chunk in chunks:
            said += chunk
            if len(said) > _SAID:
                break
    text = bytes(said[:_SAID]).decode("utf-8", "replace").strip()
    line = "".join(c for c in text.partition("\n")[0] if c.isprintable())
    return f": {line[:200]}" if line else ""


def _seconds(retry_after: str | None) -> int | None:
    """What ``Retry-After`` says (RFC 9110 §10.2.3), up to an hour."""
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal():
        return min(int(retry_after), 3600) if len(retry_after) < 10 else 3600
    try:
        return max(0, min(math.ceil(parsedate_to_datetime(retry_after).timestamp() - time.time()), 3600))
    except (ValueError, OverflowError):
        return None


def _failed(endpoint: Endpoint, what: str, retry_after: int | None = None) -> ServiceFailed:
    return ServiceFailed(f"the endpoint <{endpoint.iri}> of a SERVICE clause {what}", endpoint.iri, retry_after)
