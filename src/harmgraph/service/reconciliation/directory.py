"""A service → the index of its release, made at the first request that needs it and kept as long as the release.

The store answers one query and a thread makes the index, while the event loop goes on; requests that come meanwhile
wait for the same index.
"""

from __future__ import annotations

import asyncio
import logging
import time

from harmgraph.service.context import Service
from harmgraph.service.questions import Questions
from harmgraph.service.reconciliation.index import NameIndex, index_of

log = logging.getLogger(__name__)


class Directory:
    """The index of one release, once it is made."""

    def __init__(self, questions: Questions) -> None:
        self._questions = questions
        self._making: asyncio.Task[NameIndex] | None = None

    async def index(self) -> NameIndex:
        """The index; raises what the store raises where it cannot be asked, and tries anew at the next call."""
        if self._making is None or (self._making.done() and self._making.exception() is not None):
            self._making = asyncio.ensure_future(self._make())
        return await asyncio.shield(self._making)  # who leaves does not end it for the others

    async def _make(self) -> NameIndex:
        begun = time.monotonic()
        graph = await self._questions.graph("reconcilable")
        index = await asyncio.to_thread(index_of, graph)
        log.info("%d names can be reconciled, indexed in %.1f s", len(index), time.monotonic() - begun)
        return index


async def index_for(service: Service) -> NameIndex:
    """The index of the release that the service answers from."""

    async def directory() -> Directory:
        return Directory(service.questions)

    return await (await service.once("reconciliation", directory)).index()
