"""Quads → a dump: N-Quads sorted by bytes, each line once, however many there are, in flat memory."""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from pyoxigraph import Quad, RdfFormat, serialize

_RUN: Final = 500_000
"""Quads sorted in memory at a time: about 150 MB."""


def write_sorted(quads: Iterable[Quad], target: Path) -> int:
    """Write quads as N-Quads, sorted by bytes and each once; returns their number.

    Sorted runs on disk and one merge: memory stays flat however many quads there are.
    """
    with tempfile.TemporaryDirectory(prefix=".runs-", dir=target.parent) as folder:
        runs = list(_runs(iter(quads), Path(folder)))
        count, last = 0, b""
        with target.open("wb", buffering=1 << 20) as out:
            for line in heapq.merge(*map(_lines, runs)):
                if line != last:
                    out.write(line)
                    count, last = count + 1, line
    return count


def add_sorted(quads: Iterable[Quad], target: Path) -> int:
    """Merge quads into a sorted N-Quads file in one pass, replacing it at the end; returns how many were new."""
    with tempfile.TemporaryDirectory(prefix=".added-", dir=target.parent) as folder:
        added, merged = Path(folder) / "added.nq", Path(folder) / "merged.nq"
        write_sorted(quads, added)
        count = 0
        with merged.open("wb", buffering=1 << 20) as out:
            waiting = _lines(added)
            new = next(waiting, None)
            for line in _lines(target):  # heapq.merge takes three times as long, and few lines are new
                while new is not None and new <= line:
                    if new != line:
                        out.write(new)
                        count += 1
                    new = next(waiting, None)
                out.write(line)
            for last in () if new is None else (new, *waiting):
                out.write(last)
                count += 1
        merged.replace(target)
    return count


def _runs(quads: Iterator[Quad], folder: Path) -> Iterator[Path]:
    while chunk := list(islice(quads, _RUN)):
        serialized = serialize(chunk, format=RdfFormat.N_QUADS)
        assert serialized is not None  # bytes come back where no output is given
        path = folder / str(len(list(folder.iterdir())))
        path.write_bytes(b"".join(sorted(set(serialized.splitlines(keepends=True)))))
        yield path


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb", buffering=1 << 20) as file:
        yield from file
