"""What can be said of a query without any data: whether it is a query we answer, and in which format.

An embedded store over an empty release answers it first. So a remote engine gets only what parses, is no update, has
no SERVICE clause and has a format for its form, and clients get the same errors whatever engine is behind. The
parser recurses, which is one more reason to run it in a process that may end.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Final, Self

from harmgraph.settings import Settings
from harmgraph.store.base import Query
from harmgraph.store.local.embedded import EmbeddedStore

_LOOK: Final = 64 << 10
"""Bytes after which the empty answer is not read to its end: a query may bring much data of its own (VALUES)."""


class QueryCheck:
    """Checks queries against no data; made by `open`."""

    def __init__(self, directory: Path, store: EmbeddedStore) -> None:
        self._directory = directory
        self._store = store

    @classmethod
    async def open(cls, settings: Settings) -> Self:
        """The check, with processes of its own."""
        directory = Path(tempfile.mkdtemp(prefix="harmgraph-check-"))
        try:
            (directory / "data.nq").touch()
            (directory / "release.json").write_text(json.dumps({"id": "for checking queries"}), encoding="ascii")
            # Nothing but these settings: whatever lets a store call others stays off here.
            own = Settings(store="memory", workers=settings.workers, queue=settings.queue, federation="")
            return cls(directory, await EmbeddedStore.open(directory, own))
        except BaseException:
            shutil.rmtree(directory)
            raise

    async def media_type(self, query: Query) -> str:
        """In what the query is to be answered; raises whatever `Store.query` raises for the query itself."""
        answer = await self._store.query(query)
        size = 0
        try:
            async for chunk in answer.chunks:
                size += len(chunk)
                if size > _LOOK:
                    break
        finally:
            await answer.close()
        return answer.media_type

    async def close(self) -> None:
        """End the processes."""
        await self._store.close()
        shutil.rmtree(self._directory, ignore_errors=True)
