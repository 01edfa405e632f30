"""A release and a machine → where the release is held: in memory while that has room for it, on disk else.

In memory the engine answers about four times as fast from 200,000 incidents, and takes three times as much as the dump
of N-Quads; twice that for the moments in which a new release takes over.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from harmgraph.errors import HarmgraphError, ReleaseUnreadable
from harmgraph.settings import Settings
from harmgraph.store.local.channel import Storage

_SHARE: Final = 12
"""The part of the memory that a dump may have as bytes: the stores of two releases then have half of the memory."""
_CONTROL_GROUPS: Final = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
"""What a container may have, in the two versions of control groups; as a container sees its own."""


def storages(directory: Path, settings: Settings) -> tuple[Storage, ...]:
    """Where the release is held, the quickest to start first."""
    dump = directory / "data.nq"
    if not dump.is_file():
        raise ReleaseUnreadable(f"{directory} has no data.nq; run `harmgraph build`")
    match settings.store:
        case "memory":
            return ("memory",)
        case "disk":
            return ("disk",)
        case "auto":
            return ("disk", "memory") if fits_in_memory(dump, settings) else ("disk",)
        case other:
            raise HarmgraphError(f"HARMGRAPH_STORE={other!r} is none of auto, memory, disk, nor a URL")


def fits_in_memory(dump: Path, settings: Settings) -> bool:
    """Whether `auto` keeps the release of this dump in memory."""
    limit = settings.memory_store_limit or memory() // (_SHARE * settings.processes)
    return dump.stat().st_size <= limit


def memory() -> int:
    """Bytes of memory that this machine has, or that the control group of this container may have."""
    bounds = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    for file in _CONTROL_GROUPS:
        try:
            bounds.append(int(file.read_text()))
        except (OSError, ValueError):  # there is no such version, or no limit ("max")
            continue
    return min(bounds)
