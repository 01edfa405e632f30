"""``/sparql``: the SPARQL 1.1 Protocol for queries, its service description, and the query page for people.

Negotiates both kinds of format at once, since only the store knows the form of a query, and passes the answer on
as it is made.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter
from pyoxigraph import NamedNode, Triple
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from harmgraph.errors import NotAcceptable
from harmgraph.iris import BASE, DCT, RDF, Namespace
from harmgraph.service import examples, results
from harmgraph.service.answers import AnswerResponse, unless_gone
from harmgraph.service.conditional import CACHE_CONTROL
from harmgraph.service.context import service_of
from harmgraph.service.documents import DATASET, serialise
from harmgraph.service.negotiation import GRAPHS, HTML, RESULTS, Choice, content_type, named, negotiate
from harmgraph.service.protocol import Asked, asked
from harmgraph.store.base import Query

SD: Final = Namespace("http://www.w3.org/ns/sparql-service-description#")
FORMATS: Final = Namespace("http://www.w3.org/ns/formats/")
ENDPOINT: Final = NamedNode(f"{BASE}sparql")

router: Final = APIRouter()

_SHORT_NAMES: Final = {"turtle": "ttl", "ntriples": "nt", "rdfxml": "rdf", "json-ld": "jsonld"}
_SAME_FOR_GRAPHS: Final = {"json": "jsonld", "xml": "rdf"}
_HEADERS: Final = {"Vary": "Accept", "Cache-Control": "no-cache"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """In what the client wants its answer: as a page, or in one format for each kind of answer there is."""

    page: bool
    results: Choice | None
    graph: Choice | None


@router.api_route("/sparql", methods=["GET", "HEAD", "POST"], summary="Answer a SPARQL 1.1 query")
async def sparql(request: Request) -> Response:
    """The answer to the query; without one, the query page or the service description."""
    question = await asked(request)
    if question.query is None and request.method != "POST":
        return _welcome(request)
    if not question.query or not question.query.strip():
        raise HTTPException(400, "the parameter query is missing or empty")
    request.state.query = question.query
    wanted = _wanted(request, question)
    if wanted.page:
        return await _results_page(request, question)
    query = _query(request, question, _media_type(wanted.results), _media_type(wanted.graph))
    answer = await unless_gone(request, service_of(request).store.query(query))
    chosen = next(
        (c for c in (wanted.results, wanted.graph) if c is not None and c.format.media_type == answer.media_type), None
    )
    return AnswerResponse(answer, chosen.content_type if chosen else content_type(answer.media_type), _HEADERS)


def _query(request: Request, question: Asked, results_format: str | None, graph_format: str | None) -> Query:
    limit = service_of(request).settings.query_timeout
    return Query(
        text=question.query or "",
        timeout=limit if question.timeout is None else min(question.timeout, limit),
        results_format=results_format,
        graph_format=graph_format,
        default_graphs=question.default_graphs,
        named_graphs=question.named_graphs,
        base_iri=BASE,
    )


def _media_type(choice: Choice | None) -> str | None:
    return choice.format.media_type if choice is not None else None


def _wanted(request: Request, question: Asked) -> Wanted:
    if question.format:
        return _named_format(question.format)
    accept = accept_header(request)
    results_choice, graph, page = (negotiate(accept, f) for f in (RESULTS, GRAPHS, (HTML,)))
    others = max((c.quality for c in (results_choice, graph) if c is not None), default=0.0)
    if page is not None and page.quality > others:
        return Wanted(True, None, None)
    if results_choice is None and graph is None:
        raise NotAcceptable(
            f"no answer comes in any of {accept!r}", tuple(f.media_type for f in (*RESULTS, *GRAPHS, HTML))
        )
    return Wanted(False, results_choice, graph)


def _named_format(name: str) -> Wanted:
    short = _SHORT_NAMES.get(name, name)
    results_choice = named(short, RESULTS)
    graph = named(_SAME_FOR_GRAPHS.get(short, short), GRAPHS)
    if short != HTML.name and results_choice is None and graph is None:
        names = ", ".join(f.name for f in (*RESULTS, *GRAPHS, HTML))
        raise HTTPException(400, f"format={name} is not one of {names}")
    return Wanted(short == HTML.name, results_choice, graph)


def accept_header(request: Request) -> str | None:
    """All ``Accept`` lines of the request as one, or None where there is none."""
    lines = request.headers.getlist("accept")
    return ", ".join(lines) if lines else None


async def _results_page(request: Request, question: Asked) -> Response:
    service = service_of(request)
    began = time.monotonic()
    query = _query(request, question, None, None)
    root = request.scope.get("root_path", "")
    table = await unless_gone(request, results.shown(service.store, query, root))
    page = service.render(
        "query.html",
        request,
        query=question.query,
        table=table,
        seconds=time.monotonic() - began,
        examples=examples.EXAMPLES,
        downloads=GRAPHS if table.kind == "graph" else RESULTS,
        problem=None,
    )
    return HTMLResponse(page, headers=_HEADERS)


def _welcome(request: Request) -> Response:
    """GET without a query: a form for people, SPARQL 1.1 Service Description §2 for machines."""
    service = service_of(request)
    accept = accept_header(request)
    choice = negotiate(accept, (*GRAPHS, HTML))
    if choice is None:
        raise HTTPException(400, f"the parameter query is missing, and the endpoint is not described in {accept!r}")
    headers = {"Vary": "Accept", "Cache-Control": CACHE_CONTROL}
    if choice.format is HTML:
        page = service.render(
            "query.html", request, query=examples.BLANK, table=None, examples=examples.EXAMPLES, problem=None
        )
        return HTMLResponse(page, headers=headers)
    body = serialise(_service_description(bool(service.settings.federation)), choice.format, first=ENDPOINT)
    return Response(body, headers={**headers, "Content-Type": choice.content_type})


def _service_description(federates: bool) -> list[Triple]:
    formats = ("SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV")
    graph_formats = ("Turtle", "JSON-LD", "N-Triples", "RDF_XML")
    default_graph = NamedNode(f"{BASE}sparql#default-graph")
    return [
        Triple(ENDPOINT, RDF.type, SD.Service),
        Triple(ENDPOINT, SD.endpoint, ENDPOINT),
        Triple(ENDPOINT, SD.supportedLanguage, SD.SPARQL11Query),
        *(Triple(ENDPOINT, SD.resultFormat, FORMATS[name]) for name in (*formats, *graph_formats)),
        Triple(ENDPOINT, SD.feature, SD.UnionDefaultGraph),
        *([Triple(ENDPOINT, SD.feature, SD.BasicFederatedQuery)] if federates else []),
        Triple(ENDPOINT, SD.defaultDataset, DATASET),
        Triple(DATASET, RDF.type, SD.Dataset),
        Triple(DATASET, SD.defaultGraph, default_graph),
        Triple(default_graph, RDF.type, SD.Graph),
        Triple(default_graph, DCT.isPartOf, DATASET),
    ]
