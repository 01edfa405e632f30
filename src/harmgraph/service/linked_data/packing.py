"""Compressed dumps that were sent once are kept: ``releases/.packed/{release}/{name}`` with its checksum beside it.

A file has its name only when it is whole, so that several processes and clients that hang up do no harm. Where the
folder cannot be written to, nothing is kept and dumps are compressed anew for each client. Dumps of releases that are
gone are removed when the next one is kept.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

FOLDER: Final = ".packed"
_logger = logging.getLogger(__name__)


def place(releases: Path, identifier: str, name: str) -> Path:
    """Where the file of a release is kept."""
    return releases / FOLDER / identifier / name


def checksum(kept: Path) -> str | None:
    """The SHA-256 of a file that is kept; None where there is none."""
    try:
        return _sums(kept).read_text("ascii") if kept.is_file() else None
    except OSError:
        return None


@contextmanager
def alone(releases: Path) -> Iterator[bool]:
    """Whether nobody else on this machine makes compressed dumps for these releases; false where nothing is kept."""
    try:
        (releases / FOLDER).mkdir(exist_ok=True)
        lock = (releases / FOLDER / ".lock").open("wb")
    except OSError:
        yield False
        return
    with lock:  # which lets go of it
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True


class Keeping:
    """A file in the making, beside what is sent; to be finished, or dropped where it cannot be."""

    def __init__(self, kept: Path, is_there: Callable[[str], bool]) -> None:
        self._kept = kept
        self._is_there = is_there
        self._digest = hashlib.sha256()
        self._file: IO[bytes] | None = None
        self._failed = False

    def write(self, part: bytes) -> None:
        """Add what is sent."""
        if self._failed:
            return
        try:
            if self._file is None:
                self._kept.parent.mkdir(parents=True, exist_ok=True)
                self._file = tempfile.NamedTemporaryFile(dir=self._kept.parent, prefix=".making-", delete=False)  # noqa: SIM115  # it is closed by finish or drop
            self._file.write(part)
            self._digest.update(part)
        except OSError as fault:
            _logger.warning("%s is not kept: %s", self._kept, fault)
            self._failed = True

    def finish(self) -> None:
        """Give the file its name, and forget those of releases that are gone."""
        if self._failed or self._file is None:
            return
        try:
            self._file.close()
            Path(self._file.name).chmod(0o644)
            sums = Path(f"{self._file.name}.sum")
            sums.write_text(self._digest.hexdigest(), "ascii")
            sums.replace(_sums(self._kept))  # before the file, which is not looked at without it
            Path(self._file.name).replace(self._kept)
            self._file = None
            for folder in self._kept.parent.parent.iterdir():
                if folder.is_dir() and not self._is_there(folder.name):
                    shutil.rmtree(folder, ignore_errors=True)
        except OSError as fault:
            _logger.warning("%s is not kept: %s", self._kept, fault)

    def drop(self) -> None:
        """Remove what was not finished."""
        if self._file is not None:
            self._file.close()
            Path(self._file.name).unlink(missing_ok=True)
            self._file = None


def _sums(kept: Path) -> Path:
    return Path(f"{os.fspath(kept)}.sha256")
