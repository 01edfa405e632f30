"""A begun `Answer` → an HTTP response that flows as the answer is made, and that never lies about its end.

An answer that breaks in the middle breaks the connection too: the chunked body stays without its last chunk, so
that no client takes a part for the whole. When the client leaves, the query ends.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

import anyio
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from harmgraph.errors import QueryFailed
from harmgraph.store.base import Answer

log = logging.getLogger(__name__)
T = TypeVar("T")

_PROMPT: Final = 0.02
"""Seconds before it is watched whether the client leaves: most answers are there by then, and watching costs a task."""
_FEW: Final = 1_000
"""Bytes that are not sent before it is known whether more come."""


class ClientGone(Exception):
    """The client closed the connection before the answer began."""


class _Watch:
    """Cancels the task of a request whose client leaves, from `begin` on."""

    __slots__ = ("_receive", "_task", "gone", "watcher")

    def __init__(self, receive: Receive, task: asyncio.Task[Any]) -> None:
        self._receive = receive
        self._task = task
        self.watcher: asyncio.Future[None] | None = None
        self.gone = False

    def begin(self) -> None:
        self.watcher = asyncio.ensure_future(_departure(self._receive))
        self.watcher.add_done_callback(self._leave)

    async def end(self) -> None:
        assert self.watcher is not None
        self.watcher.remove_done_callback(self._leave)
        self.watcher.cancel()
        await asyncio.gather(self.watcher, return_exceptions=True)

    def _leave(self, watched: asyncio.Future[None]) -> None:
        if not watched.cancelled():
            self.gone = True
            self._task.cancel()


class _Watches:
    """Begins each watch after once to twice `_PROMPT`, if it is still here, with one timer for all of a loop.

    A timer of its own for each request takes as long as all else that `unless_gone` does.
    """

    def __init__(self) -> None:
        self._new: set[_Watch] = set()
        self._old: set[_Watch] = set()
        self._is_timed = False

    def add(self, watch: _Watch) -> None:
        self._new.add(watch)
        if not self._is_timed:
            self._is_timed = True
            asyncio.get_running_loop().call_later(_PROMPT, self._look)

    def remove(self, watch: _Watch) -> None:
        self._new.discard(watch)
        self._old.discard(watch)

    def _look(self) -> None:
        for watch in self._old:
            watch.begin()
        self._old, self._new = self._new, set()
        self._is_timed = bool(self._old)
        if self._is_timed:
            asyncio.get_running_loop().call_later(_PROMPT, self._look)


_watches: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, _Watches]] = WeakKeyDictionary()


async def unless_gone(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """The outcome of ``work``, which is cancelled, and `ClientGone` raised, as soon as the client leaves."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    watches = _watches.get(loop)
    if watches is None:
        watches = _watches[loop] = _Watches()
    watch = _Watch(request.receive, task)
    watches.add(watch)
    try:
        return await work
    except asyncio.CancelledError:
        if watch.gone and task.uncancel() == 0:
            raise ClientGone from None
        raise
    finally:
        watches.remove(watch)
        if watch.watcher is not None:
            await watch.end()


class AnswerResponse(Response):
    """Sends the chunks of an answer as they come; closes the answer and calls ``on_end`` whatever happens."""

    def __init__(
        self, answer: Answer, content_type: str, headers: Mapping[str, str], on_end: Callable[[], None]
    ) -> None:
        super().__init__()
        # Not by way of Starlette's, which would state the length of an empty body.
        named = (*headers.items(), ("Content-Type", content_type))
        self.raw_headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in named]
        self._answer = answer
        self._is_read = False
        """Whether it was read to its end, after which there is nothing to close."""
        self._on_end = on_end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send head and body. Returns without the last chunk if the answer breaks, on which the server hangs up."""
        outcome = "broken"
        try:
            first, rest = await self._beginning() if scope["method"] != "HEAD" else (b"", False)
            if rest:
                outcome = await self._stream(first, receive, send)
            else:
                if scope["method"] != "HEAD":
                    self.raw_headers.append((b"content-length", b"%d" % len(first)))
                await self._send_head(send)
                await send({"type": "http.response.body", "body": first, "more_body": False})
                outcome = "whole"
        finally:
            scope.setdefault("state", {})["outcome"] = outcome
            if not self._is_read:
                with anyio.CancelScope(shield=True):
                    await self._answer.close()
            self._on_end()

    async def _stream(self, first: bytes, receive: Receive, send: Send) -> str:
        """Send chunks as they come, while the client is there; how it ended."""
        whole = gone = False
        async with anyio.create_task_group() as group:

            async def watch() -> None:
                nonlocal gone
                await _departure(receive)
                gone = True
                group.cancel_scope.cancel()

            group.start_soon(watch)
            await self._send_head(send)
            await send({"type": "http.response.body", "body": first, "more_body": True})
            try:
                async for chunk in self._answer.chunks:
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
                whole = True
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            except QueryFailed as cause:
                log.warning("the answer broke off after it had begun, so the connection is closed: %s", cause)
            group.cancel_scope.cancel()
        # Servers report the client as gone after the last chunk too, so that counts first.
        return "whole" if whole else "client left" if gone else "broken"

    async def _send_head(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})

    async def _beginning(self) -> tuple[bytes, bool]:
        """The first bytes, and whether more may come. Few bytes are mostly all there are, and get a length."""
        first = b""
        async for chunk in self._answer.chunks:
            first = first + chunk if first else chunk
            if len(first) >= _FEW and not self._answer.at_hand:
                return first, True
        self._is_read = True
        return first, False


async def _departure(receive: Receive) -> None:
    """Return when the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass
