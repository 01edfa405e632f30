"""What every handler of the service needs: the store, the settings, the templates, and what is kept per release."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar, cast

from jinja2 import Environment
from starlette.requests import Request

from harmgraph import quality
from harmgraph.service.http.caching import ResultCache
from harmgraph.service.http.clients import Clients
from harmgraph.service.questions import Questions
from harmgraph.settings import Settings
from harmgraph.store.base import Store

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Service:
    """The service over one release, so what is computed once stays true. Another release is another `Service`."""

    store: Store
    settings: Settings
    templates: Environment
    fingerprint: str
    cache: ResultCache
    clients: Clients
    _kept: dict[str, object] = field(default_factory=dict)
    _making: dict[str, asyncio.Lock] = field(default_factory=dict)

    @property
    def questions(self) -> Questions:
        """How the service itself asks the store."""
        return Questions(self.store, self.settings.query_timeout, self.cache)

    async def once(self, name: str, compute: Callable[[], Awaitable[T]]) -> T:
        """The value of ``compute``, asked for once: who comes while it is made waits for it."""
        if name not in self._kept:
            async with self._making.setdefault(name, asyncio.Lock()):
                if name not in self._kept:
                    self._kept[name] = await compute()
        return cast("T", self._kept[name])

    def remembered(self, name: str, compute: Callable[[], T]) -> T:
        """The value of ``compute``, which asks nothing of the store, computed once."""
        if name not in self._kept:
            self._kept[name] = compute()
        return cast("T", self._kept[name])

    def render(self, template: str, request: Request, **values: object) -> str:
        """The HTML page that the template makes of the values."""
        root = request.scope.get("root_path", "")
        page = self.templates.get_template(template)
        told = {"release": self.store.release, "version": self.fingerprint, "measured": self.is_measured}
        return page.render(root=root, **told, **values)

    @property
    def is_measured(self) -> bool:
        """Whether the release carries measurements of its quality, so that pages may lead to them."""
        file = self.settings.releases / self.store.release / quality.FILE
        return self.remembered("measured", file.is_file)


def service_of(request: Request) -> Service:
    """The service that this request came to, the same one from its beginning to its end."""
    return cast("Service", request.scope["state"]["service"])
