"""A tar archive from elsewhere → a folder with the few files of it that an adapter reads.

Nothing of the archive is trusted: names are matched against a list of what is kept, links and devices are never made,
and what it costs to read is bounded, for the members that are skipped as well. A broken archive raises `FetchFailed`.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import shutil
import struct
import tarfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final, TypeVar, cast

from harmgraph.errors import FetchFailed
from harmgraph.fetching.origins import Archive
from harmgraph.fetching.web import Progress

T = TypeVar("T")

_LARGEST_READ: Final = 1 << 20
_OPENERS: Final = ((b"BZh", bz2.open), (b"\x1f\x8b", gzip.open), (b"\xfd7zXZ", lzma.open))


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What the archive tells of itself."""

    files: int
    newest: datetime | None
    """When the newest of the kept files was changed."""
    revision: str
    """The commit that an archive made by git is of."""


def unpack(archive: Path, folder: Path, rules: Archive, progress: Progress) -> Unpacked:
    """Unpack the kept files into this new folder."""
    folder.mkdir()
    kept: dict[str, float] = {}
    packed_size = archive.stat().st_size
    with archive.open("rb") as packed, _opened(packed, rules.largest) as plain:
        try:
            with tarfile.open(fileobj=cast(BinaryIO, plain), mode="r:") as members:
                for member, name in _kept(members, folder, rules):
                    _write(members, member, folder / name)
                    kept[name] = member.mtime
                    progress("unpacking", packed.tell(), packed_size)
                revision = members.pax_headers.get("comment", "")
            # What follows the last member holds the checksum that tells a whole archive from one cut off.
            while plain.read(_LARGEST_READ):
                pass
        except tarfile.FilterError as cause:
            raise FetchFailed(f"{archive.name}: is not safe ({cause}); nothing of it was kept") from cause
        except (tarfile.TarError, struct.error, ValueError, OverflowError, IndexError) as cause:
            raise FetchFailed(f"{archive.name}: is cut off or broken ({cause}); fetch it again") from cause
    if not any(map(rules.needed.fullmatch, kept)):
        raise FetchFailed(f"{archive.name}: holds no {rules.needed.pattern}; look whether the source has a new layout")
    return Unpacked(len(kept), _moment(max(kept.values())), revision if len(revision) == 40 else "")


def _moment(seconds: float) -> datetime | None:
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.year >= 2000 else None  # archives made reproducible say 1970 or 1980


def _kept(members: tarfile.TarFile, folder: Path, rules: Archive) -> Iterator[tuple[tarfile.TarInfo, str]]:
    for number, member in enumerate(members, 1):
        if number > rules.most:
            raise FetchFailed(f"the archive has more than {rules.most:,} members; nothing of it was kept")
        # Raises for a way out of the folder, a link out of it, and a device, also where the member would be skipped:
        # an archive that has one is not what its source made.
        tarfile.data_filter(member, str(folder))
        match = rules.keep.fullmatch(member.name)
        if match and member.isreg():
            yield member, match[1]
        members.members.clear()  # type: ignore[attr-defined]  # documented nowhere, but else it keeps every header


def _write(members: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    source = members.extractfile(member)
    if source is None:  # never for a regular file, which is what `_kept` lets through
        raise FetchFailed(f"{member.name}: cannot be read")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        target = path.open("xb")
    except FileExistsError as cause:
        raise FetchFailed(f"the archive has two files that are kept as {path.name}; nothing of it was kept") from cause
    with source, target:
        shutil.copyfileobj(source, target)


def _opened(packed: BinaryIO, largest: int) -> _Bounded:
    head = packed.read(8)
    packed.seek(0)
    opener = next((opener for magic, opener in _OPENERS if head.startswith(magic)), None)
    return _Bounded(cast(BinaryIO, opener(packed)) if opener is not None else packed, largest)


class _Bounded(io.RawIOBase):
    """The bytes of an unpacked stream, up to a limit. Failing to read is `FetchFailed`, failing to write is not."""

    def __init__(self, stream: BinaryIO, largest: int) -> None:
        self._stream = stream
        self._largest = largest

    def read(self, size: int = -1, /) -> bytes:
        # tarfile reads an extended header at once, however large that says it is.
        if not 0 <= size <= _LARGEST_READ:
            raise FetchFailed(f"the archive has a header of {size:,} bytes; nothing of it was kept")
        return self._bounded(lambda: self._stream.read(size))

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        if whence != io.SEEK_SET:
            raise io.UnsupportedOperation("only from the beginning")
        self._refuse_beyond(offset)  # before a single byte of it is unpacked
        return self._bounded(lambda: self._stream.seek(offset))

    def tell(self) -> int:
        return self._stream.tell()

    def _bounded(self, operation: Callable[[], T]) -> T:
        try:
            result = operation()
        except (OSError, EOFError, zlib.error, lzma.LZMAError) as cause:
            raise FetchFailed(f"the archive is cut off or broken ({cause}); fetch it again") from cause
        self._refuse_beyond(self._stream.tell())
        return result

    def _refuse_beyond(self, position: int) -> None:
        if position > self._largest:
            raise FetchFailed(f"the archive unpacks to more than {self._largest:,} bytes; nothing of it was kept")
