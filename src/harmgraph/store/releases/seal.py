"""A release directory ⇄ its seal: SHA256SUMS and SIZES, by which damage is found before it becomes an answer.

`seal` is the last step of a build. Whoever opens a release checks what it is going to read: existence, sizes and
the small files always, which takes no time, and the rest where there is time for it. The tables of an on-disk store
carry checksums of their own that the engine verifies block by block; its MANIFEST does not: cut short, it opens as
an older and smaller store.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harmgraph.checksums import sha256
from harmgraph.errors import ReleaseUnreadable
from harmgraph.store.releases.damage import REMEDY

SUMS: Final = "SHA256SUMS"
SIZES: Final = "SIZES"
SMALL: Final = 64 << 20
"""Bytes of files that are read at every opening: a tenth of a second."""
_BLOCK: Final = 1 << 20
_NOTES: Final = ("store/LOG", "store/LOCK")
"""What the engine writes for people and for other engines; nothing that is asked is read from them."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """One file as it was when the release was made."""

    name: str
    size: int
    checksum: str


def seal(directory: Path) -> None:
    """Write the seal over all files below the directory; the last thing before it is published."""
    files = [path for path in directory.rglob("*") if path.is_file()]
    names = sorted(name for path in files if (name := path.relative_to(directory).as_posix()) not in (SUMS, SIZES))
    names = [name for name in names if not name.startswith(_NOTES)]
    sizes = "".join(f"{(directory / name).stat().st_size}  {name}\n" for name in names)
    (directory / SIZES).write_text(sizes, encoding="utf-8")
    sums = "".join(f"{sha256(directory / name)}  {name}\n" for name in (SIZES, *names))
    (directory / SUMS).write_text(sums, encoding="utf-8")


def sealed(directory: Path) -> tuple[Sealed, ...]:
    """The files that the seal names; none where the release was made without one.

    Raises `ReleaseUnreadable` where the seal itself is damaged.
    """
    if not (directory / SUMS).exists() or not (directory / SIZES).exists():
        return ()
    try:
        sums, sizes = (_table(directory / name) for name in (SUMS, SIZES))
        if sha256(directory / SIZES) != sums.pop(SIZES) or sums.keys() != sizes.keys():
            raise _damaged(directory, SIZES, "it is not the file that was sealed")
        return tuple(Sealed(name, int(sizes[name]), sums[name]) for name in sizes)
    except (OSError, ValueError, KeyError) as cause:
        raise _damaged(directory, SUMS, f"it cannot be read: {cause!r}") from cause


def check(directory: Path, files: Iterable[Sealed], *, read: Callable[[Sealed], bool] = lambda _: True) -> None:
    """Return if all files are there in their sizes, and those that ``read`` picks with their checksums.

    Raises `ReleaseUnreadable` with the first one that is not.
    """
    files = tuple(files)
    for file in files:
        path = directory / file.name
        if not path.is_file():
            raise _damaged(directory, file.name, "it is missing")
        if (size := path.stat().st_size) != file.size:
            raise _damaged(directory, file.name, f"it has {size:,} bytes and was made with {file.size:,}")
    for file in filter(read, files):
        try:
            found = sha256(directory / file.name)
        except OSError as cause:
            raise _damaged(directory, file.name, f"it cannot be read: {cause.strerror}") from cause
        if found != file.checksum:
            raise _damaged(directory, file.name, "its bytes are not those that were sealed")


def check_dump(directory: Path) -> bool:
    """Whether the dump is the one that was sealed; False where there is no seal to compare with."""
    files = [file for file in sealed(directory) if file.name in ("data.nq", "release.json") or _is_index(file)]
    check(directory, files)
    return bool(files)


def check_store(directory: Path) -> bool:
    """Whether the on-disk store looks like the one that was sealed; False where there is no seal to compare with.

    All bytes of a small store are compared; of a large one all but those of its tables, for which there is `Audit`.
    """
    files = store_files(directory)
    small = sum(file.size for file in files) <= SMALL
    check(directory, files, read=lambda file: small or not file.name.endswith(".sst"))
    check(directory, filter(_is_index, sealed(directory)))
    return bool(files)


def _is_index(file: Sealed) -> bool:
    """Whether the file is of the index of text or of the columns, which have no checksums of their own."""
    return file.name.startswith(("text/", "columns/"))


def store_files(directory: Path) -> tuple[Sealed, ...]:
    """The files of the on-disk store that the seal names."""
    return tuple(file for file in sealed(directory) if file.name.startswith("store/"))


def intact(directory: Path) -> bool:
    """Whether a release is byte for byte what was sealed."""
    try:
        files = sealed(directory)
        check(directory, files)
    except ReleaseUnreadable:
        return False
    return bool(files)


class Audit:
    """Compares every byte of an on-disk store while it is being served; in a thread, and able to stop."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Let `run` return soon."""
        self._stopped.set()

    def run(self) -> None:
        """Return if nothing is wrong, or when stopped; raises `ReleaseUnreadable` for the first damaged file."""
        for file in store_files(self._directory):
            digest = hashlib.sha256()
            try:
                with (self._directory / file.name).open("rb") as opened:
                    while not self._stopped.is_set() and (block := opened.read(_BLOCK)):
                        digest.update(block)  # other threads run meanwhile
            except OSError as cause:
                raise _damaged(self._directory, file.name, f"it cannot be read: {cause.strerror}") from cause
            if self._stopped.is_set():
                return
            if digest.hexdigest() != file.checksum:
                raise _damaged(self._directory, file.name, "its bytes are not those that were sealed")


def _table(path: Path) -> dict[str, str]:
    lines = path.read_text("utf-8").splitlines()
    return {name: value for value, name in (line.split("  ", 1) for line in lines)}


def _damaged(directory: Path, name: str, what: str) -> ReleaseUnreadable:
    return ReleaseUnreadable(f"release {directory.name} is damaged: {directory / name}: {what}; {REMEDY}")
