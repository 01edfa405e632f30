"""One `Service` per release, and which one of them answers now.

A request takes the current service when it comes in and keeps it to its end, so that all of an answer, its ETag
included, is of one release. A service that was replaced goes on until its last request is over.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from dataclasses import replace
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from harmgraph.service.context import Service
from harmgraph.store.base import Store

log = logging.getLogger(__name__)

_LOOK: Final = 0.05


class Serving:
    """Holds the service that new requests get, and those that still have requests of before."""

    def __init__(self, service: Service) -> None:
        self.current = service
        self.draining = False
        """Whether this process is about to end and should get no more requests."""
        self._requests: Counter[int] = Counter()
        self._retiring: dict[asyncio.Task[None], Service] = {}

    def enter(self) -> Service:
        """The service for a request that begins; to be given to `leave` at its end."""
        service = self.current
        self._requests[id(service)] += 1
        return service

    def leave(self, service: Service) -> None:
        """The request is over."""
        self._requests[id(service)] -= 1

    def switch(self, store: Store) -> None:
        """Answer from this store from now on. The one before it is closed when its last request is over."""
        old = self.current
        self.current = replace(old, store=store, _kept={}, _making={})
        task = asyncio.ensure_future(self._retire(old))
        self._retiring[task] = old
        task.add_done_callback(lambda done: self._retiring.pop(done, None))

    async def close(self) -> None:
        """Close every store that is open."""
        retiring = dict(self._retiring)
        for task in retiring:
            task.cancel()
        await asyncio.gather(*retiring, return_exceptions=True)
        for service in (self.current, *retiring.values()):
            await service.store.close()

    async def _retire(self, service: Service) -> None:
        # Each query of a request ends at its deadline, and a page asks several.
        end = asyncio.get_running_loop().time() + 10 * service.settings.query_timeout
        while self._requests[id(service)] and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(_LOOK)
        await service.store.close()
        del self._requests[id(service)]
        log.info("release %s was closed: its last request is over", service.store.release)


class OneRelease:
    """Gives each request the service that it uses from beginning to end."""

    def __init__(self, app: ASGIApp, serving: Serving) -> None:
        self.app = app
        self._serving = serving

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its service."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        service = self._serving.enter()
        scope.setdefault("state", {})["service"] = service
        try:
            await self.app(scope, receive, send)
        finally:
            self._serving.leave(service)
