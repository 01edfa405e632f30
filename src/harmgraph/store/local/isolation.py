"""What keeps a worker in its place: its memory, its files, its network, and dying with its parent.

Everything here acts on the calling process, and is enforced by the kernel from then on. What
only Linux can do is not done elsewhere.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import math
import os
import platform
import resource
import signal
import socket
import struct
import sys
import time
from pathlib import Path
from typing import Final

_LINUX: Final = sys.platform == "linux"
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_SET_SECCOMP: Final = 22
_SECCOMP_MODE_FILTER: Final = 2
_LOAD, _EQUALS, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000
_SOCKET_CALL: Final = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
"""How the kernel numbers an architecture, and socket(2) in it."""
_PAGE: Final = resource.getpagesize()
_LENIENCE: Final = 1.0
"""Seconds by which an alarm may be late."""


def die_with_parent(parent: int) -> None:
    """Be killed when the process that forked this one, ``parent``, ends for whatever reason (Linux)."""
    if _LINUX:
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before the kernel knew
        os._exit(0)


def die_at_the_end_of(lifeline: int) -> None:
    """Be ended as soon as the other end of this pipe closes, even in the middle of loading a store.

    The kernel sends SIGIO, whose default is to end the process. `die_with_parent` would watch the *thread* that
    started this process, and a service may start it from a thread that does not last.
    """
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    flags = fcntl.fcntl(lifeline, fcntl.F_GETFL)
    fcntl.fcntl(lifeline, fcntl.F_SETFL, flags | os.O_ASYNC | os.O_NONBLOCK)
    try:
        if os.read(lifeline, 1) == b"":  # closed before the kernel knew
            os._exit(0)
    except BlockingIOError:
        pass


def limit_memory(size: int) -> None:
    """Let this process allocate ``size`` bytes more than it has now; the allocation beyond aborts it.

    RLIMIT_DATA counts private writable mappings: neither pages of the store that are copied on write nor mapped
    files, so the limit is what the query itself takes.
    """
    allowed = _data_pages() * _PAGE + size
    resource.setrlimit(resource.RLIMIT_DATA, (allowed, resource.getrlimit(resource.RLIMIT_DATA)[1]))


def open_nothing_more() -> None:
    """Let this process open no file and no socket from now on: nothing to write to, nobody to call.

    What is open stays open. Not for a store on disk: RocksDB opens 16 tables of an index and the others when it
    needs them. The limit is 3 and not 0 because poll(2) refuses more descriptors than the limit.
    """
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))


def be_killed_first() -> None:
    """Offer this process to the kernel's out-of-memory killer before the service (Linux)."""
    adjustment = Path("/proc/self/oom_score_adj")
    if _LINUX and adjustment.exists():
        adjustment.write_text("1000")


def let_others_finish() -> None:
    """Never take the processor from whoever wakes this process, by the batch policy of the scheduler (Linux).

    The service, which has just sent a query, then goes on to the next one: a fifth more lookups on two processors.
    """
    if _LINUX:
        with contextlib.suppress(OSError):  # where a container forbids it
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


class _Instruction(ctypes.Structure):
    """``struct sock_filter`` of the kernel."""

    _fields_ = (("code", ctypes.c_uint16), ("true", ctypes.c_uint8), ("false", ctypes.c_uint8), ("k", ctypes.c_uint32))


class _Program(ctypes.Structure):
    """``struct sock_fprog`` of the kernel."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.POINTER(_Instruction)))


def leave_network() -> bool:
    """Let this process and all it forks make no socket from now on; whether the system can do that.

    The last line behind the checks for SERVICE. A seccomp filter needs no privilege, unlike a network namespace.
    """
    known = _SOCKET_CALL.get(platform.machine())
    if not _LINUX or known is None:
        return False
    architecture, call = known
    instructions = (
        (_LOAD, 0, 0, 4),  # the architecture: call numbers differ
        (_EQUALS, 0, 3, architecture),
        (_LOAD, 0, 0, 0),  # the number of the call
        (_EQUALS, 0, 1, call),
        (_RETURN, 0, 0, _REFUSE | errno.EPERM),
        (_RETURN, 0, 0, _ALLOW),
    )
    program = _Program(len(instructions), (_Instruction * len(instructions))(*(_Instruction(*i) for i in instructions)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return bool(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) == 0)


class Alarm:
    """Ends this process some time after the deadline of its query, should nobody else do so.

    Deadlines of lookups in a row differ by milliseconds, so the timer stays as it is while it is late by no more than
    a second, and is stopped only when nothing comes for a while: a lookup costs no call of the kernel.
    """

    def __init__(self, grace: float, channel: socket.socket) -> None:
        self._grace = grace
        self._channel = channel
        self._at = math.inf

    def set(self, deadline: float) -> None:
        """End this process between ``grace`` seconds past the deadline and a second later."""
        due = deadline + self._grace
        if not due <= self._at <= due + _LENIENCE:
            if self._at == math.inf:
                self._wake(_LENIENCE / 2)
            self._at = due + _LENIENCE
            signal.setitimer(signal.ITIMER_REAL, max(self._at - time.monotonic(), self._grace))

    def rest(self) -> None:
        """Nothing runs any more: stop the timer if it would not wait until a read of the channel has timed out."""
        if self._at - time.monotonic() < _LENIENCE:
            self.stop()

    def stop(self) -> None:
        """Stop the timer, and let reads of the channel wait for as long as it takes."""
        if self._at != math.inf:
            self._at = math.inf
            signal.setitimer(signal.ITIMER_REAL, 0)
            self._wake(0)

    def _wake(self, seconds: float) -> None:
        """Have reads of the channel end after so long, with `BlockingIOError`; 0 for never."""
        timeout = struct.pack("ll", int(seconds), int(seconds % 1 * 1e6))
        self._channel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeout)


class Residence:
    """How much memory this process holds; opens its file once, since later it may open none."""

    def __init__(self) -> None:
        self._file = os.open("/proc/self/statm", os.O_RDONLY) if _LINUX else None

    def bytes(self) -> int:
        """Bytes resident now; the peak where the system does not tell what is now."""
        if self._file is None:
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return int(os.pread(self._file, 256, 0).split()[1]) * _PAGE


def _data_pages() -> int:
    if not _LINUX:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // _PAGE
    return int(Path("/proc/self/statm").read_text().split()[5])
