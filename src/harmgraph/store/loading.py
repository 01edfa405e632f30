"""The dump of a release becomes a store: its named graphs, and a default graph that is their merge as a set.

The default graph is materialised. The engine's union default graph answers one solution *per graph* for the same
triple (pyoxigraph 0.5.13), so counts over it are wrong.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import BinaryIO, Final

from pyoxigraph import RdfFormat, Store

from harmgraph.errors import SnapshotUnreadable

_BLOCK: Final = 1 << 20

# In N-Quads a graph name is the last term of its line and holds no white space, and no literal holds a raw line
# end. Of a line without a graph this takes the object, which the parser then refuses, or nothing.
_GRAPH: Final = re.compile(rb"[ \t]*<[^<>\s]*>[ \t]*\.[ \t]*$", re.MULTILINE)


class _Merged:
    """A dump as a stream in which each block of quads is followed by the same block without graph names."""

    def __init__(self, dump: BinaryIO) -> None:
        self._dump = dump
        self._block = memoryview(b"")

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes; empty at the end."""
        if not self._block:
            block = self._dump.read(_BLOCK) + self._dump.readline()
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
            store.bulk_load(_Merged(dump), RdfFormat.N_QUADS)  # type: ignore[arg-type]
    except (OSError, SyntaxError) as cause:
        raise SnapshotUnreadable(
            f"{nquads} cannot be loaded: {cause}; it must be N-Quads with a graph name in every line"
        ) from cause
