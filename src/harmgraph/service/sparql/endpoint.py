"""``/sparql``: the SPARQL 1.1 Protocol for queries, and the query page for people.

Negotiates every kind of format at once, since only the store knows the form of a query, and passes the answer on as
it is made.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Final, cast

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Scope

from harmgraph.errors import NotAcceptable
from harmgraph.iris import BASE
from harmgraph.service.context import service_of
from harmgraph.service.documents.document import serialise
from harmgraph.service.http.answers import AnswerResponse, unless_gone
from harmgraph.service.http.caching import Kept, is_volatile
from harmgraph.service.http.clients import client_of
from harmgraph.service.http.conditional import CACHE_CONTROL, etag, not_modified
from harmgraph.service.http.negotiation import (
    BOOLEANS,
    GRAPHS,
    HTML,
    RESULTS,
    Choice,
    Format,
    accept_header,
    named,
    negotiate,
)
from harmgraph.service.http.remembered import repeatable
from harmgraph.service.pages import editor
from harmgraph.service.sparql import results, service_description
from harmgraph.service.sparql.protocol import Asked, asked
from harmgraph.store.base import Answer, Query

router: Final = APIRouter()

_SHORT_NAMES: Final = {
    "turtle": "ttl",
    "n3": "ttl",
    "ntriples": "nt",
    "nquads": "nq",
    "rdfxml": "rdf",
    "rdf+xml": "rdf",
    "json-ld": "jsonld",
    "boolean": "bool",
}
_SAME_FOR_GRAPHS: Final = {"json": "jsonld", "xml": "rdf"}
_FORMATS: Final[tuple[Format, ...]] = tuple(dict.fromkeys((*RESULTS, *BOOLEANS, *GRAPHS, HTML)))
_FAULT: Final = "fault"


@dataclass(frozen=True, slots=True)
class Wanted:
    """In what the client wants its answer: as a page, or in one format for each kind of answer there is."""

    page: bool
    table: Choice | None = None
    boolean: Choice | None = None
    graph: Choice | None = None

    media_types: tuple[str | None, str | None, str | None] = field(init=False, compare=False)
    """What the store is asked for: a media type for each kind of answer, in the order in which `Query` has them."""
    content_types: tuple[str, ...] = field(init=False, compare=False)
    """What answers are sent as, of each kind that it takes."""
    _sent_as: dict[str, str] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        kinds = self.table, self.boolean, self.graph
        choices = [choice for choice in kinds if choice is not None]
        put = partial(object.__setattr__, self)  # worked out here, for the same few wishes come again and again
        put("media_types", tuple(choice.format.media_type if choice is not None else None for choice in kinds))
        put("content_types", tuple(choice.content_type for choice in choices))
        put("_sent_as", {choice.format.media_type: choice.content_type for choice in reversed(choices)})

    def content_type(self, media_type: str) -> str:
        """What an answer of this media type is sent as: the client may have asked for it by another name."""
        return self._sent_as[media_type]


@router.api_route("/sparql", methods=["GET", "HEAD", "POST"], summary="Answer a SPARQL 1.1 query")
async def sparql(request: Request) -> Response:
    """The answer to the query; without one, the query page or the service description."""
    if (fault := request.scope["state"].pop(_FAULT, None)) is not None:
        raise cast("Exception", fault)
    question = await asked(request)
    if question.query is None and request.method != "POST":
        return await _welcome(request)
    if not question.query or not question.query.strip():
        raise HTTPException(400, "the parameter query is missing or empty")
    request.scope["state"]["query"] = question.query
    wanted = _wanted(request, question)
    if wanted.page:
        return await _results_page(request, question, wanted)
    return await answered(request, _query(request, question, wanted), wanted)


def fail_with(scope: Scope, fault: Exception) -> None:
    """Have `sparql` raise this for the request, which has failed with it already."""
    scope["state"][_FAULT] = fault


async def answered(request: Request, query: Query, wanted: Wanted) -> Response:
    """The answer to a query that has the `media_types` that are wanted: one that is kept, 304, or the store's."""
    service = service_of(request)
    if is_volatile(query.text):
        answer, release = await _begun(request, query)
        headers = _headers(answer.truncated, "no-cache")
        return AnswerResponse(answer, wanted.content_type(answer.media_type), headers, release)
    validator = service.store.validator
    tag = _tag(request, wanted, validator)
    if tag is not None and (known := not_modified(request, tag, _headers(False))) is not None:
        repeatable(request.scope, validator)
        return known
    key = service.cache.key(query, validator)
    kept = service.cache.get(key)
    if kept is not None:
        request.state.outcome = "cached"
        repeatable(request.scope, validator)
        return _kept_response(request, kept, wanted, tag)
    answer, release = await _begun(request, query)
    if answer.validator != validator:  # the store has moved from disk to memory meanwhile
        tag, key = _tag(request, wanted, answer.validator), service.cache.key(query, answer.validator)
    headers = _headers(answer.truncated) | _validated(tag)
    kept_answer = service.cache.keep(answer, key)
    return AnswerResponse(kept_answer, wanted.content_type(answer.media_type), headers, release)


