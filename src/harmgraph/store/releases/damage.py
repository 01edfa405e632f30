"""The engine's complaints about its files, told apart from its complaints about a query."""

from __future__ import annotations

from typing import Final

from harmgraph.errors import StoreUnavailable

REMEDY: Final = "run `harmgraph build`, or `harmgraph releases switch` to another release"

OPENING_MEMORY: Final = 1 << 30
"""Bytes in which every store opens: mostly stacks of the engine's threads. A damaged one may ask for all there is."""

_BEGINNINGS: Final = ("Corruption", "IO error", "Invalid argument")
"""How RocksDB begins its message where a file is damaged or gone; the engine raises it as RuntimeError or OSError."""


def is_damage(error: Exception) -> bool:
    """Whether the store is at fault and not the query."""
    return isinstance(error, OSError) or (isinstance(error, RuntimeError) and str(error).startswith(_BEGINNINGS))


def unavailable(error: Exception) -> StoreUnavailable:
    """What the client of a query is told of it."""
    return StoreUnavailable(f"the store of this release cannot be read: {str(error).strip()}; {REMEDY}")
