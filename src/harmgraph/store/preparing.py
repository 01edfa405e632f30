"""The dump of a release → all that a service opens beside it: the store, the index of text, the columns."""

from __future__ import annotations

from pathlib import Path

from pyoxigraph import Store

from harmgraph.store.columns import files
from harmgraph.store.releases import text_index
from harmgraph.store.releases.loading import load_disk


def prepare(release: Path) -> None:
    """Make ``store/``, ``text/`` and ``columns/`` of the ``data.nq`` in this directory.

    Raises `SnapshotUnreadable` where that is not N-Quads of named graphs.
    """
    load_disk(release / "data.nq", release / "store")
    text_index.make(release / "data.nq", release / "text")
    files.make(Store.read_only(str(release / "store")), release / "columns")
