"""The embedded store: queries over a release directory, each in a process of its own that can be killed.

`EmbeddedStore` decides where the release is held and keeps a keeper process for it. A small release is served
from disk at once and from memory as soon as that is loaded; a keeper that ends is replaced. See
``docs/decisions/queries-run-in-killable-workers.md``.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from pathlib import Path
from typing import Final, Self

from harmgraph.errors import HarmgraphError, ReleaseUnreadable
from harmgraph.settings import Settings
from harmgraph.store.answering import Answering, WorkerGone
from harmgraph.store.base import Answer, Query
from harmgraph.store.control import KeeperProcess, Storage
from harmgraph.store.federation.rewriting import Federation
from harmgraph.store.pool import Pool
from harmgraph.store.service_clauses import federates

_logger = logging.getLogger(__name__)

_RETRY: Final = 1.0
"""Seconds between attempts to open a release that could be opened before."""


class EmbeddedStore:
    """A `Store` over one release on this machine; made by `open`."""

    def __init__(self, directory: Path, settings: Settings) -> None:
        self._directory = directory
        self._settings = settings
        self.release = _identifier(directory)
        self._storages = _storages(directory, settings)
        self._pool = Pool(settings.workers, settings.queue)
        self._federation = Federation(settings)
        self._keepers: set[KeeperProcess] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    async def open(cls, directory: Path, settings: Settings) -> Self:
        """The store over the release in this directory, ready to answer.

        Raises `ReleaseUnreadable` where there is no release, or its store does not open.
        """
        store = cls(directory, settings)
        try:
            keeper = await store._start(store._storages[0])
        except BaseException:
            await store.close()
            raise
        store._run(store._follow(keeper))
        return store

    async def query(self, query: Query) -> Answer:
        """Begin to answer; see `Store.query`."""
        deadline = time.monotonic() + query.timeout
        if federates(query.text):
            query = await self._federation.inlined(query, deadline, self.query)
        return await self._answered(query, deadline)

    async def _answered(self, query: Query, deadline: float) -> Answer:
        while True:
            worker = await self._pool.acquire(deadline, query.timeout)
            answering = Answering(self._pool, worker, query, deadline, self._settings.query_memory)
            try:
                return Answer(await answering.begin(), answering)
            except WorkerGone:
                continue  # it ended while it was idle; nobody has seen anything of this query yet

    async def drain(self) -> None:
        """Return when no query runs or waits: a store that gets no more queries can then be closed unnoticed."""
        while self._pool.busy or self._federation.busy:
            await asyncio.sleep(0.05)

    async def close(self) -> None:
        """End all queries and all processes."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._pool.close()
        await self._federation.close()
        await asyncio.gather(*(keeper.close() for keeper in tuple(self._keepers)))

    def _run(self, work: object) -> None:
        task: asyncio.Task[None] = asyncio.ensure_future(work)  # type: ignore[call-overload]  # a coroutine
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _start(self, storage: Storage) -> KeeperProcess:
        """A keeper that holds the release, with the pool switched over to it."""
        begun = time.monotonic()
        keeper = KeeperProcess(self._directory, storage, self._settings.query_memory, self._pool.forget, self._forget)
        self._keepers.add(keeper)
        try:
            offline = await asyncio.shield(keeper.ready)
        except HarmgraphError as cause:
            raise ReleaseUnreadable(str(cause)) from cause
        _logger.info("release %s is served from %s after %.1f s", self.release, storage, time.monotonic() - begun)
        if not offline:
            _logger.warning("this system does not keep workers from the network; the check for SERVICE is all there is")
        self._pool.use(keeper)
        return keeper

    def _forget(self, keeper: KeeperProcess) -> None:
        self._keepers.discard(keeper)
        self._pool.lose(keeper)

    async def _follow(self, keeper: KeeperProcess) -> None:
        """Move from disk to memory, and replace the keeper whenever it ends."""
        while True:
            for storage in self._storages[1:]:
                try:
                    successor = await self._start(storage)
                except ReleaseUnreadable as fault:
                    _logger.warning("release %s stays on disk: %s", self.release, fault)
                else:
                    self._run(self._retire(keeper))
                    keeper = successor
            await asyncio.shield(keeper.ended)
            _logger.warning("the keeper of release %s ended; starting another", self.release)
            keeper = await self._restart()

    async def _restart(self) -> KeeperProcess:
        while True:
            try:
                return await self._start(self._storages[0])
            except ReleaseUnreadable as fault:
                _logger.error("release %s: %s", self.release, fault)  # noqa: TRY400  the message says it all
                self._pool.fail(str(fault))
                await asyncio.sleep(_RETRY)

    async def _retire(self, keeper: KeeperProcess) -> None:
        while keeper.workers and not keeper.ended.done():
            await asyncio.sleep(0.1)  # its last queries run on
        await keeper.close()


def _identifier(directory: Path) -> str:
    file = directory / "release.json"
    try:
        return str(json.loads(file.read_bytes())["id"])
    except (OSError, ValueError, KeyError, TypeError) as cause:
        raise ReleaseUnreadable(
            f"{directory} is not a release: {file.name}: {cause!r}; run `harmgraph build`"
        ) from cause


def _storages(directory: Path, settings: Settings) -> tuple[Storage, ...]:
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
            return ("disk", "memory") if dump.stat().st_size <= settings.memory_store_limit else ("disk",)
        case other:
            raise HarmgraphError(f"HARMGRAPH_STORE={other!r} is none of auto, memory, disk")
