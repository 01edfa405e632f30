"""``releases/current`` points elsewhere → the service answers from there, and no request notices.

The new release is opened beside the old one and takes over when it is ready. One that does not open is logged and
tried again, while the old one goes on. Also the way back for a service whose release was deleted or damaged: it
looks until there is a release again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harmgraph.errors import HarmgraphError
from harmgraph.service.serving import Serving
from harmgraph.store.base import Store
from harmgraph.store.vitals import Observed

log = logging.getLogger(__name__)

INTERVAL: Final = 1.0
"""Seconds between two looks at the link."""
_LONGEST: Final = 60.0
"""Seconds at most between two attempts to open the same release."""

Opener = Callable[[Path], Awaitable[Store]]


@dataclass(frozen=True, slots=True)
class Place:
    """A release directory; one that was deleted and made again is another place of the same name."""

    path: Path
    device: int
    inode: int


def place_of(link: Path) -> Place | None:
    """Where the link leads now; None where that is nowhere."""
    try:
        path = link.resolve(strict=True)
        status = path.stat()
    except OSError:
        return None
    return Place(path, status.st_dev, status.st_ino)


class Reloading:
    """Follows the link for as long as `run` runs."""

    def __init__(self, serving: Serving, link: Path, served: Place | None, open_store: Opener) -> None:
        self._serving = serving
        self._link = link
        self._served = served
        self._open_store = open_store
        self._asked = asyncio.Event()
        self._failed: Place | None = None
        self._again = 0.0
        self._delay = INTERVAL
        self._missing = False

    def ask(self) -> None:
        """Look at once, and try again what failed before."""
        self._failed = None
        self._asked.set()

    async def run(self) -> None:
        """Look at the link again and again; ends only by being cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), INTERVAL)
            self._asked.clear()
            try:
                await self.look()
            except Exception:  # whatever it is, it must not end the looking, on which recovery depends
                log.exception("looking for another release failed")

    async def look(self) -> None:
        """Switch if there is something to switch to."""
        # In a thread: a file system that hangs must not hold up answers.
        place = await asyncio.to_thread(place_of, self._link)
        if place is None:
            if not self._missing:
                log.error("there is no release at %s; %s", self._link, self._meanwhile())
            self._missing = True
            return
        self._missing = False
        if (place != self._served or self._fault() is not None) and self._due(place):
            await self._move(place)

    async def _move(self, place: Place) -> None:
        try:
            store = await self._open_store(place.path)
        except (HarmgraphError, OSError) as fault:
            self._postpone(place)
            log.error("%s; %s; next attempt in %.0f s", fault, self._meanwhile(), self._delay)  # noqa: TRY400
            return
        self._failed = None
        self._served = place
        log.info("release %s takes over from %s", store.release, self._serving.current.store.release)
        self._serving.switch(store)

    def _due(self, place: Place) -> bool:
        return place != self._failed or asyncio.get_running_loop().time() >= self._again

    def _postpone(self, place: Place) -> None:
        self._delay = min(2 * self._delay, _LONGEST) if place == self._failed else INTERVAL
        self._failed = place
        self._again = asyncio.get_running_loop().time() + self._delay

    def _fault(self) -> str | None:
        store = self._serving.current.store
        return store.vitals().fault if isinstance(store, Observed) else None

    def _meanwhile(self) -> str:
        fault = self._fault()
        if fault is not None:
            return f"no query is answered meanwhile: {fault}"
        return f"release {self._serving.current.store.release} goes on being served"
