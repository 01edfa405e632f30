"""``/graphs``: the SPARQL 1.1 Graph Store HTTP Protocol for reading, one graph by its IRI or the default graph."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl

from fastapi import APIRouter
from pyoxigraph import NamedNode
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from harmgraph.errors import NotAcceptable
from harmgraph.service.context import service_of
from harmgraph.service.http.negotiation import GRAPHS, accept_header, named, negotiate
from harmgraph.service.sparql.endpoint import Wanted, answered
from harmgraph.store.base import Query

router: Final = APIRouter()


@router.api_route("/graphs", methods=["GET", "HEAD"], summary="A named graph or the default graph")
async def graph(request: Request) -> Response:
    """The graph that ``?graph=IRI`` names, or the default graph for ``?default`` (§4.2)."""
    service = service_of(request)
    iri, format_name = _asked(request)
    accept = accept_header(request)
    choice = named(format_name, GRAPHS) if format_name else negotiate(accept, GRAPHS)
    if choice is None:
        offers = tuple(f.media_type for f in GRAPHS)
        raise NotAcceptable(f"no graph comes in any of {format_name or accept!r}", offers)
    timeout = service.settings.query_timeout
    if iri is not None:
        there = await (await service.store.query(Query(f"ASK {{ GRAPH {iri} {{ ?s ?p ?o }} }}", timeout))).read()
        if b"true" not in there:
            raise HTTPException(404, f"there is no graph {iri}; SELECT DISTINCT ?g {{ GRAPH ?g {{}} }} lists all")
    pattern = "{ ?s ?p ?o }" if iri is None else f"{{ GRAPH {iri} {{ ?s ?p ?o }} }}"
    wanted = Wanted(False, graph=choice)
    query = Query(f"CONSTRUCT {{ ?s ?p ?o }} WHERE {pattern}", timeout, *wanted.media_types)
    return await answered(request, query, wanted)


def _asked(request: Request) -> tuple[NamedNode | None, str]:
    """The graph's IRI, None for the default graph, and the short name of a format."""
    try:
        pairs = parse_qsl(request.scope["query_string"].decode(), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError as cause:
        raise HTTPException(400, f"the query string is not UTF-8: {cause.reason}") from cause
    named_graphs = [value for name, value in pairs if name == "graph"]
    default = any(name == "default" for name, _ in pairs)
    if len(named_graphs) + default != 1:
        raise HTTPException(400, "name one graph: ?graph=IRI, with the IRI percent-encoded, or ?default")
    formats = [value for name, value in pairs if name == "format"]
    if default:
        return None, "".join(formats[:1])
    try:
        return NamedNode(named_graphs[0]), "".join(formats[:1])
    except ValueError as cause:
        raise HTTPException(400, f"graph={named_graphs[0]} is not an absolute IRI: {cause}") from cause
