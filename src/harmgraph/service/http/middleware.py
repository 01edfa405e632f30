"""What holds for every response: CORS and safety headers.

Plain ASGI, so that streamed answers pass through untouched.
"""

from __future__ import annotations

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_CORS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Link, ETag, Location, Content-Location, Last-Modified, Memento-Datetime, "
    "Accept-Ranges, Content-Range, Repr-Digest, Retry-After, Vary, Accept-Post, hg-truncated",
}
_SAFETY: Final = {
    # Pages hold text of strangers: no script runs in them, and nothing is loaded from anywhere else.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
_ALWAYS: Final = tuple((name.lower().encode(), value.encode()) for name, value in {**_CORS, **_SAFETY}.items())
_NAMES: Final = frozenset(name for name, _ in _ALWAYS)

SCRIPTED: Final = {
    # A page with a script of our own, which asks this service alone: no inline script or style either.
    "Content-Security-Policy": _SAFETY["Content-Security-Policy"].replace(
        "style-src", "script-src 'self'; connect-src 'self'; style-src"
    )
}
"""The policy of pages that have a script."""

_POSTED: Final = ("/sparql", "/reconcile", "/inbox")
ACCEPTED_BY_INBOX: Final = "application/ld+json, text/turtle, application/n-triples"
"""What a notification may come in, as the header Accept-Post lists it."""
_ONLY_POSTED: Final = ("/reconcile/1.0/match", "/reconcile/1.0/reconcile", "/reconcile/1.0/extend")


def methods_of(path: str) -> str:
    """The methods that the path takes, as the header Allow lists them."""
    if path.endswith(_ONLY_POSTED):
        return "OPTIONS, POST"
    is_posted = path.rstrip("/").endswith(_POSTED) or "/improve/" in path
    return "GET, HEAD, OPTIONS" + (", POST" if is_posted else "")


class CommonHeaders:
    """Adds the headers that every response has, and answers OPTIONS, preflight or not."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it if it is OPTIONS."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = message["headers"]
                names = {name for name, _ in given}
                added = _ALWAYS if _NAMES.isdisjoint(names) else [each for each in _ALWAYS if each[0] not in names]
                message["headers"] = [*given, *added]
            await send(message)

        if scope["method"] == "OPTIONS":
            await _options(scope, send_with_headers)
        else:
            await self.app(scope, receive, send_with_headers)


async def _options(scope: Scope, send: Send) -> None:
    methods = methods_of(scope["path"])
    headers = {
        "Allow": methods,
        "Access-Control-Allow-Methods": methods,
        "Access-Control-Allow-Headers": "Accept, Accept-Datetime, Content-Type, If-Modified-Since, "
        "If-None-Match, If-Range, Range",
        "Access-Control-Max-Age": "86400",
    }
    if scope["path"].endswith("/inbox"):
        headers["Accept-Post"] = ACCEPTED_BY_INBOX
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": 204, "headers": raw})
    await send({"type": "http.response.body", "body": b""})
