"""Several server processes on one port: a parent that listens, starts them, and starts again what ends.

The parent opens the socket and each child accepts from it, so a connection that waits is not lost with the child
that ends. Children end with the parent, however that ends. Each child is a whole service with a keeper of its own.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from prometheus_client.multiprocess import mark_process_dead

from harmgraph.settings import Settings

log = logging.getLogger(__name__)

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
_LIVED: Final = 10.0
"""Seconds after which a child counts as having lived; one that ends sooner is started again ever later."""
_LONGEST: Final = 30.0
_MARGIN: Final = 10.0
"""Seconds beyond their own bound after which children that were told to end are killed."""
_METRICS: Final = "harmgraph-metrics-"


@dataclass
class _Child:
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    due: float = 0.0
    delay: float = 0.0


class Processes:
    """The children of this process, which does nothing but watch over them."""

    def __init__(self, listener: socket.socket, settings: Settings, count: int) -> None:
        self._listener = listener
        self._settings = settings
        self._children = [_Child() for _ in range(count)]
        self._end: float | None = None

    def run(self) -> None:
        """Return when a signal has ended all children."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        with _shared_metrics() as metrics:
            while self._end is None or any(child.process for child in self._children):
                for child in self._children:
                    self._look_after(child, metrics)
                received = signal.sigtimedwait(_SIGNALS, 0.2)
                if received is not None and not self._heed(received.si_signo):
                    break
        for child in self._children:
            if child.process is not None:
                child.process.kill()
                child.process.wait()

    def _heed(self, number: int) -> bool:
        """Pass a signal on; whether to go on."""
        if number == signal.SIGCHLD:
            return True
        if number == signal.SIGHUP:
            self._tell(signal.SIGHUP)
            return True
        if self._end is not None:
            return False  # the second one
        self._end = time.monotonic() + self._settings.shutdown_timeout + _MARGIN
        self._listener.close()
        self._tell(signal.SIGTERM)
        return True

    def _tell(self, number: int) -> None:
        for child in self._children:
            if child.process is not None:
                child.process.send_signal(number)

    def _look_after(self, child: _Child, metrics: Path) -> None:
        now = time.monotonic()
        if child.process is not None and child.process.poll() is not None:
            self._bury(child, metrics)
        if child.process is not None and self._end is not None and now > self._end:
            child.process.kill()
        if child.process is None and self._end is None and now >= child.due:
            child.process = _start(self._listener, metrics, len(self._children))
            child.started = now

    def _bury(self, child: _Child, metrics: Path) -> None:
        assert child.process is not None
        if child.process.stdin is not None:
            child.process.stdin.close()
        mark_process_dead(child.process.pid, str(metrics))  # type: ignore[no-untyped-call]
        if self._end is None:
            lived = time.monotonic() - child.started >= _LIVED
            child.delay = 0.0 if lived else min(max(2 * child.delay, 0.25), _LONGEST)
            child.due = time.monotonic() + child.delay
            log.error(
                "server process %d ended with code %d; another one starts in %.1f s",
                child.process.pid,
                child.process.returncode,
                child.delay,
            )
        child.process = None


@contextlib.contextmanager
def _shared_metrics() -> Iterator[Path]:
    """A folder in memory, where there is one, for the metrics that the children share."""
    memory = Path("/dev/shm")
    root = memory if os.access(memory, os.W_OK) else Path(tempfile.gettempdir())
    for left in root.glob(f"{_METRICS}*"):  # by a parent that was killed
        if not Path(f"/proc/{left.name.removeprefix(_METRICS).partition('-')[0]}").exists():
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{_METRICS}{os.getpid()}-", dir=root))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start(listener: socket.socket, metrics: Path, count: int) -> subprocess.Popen[bytes]:
    """Start one of so many children, with a pipe on its standard input that closes when this process ends."""
    return subprocess.Popen(
        [sys.executable, "-m", "harmgraph.service.running.process", str(listener.fileno())],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        pass_fds=[listener.fileno()],
        # How many share the memory of this machine may have come from the command line.
        env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(metrics), "HARMGRAPH_PROCESSES": str(count)},
        process_group=0,  # Ctrl-C at the terminal is for the parent, which passes it on; see `store.local.control`
    )
