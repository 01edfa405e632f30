"""``/ldes``: the versions of records as a Linked Data Event Stream, in pages that TREE clients walk through.

A version of a record has an IRI of its own and never changes, so each is a member of the stream: with what its graph
says, and where it comes from. Versions that are gone with a release are gone from the stream too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from fastapi import APIRouter
from pyoxigraph import Literal, NamedNode, Quad, Triple
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from harmgraph.iris import BASE, DCT, FOAF, RDF, Namespace
from harmgraph.service.context import Service, service_of
from harmgraph.service.documents.document import serialise, serialise_quads
from harmgraph.service.documents.links import Link, header, origin
from harmgraph.service.documents.representations import chosen
from harmgraph.service.http.conditional import CACHE_CONTROL, etag, not_modified
from harmgraph.service.http.negotiation import JSON_LD, N_QUADS, N_TRIPLES, TRIG, TURTLE, Choice
from harmgraph.service.linked_data.sitemap import things
from harmgraph.service.pages.listing import page_number

FORMATS: Final = (TRIG, TURTLE, JSON_LD, N_QUADS, N_TRIPLES)
PER_PAGE: Final = 100
STREAM: Final = NamedNode(f"{BASE}ldes#stream")
LDES: Final = Namespace("https://w3id.org/ldes#")
TREE: Final = Namespace("https://w3id.org/tree#")

router: Final = APIRouter()


@router.api_route("/ldes", methods=["GET", "HEAD"], summary="The versions of records as an event stream")
async def stream(request: Request) -> Response:
    """A page of members, in the order of their IRIs."""
    service = service_of(request)
    number = page_number(request)
    choice = chosen(request, None, FORMATS)
    tag = etag(request, service.store.release, service.fingerprint, choice.content_type, origin(request))
    headers = {"Vary": "Accept", "Cache-Control": CACHE_CONTROL, "ETag": tag}
    if (known := not_modified(request, tag, headers)) is not None:
        return known
    every = await things(service, "records")
    last = max(1, -(-len(every) // PER_PAGE))
    if number > last:
        raise HTTPException(404, f"the stream has {last} pages, and not page {number}")
    members = [NamedNode(f"{BASE}id/{path}") for path in every[(number - 1) * PER_PAGE : number * PER_PAGE]]
    told = await _told(service, members)
    controls = list(_controls(origin(request), members, number, last))
    if number < last:
        headers["Link"] = header([Link("next", f"{origin(request)}/ldes?page={number + 1}")])
    body = _written(told, controls, choice)
    return Response(body, headers={**headers, "Content-Type": choice.content_type})


async def _told(service: Service, members: list[NamedNode]) -> list[Quad]:
    """What each member's graph says, in that graph, and what other graphs say of the member."""
    if not members:
        return []
    rows = await service.questions.rows("members", these=members)
    quads = {Quad(row["subject"], row["predicate"], row["object"], row["graph"]) for row in rows}  # type: ignore[arg-type]  # each term stands where it came from
    return sorted(quads, key=lambda quad: (str(quad.graph_name), str(quad)))


def _controls(here: str, members: list[NamedNode], number: int, last: int) -> Iterator[Triple]:
    """The stream, its members on this page, and the way to the next page."""
    page = NamedNode(_address(here, number))
    yield Triple(STREAM, RDF.type, LDES.EventStream)
    yield Triple(STREAM, DCT.title, Literal("Versions of the records in harmgraph", language="en"))
    yield Triple(STREAM, LDES.versionOfPath, FOAF.primaryTopic)
    yield Triple(STREAM, TREE.view, NamedNode(_address(here, 1)))
    yield Triple(NamedNode(_address(here, 1)), RDF.type, TREE.Node)
    yield Triple(page, RDF.type, TREE.Node)
    for member in members:
        yield Triple(STREAM, TREE.member, member)
    if number < last:
        relation = NamedNode(f"{page.value}#next")
        yield Triple(page, TREE.relation, relation)
        yield Triple(relation, RDF.type, TREE.Relation)
        yield Triple(relation, TREE.node, NamedNode(_address(here, number + 1)))


def _address(here: str, number: int) -> str:
    return f"{here}/ldes" + (f"?page={number}" if number > 1 else "")


def _written(told: list[Quad], controls: list[Triple], choice: Choice) -> bytes:
    if choice.format in (TURTLE, N_TRIPLES):
        return serialise([*controls, *{quad.triple for quad in told}], choice.format)
    return serialise_quads([*(Quad(t.subject, t.predicate, t.object) for t in controls), *told], choice.format)