async def _begun(request: Request, query: Query) -> tuple[Answer, Callable[[], None]]:
    """The answer, begun, and what to call when it has ended: until then it counts as a query of its client."""
    service = service_of(request)
    client = service.clients.begin(client_of(request))
    try:
        return await unless_gone(request, service.store.query(query)), partial(service.clients.end, client)
    except BaseException:
        service.clients.end(client)
        raise


def _kept_response(request: Request, kept: Kept, wanted: Wanted, tag: str | None) -> Response:
    headers = _headers(kept.truncated) | _validated(tag) | {"Content-Type": wanted.content_type(kept.media_type)}
    return Response(kept.body, headers=headers)


def _headers(truncated: bool, cache_control: str = CACHE_CONTROL) -> dict[str, str]:
    return {"Vary": "Accept", "Cache-Control": cache_control} | ({"hg-truncated": "true"} if truncated else {})


def _validated(tag: str | None) -> dict[str, str]:
    return {"ETag": tag} if tag is not None else {}


def _tag(request: Request, wanted: Wanted, validator: str) -> str | None:
    """The strong ETag of the answer; None for a POST, whose answer stands for no resource of its own.

    It covers every format that the query may be answered in, for the form of the query is not known yet.
    """
    if request.method == "POST":
        return None
    settings = service_of(request).settings
    limits = f"{settings.max_rows} {settings.max_bytes}"
    return etag(request, validator, limits, *wanted.content_types)


def _query(request: Request, question: Asked, wanted: Wanted) -> Query:
    settings = service_of(request).settings
    limit = settings.query_timeout
    return Query(
        question.query or "",
        limit if question.timeout is None else min(question.timeout, limit),
        *wanted.media_types,
        default_graphs=question.default_graphs,
        named_graphs=question.named_graphs,
        base_iri=BASE,
        max_rows=settings.max_rows,
        max_bytes=settings.max_bytes,
    )


def _wanted(request: Request, question: Asked) -> Wanted:
    accept = accept_header(request)
    if question.format and "/" not in question.format:
        return _named_format(question.format)
    return negotiated(question.format or accept)


@lru_cache(1_000)
def negotiated(accept: str | None) -> Wanted:
    """What an ``Accept`` header asks for; raises `NotAcceptable` where it takes no answer of any kind."""
    choices = [negotiate(accept, formats) for formats in (RESULTS, BOOLEANS, GRAPHS)]
    page = negotiate(accept, (HTML,))
    others = max((choice.quality for choice in choices if choice is not None), default=0.0)
    if page is not None and page.quality > others:
        return Wanted(page=True)
    if not any(choices):
        raise NotAcceptable(f"no answer comes in any of {accept!r}", tuple(f.media_type for f in _FORMATS))
    return Wanted(False, *choices)


def _named_format(name: str) -> Wanted:
    short = _SHORT_NAMES.get(name.lower(), name.lower())
    if short == HTML.name:
        return Wanted(page=True)
    graph = named(_SAME_FOR_GRAPHS.get(short, short), GRAPHS)
    wanted = Wanted(False, named(short, RESULTS), named(short, BOOLEANS), graph)
    if not wanted.content_types:
        raise HTTPException(400, f"format={name} is not one of {', '.join(dict.fromkeys(f.name for f in _FORMATS))}")
    return wanted


async def _results_page(request: Request, question: Asked, wanted: Wanted) -> Response:
    service = service_of(request)
    began = time.monotonic()
    root = request.scope.get("root_path", "")
    with service.clients.one_query(client_of(request)):
        table = await unless_gone(request, results.shown(service.store, _query(request, question, wanted), root))
    page = service.render(
        "query.html",
        request,
        query=question.query,
        table=table,
        seconds=time.monotonic() - began,
        downloads=GRAPHS if table.kind == "graph" else RESULTS,
        problem=None,
    )
    return HTMLResponse(page, headers=_headers(False, "no-cache") | editor.headers())


async def _welcome(request: Request) -> Response:
    """GET without a query: a form for people, SPARQL 1.1 Service Description §2 for machines."""
    service = service_of(request)
    accept = accept_header(request)
    choice = negotiate(accept, (*GRAPHS, HTML))
    if choice is None:
        raise HTTPException(400, f"the parameter query is missing, and the endpoint is not described in {accept!r}")
    if choice.format is HTML:
        text = editor.first_text(request.query_params.get("example"))
        page = service.render("query.html", request, query=text, table=None, problem=None)
        return HTMLResponse(page, headers=_headers(False) | editor.headers())
    tag = etag(request, service.store.release, service.fingerprint, choice.media_type)
    if (known := not_modified(request, tag, _headers(False))) is not None:
        return known
    described = await service_description.triples(service)
    body = serialise(described, choice.format, first=service_description.ENDPOINT)
    return Response(body, headers={**_headers(False), "ETag": tag, "Content-Type": choice.content_type})
