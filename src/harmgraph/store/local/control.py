"""The service's side of a keeper process: start it, have workers forked, killed and reniced, hear of their ends.

A worker can be used the moment `KeeperProcess.fork` returns: what is written to its socket waits there until the
process exists.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

import harmgraph
from harmgraph.errors import HarmgraphError
from harmgraph.store.local.channel import Storage, Worker

_READ: Final = 128 << 10
_PATIENCE: Final = 2.0
"""Seconds in which a keeper that was told to end has to."""


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
