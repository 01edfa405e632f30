"""A response of a remote engine → the bytes of an answer, under our deadline, never a part passed off as the whole.

httpx notices a body that ends before its announced end. Engines that write an error into a body with status 200, or cut
a result off, are caught by the end of the document, by a header, or by the number of rows.
"""

from __future__ import annotations

import asyncio
import re
import time
from typing import Final

import httpx

from harmgraph.errors import AnswerBroken, LimitExceeded, QueryFailed, QueryRefused
from harmgraph.store.base import Query
from harmgraph.store.other_engines.dialects import Dialect
from harmgraph.store.other_engines.first_bytes import FirstBytes

_TAIL: Final = 64
_ENDS: Final = {
    # The end of a table, of its head, or of what an engine counts beside it; a binding ends with a string.
    "application/sparql-results+json": re.compile(rb"(?:[\]{\d]\s*\}|true|false)\s*\}\s*\Z"),
    "application/sparql-results+xml": re.compile(rb"</sparql>\s*\Z"),
    "application/ld+json": re.compile(rb"[\]}]\s*\Z"),
    "application/n-triples": re.compile(rb"(?:\A|[.\n])\s*\Z|^\s*#[^\n]*\Z", re.MULTILINE),
}
"""How a whole document ends, for formats of which one can tell."""

_SHOWN: Final = 300


class RemoteAnswer(FirstBytes):
    """The bytes of one response, as an asynchronous iterator that ends the request when it is closed."""

    def __init__(
        self, response: httpx.Response, query: Query, deadline: float, dialect: Dialect, media_type: str
    ) -> None:
        self._response = response
        self._timeout = query.timeout
        self._deadline = deadline
        self._bytes = response.aiter_bytes()
        self._tail = b""
        self._end = _ENDS.get(media_type)
        self._row = dialect.row_mark
        self._most = int(response.headers.get(dialect.limit_header or "", "0") or 0)
        self._rows = 0
        self._closing: asyncio.Task[None] | None = None
        self.truncated = False
        self._timer = asyncio.get_running_loop().call_later(max(deadline - time.monotonic(), 0.0), self._expire)

    async def aclose(self) -> None:
        """End the request if it still runs."""
        self._timer.cancel()
        await self._response.aclose()

    async def _next(self) -> bytes:
        try:
            async with asyncio.timeout(self._deadline - time.monotonic()):
                chunk = await anext(self._bytes, b"")
                while not chunk and not self._response.is_closed:
                    chunk = await anext(self._bytes, b"")
        except TimeoutError:
            await self.aclose()
            raise too_late(self._timeout) from None
        except (httpx.HTTPError, httpx.StreamError) as cause:
            await self.aclose()
            if time.monotonic() >= self._deadline:
                raise too_late(self._timeout) from None
            raise AnswerBroken(f"the remote store broke its answer off: {cause or type(cause).__name__}") from cause
        except BaseException:
            await self.aclose()
            raise
        if chunk:
            self._look(chunk)
        else:
            await self.aclose()
            self._judge()
        return chunk

    def _look(self, chunk: bytes) -> None:
        if self._most:
            seam = self._tail[1 - len(self._row) :]
            self._rows += (seam + chunk).count(self._row)
        self._tail = (self._tail + chunk)[-_TAIL:]

    def _judge(self) -> None:
        """Raise `AnswerBroken` where the document that has ended is not a whole one."""
        if self._end is not None and self._end.search(self._tail) is None:
            shown = self._tail.decode("utf-8", "replace")
            raise AnswerBroken(f"the remote store ended its answer in the middle, with {shown!r}")
        if self._most and self._rows >= self._most:
            raise AnswerBroken(
                f"the remote store sends no more than {self._most:,} rows and gave as many, so there may be more; "
                "add a LIMIT below that"
            )

    def _expire(self) -> None:
        # Whoever reads at this moment is ended by his own timeout; this is for an answer that nobody reads.
        self._closing = asyncio.ensure_future(self._response.aclose())


def too_late(timeout: float) -> LimitExceeded:
    """What is raised at the deadline."""
    return LimitExceeded(
        f"the query was ended at its deadline of {timeout:g} s; narrow its pattern, or add a LIMIT to a sub-select",
        "time",
        timeout,
    )


async def failure(response: httpx.Response, query: Query, address: str) -> QueryFailed:
    """What a response with an error status means to the one who asked."""
    try:
        body = await response.aread()
    except httpx.HTTPError:
        body = b""
    said = cleaned(body.decode("utf-8", "replace"))
    status, timed_out = response.status_code, re.search(r"timed?[\s-]?out|time limit|S1TAT", said, re.IGNORECASE)
    match status:
        case 408 | 504:
            return too_late(query.timeout)
        case 429 | 500 | 503 if timed_out:
            return LimitExceeded(f"the remote store ended the query: {said}", "time", query.timeout)
        case 429 | 503:
            return LimitExceeded(f"the remote store is busy ({status}): {said}; try again later", "queue", 0)
        case 400 | 422:
            return QueryRefused(f"the remote store does not answer this query: {said}")
        case 401 | 403:
            return AnswerBroken(
                f"the remote store {address} refused to answer ({status}): check HARMGRAPH_STORE_USER and "
                "HARMGRAPH_STORE_PASSWORD"
            )
        case _ if response.is_redirect:
            moved = response.headers.get("Location")
            return AnswerBroken(f"the remote store {address} has moved to {moved}: set HARMGRAPH_STORE to that")
        case _:
            return AnswerBroken(f"the remote store {address} failed ({status}): {said}")


def cleaned(body: str) -> str:
    """The message of an error page in one line: without markup, control characters, and what is too long.

    >>> cleaned("<html><b>Error</b>:  no\\n such graph</html>")
    'Error : no such graph'
    """
    text = re.sub(
        r"<(?:style|script)\b.*?</|<[/!?a-zA-Z][^>]{0,200}>", " ", body[:20_000], flags=re.DOTALL | re.IGNORECASE
    )
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"
