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
from harmgraph.store.base import Answer, Query
from harmgraph.store.federation.rewriting import Federation
from harmgraph.store.local.answering import Answering, WorkerGone
from harmgraph.store.local.channel import Storage
from harmgraph.store.local.control import KeeperProcess
from harmgraph.store.local.holding import storages
from harmgraph.store.local.pool import Pool
from harmgraph.store.query_text.service_clauses import federates
from harmgraph.store.releases import seal
from harmgraph.store.releases.claims import Claim
from harmgraph.store.releases.damage import REMEDY
from harmgraph.store.vitals import Vitals

_logger = logging.getLogger(__name__)

_RETRY: Final = 1.0
"""Seconds between attempts to open a release that could be opened before."""


class EmbeddedStore:
    """A `Store` over one release on this machine; made by `open`."""

    def __init__(self, directory: Path, settings: Settings) -> None:
        self._directory = directory
        self._settings = settings
        self._claim = Claim(directory)
        try:
            self.release = _identifier(directory)
            self._storages = storages(directory, settings)
        except BaseException:
            self._claim.release()
            raise
        self._keeper: KeeperProcess | None = None
        self._restarts = 0
        self._audit = seal.Audit(directory)
        self._condemned: ReleaseUnreadable | None = None
        """What is wrong with the store on disk; nothing is served from there any more."""
        self._pool = Pool(settings.workers, settings.queue)
        self._federation = Federation(settings)
        self._keepers: set[KeeperProcess] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    async def open(cls, directory: Path, settings: Settings) -> Self:
        """The store over the release in this directory, ready to answer.

        Raises `ReleaseUnreadable` where there is no release, it is damaged, or its store does not open.
        """
        store = cls(directory.resolve(), settings)
        try:
            keeper = await store._start_any()
        except BaseException:
            await store.close()
            raise
        store._run(store._follow(keeper))
        if "disk" in store._storages:
            store._run(store._watch_over_disk())
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
                media_type, truncated, at_hand = await answering.begin()
                return Answer(media_type, answering, truncated, self._validator(worker.keeper.storage), at_hand)
            except WorkerGone:
                continue  # it ended while it was idle; nobody has seen anything of this query yet

    @property
    def validator(self) -> str:
        """Rows come in another order from memory than from disk, but in the same one from each; see `Store`."""
        return self._validator(self._pool.storage or self._storages[0])

    def _validator(self, storage: Storage) -> str:
        return f"{self.release} {storage}"

    async def drain(self) -> None:
        """Return when no query runs or waits: a store that gets no more queries can then be closed unnoticed."""
        while self._pool.busy or self._federation.busy:
            await asyncio.sleep(0.05)

    def vitals(self) -> Vitals:
        """The state at this moment; see `harmgraph.store.vitals`."""
        kind = "none" if self._keeper is None else self._keeper.storage
        fault = self._pool.fault
        if fault is None and kind == "disk" and not (self._directory / "store" / "CURRENT").exists():
            fault = self._gone()
        return Vitals(kind, **self._pool.counts, kills=self._pool.kills, keeper_restarts=self._restarts, fault=fault)

    async def close(self) -> None:
        """End all queries and all processes."""
        self._audit.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._pool.close()
        await self._federation.close()
        await asyncio.gather(*(keeper.close() for keeper in tuple(self._keepers)))
        self._claim.release()

    def _run(self, work: object) -> None:
        task: asyncio.Task[None] = asyncio.ensure_future(work)  # type: ignore[call-overload]  # a coroutine
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _start_any(self) -> KeeperProcess:
        """A keeper over the first storage that opens."""
        for storage in self._storages[:-1]:
            try:
                return await self._start(storage)
            except ReleaseUnreadable as fault:
                _logger.warning("%s; trying another way", fault)
        return await self._start(self._storages[-1])

    async def _start(self, storage: Storage) -> KeeperProcess:
        """A keeper that holds the release, with the pool switched over to it."""
        if storage == "disk" and self._condemned is not None:
            raise self._condemned
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
        self._keeper = keeper
        self._pool.use(keeper)
        return keeper

    def _forget(self, keeper: KeeperProcess) -> None:
        self._keepers.discard(keeper)
        if keeper is self._keeper:
            self._keeper = None
        self._pool.lose(keeper)

    async def _follow(self, keeper: KeeperProcess) -> None:
        """Move from disk to memory, and replace the keeper whenever it ends."""
        while True:
            for storage in self._storages:
                if storage == keeper.storage or keeper.storage == "memory":
                    continue
                try:
                    successor = await self._start(storage)
                except ReleaseUnreadable as fault:
                    _logger.warning("release %s stays on disk: %s", self.release, fault)
                else:
                    self._run(self._retire(keeper))
                    keeper = successor
            await asyncio.shield(keeper.ended)
            _logger.warning("the keeper of release %s ended; starting another", self.release)
            self._restarts += 1
            keeper = await self._restart()

    async def _restart(self) -> KeeperProcess:
        while True:
            try:
                return await self._start_any()
            except ReleaseUnreadable as fault:
                if self._pool.fault != str(fault):
                    _logger.error("release %s: %s", self.release, fault)  # noqa: TRY400  the message says it all
                self._pool.fail(str(fault))
                await asyncio.sleep(_RETRY)

    async def _watch_over_disk(self) -> None:
        """Compare the whole of the store on disk with its seal, and serve nothing more from there if it is damaged."""
        try:
            if not seal.store_files(self._directory):
                _logger.warning("release %s has no seal over its store, so damage may go unnoticed", self.release)
            await asyncio.to_thread(self._audit.run)
        except ReleaseUnreadable as fault:
            _logger.error("%s", fault)  # noqa: TRY400  the message says it all
            self._condemned = fault
            if self._keeper is not None and self._keeper.storage == "disk":
                self._pool.fail(str(fault))
                self._pool.end_all()
                await self._keeper.close()  # `_follow` looks for another way

    def _gone(self) -> str:
        return f"release {self.release} is no longer there: {self._directory / 'store'} was deleted; {REMEDY}"

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
