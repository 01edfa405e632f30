"""The service's side of a keeper process: start it, have workers forked, killed and reniced, hear of their ends.

A worker can be used the moment `KeeperProcess.fork` returns: what is written to its socket waits there until the
process exists.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, Literal, Protocol

import harmgraph
from harmgraph.errors import HarmgraphError
from harmgraph.store.local.framing import Frame, Frames

Storage = Literal["memory", "disk"]

_READ: Final = 128 << 10
_PATIENCE: Final = 2.0
"""Seconds in which a keeper that was told to end has to."""


class Listener(Protocol):
    """Who hears what a worker says of one query."""

    def take(self, frames: list[Frame]) -> None:
        """Some frames have come."""
        ...

    def lose(self) -> None:
        """There will be no more: the worker has ended, or the socket to it was closed."""
        ...


class Worker:
    """One worker process, seen from the service: the socket to it and how it ended."""

    def __init__(self, number: int, keeper: KeeperProcess, channel: socket.socket) -> None:
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


class KeeperProcess:
    """One keeper process over one release, from its start to its end."""

    def __init__(
        self,
        release: Path,
        storage: Storage,
        memory: int,
        on_exit: Callable[[Worker], None],
        on_end: Callable[[KeeperProcess], None],
    ) -> None:
        self.storage = storage
        self.buffer = memoryview(bytearray(_READ))
        """Where what its workers say is received, one piece at a time."""
        self._on_exit = on_exit
        self._on_end = on_end
        self._workers: dict[int, Worker] = {}
        self._number = 0
        self._buffer = b""
        self._loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[bool] = self._loop.create_future()
        """Set when it can fork: whether the system keeps it and its workers from making sockets."""
        self.ended: asyncio.Future[None] = self._loop.create_future()
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = _start(theirs, release, storage, memory)
        self._control.setblocking(False)
        self._loop.add_reader(self._control.fileno(), self._hear)

    def fork(self) -> Worker:
        """A worker, to be used at once."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        self._number += 1
        worker = self._workers[self._number] = Worker(self._number, self, ours)
        with theirs:
            try:
                line = json.dumps({"fork": worker.number}).encode() + b"\n"
                socket.send_fds(self._control, [line], [theirs.fileno()])
            except OSError:
                self._lose()
        return worker

    def tell(self, verb: Literal["kill", "renice"], worker: Worker) -> None:
        """Have something done to a worker, unless it has ended."""
        if worker.number not in self._workers:
            return
        try:
            self._control.send(json.dumps({verb: worker.number}).encode() + b"\n")
        except OSError:
            self._lose()

    @property
    def workers(self) -> int:
        """How many of its workers have not ended."""
        return len(self._workers)

    async def close(self) -> None:
        """End the keeper and all its workers, and wait until they have ended."""
        if not self.ended.done():
            self._control.shutdown(socket.SHUT_WR)
            if not self.ready.done():
                self._process.kill()  # it is loading and does not listen; it has no workers yet
            try:
                await asyncio.wait_for(asyncio.shield(self.ended), _PATIENCE)
            except TimeoutError:
                self._lose()

    def _hear(self) -> None:
        try:
            data = self._control.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            self._take(json.loads(line))
        if not data:
            self._lose()

    def _take(self, message: dict[str, object]) -> None:
        if "exited" in message:
            worker = self._workers.pop(int(str(message["exited"])))
            worker.exit.set_result(int(str(message["status"])))
            self._on_exit(worker)
        elif "forked" in message:
            if (forked := self._workers.get(int(str(message["forked"])))) is not None:
                forked.pid = int(str(message["pid"]))
        elif self.ready.done():
            return
        elif "ready" in message:
            self.ready.set_result(bool(message["offline"]))
        elif "failed" in message:
            self.ready.set_exception(HarmgraphError(str(message["failed"])))

    def _lose(self) -> None:
        """The keeper has ended or does not obey: end what is left of it and say so, once."""
        if self.ended.done():
            return
        self._loop.remove_reader(self._control.fileno())
        self._control.close()
        self._process.kill()
        self._process.wait()  # its memory was freed before its sockets closed, so this does not take long
        if self._process.stdin is not None:
            self._process.stdin.close()
        self.ended.set_result(None)
        if not self.ready.done():
            code = self._process.returncode
            self.ready.set_exception(HarmgraphError(f"the keeper of the store ended while it started (code {code})"))
        self.ready.exception()  # seen: nobody may be waiting
        while self._workers:
            _, worker = self._workers.popitem()
            worker.exit.set_result(None)
            self._on_exit(worker)
        self._on_end(self)


def _start(control: socket.socket, release: Path, storage: Storage, memory: int) -> subprocess.Popen[bytes]:
    """Start the keeper with a pipe on its standard input that closes when this process ends."""
    packages = str(Path(harmgraph.__file__).parents[1])
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, (packages, os.environ.get("PYTHONPATH")))),
        # A store in 2 MiB pages is forked in 1.4 ms rather than 16, and its fork ended in 2 ms rather than 18
        # (590 MB, glibc 2.36); elsewhere the variable means nothing.
        "GLIBC_TUNABLES": ":".join(filter(None, (os.environ.get("GLIBC_TUNABLES"), "glibc.malloc.hugetlb=1"))),
        "OPENBLAS_NUM_THREADS": "1",  # numpy's threads would not survive a fork, and nothing here multiplies matrices
        "RUST_BACKTRACE": "0",  # an aborted allocation is a limit at work, not a fault to be traced
    }
    arguments = (str(control.fileno()), str(release), storage, str(memory))
    return subprocess.Popen(
        [sys.executable, "-m", "harmgraph.store.local.keeper", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        pass_fds=[control.fileno()],
        env=environment,
        # Ctrl-C at the terminal is for the service, which then ends the keeper. A group is enough for that: sessions of
        # their own would have workers get as much processor as the service, however nice they are.
        process_group=0,
    )
