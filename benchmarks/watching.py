"""A real ``harmgraph serve`` for the soak, and what the kernel says of its processes: memory, priority, time.

For `soak.py`. The keeper leads a group of its own, so processes are told by their ancestors.
"""

from __future__ import annotations

import ctypes
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
_TICK = os.sysconf("SC_CLK_TCK")
_PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class Process:
    """A process as /proc shows it; ``share`` counts what several processes hold in parts."""

    pid: int
    parent: int
    idle_class: bool
    nice: int
    seconds: float
    resident: int
    share: int


class Service:
    """One running service."""

    host = "127.0.0.1"

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self._log = log
        self.port = int(self.awaited(r"serving release \S+ on http://[^:]+:(\d+)/")[1])

    def awaited(self, pattern: str) -> re.Match[str]:
        """The first place in the log that matches, as soon as there is one; RuntimeError if it does not come."""
        end = time.monotonic() + _PATIENCE
        while (found := re.search(pattern, self.log)) is None:
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the service did not say {pattern!r}; it said:\n{self.log[-3000:]}")
            time.sleep(0.05)
        return found

    @property
    def log(self) -> str:
        """What it has logged."""
        return self._log.read_text("utf-8", "replace")

    def family(self) -> dict[str, list[Process]]:
        """Its processes: the server, its keepers, their workers."""
        parents = dict(_parents())
        keepers = {pid for pid, parent in parents.items() if parent == self.process.pid}
        workers = {pid for pid, parent in parents.items() if parent in keepers}
        groups = {"server": {self.process.pid}, "keepers": keepers, "workers": workers}
        return {name: [found for pid in pids if (found := _process(pid))] for name, pids in groups.items()}


def processor_time(running: Service) -> dict[str, float]:
    """Seconds since whenever: all processors at work, the client, and the server at work and waiting for its turn.

    What the machine does for others makes answers late too, and the server's wait shows by how much.
    """
    ticks = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    at_work, waiting, _ = (Path("/proc") / str(running.process.pid) / "schedstat").read_text().split()
    return {
        "all": (sum(ticks[:3]) + sum(ticks[5:8])) / _TICK,
        "client": time.process_time(),
        "server": int(at_work) / 1e9,
        "server_waiting": int(waiting) / 1e9,
    }


@contextmanager
def service(releases: Path, log: Path, **settings: str) -> Iterator[Service]:
    """A service over the current release of this folder on a free port; ended with everything it started."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(PROJECT / "src"),
        "HARMGRAPH_RELEASES": str(releases),
        **{f"HARMGRAPH_{name.upper()}": value for name, value in settings.items()},
    }
    command = [sys.executable, "-m", "harmgraph", "serve", "--port", "0"]
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command, stdout=output, stderr=output, env=environment, preexec_fn=_die_with_parent
        ) as process,
    ):
        try:
            yield Service(process, log)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            finally:
                process.kill()


def _die_with_parent() -> None:
    """Leave no service behind when the soak is killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def eventually(condition: Callable[[], bool], within: float) -> bool:
    """Whether the condition comes true in time; for a time without traffic, since it waits in place."""
    end = time.monotonic() + within
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


def _parents() -> Iterator[tuple[int, int]]:
    for entry in Path("/proc").glob("[0-9]*"):
        fields = _fields(int(entry.name))
        if fields and fields[0] != "Z":
            yield int(entry.name), int(fields[1])


def _fields(pid: int) -> list[str]:
    """The fields of proc_pid_stat(5) from the third on; none for a process that has ended."""
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _process(pid: int) -> Process | None:
    fields = _fields(pid)
    try:
        shares = re.search(r"^Pss:\s+(\d+) kB", (Path("/proc") / str(pid) / "smaps_rollup").read_text(), re.MULTILINE)
    except (FileNotFoundError, ProcessLookupError):
        return None
    if not fields or shares is None:
        return None
    seconds = (int(fields[11]) + int(fields[12])) / _TICK
    resident = int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
    return Process(pid, int(fields[1]), fields[38] == "5", int(fields[16]), seconds, resident, int(shares[1]) << 10)
