"""One worker process, seen from the service: the socket to it, what it says of its query, and how it ended."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import time
from collections.abc import Awaitable
from typing import Literal, Protocol

from harmgraph.store.local.framing import Frame, Frames

Storage = Literal["memory", "disk"]


class Keeping(Protocol):
    """The process that keeps a worker, as far as the worker needs it."""

    storage: Storage
    buffer: memoryview
    """What all its workers are received into, one after another."""

    def tell(self, verb: Literal["kill", "renice"], worker: Worker) -> None:
        """Have something done to a worker, unless it has ended."""
        ...


class Listener(Protocol):
    """Who hears what a worker says of one query."""

    def take(self, frames: list[Frame]) -> None:
        """Some frames have come."""
        ...

    def lose(self) -> None:
        """There will be no more: the worker has ended, or the socket to it was closed."""
        ...


class Worker:
    """The socket to one worker process; it can be asked as soon as it was forked."""

    def __init__(self, number: int, keeper: Keeping, channel: socket.socket) -> None:
        self.number = number
        self.keeper = keeper
        self.listener: Listener | None = None
        """None while it has no query."""
        self.exit: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        """Its exit code, negative for a signal; None if its keeper ended too and nobody knows."""
        self.expired = False
        """Whether it was ended at the deadline of its query."""
        self.niceness = 0
        """By how many steps it yields the processor to others."""
        self.pid: int | None = None
        """Known once it exists."""
        self._loop = asyncio.get_running_loop()
        self._channel = channel
        self._frames = Frames()
        self._is_heard = False
        self._is_sending = False
        self._ended = False
        self._closed = False
        self.resume()

    def ask(self, data: bytes, listener: Listener) -> Awaitable[None] | None:
        """Send a query; to be awaited if it is so long that the rest of it has to wait. OSError where it has ended."""
        if self._closed or self._ended:
            raise BrokenPipeError
        self.listener = listener
        try:
            sent = self._channel.send(data)
        except BlockingIOError:
            sent = 0
        return None if sent == len(data) else self._send(memoryview(data)[sent:])

    def pause(self) -> None:
        """Hear nothing more for now, so that what it writes waits in the socket, and then so does it."""
        if self._is_heard:
            self._is_heard = False
            self._loop.remove_reader(self._channel.fileno())

    def resume(self) -> None:
        """Hear what it says from now on."""
        if not (self._is_heard or self._ended or self._closed):
            self._is_heard = True
            self._loop.add_reader(self._channel.fileno(), self._hear)

    def close(self) -> None:
        """Close its socket, at which an idle worker ends; whoever listens hears of it."""
        if self._closed:
            return
        self._closed = True
        self.pause()
        if self._is_sending:
            # A descriptor that the loop still watches must not be closed: its number may come again.
            with contextlib.suppress(OSError):
                self._channel.shutdown(socket.SHUT_RDWR)
        else:
            self._channel.close()
        self._lose()

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        self.keeper.tell("kill", self)
        self.close()

    @property
    def processor_seconds(self) -> float | None:
        """For how long it has had a processor since it was forked; None where the system does not tell (not Linux)."""
        if sys.platform != "linux":
            return None
        try:
            # clock_getcpuclockid(3), which Python has for threads only.
            return time.clock_gettime(((~self.pid) << 3) | 2) if self.pid is not None else 0.0
        except OSError:  # it has ended
            return 0.0

    def renice(self) -> None:
        """Let younger queries have the processor before it; when called again, let older ones too."""
        self.niceness += 1
        self.keeper.tell("renice", self)

    async def _send(self, data: memoryview) -> None:
        self._is_sending = True
        try:
            await self._loop.sock_sendall(self._channel, data)
        finally:
            self._is_sending = False
            if self._closed:
                self._channel.close()

    def _hear(self) -> None:
        buffer = self.keeper.buffer
        try:
            size = self._channel.recv_into(buffer)
        except BlockingIOError:
            return
        except OSError:
            size = 0
        if size == 0:
            self.pause()
            self._ended = True
            self._lose()
        elif (frames := self._frames.feed(buffer[:size])) and self.listener is not None:
            self.listener.take(frames)

    def _lose(self) -> None:
        listener, self.listener = self.listener, None
        if listener is not None:
            listener.lose()
