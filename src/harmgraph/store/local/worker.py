"""The life of a worker process: it takes queries from its socket one after another and streams their answers.

A worker is forked by the keeper with the store in its memory, or opens it read-only. It ends when its socket
closes, when it is killed, or by itself after a query that left it grown.
"""

from __future__ import annotations

import contextlib
import os
import socket
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
from harmgraph.store.local.framing import CHUNK, END, LAST, frame, pack_beginning, pack_failure, unpack_query, whole
from harmgraph.store.releases.damage import OPENING_MEMORY, is_damage, unavailable
from harmgraph.store.releases.text_index import TextIndex

_FIRST: Final = 7 << 10
"""The engine writes about 8 KiB at a time, so a smaller first write is a whole answer and goes out with its END."""
_FULL: Final = 64 << 10
_GRACE: Final = 0.5
"""Seconds past the deadline after which a worker ends itself, should the service be too busy to have it killed."""
_BRIEF: Final = 0.002
"""Seconds in which a query takes a few megabytes at most."""
_BETWEEN_LOOKS: Final = 32
"""Brief queries from one look at the memory to the next."""
_MOST: Final = 64 << 10
"""Bytes that are received at once: a query of any usual length."""


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
        isolation.let_others_finish()
        isolation.limit_memory(memory)
        if not on_disk:
            isolation.open_nothing_more()
        growth = _Growth(residence, memory // 4)
        alarm = isolation.Alarm(_GRACE, channel)
        inbox = _Inbox(channel, alarm)
        while (framed := inbox.next()) is not None:
            query, deadline = unpack_query(framed)
            alarm.set(deadline)
            if store is None:
                try:
                    store = open_store()  # the release may be there again
                except StoreUnavailable as error:
                    _Stream(channel).fail(error)
                    break
            growth.begin()
            find = partial(answer, store, query, index=index, columns=columns)
            if _serve(find, memory, _Stream(channel), growth) == LAST:
                break
            alarm.rest()
        status = 0
    except (BrokenPipeError, ConnectionResetError):
        status = 0  # the service took its end away: nobody waits for the answer
    finally:
        # Neither atexit handlers nor destructors: they belong to the keeper, and the kernel frees memory faster.
        os._exit(status)


class _Growth:
    """Whether this process holds so much more memory than at first that a fresh one should take its place.

    To ask the kernel takes as long as a tenth of a lookup, so it is asked after what took a while, and now and then.
    """

    def __init__(self, residence: isolation.Residence, allowance: int) -> None:
        self._residence = residence
        self._limit = residence.bytes() + allowance
        self._queries = 0
        self._begun = 0.0

    def begin(self) -> None:
        """A query begins."""
        self._queries += 1
        self._begun = time.monotonic()

    def __bool__(self) -> bool:
        if self._queries % _BETWEEN_LOOKS and time.monotonic() - self._begun < _BRIEF:
            return False
        return self._residence.bytes() > self._limit


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


def _serve(find: Callable[[_Stream], None], memory: int, stream: _Stream, growth: _Growth) -> bytes:
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
        ending = LAST if growth else END
        stream.finish(ending)
        return ending
    return END


class _Inbox:
    """Where the queries come from."""

    def __init__(self, channel: socket.socket, alarm: isolation.Alarm) -> None:
        self._channel = channel
        self._alarm = alarm
        self._buffer = memoryview(bytearray(_MOST))

    def next(self) -> bytes | bytearray | None:
        """The frame of the next query, or None when the service is done with this worker."""
        received = bytearray()
        while True:
            try:
                size = self._channel.recv_into(self._buffer)
            except BlockingIOError:  # nothing came for a while
                self._alarm.stop()
                continue
            part = self._buffer[:size]
            if not part:
                return None
            if not received and size == whole(part):
                return bytes(part)
            received += part
            if len(received) == whole(received):
                return received
