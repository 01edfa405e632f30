"""Who uses a release: a process that serves it holds a shared lock on its directory, and pruning respects that.

The lock is flock(2) on the directory itself, so nothing is written into a release, a read-only file system will
do, and the kernel lets go when the process ends, however it ends.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harmgraph.errors import ReleaseUnreadable


class Claim:
    """A release that must not be deleted for now."""

    def __init__(self, directory: Path) -> None:
        """Raises `ReleaseUnreadable` where there is no such directory, or it is just being deleted."""
        try:
            self._descriptor: int | None = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as cause:
            raise ReleaseUnreadable(
                f"there is no release {directory}: {cause.strerror}; run `harmgraph build`"
            ) from cause
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError as cause:
            self.release()
            raise ReleaseUnreadable(f"release {directory} is being deleted; switch to another one") from cause
        except OSError as cause:
            if cause.errno not in (errno.ENOLCK, errno.EOPNOTSUPP, errno.EBADF):
                self.release()
                raise
            # A file system without locks: pruning finds none either, and deletes nothing there.

    def release(self) -> None:
        """Give the release up."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


@contextmanager
def unclaimed(directory: Path) -> Iterator[bool]:
    """Whether nobody uses this release, with the certainty that nobody begins to inside this context."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False  # it is used, or the file system cannot tell
        else:
            yield True
    finally:
        os.close(descriptor)
