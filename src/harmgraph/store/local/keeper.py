"""The keeper: a process of one busy thread that holds a release open and forks a worker whenever the service asks.

``python -m harmgraph.store.local.keeper`` is started by `harmgraph.store.local.control`. A fork copies one thread and
all locks, so forking has to happen where no other thread does anything: not in the service. It speaks JSON lines
over its control socket: ``{"fork": n}`` (with the worker's socket attached), ``{"kill": n}``, ``{"renice": n}``
come in; ``{"ready": …}``, ``{"failed": …}``, ``{"forked": n, "pid": …}``, ``{"exited": n, "status": …}`` go out.
It ends with the service.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Final, NoReturn

from pyoxigraph import Store

from harmgraph.errors import HarmgraphError, StoreUnavailable
from harmgraph.store.columns.files import Columns
from harmgraph.store.local import isolation
from harmgraph.store.local.worker import work
from harmgraph.store.releases import seal
from harmgraph.store.releases.damage import OPENING_MEMORY, REMEDY
from harmgraph.store.releases.loading import load_memory

_LIFELINE: Final = 0
"""Standard input: a pipe of which the service holds the other end."""
_NICENESS: Final = (10, 15)
"""The steps by which a worker yields the processor."""


class Keeper:
    """The keeper's own state: its control socket and the workers it has forked."""

    def __init__(
        self, control: socket.socket, open_store: Callable[[], Store], release: Path, memory: int, storage: str
    ) -> None:
        self._control = control
        self._open_store = open_store
        self._text = release / "text"
        self._columns = Columns.open(release / "columns")
        self._memory = memory
        self._storage = storage
        self._pids: dict[int, int] = {}
        self._buffer = b""
        self._descriptors: list[int] = []
        self._verbs = {"fork": self._fork, "kill": self._kill, "renice": self._renice}
        self._wakeup, wakeup = socket.socketpair()
        self._wakeup.setblocking(False)
        wakeup.setblocking(False)
        self._wakeup_end = wakeup
        signal.signal(signal.SIGCHLD, lambda *_: None)  # so that it is noticed at all
        signal.set_wakeup_fd(wakeup.fileno())

    def run(self) -> NoReturn:
        """Fork, kill and reap until the service closes the control socket."""
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        poll.register(self._wakeup, select.POLLIN)
        while True:
            ready = {descriptor for descriptor, _ in poll.poll()}
            if self._wakeup.fileno() in ready:
                self._wakeup.recv(4096)
                self._reap(os.WNOHANG)
            if self._control.fileno() in ready and not self._read():
                break
        for pid in self._pids.values():
            os.kill(pid, signal.SIGKILL)
        while self._pids:
            self._reap(0)
        os._exit(0)

    def say(self, **message: object) -> None:
        """Send one message to the service; that it is gone will show in reading."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._control.sendall(json.dumps(message).encode() + b"\n")

    def _read(self) -> bool:
        try:
            data, descriptors, _, _ = socket.recv_fds(self._control, 1 << 16, 64)
        except ConnectionResetError:
            return False
        self._descriptors += descriptors
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            for verb, number in json.loads(line).items():
                self._verbs[verb](number)
        return bool(data)

    def _fork(self, number: int) -> None:
        descriptor = self._descriptors.pop(0)
        keeper = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._become_worker(keeper, descriptor)
        os.close(descriptor)  # or the service would not see the worker's end
        self._pids[number] = pid
        self.say(forked=number, pid=pid)

    def _become_worker(self, keeper: int, descriptor: int) -> NoReturn:
        isolation.die_with_parent(keeper)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._control.close()
        self._wakeup.close()
        self._wakeup_end.close()
        for other in self._descriptors:
            os.close(other)
        channel = socket.socket(fileno=descriptor)
        work(
            *(channel, self._open_store, self._text, self._columns, self._memory),
            on_disk=self._storage == "disk",
        )

    def _kill(self, number: int) -> None:
        if number in self._pids:
            os.kill(self._pids[number], signal.SIGKILL)

    def _renice(self, number: int) -> None:
        if number in self._pids:
            pid = self._pids[number]
            now = os.getpriority(os.PRIO_PROCESS, pid)
            os.setpriority(os.PRIO_PROCESS, pid, next((step for step in _NICENESS if step > now), now))

    def _reap(self, options: int) -> None:
        while self._pids:
            pid, status = os.waitpid(-1, options)
            if pid == 0:
                return
            # A pid may be used again as soon as it is reaped, so it is forgotten in the same breath.
            number = next(number for number, known in self._pids.items() if known == pid)
            del self._pids[number]
            self.say(exited=number, status=os.waitstatus_to_exitcode(status))


def _in_memory(release: Path) -> Callable[[], Store]:
    seal.check_dump(release)
    store = load_memory(release / "data.nq")
    return lambda: store


def _on_disk(release: Path) -> Callable[[], Store]:
    seal.check_store(release)
    # Opening starts RocksDB's threads, so the keeper leaves it to each worker (13 ms for a million quads), and to
    # a child of its own to find out that it can be done.
    directory = release / "store"
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        isolation.limit_memory(OPENING_MEMORY)
        os.write(writing, _fault_of(directory).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        fault = pipe.read().decode()
    _, status = os.waitpid(pid, 0)
    if fault or status != 0:
        raise HarmgraphError(f"the store {directory} cannot be opened: {fault or 'the engine crashed'}; build again")

    def open_store() -> Store:
        try:
            return Store.read_only(str(directory))
        except (OSError, RuntimeError) as cause:
            reason = "it was deleted" if not directory.is_dir() else str(cause)
            raise StoreUnavailable(
                f"release {release.name} can no longer be read: {directory}: {reason}; {REMEDY}"
            ) from cause

    return open_store


def _fault_of(directory: Path) -> str:
    if not directory.is_dir():
        return "there is no such directory"
    try:
        bool(Store.read_only(str(directory)))
    except BaseException as error:  # noqa: BLE001  damage shows as OSError, RuntimeError or a panic of the engine
        return str(error).strip() or type(error).__name__
    return ""


def main() -> NoReturn:
    """Open the release that the command line names and serve the control socket that it names."""
    descriptor, release, storage, memory = sys.argv[1:]
    isolation.die_at_the_end_of(_LIFELINE)
    offline = isolation.leave_network()
    control = socket.socket(fileno=int(descriptor))
    open_release = _in_memory if storage == "memory" else _on_disk
    try:
        open_store = open_release(Path(release))
    except (HarmgraphError, OSError) as error:
        control.sendall(json.dumps({"failed": str(error)}).encode() + b"\n")
        os._exit(1)
    keeper = Keeper(control, open_store, Path(release), int(memory), storage)
    # What lives now lives on: the collector of a worker would copy every page it marks.
    gc.collect()
    gc.freeze()
    keeper.say(ready=storage, offline=offline)
    # In a thread, because a worker is the copy of the thread that forks it, and allocates where that does. The first
    # thread loaded the store and left as many holes between its pages: a worker would fill one hole after another, each
    # a page to be copied and memory that no cache holds. It took half as long again for a lookup (glibc 2.36). The
    # first thread only waits from now on, and holds no lock.
    warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)  # Python 3.12
    runner = threading.Thread(target=keeper.run)
    runner.start()
    runner.join()
    os._exit(1)  # only a fault leads here


if __name__ == "__main__":
    main()
