"""An error → the response to it: problem details (RFC 9457), or a page for those who want HTML.

What each error is stands in `harmgraph.service.problems`. No response shows a traceback.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from harmgraph import errors
from harmgraph.iris import BASE
from harmgraph.service.context import service_of
from harmgraph.service.http.middleware import methods_of
from harmgraph.service.http.negotiation import HTML, PROBLEM, accept_header, negotiate
from harmgraph.service.pages import editor
from harmgraph.service.problems import PROBLEMS, REMEDIES, Problem

log = logging.getLogger(__name__)


async def problems_page(request: Request) -> Response:
    """What each type of problem means."""
    return HTMLResponse(service_of(request).render("problems.html", request, problems=PROBLEMS.values()))


async def harmgraph_error(request: Request, error: Exception) -> Response:
    """The response to an error of ours, by the table, with what the error itself knows."""
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


async def http_error(request: Request, error: Exception) -> Response:
    """The response to an error that has a status and no entry in the table, such as 404."""
    assert isinstance(error, HTTPException)  # it is registered for nothing else
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = methods_of(request.url.path)
    if error.status_code == HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
        headers.setdefault("Accept-Post", "application/sparql-query, application/x-www-form-urlencoded")
    remedy = REMEDIES.get(error.status_code, "").format(root=request.scope.get("root_path", ""))
    problem = Problem(error.status_code, "", HTTPStatus(error.status_code).phrase, remedy, headers)
    return _respond(request, problem, str(error.detail), {})


async def client_gone(request: Request, _: Exception) -> Response:
    """What the log has of a request that nobody waits for any more."""
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
