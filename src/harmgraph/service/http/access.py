"""What is known of a request when it is over → one line in the log and the counts of `/metrics`; neither names anyone.

No address, no user agent and no text of a query: a query is told by a hash, by which equal ones can be counted.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable
from typing import Final, NamedTuple

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from harmgraph.service.http.metrics import Metrics

log = logging.getLogger("harmgraph.service.access")

_CLIENT_ERROR: Final = 400
_NOT_MODIFIED: Final = 304


class Access(NamedTuple):
    """One request that is over."""

    method: str
    route: str
    """The template of the path (``/doc/{path}``), of which there are few."""
    path: str
    status: int
    seconds: float
    bytes: int
    query: str | None
    """A hash of the query; None where there was none."""
    outcome: str
    release: str


class Accesses:
    """Logs and counts requests that are over, for the layers that end them."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self.write: Callable[[Access], bool] | None = None
        """A shorter way than `logging` to where that writes; it says whether it has written."""

    def note(self, access: Access) -> None:
        """Log and count this one."""
        self._metrics.count(access.method, access.route, access.status, access.bytes)
        if access.query is not None:
            self._metrics.count_query(access.outcome, access.seconds)
        if log.isEnabledFor(logging.INFO) and (self.write is None or not self.write(access)):
            _log(access)


class AccessLog:
    """Notes each request when it is over."""

    def __init__(self, app: ASGIApp, accesses: Accesses) -> None:
        self.app = app
        self._accesses = accesses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, then note it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.monotonic()
        status = sent = 0

        async def send_noting(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                sent += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, send_noting)
        finally:
            access = scope["state"]["access"] = _access(scope, status, time.monotonic() - began, sent)
            self._accesses.note(access)


def _access(scope: Scope, status: int, seconds: float, sent: int) -> Access:
    state = scope.get("state", {})
    query = state.get("query")
    route = getattr(scope.get("route"), "path", None) or ("/static" if "/static/" in scope["path"] else "-")
    return Access(
        method=scope["method"],
        route=route,
        path=scope["path"].encode("unicode_escape").decode(),
        status=status,
        seconds=round(seconds, 4),
        bytes=sent,
        query=hashlib.sha256(query.encode("utf-8", "replace")).hexdigest()[:12] if query else None,
        outcome=state.get("outcome") or _outcome(status, asked=bool(query)),
        release=state["service"].store.release,
    )


def _outcome(status: int, *, asked: bool) -> str:
    if status == _NOT_MODIFIED:
        return "not-modified"
    return "refused" if asked and status >= _CLIENT_ERROR else "whole"


def line_of(access: Access) -> str:
    """What the log says of it in text.

    >>> line_of(Access("GET", "/sparql", "/sparql", 200, 0.0123, 5, "0123456789ab", "whole", "r"))
    'GET /sparql 200 0.012s query=0123456789ab whole'
    """
    method, _, path, status, seconds, _, query, outcome, _ = access
    return f"{method} {path} {status} {seconds:.3f}s query={query or '-'} {outcome}"


def _log(access: Access) -> None:
    # What `log.info` does, but for the walk through the stack to this very line, which takes a third of its time.
    extra = {"access": access}
    log.handle(log.makeRecord(log.name, logging.INFO, __file__, 0, line_of(access), (), None, extra=extra))
