"""The life of a worker process: it takes queries from its socket one after another and streams their answers.

A worker is forked by the keeper with the store in its memory, or opens it read-only. It ends when its socket
closes, when it is killed, or by itself after a query that left it grown.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import struct
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final, NoReturn

from pyoxigraph import Store

from harmgraph.errors import AnswerBroken, LimitExceeded, QueryFailed, QueryRefused, StoreUnavailable
from harmgraph.store.columns.files import Columns
from harmgraph.store.local import isolation
from harmgraph.store.local.evaluation import answer
from harmgraph.store.local.framing import CHUNK, END, LAST, frame, pack_beginning, pack_failure, unpack_query
from harmgraph.store.releases.damage import OPENING_MEMORY, is_damage, unavailable
from harmgraph.store.releases.text_index import TextIndex

_FIRST: Final = 4 << 10
"""The engine writes 8 KiB at a time, so a smaller first write is a whole answer and goes out with its END."""
_FULL: Final = 64 << 10
_GRACE: Final = 0.5
"""Seconds past the deadline at which a worker ends itself, should the service be too busy to have it killed."""


def work(
    channel: socket.socket,
    open_store: Callable[[], Store],
    text: Path,
    columns: Columns | None,
    memory: int,
    *,
    on_disk: bool,
) -> NoReturn:
    """Serve the queries that come through ``channel`` until it closes; never returns to the keeper's code."""
    status = 1
    try:
        isolation.limit_memory(OPENING_MEMORY)
        store: Store | None = None
        with contextlib.suppress(StoreUnavailable):
            store = open_store()
        index = TextIndex.open(text)  # 0.6 ms; it starts a thread, so the keeper leaves it to the worker
        residence = isolation.Residence()
        isolation.be_killed_first()
        isolation.limit_memory(memory)
        if not on_disk:
            isolation.open_nothing_more()
        grown = residence.bytes() + memory // 4
        while (payload := _receive(channel)) is not None:
            query, deadline = unpack_query(payload)
            signal.setitimer(signal.ITIMER_REAL, max(deadline - time.monotonic(), 0.0) + _GRACE)
            if store is None:
                try:
                    store = open_store()  # the release may be there again
                except StoreUnavailable as error:
                    _Stream(channel).fail(error)
                    break
            find = partial(answer, store, query, index=index, columns=columns)
            ending = _serve(find, memory, _Stream(channel), lambda: residence.bytes() > grown)
            signal.setitimer(signal.ITIMER_REAL, 0)
            if ending == LAST:
                break
        status = 0
    except (BrokenPipeError, ConnectionResetError):
        status = 0  # the service took its end away: nobody waits for the answer
    finally:
        # Neither atexit handlers nor destructors: they belong to the keeper, and the kernel frees memory faster.
        os._exit(status)


class _Stream:
    """An answer on its way out: frames of 64 KiB, the first one early."""

    def __init__(self, channel: socket.socket) -> None:
        self.media_type = ""
        self.truncated = False
        self._channel = channel
        self._parts: list[bytes] = []
        self._size = 0
        self._limit = _FIRST
        self.begun = False

    def write(self, data: bytes) -> int:
        """Take some bytes; blocks while the service does not read."""
        self._parts.append(data)
        self._size += len(data)
        if self._size >= self._limit:
            self._send()
            self._limit = _FULL
        return len(data)

    def flush(self) -> None:
        """Nothing: `finish` sends the rest together with the end."""

    def finish(self, kind: bytes) -> None:
        """Send what is left and the end."""
        self._send(frame(kind))

    def fail(self, error: QueryFailed) -> None:
        """Send the failure in place of what was still to come."""
        self._channel.sendall(pack_failure(error))

    def _send(self, ending: bytes = b"") -> None:
        begin = b""
        if not self.begun:
            begin = pack_beginning(self.media_type, truncated=self.truncated, at_hand=bool(ending))
        chunk = frame(CHUNK, b"".join(self._parts)) if self._parts else b""
        self.begun = True
        self._parts.clear()
        self._size = 0
        self._channel.sendall(begin + chunk + ending)


def _serve(find: Callable[[_Stream], None], memory: int, stream: _Stream, grown: Callable[[], bool]) -> bytes:
    try:
        find(stream)
    except QueryFailed as error:
        stream.fail(error if not stream.begun else AnswerBroken(str(error)))
    except MemoryError:
        message = f"the query took more than the {memory >> 20} MiB of memory that one query may use"
        stream.fail(LimitExceeded(message, "memory", memory))
        return LAST
    except (BrokenPipeError, ConnectionResetError):
        raise
    except Exception as error:  # noqa: BLE001  whatever the engine raises belongs to this query alone
        if is_damage(error):
            stream.fail(unavailable(error))
            return LAST
        message = f"the engine failed while it evaluated the query: {error}"
        kind = QueryRefused if isinstance(error, RuntimeError) and not stream.begun else AnswerBroken
        stream.fail(kind(message))
    else:
        ending = LAST if grown() else END
        stream.finish(ending)
        return ending
    return END


def _receive(channel: socket.socket) -> bytes | None:
    """The payload of the next query, or None when the service is done with this worker."""
    header = _exactly(channel, 5)
    if header is None:
        return None
    return _exactly(channel, struct.unpack("!cI", header)[1])


def _exactly(channel: socket.socket, size: int) -> bytes | None:
    received = bytearray()
    while len(received) < size:
        part = channel.recv(size - len(received))
        if not part:
            return None
        received += part
    return bytes(received)
