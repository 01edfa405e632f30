"""What a reverse proxy says of the request that it passes on, heard from trusted proxies only.

The base path, ``HARMGRAPH_BASE_PATH`` or `X-Forwarded-Prefix`, becomes ASGI's ``root_path``, below which all links
and redirects lie; the proxy may strip it from the path or leave it. `X-Forwarded-For` tells clients apart that ask too
much at once; nobody's address is written down. Scheme and host (`-Proto`, `-Host`) go nowhere: every link is a path.
"""

from __future__ import annotations

import re
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from harmgraph.errors import HarmgraphError

_BASE_PATH: Final = re.compile(r"(?:/[A-Za-z0-9._~-]+)*")
"""Segments that need no encoding: the path goes into every link of every page."""


class BasePath:
    """Puts the base path where the application looks for it."""

    def __init__(self, app: ASGIApp, base_path: str, trusted: str) -> None:
        base_path = base_path.rstrip("/")
        if _BASE_PATH.fullmatch(base_path) is None:
            raise HarmgraphError(
                f"HARMGRAPH_BASE_PATH={base_path!r} is no path of segments in letters, digits, '.', '_', '~', '-'; "
                "write it like /graph"
            )
        self._app = app
        # uvicorn has types for ASGI of its own.
        self._proxied = ProxyHeadersMiddleware(app, trusted_hosts=trusted)  # type: ignore[arg-type]
        self._base_path = base_path
        self._hosts = self._proxied.trusted_hosts  # addresses, networks and "*"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its base path."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        for name, _ in scope["headers"]:
            if name.startswith(b"x-forwarded-"):
                await self._proxied(self._placed(scope, self._base_of(scope)), receive, send)  # type: ignore[arg-type]
                return
        await self._app(self._placed(scope, self._base_path), receive, send)

    def _placed(self, scope: Scope, base: str) -> Scope:
        if not base:
            return scope
        path, raw = scope["path"], scope.get("raw_path") or b""
        if path != base and not path.startswith(base + "/"):  # ASGI: the path includes the root path
            path, raw = base + path, base.encode() + raw
        return {**scope, "root_path": base, "path": path, "raw_path": raw}

    def _base_of(self, scope: Scope) -> str:
        if self._is_trusted(scope):
            given = Headers(scope=scope).get("x-forwarded-prefix", "").rstrip("/")
            if given and _BASE_PATH.fullmatch(given):
                return given
        return self._base_path

    def _is_trusted(self, scope: Scope) -> bool:
        client = scope.get("client")
        return client is not None and client[0] in self._hosts
