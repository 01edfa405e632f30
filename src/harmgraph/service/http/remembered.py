"""Whole responses as they left → the same again for the same request, before anything else looks at it.

Stands on top of `ResultCache`, which keeps answers by what queries mean: here they stand by the very bytes that were
sent and asked for, content coding, headers, 304 and all. Kept is what its handler calls `repeatable`, which is what
has been asked for twice; only for as long as the data stay the same; and within a bound of bytes.
"""

from __future__ import annotations

import time
from typing import Any, Final, NamedTuple

from cachetools import LRUCache
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from harmgraph.service.http.access import Access, Accesses

_DECIDING: Final = frozenset((b"accept", b"accept-encoding", b"if-none-match"))
"""The headers of a request that decide its response, where its handler says that it is repeatable."""
_SHARE: Final = 16
"""One response takes at most this part of the memory."""
_OVERHEAD: Final = 3_000
"""Bytes about that an entry takes beside its body and what it was asked by, its headers above all."""
_REPEATABLE: Final = "repeatable"

Key = tuple[object, ...]


class _Response(NamedTuple):
    """A response, and what the access log had of it."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    access: Access
    size: int


def repeatable(scope: Scope, validator: str) -> None:
    """Say of the response to this GET that its URL and the headers `_DECIDING` alone decide it, while the store has
    this validator: no other header, not the client, the hour or chance."""
    scope["state"][_REPEATABLE] = validator


class Remembered:
    """Sends again what was sent before, and remembers what may be sent again."""

    def __init__(self, app: ASGIApp, size: int, accesses: Accesses) -> None:
        self._app = app
        self._accesses = accesses
        self._largest = size // _SHARE
        self._responses: LRUCache[Key, _Response] = LRUCache(size, getsizeof=lambda response: response.size)
        self._of: tuple[object, str] = (None, "")
        """The store and its validator whose answers these are."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from memory, or pass the request on."""
        if scope["type"] != "http" or scope["method"] != "GET" or not self._largest:
            await self._app(scope, receive, send)
            return
        began = time.monotonic()
        self._heed(scope["state"]["service"].store)
        key = _key(scope)
        response = self._responses.get(key)
        if response is None:
            await self._recorded(scope, receive, send, key)
            return
        try:
            await send({"type": "http.response.start", "status": response.status, "headers": response.headers})
            await send({"type": "http.response.body", "body": response.body, "more_body": False})
        finally:
            self._accesses.note(response.access._replace(seconds=round(time.monotonic() - began, 4)))

    def _heed(self, store: Any) -> None:
        """Forget everything if this is another store than before, or its data are held elsewhere."""
        of = store, store.validator
        if of != self._of:
            self._responses.clear()
            self._of = of

    async def _recorded(self, scope: Scope, receive: Receive, send: Send, key: Key) -> None:
        """Pass the request on, and remember the response if it turns out to be one that may be repeated."""
        state = scope["state"]
        store = state["service"].store
        head: Message | None = None
        body: bytes | None = None

        async def send_recording(message: Message) -> None:
            nonlocal head, body
            if _REPEATABLE in state:
                if message["type"] == "http.response.start":
                    head = message
                elif not message.get("more_body", False) and body is None:
                    body = message.get("body", b"")
                else:
                    head = None  # in several parts, which only large ones come in
            await send(message)

        await self._app(scope, receive, send_recording)
        if head is not None and body is not None and self._of == (store, state[_REPEATABLE]):
            self._put(key, head, body, state["access"])

    def _put(self, key: Key, head: Message, body: bytes, access: Access) -> None:
        headers = tuple(head["headers"])
        size = len(body) + len(repr(key)) + _OVERHEAD
        if size <= self._largest:
            self._responses[key] = _Response(head["status"], headers, body, access, size)


def _key(scope: Scope) -> Key:
    deciding = [header for header in scope["headers"] if header[0] in _DECIDING]
    return scope.get("root_path"), scope.get("raw_path"), scope["query_string"], *deciding
