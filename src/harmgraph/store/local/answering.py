"""One query's conversation with its worker: the query goes out, the answer comes in, every ending is told apart.

The end of the stream without an END frame is never taken for the end of the answer.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections import deque
from typing import Final

from harmgraph.errors import AnswerBroken, LimitExceeded, QueryFailed, QueryRefused, StoreUnavailable
from harmgraph.store.base import Query
from harmgraph.store.local.control import Worker
from harmgraph.store.local.framing import BEGIN, CHUNK, END, FAILED, pack_query, unpack_beginning, unpack_failure
from harmgraph.store.local.pool import Pool

_READ: Final = 128 << 10
_INQUEST: Final = 1.0
"""Seconds to wait for the keeper to say how a worker ended."""


class WorkerGone(Exception):
    """The worker had ended before it could be given the query; another one may take it."""


class Answering:
    """The bytes of an answer, as an asynchronous iterator that ends its query when it is closed."""

    def __init__(self, pool: Pool, worker: Worker, query: Query, deadline: float, memory: int) -> None:
        self._pool = pool
        self._worker = worker
        self._query = query
        self._deadline = deadline
        self._memory = memory
        self._frames: deque[tuple[bytes, bytes]] = deque()
        self._begun = False
        self._finished = False
        self._expired = False
        self._timer = asyncio.get_running_loop().call_later(max(deadline - time.monotonic(), 0.0), self._expire)

    async def begin(self) -> tuple[str, bool, bool]:
        """The media type of the answer, whether it is truncated and whether it is at hand, once its first bytes are."""
        try:
            try:
                await self._worker.send(pack_query(self._query, self._deadline))
            except OSError as cause:
                if self._expired:
                    raise self._too_late() from None
                raise WorkerGone from cause
            kind, payload = await self._next()
        except BaseException:
            self._abandon()
            raise
        assert kind == BEGIN
        self._begun = True
        return unpack_beginning(payload)

    def __aiter__(self) -> Answering:
        return self

    async def __anext__(self) -> bytes:
        if self._finished and not self._expired:
            raise StopAsyncIteration
        try:
            kind, payload = await self._next()
        except BaseException:  # the one who reads was cancelled, or the answer is broken
            self._abandon()
            raise
        if kind == CHUNK:
            return payload
        self._finish(reusable=kind == END)
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """End the query if it still runs."""
        self._abandon()

    async def _next(self) -> tuple[bytes, bytes]:
        while not self._frames:
            data = await self._worker.receive(_READ)
            if not data:
                raise await self._cause_of_the_end()
            self._frames.extend(self._worker.frames.feed(data))
        kind, payload = self._frames.popleft()
        if kind == FAILED:
            failure = unpack_failure(payload)
            # A worker that ran out of memory, or found its store damaged, ends by itself.
            self._finish(reusable=not isinstance(failure, LimitExceeded | StoreUnavailable))
            raise failure
        return kind, payload

    def _finish(self, *, reusable: bool) -> None:
        self._timer.cancel()
        if not self._finished:
            self._finished = True
            (self._pool.release if reusable else self._pool.discard)(self._worker)

    def _abandon(self) -> None:
        self._finish(reusable=False)

    def _expire(self) -> None:
        self._expired = True
        self._abandon()

    def _too_late(self) -> LimitExceeded:
        timeout = self._query.timeout
        return LimitExceeded(
            f"the query was ended at its deadline of {timeout:g} s; narrow its pattern, or add a LIMIT to a sub-select",
            "time",
            timeout,
        )

    async def _cause_of_the_end(self) -> QueryFailed:
        if self._expired:
            return self._too_late()
        if self._finished:
            return AnswerBroken("the answer was closed before its end")
        try:
            code = await asyncio.wait_for(asyncio.shield(self._worker.exit), _INQUEST)
        except TimeoutError:
            code = None
        if self._expired or code == -signal.SIGALRM:
            return self._too_late()
        if code == -signal.SIGABRT:  # how the engine ends when an allocation fails
            message = f"the query took more than the {self._memory >> 20} MiB of memory that one query may use"
            return LimitExceeded(message, "memory", self._memory)
        if code == -signal.SIGSEGV and not self._begun:  # the parser recurses
            return QueryRefused(
                "the engine ran out of stack on this query; nest its expressions and groups less deeply"
            )
        how = "with its keeper" if code is None else f"by signal {-code}" if code < 0 else f"with status {code}"
        return AnswerBroken(
            f"the worker that evaluated the query was ended {how}; what came of the answer is not whole"
        )
