"""Releases of before, opened when somebody asks what they say, at most two at once, and closed when nobody does.

Each is served by an embedded store of one worker, beside the current release and whatever that is served from.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final

from harmgraph.errors import LimitExceeded, ReleaseUnreadable, StoreUnavailable
from harmgraph.service.context import Service
from harmgraph.settings import Settings
from harmgraph.store.local.embedded import EmbeddedStore
from harmgraph.store.local.holding import fits_in_memory
from harmgraph.store.releases.release import Release

log = logging.getLogger(__name__)

MOST: Final = 2
"""Releases of before that are open at once; each is a process with a worker."""
IDLE: Final = 300.0
"""Seconds after its last request when a release is closed."""


@dataclass(slots=True)
class _Held:
    service: Service
    users: int = 0
    last: float = 0.0


class Archive:
    """Holds the services over releases of before. For one event loop."""

    def __init__(self, idle: float = IDLE) -> None:
        self._idle = idle
        self._held: dict[str, _Held] = {}
        self._lock = asyncio.Lock()
        self._sweeping: asyncio.Task[None] | None = None

    @property
    def open(self) -> list[str]:
        """The ids of the releases that are open."""
        return list(self._held)

    @asynccontextmanager
    async def service(self, release: Release, current: Service) -> AsyncIterator[Service]:
        """The service over this release, which stays open for as long as it is used.

        Raises `StoreUnavailable` where it does not open, and `LimitExceeded` while all that may be open are in use.
        """
        if release.id == current.store.release:
            yield current
            return
        async with self._lock:
            held = self._held.get(release.id) or await self._opened(release, current)
            held.users += 1
        try:
            yield held.service
        finally:
            held.users -= 1
            held.last = asyncio.get_running_loop().time()

    async def close(self) -> None:
        """Close all of them."""
        if self._sweeping is not None:
            self._sweeping.cancel()
        for identifier in self.open:
            await self._held.pop(identifier).service.store.close()

    async def _opened(self, release: Release, current: Service) -> _Held:
        if len(self._held) >= MOST:
            await self._make_room()
        try:
            store = await EmbeddedStore.open(release.path, _settings(release, current.settings))
        except ReleaseUnreadable as fault:
            raise StoreUnavailable(str(fault)) from fault
        held = self._held[release.id] = _Held(replace(current, store=store, _kept={}))
        log.info("release %s was opened for those who ask for the past", release.id)
        if self._sweeping is None or self._sweeping.done():
            self._sweeping = asyncio.ensure_future(self._sweep())
        return held

    async def _make_room(self) -> None:
        free = [identifier for identifier, held in self._held.items() if not held.users]
        if not free:
            raise LimitExceeded(f"{MOST} releases of before are in use, and no more are opened at once", "queue", MOST)
        oldest = min(free, key=lambda identifier: self._held[identifier].last)
        await self._held.pop(oldest).service.store.close()

    async def _sweep(self) -> None:
        """Close what nobody has asked for some time; ends when nothing is open."""
        while self._held:
            await asyncio.sleep(self._idle / 4)
            async with self._lock:
                since = asyncio.get_running_loop().time() - self._idle
                for identifier in [i for i, held in self._held.items() if not held.users and held.last <= since]:
                    await self._held.pop(identifier).service.store.close()
                    log.info("release %s was closed: nobody asks for it", identifier)


def _settings(release: Release, settings: Settings) -> Settings:
    """One worker over the store on disk; in memory only where there is none and the release is small enough."""
    if (release.path / "store").is_dir():
        return replace(settings, store="disk", workers=1)
    if not fits_in_memory(release.dump, settings):
        raise StoreUnavailable(f"release {release.id} has no store on disk and is too large to be held in memory")
    return replace(settings, store="memory", workers=1)
