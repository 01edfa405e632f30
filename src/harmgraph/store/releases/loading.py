"""The dump of a release becomes a store: its named graphs, and a default graph that is their merge as a set.

The default graph is materialised. The engine's union default graph answers one solution *per graph* for the same
triple (pyoxigraph 0.5.13), so counts over it are wrong.
"""

from __future__ import annotations

import re
from math import inf
from pathlib import Path
from typing import BinaryIO, Final

from pyoxigraph import RdfFormat, Store

from harmgraph.errors import SnapshotUnreadable

_BLOCK: Final = 1 << 20
_PORTION: Final = 128 << 20
"""Bytes of a dump that the engine loads at a time. It keeps all of a load in memory until its end: 2.1 GB for a dump
of 300 MB as one, 1.4 GB in portions, which take no longer."""

# Blank nodes are renamed in every load, so from the first one on all the rest is one portion. Releases of our own have
# none. A literal that looks like one makes a portion large, no more.
_BLANK_NODE: Final = re.compile(rb"(?:^|[ \t])_:", re.MULTILINE)

# In N-Quads a graph name is the last term of its line and holds no white space, and no literal holds a raw line
# end. Of a line without a graph this takes the object, which the parser then refuses, or nothing.
_GRAPH: Final = re.compile(rb"[ \t]*<[^<>\s]*>[ \t]*\.[ \t]*$", re.MULTILINE)


class _Merged:
    """A dump as a stream in which each block of quads is followed by the same block without graph names."""

    def __init__(self, dump: BinaryIO) -> None:
        self._dump = dump
        self._block = memoryview(b"")
        self._left: float = _PORTION
        self.exhausted = False

    def next_portion(self) -> None:
        """Let `read` go on after the end of a portion."""
        if self._left != inf:
            self._left = _PORTION

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes; empty at the end of a portion."""
        if not self._block:
            block = self._dump.read(_BLOCK) + self._dump.readline() if self._left > 0 else b""
            self.exhausted = not block and self._left > 0
            self._left = inf if _BLANK_NODE.search(block) else self._left - len(block)
            if block and not block.endswith(b"\n"):
                block += b"\n"
            triples, found = _GRAPH.subn(b" .", block)
            if found != block.count(b"\n"):
                raise SyntaxError("a line has no graph name")
            self._block = memoryview(block + triples)
        taken = self._block[: size if size >= 0 else None]
        self._block = self._block[len(taken) :]
        return bytes(taken)


def load_disk(nquads: Path, directory: Path) -> None:
    """Make an on-disk store of a dump, ready to be opened read-only any number of times.

    Raises `SnapshotUnreadable` if the dump is not N-Quads of named graphs.
    """
    store = Store(directory)
    _bulk_load(store, nquads)
    store.optimize()  # 4 s for a million quads; path queries become about four times faster
    store.flush()


def load_memory(nquads: Path) -> Store:
    """An in-memory store of a dump; raises like `load_disk`."""
    store = Store()
    _bulk_load(store, nquads)
    return store


def _bulk_load(store: Store, nquads: Path) -> None:
    try:
        with nquads.open("rb") as dump:
            # The type stub asks for a whole IO object; the engine calls read() alone.
            merged = _Merged(dump)
            while not merged.exhausted:
                merged.next_portion()
                store.bulk_load(merged, RdfFormat.N_QUADS)  # type: ignore[arg-type]
    except (OSError, SyntaxError) as cause:
        raise SnapshotUnreadable(
            f"{nquads} cannot be loaded: {cause}; it must be N-Quads with a graph name in every line"
        ) from cause
