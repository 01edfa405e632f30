"""What is known of a request when it is over → one line in the log and the counts of `/metrics`; neither names anyone.

No address, no user agent and no text of a query: a query is told by a hash, by which equal ones can be counted.
"""

from __future__ import annotations

import hashlib
import logging
import time
from dataclasses import dataclass
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from harmgraph.service.http.metrics import Metrics

log = logging.getLogger("harmgraph.service.access")

_CLIENT_ERROR: Final = 400
_NOT_MODIFIED: Final = 304


@dataclass(frozen=True, slots=True)
class Access:
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


class AccessLog:
    """Logs and counts each request when it is over."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, then log and count it."""
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
            access = _access(scope, status, time.monotonic() - began, sent)
            self._metrics.count(access.method, access.route, access.status, access.bytes)
            if access.query is not None:
                self._metrics.count_query(access.outcome, access.seconds)
            _log(access)


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


def _log(access: Access) -> None:
    log.info(
        "%s %s %s %.3fs query=%s %s",
        access.method,
        access.path,
        access.status,
        access.seconds,
        access.query or "-",
        access.outcome,
        extra={"access": access},
    )
