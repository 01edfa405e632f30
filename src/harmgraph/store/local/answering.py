"""One query's conversation with its worker: the query goes out, the answer comes in, every ending is told apart.

The end of the stream without an END frame is never taken for the end of the answer.
"""

from __future__ import annotations

import asyncio
import signal
from collections import deque
from typing import Final

from harmgraph.errors import AnswerBroken, LimitExceeded, QueryFailed, QueryRefused, StoreUnavailable
from harmgraph.store.base import Query
from harmgraph.store.local.channel import Worker
from harmgraph.store.local.framing import BEGIN, CHUNK, END, FAILED, Frame, pack_query, unpack_beginning, unpack_failure
from harmgraph.store.local.pool import Pool

_AHEAD: Final = 256 << 10
"""Bytes that are received before they are read: beyond, the worker waits."""
_INQUEST: Final = 1.0
"""Seconds to wait for the keeper to say how a worker ended."""


class WorkerGone(Exception):
    """The worker had ended before it could be given the query; another one may take it."""


class Answering:
    """The bytes of an answer, as an asynchronous iterator that ends its query when it is closed.

    The worker is free for the next query as soon as the last frame is here, whether or not anybody has read it yet.
    """

    def __init__(self, pool: Pool, worker: Worker, query: Query, deadline: float, memory: int) -> None:
        self._pool = pool
        self._worker = worker
        self._query = query
        self._deadline = deadline
        self._memory = memory
        self._beginning: bytes | None = None
        self._chunks: deque[bytes] = deque()
        self._held = 0
        """Bytes of the chunks that wait to be read."""
        self._failure: QueryFailed | None = None
        self._whole = False
        """Whether the end of the answer has come."""
        self._lost = False
        """Whether nothing more comes."""
        self._finished = False
        """Whether the worker was given back."""
        self._closed = False
        """Whether nobody reads any more."""
        self._waiter: asyncio.Future[None] | None = None

    async def begin(self) -> tuple[str, bool, bool]:
        """The media type of the answer, whether it is truncated and whether it is at hand, once its first bytes are."""
        try:
            try:
                rest = self._worker.ask(pack_query(self._query, self._deadline), self)
                if rest is not None:
                    await rest
            except OSError as cause:
                if self._worker.expired:
                    raise self._too_late() from None
                raise WorkerGone from cause
            while self._beginning is None:
                await self._more()
        except BaseException:
            self._abandon()
            raise
        return unpack_beginning(self._beginning)

    def take(self, frames: list[Frame]) -> None:
        """Called by the worker."""
        for kind, payload in frames:
            if kind == CHUNK:
                self._chunks.append(payload)
                self._held += len(payload)
            elif kind == BEGIN:
                self._beginning = payload
            elif kind == FAILED:
                self._failure = unpack_failure(payload)
                # A worker that ran out of memory, or found its store damaged, ends by itself.
                self._finish(reusable=not isinstance(self._failure, LimitExceeded | StoreUnavailable))
            else:
                self._whole = True
                self._finish(reusable=kind == END)
        if self._held > _AHEAD:
            self._worker.pause()
        self._wake()

    def lose(self) -> None:
        """Called by the worker."""
        self._lost = True
        self._wake()

    def __aiter__(self) -> Answering:
        return self

    async def __anext__(self) -> bytes:
        while not self._chunks:
            if self._whole or self._closed:
                raise StopAsyncIteration
            try:
                await self._more()
            except BaseException:  # the one who reads was cancelled, or the answer is broken
                self._abandon()
                raise
        chunk = self._chunks.popleft()
        self._held -= len(chunk)
        if self._held == 0 and not self._finished:
            self._worker.resume()
        return chunk

    async def aclose(self) -> None:
        """End the query if it still runs."""
        self._abandon()

    async def _more(self) -> None:
        """Wait until something has come; raises what the query ended in where nothing comes any more."""
        if self._failure is not None:
            raise self._failure
        if self._lost:
            raise await self._cause_of_the_end()
        self._waiter = asyncio.get_running_loop().create_future()
        await self._waiter

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _finish(self, *, reusable: bool) -> None:
        if not self._finished:
            self._finished = True
            self._worker.listener = None
            (self._pool.release if reusable else self._pool.discard)(self._worker)

    def _abandon(self) -> None:
        self._closed = True
        self._chunks.clear()
        self._finish(reusable=False)
        self._wake()

    def _too_late(self) -> LimitExceeded:
        timeout = self._query.timeout
        return LimitExceeded(
            f"the query was ended at its deadline of {timeout:g} s; narrow its pattern, or add a LIMIT to a sub-select",
            "time",
            timeout,
        )

    async def _cause_of_the_end(self) -> QueryFailed:
        if self._worker.expired:
            return self._too_late()
        if self._closed:
            return AnswerBroken("the answer was closed before its end")
        try:
            code = await asyncio.wait_for(asyncio.shield(self._worker.exit), _INQUEST)
        except TimeoutError:
            code = None
        if self._worker.expired or code == -signal.SIGALRM:
            return self._too_late()
        if code == -signal.SIGABRT:  # how the engine ends when an allocation fails
            message = f"the query took more than the {self._memory >> 20} MiB of memory that one query may use"
            return LimitExceeded(message, "memory", self._memory)
        if code == -signal.SIGSEGV and self._beginning is None:  # the parser recurses
            return QueryRefused(
                "the engine ran out of stack on this query; nest its expressions and groups less deeply"
            )
        how = "with its keeper" if code is None else f"by signal {-code}" if code < 0 else f"with status {code}"
        return AnswerBroken(
            f"the worker that evaluated the query was ended {how}; what came of the answer is not whole"
        )
