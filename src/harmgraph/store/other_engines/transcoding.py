"""An answer in one format → the same answer in another, as it comes, in a thread beside the event loop.

The thread reads and writes one end of a socket pair, the loop the other, so that neither gets ahead of the other by
more than the system's buffers hold. pyoxigraph reads and writes the formats.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator
from typing import Final

from pyoxigraph import Literal, QueryBoolean, QueryResultsFormat, QuerySolutions, RdfFormat, parse, parse_query_results

from harmgraph.errors import AnswerBroken, QueryFailed
from harmgraph.store.base import Query
from harmgraph.store.local.writing import write_boolean, write_graph, write_table
from harmgraph.store.other_engines.first_bytes import FirstBytes

_CHUNK: Final = 64 << 10
_BUFFER: Final = 256 << 10


class Transcoded(FirstBytes):
    """The transcoded bytes of an answer, as an asynchronous iterator; made by `begin`."""

    def __init__(
        self, source: AsyncIterator[bytes], query: Query, given: str, wanted: str, boolean_column: str | None
    ) -> None:
        self._source = source
        self._work = _Work(query, given, wanted, boolean_column)
        self._fault: BaseException | None = None

    async def begin(self) -> None:
        """Return when the first bytes are there; raises what is wrong until then."""
        try:
            self._reader, self._writer = await asyncio.open_connection(sock=self._work.start(), limit=_BUFFER)
            self._feeder = asyncio.ensure_future(self._feed())
            await super().begin()
        except BaseException:
            await self.aclose()
            raise

    @property
    def truncated(self) -> bool:
        """Whether the limits of the query cut something off; known when the first bytes are there."""
        return self._work.truncated

    async def aclose(self) -> None:
        """End the thread and the answer that it reads."""
        feeder = getattr(self, "_feeder", None)
        if feeder is not None:
            feeder.cancel()
            await asyncio.gather(feeder, return_exceptions=True)
            self._writer.close()
        close = getattr(self._source, "aclose", None)
        if close is not None:
            await close()

    async def _next(self) -> bytes:
        try:
            chunk = await self._reader.read(_CHUNK)
        except OSError:  # the thread failed and left what it was given
            chunk = b""
        if not chunk:
            await asyncio.gather(self._feeder, return_exceptions=True)
            fault = self._fault or self._work.fault
            if fault is not None:
                await self.aclose()
                if isinstance(fault, QueryFailed):
                    raise fault
                raise AnswerBroken(f"the remote answer cannot be read as {self._work.given}: {fault}") from fault
            await self.aclose()
        return chunk

    async def _feed(self) -> None:
        try:
            async for chunk in self._source:
                self._writer.write(chunk)
                await self._writer.drain()
        except QueryFailed as fault:
            self._fault = fault
        except OSError:  # the thread has failed, and says why
            return
        with contextlib.suppress(OSError):
            self._writer.write_eof()


class _Work:
    """The thread's side: a sink for what the engine writes."""

    def __init__(self, query: Query, given: str, wanted: str, boolean_column: str | None) -> None:
        self._query = query
        self.given = given
        self._boolean_column = boolean_column
        self.media_type = wanted
        self.truncated = False
        self.fault: Exception | None = None
        self._channel: socket.socket

    def start(self) -> socket.socket:
        """Start the thread; the other end of its socket."""
        ours, self._channel = socket.socketpair()
        ours.setblocking(False)
        threading.Thread(target=self._run, name="transcoding", daemon=True).start()
        return ours

    def read(self, size: int = -1) -> bytes:
        """Some bytes of the answer that is given; empty at its end."""
        return self._channel.recv(size if 0 < size < _CHUNK else _CHUNK)

    def write(self, data: bytes) -> int:
        """Take some bytes of the answer that is wanted."""
        self._channel.sendall(data)
        return len(data)

    def flush(self) -> None:
        """Called by the engine at the end; nothing is held back here."""

    def _run(self) -> None:
        with self._channel:
            try:
                self._transcode()
                while self.read():
                    pass  # what comes after the document; the other end must not find it unread
            except Exception as fault:  # noqa: BLE001  whatever the engine raises belongs to this answer alone
                self.fault = fault

    def _transcode(self) -> None:
        # The type stubs ask for a whole IO object; the engine calls read(), write() and flush() alone.
        graph_format = RdfFormat.from_media_type(self.media_type)
        if graph_format is not None:
            quads = parse(self, RdfFormat.from_media_type(self.given))  # type: ignore[arg-type]
            write_graph((quad.triple for quad in quads), self._query, graph_format, self)
            return
        results = parse_query_results(self, QueryResultsFormat.from_media_type(self.given))  # type: ignore[arg-type]
        if isinstance(results, QuerySolutions) and [v.value for v in results.variables] == [self._boolean_column]:
            results = _boolean(results)
        if isinstance(results, QueryBoolean):
            write_boolean(results, self)
            return
        results_format = QueryResultsFormat.from_media_type(self.media_type)
        assert results_format is not None  # the query was checked to have a format that there is
        write_table(results, self._query, results_format, self)


def _boolean(table: QuerySolutions) -> QueryBoolean:
    """The truth in a table of one cell, or of none for false."""
    cells = [solution[0] for solution in table]
    truth = any(isinstance(cell, Literal) and cell.value in ("1", "true") for cell in cells)
    document = b'{"head":{},"boolean":%s}' % (b"true" if truth else b"false")
    result = parse_query_results(document, QueryResultsFormat.JSON)
    assert isinstance(result, QueryBoolean)  # as it was just written
    return result
