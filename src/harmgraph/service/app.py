"""A store and settings → the FastAPI application: its parts with their routes, its middleware, its error handlers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import resources as package_files
from typing import Final

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from harmgraph import errors
from harmgraph.inbox.folder import folder_of
from harmgraph.service import openapi, operations
from harmgraph.service.context import Service
from harmgraph.service.documents import jsonld
from harmgraph.service.http.access import Accesses, AccessLog
from harmgraph.service.http.answers import ClientGone
from harmgraph.service.http.caching import ResultCache
from harmgraph.service.http.clients import Clients
from harmgraph.service.http.compression import Compression
from harmgraph.service.http.conditional import fingerprint
from harmgraph.service.http.metrics import Metrics
from harmgraph.service.http.middleware import CommonHeaders
from harmgraph.service.http.proxies import BasePath
from harmgraph.service.http.remembered import Remembered
from harmgraph.service.http.routing import NamedRoute
from harmgraph.service.linked_data import (
    api_catalog,
    catalog,
    citations,
    dumps,
    feeds,
    fragments,
    ldes,
    linksets,
    memento,
    resources,
    sitemap,
    targets,
)
from harmgraph.service.linked_data.archive import Archive
from harmgraph.service.pages import comparing, manual, opensearch, quality, rendering, searching
from harmgraph.service.pages import routes as pages
from harmgraph.service.problem_responses import LastResort, client_gone, harmgraph_error, http_error, problems_page
from harmgraph.service.reconciliation import draft, resolving
from harmgraph.service.reconciliation import routes as reconciliation
from harmgraph.service.serving import OneRelease, Serving
from harmgraph.service.sparql import endpoint as sparql
from harmgraph.service.sparql import graphs
from harmgraph.service.sparql.short_way import ShortWay
from harmgraph.service.suggestions import form, receiver
from harmgraph.service.suggestions.rates import Rates
from harmgraph.settings import Settings
from harmgraph.store.base import Store

PARTS: Final = (
    *(operations, sparql, graphs, reconciliation, draft),
    *(resolving, resources, catalog, api_catalog, dumps, sitemap, targets, linksets, jsonld),
    *(memento, ldes, feeds, fragments),
    *(searching, opensearch, comparing, citations, manual, quality, receiver, form),
    pages,  # the last: its lists take any name
)
"""The modules that have routes, in the order in which a path is looked for."""

_REMEMBERED: Final = 4
"""This part of `Settings.result_cache` is for whole responses, the rest for answers."""


class Application(FastAPI):
    """FastAPI's routes and handlers of errors, behind layers of our own."""

    front: ASGIApp
    """The layers, with `routed` behind them."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        await self.front(scope, receive, send)

    async def routed(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that none of the layers has answered."""
        await super().__call__(scope, receive, send)


def create_app(store: Store, settings: Settings) -> Application:
    """The application over an open store, which it closes when it ends."""

    if settings.thing_status not in (200, 303):
        raise errors.HarmgraphError(f"HARMGRAPH_THING_STATUS={settings.thing_status}: set it to 303 or to 200")
    # Pages lead to the form where there is an inbox: with another setting they are other pages.
    look = fingerprint() + ("-inbox" if folder_of(settings) is not None else "")
    cache = ResultCache(settings.result_cache - settings.result_cache // _REMEMBERED)
    clients = Clients(settings.client_queries)
    serving = Serving(Service(store, settings, rendering.environment(), look, cache, clients))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await app.state.archive.close()
        await serving.close()

    app = Application(
        title="harmgraph",
        summary="The knowledge graph of AI harms: SPARQL and linked data, read-only but for an inbox.",
        version=store.release,
        lifespan=lifespan,
        docs_url=None,  # FastAPI's own pages load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,  # /id/x/ is no name of /id/x
    )
    app.state.serving = serving
    app.state.archive = Archive()
    app.state.metrics = Metrics()
    app.state.rates = Rates(settings.inbox_client_rate)
    app.openapi = lambda: openapi.description(app.title, serving.current.store.release, app.summary or "")  # type: ignore[method-assign]  # FastAPI's own way
    static = package_files.files("harmgraph.service") / "static"
    app.mount("/static", StaticFiles(directory=str(static)), name="static")
    app.add_api_route("/problems", problems_page, methods=["GET", "HEAD"], include_in_schema=False)
    for part in PARTS:
        for route in part.router.routes:
            assert isinstance(route, APIRoute)  # a router has nothing else
            app.router.routes.append(NamedRoute(route))
    app.add_exception_handler(errors.HarmgraphError, harmgraph_error)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(ClientGone, client_gone)
    app.add_middleware(LastResort)
    app.state.accesses = Accesses(app.state.metrics)
    app.front = front(app.routed, serving, app.state.accesses)
    return app


def front(app: ASGIApp, serving: Serving, accesses: Accesses) -> ASGIApp:
    """The application behind what every request comes through first, the last layer here the first of them.

    None of them is FastAPI's middleware, behind whose own layers even what they answer at once would wait.
    """
    settings = serving.current.settings
    app = AccessLog(CommonHeaders(Compression(ShortWay(app))), accesses)
    app = OneRelease(Remembered(app, settings.result_cache // _REMEMBERED, accesses), serving)
    return BasePath(app, settings.base_path, settings.trusted_proxies)
