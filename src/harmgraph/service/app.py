"""A store and settings → the FastAPI application, and the one table of what each error is in HTTP.

Errors leave as problem details (RFC 9457), or as a page for those who want HTML. No response shows a traceback.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from importlib import resources as package_files
from inspect import signature
from typing import Final, cast

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Match, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from harmgraph import errors
from harmgraph.inbox.folder import folder_of
from harmgraph.iris import BASE
from harmgraph.service import openapi, operations
from harmgraph.service.context import Service, service_of
from harmgraph.service.documents import jsonld
from harmgraph.service.http.access import AccessLog
from harmgraph.service.http.answers import ClientGone
from harmgraph.service.http.caching import ResultCache
from harmgraph.service.http.clients import Clients
from harmgraph.service.http.compression import Compression
from harmgraph.service.http.conditional import fingerprint
from harmgraph.service.http.metrics import Metrics
from harmgraph.service.http.middleware import CommonHeaders, methods_of
from harmgraph.service.http.negotiation import HTML, PROBLEM, accept_header, negotiate
from harmgraph.service.http.proxies import BasePath
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
from harmgraph.service.pages import comparing, editor, manual, opensearch, quality, searching
from harmgraph.service.pages import routes as pages
from harmgraph.service.reconciliation import draft, resolving
from harmgraph.service.reconciliation import routes as reconciliation
from harmgraph.service.serving import OneRelease, Serving
from harmgraph.service.sparql import endpoint as sparql
from harmgraph.service.sparql import graphs
from harmgraph.service.suggestions import form, receiver
from harmgraph.service.suggestions.rates import Rates
from harmgraph.settings import Settings
from harmgraph.store.base import Store

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Problem:
    """What an error is to a client: the status, the fragment of its type IRI, a title, and what to do about it."""

    status: int
    slug: str
    title: str
    remedy: str
    headers: Mapping[str, str] | None = None


PROBLEMS: Final[dict[type[errors.HarmgraphError] | str, Problem]] = {
    errors.QueryRefused: Problem(
        400, "query-refused", "The query is refused", "The detail says what is wrong with it and where."
    ),
    errors.UpdateRefused: Problem(
        403,
        "read-only",
        "Updates are refused",
        "Data enter by a validated build; load a dump into a store of your own.",
    ),
    errors.NotAcceptable: Problem(
        406,
        "not-acceptable",
        "The answer does not come in any format that is accepted",
        "Ask for one of the media types listed under offers.",
    ),
    errors.ServiceFailed: Problem(
        502,
        "service-failed",
        "Another endpoint, which the query names, gave no answer",
        "Narrow the pattern of the SERVICE clause, try again later, or write SERVICE SILENT to go on without it.",
    ),
    "time": Problem(
        503,
        "time-limit",
        "The query ran into its time limit",
        "Ask for less: add LIMIT, bind a variable, join fewer patterns, or take the whole release as a dump. "
        "Sent again as it is, the query will end the same way.",
    ),
    "memory": Problem(
        503,
        "memory-limit",
        "The query needed more memory than it may use",
        "Ask for less: sort or group fewer rows, drop DISTINCT, or fetch the rows and aggregate them yourself.",
    ),
    "queue": Problem(
        503, "busy", "Too many queries are waiting", "Send the query again in a few seconds.", {"Retry-After": "5"}
    ),
    "client": Problem(
        429,
        "too-many-queries",
        "Too many queries of one client at once",
        "Wait until one of your queries has ended, then send this one again.",
        {"Retry-After": "1"},
    ),
    errors.AnswerBroken: Problem(
        503,
        "answer-broken",
        "The query was ended before its answer had begun",
        "Send the query again; if it fails again, ask for less.",
        {"Retry-After": "5"},
    ),
    errors.StoreUnavailable: Problem(
        503,
        "release-unavailable",
        "The release that is served cannot be read",
        "Send the query again in a minute. Whoever runs the service builds again, or switches to another release.",
        {"Retry-After": "30"},
    ),
    errors.SuggestionMalformed: Problem(
        400,
        "suggestion-malformed",
        "The suggestion cannot be read",
        "Send one Web Annotation; docs/reference/suggestions.md has an example.",
    ),
    errors.SuggestionRefused: Problem(
        422,
        "suggestion-refused",
        "The suggestion does not conform",
        "Mend what is listed under violations; /shapes/suggestion.ttl has the shapes.",
    ),
    errors.TooManySuggestions: Problem(
        429, "too-many-suggestions", "Too many suggestions for now", "Send this one again when it is time."
    ),
    "closed": Problem(
        503, "inbox-closed", "This service takes no suggestions", "Write to whoever runs it, or to the project."
    ),
    "full": Problem(
        503,
        "inbox-full",
        "The inbox is full",
        "Send the suggestion again when some of those that wait have been reviewed.",
        {"Retry-After": "86400"},
    ),
    "disk": Problem(
        507,
        "inbox-disk",
        "There is no space to keep the suggestion in",
        "Nothing of it was kept: send it again later.",
        {"Retry-After": "3600"},
    ),
    "broken": Problem(
        503,
        "inbox-broken",
        "The suggestion could not be kept",
        "Nothing of it was kept: send it again later.",
        {"Retry-After": "3600"},
    ),
    errors.HarmgraphError: Problem(
        500, "internal", "The service failed", "This is our fault; the log of the service says what happened."
    ),
}
"""Every error that a handler may raise, by class or by the limit that was exceeded."""


_REMEDIES: Final[Mapping[int, str]] = {
    404: "Check its spelling, look for it by name at {root}/search, or see all there is at {root}/sitemap.xml.",
    405: "Use one of the methods that the header Allow lists.",
    415: "Send one of the media types that the header Accept-Post lists.",
}
"""What to do about a plain status, where its detail alone may not say."""


PARTS: Final = (
    *(operations, sparql, graphs, reconciliation, draft),
    *(resolving, resources, catalog, api_catalog, dumps, sitemap, targets, linksets, jsonld),
    *(memento, ldes, feeds, fragments),
    *(searching, opensearch, comparing, citations, manual, quality, receiver, form),
    pages,  # the last: its lists take any name
)
"""The modules that have routes, in the order in which a path is looked for."""


def create_app(store: Store, settings: Settings) -> FastAPI:
    """The application over an open store, which it closes when it ends."""

    if settings.thing_status not in (200, 303):
        raise errors.HarmgraphError(f"HARMGRAPH_THING_STATUS={settings.thing_status}: set it to 303 or to 200")
    # Pages lead to the form where there is an inbox: with another setting they are other pages.
    look = fingerprint() + ("-inbox" if folder_of(settings) is not None else "")
    cache, clients = ResultCache(settings.result_cache), Clients(settings.client_queries)
    serving = Serving(Service(store, settings, pages.environment(), look, cache, clients))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await app.state.archive.close()
        await serving.close()

    app = FastAPI(
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
    app.add_api_route("/problems", _problems, methods=["GET", "HEAD"], include_in_schema=False)
    for part in PARTS:
        for route in part.router.routes:
            assert isinstance(route, APIRoute)  # a router has nothing else
            app.router.routes.append(NamedRoute(route))
    app.add_exception_handler(errors.HarmgraphError, _harmgraph_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(ClientGone, _client_gone)
    for middleware in (LastResort, Compression, CommonHeaders):  # the last one is the outermost
        app.add_middleware(middleware)
    app.add_middleware(AccessLog, metrics=app.state.metrics)
    app.add_middleware(OneRelease, serving=serving)
    app.add_middleware(BasePath, base_path=settings.base_path, trusted=settings.trusted_proxies)
    return app


async def _problems(request: Request) -> Response:
    """What each type of problem means."""
    return HTMLResponse(service_of(request).render("problems.html", request, problems=PROBLEMS.values()))


async def _harmgraph_error(request: Request, error: Exception) -> Response:
    members: dict[str, object] = {}
    problem = PROBLEMS[errors.HarmgraphError]
    for kind in type(error).__mro__:
        if kind in PROBLEMS:
            problem = PROBLEMS[kind]
            break
    match error:
        case errors.LimitExceeded():
            problem = PROBLEMS[error.limit]
            members = {"limit": error.limit, "value": error.value}
        case errors.ServiceFailed():
            members = {"endpoint": error.endpoint}
            if error.retry_after is not None:
                problem = replace(problem, headers={"Retry-After": str(error.retry_after)})
        case errors.SuggestionRefused():
            members = {"violations": list(error.violations)}
        case errors.TooManySuggestions():
            problem = replace(problem, headers={"Retry-After": str(error.retry_after)})
        case errors.InboxUnavailable():
            problem = PROBLEMS[error.reason]
        case errors.NotAcceptable():
            members = {"offers": list(error.offers)}
    if problem.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("%s %s: %s", request.method, request.url.path, error)
    request.state.outcome = problem.slug
    return _respond(request, problem, str(error), members)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # it is registered for nothing else
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = methods_of(request.url.path)
    if error.status_code == HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
        headers.setdefault("Accept-Post", "application/sparql-query, application/x-www-form-urlencoded")
    remedy = _REMEDIES.get(error.status_code, "").format(root=request.scope.get("root_path", ""))
    problem = Problem(error.status_code, "", HTTPStatus(error.status_code).phrase, remedy, headers)
    return _respond(request, problem, str(error.detail), {})


async def _client_gone(request: Request, _: Exception) -> Response:
    request.state.outcome = "client left"
    return Response(status_code=499)  # for the log only: nobody is there to read it


def _respond(request: Request, problem: Problem, detail: str, members: Mapping[str, object]) -> Response:
    headers = {"Vary": "Accept", "Cache-Control": "no-store", **(problem.headers or {})}
    choice = negotiate(accept_header(request), (PROBLEM, HTML))
    if choice is not None and choice.format is HTML:
        return _page(request, problem, detail, members, headers)
    body = {
        "type": f"{BASE}problems#{problem.slug}" if problem.slug else "about:blank",
        "title": problem.title,
        "status": problem.status,
        "detail": detail,
        **({"remedy": problem.remedy} if problem.remedy else {}),
        **members,
    }
    text = json.dumps(body, ensure_ascii=False)
    return Response(text, problem.status, {**headers, "Content-Type": PROBLEM.media_type})


def _page(
    request: Request, problem: Problem, detail: str, members: Mapping[str, object], headers: Mapping[str, str]
) -> Response:
    """The error as a page; that of a query or suggestion above its form, with what was sent still in it."""
    shown = {"problem": problem, "detail": detail, "offers": members.get("offers", ())}
    query = getattr(request.state, "query", None)
    service = service_of(request)
    if (draft := getattr(request.state, "draft", None)) is not None:  # what somebody wrote must not be lost
        page = draft.page(problem=problem, detail=detail, violations=members.get("violations", ()))
        return HTMLResponse(page, problem.status, headers)
    if query is None:
        return HTMLResponse(service.render("problem.html", request, **shown), problem.status, headers)
    page = service.render("query.html", request, query=query, table=None, **shown)
    return HTMLResponse(page, problem.status, {**headers, **editor.headers()})


class NamedRoute(Route):
    """A route that gives its handler the parts of the path it names as arguments, and that the access log finds.

    Not FastAPI's: handlers take the bare request, and what is done there for parameters would cost as much as they do.
    """

    def __init__(self, route: APIRoute) -> None:
        names = tuple(name for name in signature(route.endpoint).parameters if f"{{{name}}}" in route.path)

        async def handler(request: Request) -> Response:
            arguments = {name: request.path_params[name] for name in names}
            return cast("Response", await route.endpoint(request, **arguments))

        super().__init__(
            route.path,
            handler,
            methods=sorted(route.methods or ()),
            name=route.name,
            include_in_schema=route.include_in_schema,
        )

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As Starlette has it, and the route itself."""
        match, child = super().matches(scope)
        return match, {**child, "route": self}


class LastResort:
    """Turns what nobody expected into a plain 500 and a traceback in the log."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; answer 500 if it fails before any answer has begun."""
        begun = False

        async def send_noting_begin(message: dict[str, object]) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, send_noting_begin)  # type: ignore[arg-type]  # starlette's Message is this dict
        except Exception:  # the last handler: whatever it is, the client gets an answer and the log the cause
            if begun or scope["type"] != "http":
                raise
            log.exception("%s %s failed", scope["method"], scope["path"])
            problem = PROBLEMS[errors.HarmgraphError]
            body = {"type": f"{BASE}problems#{problem.slug}", "title": problem.title, "status": problem.status}
            response = Response(json.dumps(body), 500, {"Content-Type": PROBLEM.media_type})
            await response(scope, receive, send)
