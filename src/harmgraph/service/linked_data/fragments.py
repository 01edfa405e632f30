"""``/fragments``: Triple Pattern Fragments, the triples that match one pattern, in pages with Hydra controls.

Clients that join patterns themselves ask this instead of a query: each request is cheap and may be kept. The triples
are in the default graph, what is said of the fragment in a graph of its own, so that neither is taken for the other.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, cast
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter
from pyoxigraph import (
    BlankNode,
    Literal,
    NamedNode,
    Quad,
    QueryResultsFormat,
    QuerySolutions,
    Triple,
    parse_query_results,
)
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from harmgraph.iris import FOAF, RDF, VOID, XSD, Namespace
from harmgraph.service.context import Service, service_of
from harmgraph.service.documents.document import serialise, serialise_quads
from harmgraph.service.documents.links import origin
from harmgraph.service.documents.representations import chosen
from harmgraph.service.http.answers import unless_gone
from harmgraph.service.http.clients import client_of
from harmgraph.service.http.conditional import CACHE_CONTROL, etag, not_modified
from harmgraph.service.http.negotiation import JSON_LD, N_QUADS, N_TRIPLES, TRIG, TURTLE, Choice
from harmgraph.service.pages.listing import page_number
from harmgraph.service.pages.routes import dataset
from harmgraph.service.terms import Term
from harmgraph.store.base import Query

FORMATS: Final = (TRIG, TURTLE, JSON_LD, N_QUADS, N_TRIPLES)
PER_PAGE: Final = 100
COUNTED: Final = 10_000
"""Matches that are counted one by one, and sorted; of more, the number is an estimate and the order the store's."""
HYDRA: Final = Namespace("http://www.w3.org/ns/hydra/core#")

router: Final = APIRouter()

_NAMES: Final = ("subject", "predicate", "object")
_LITERAL: Final = re.compile(r'"(.*)"(?:@([A-Za-z]+(?:-[A-Za-z0-9]+)*)|\^\^<?([^<>"]+)>?)?', re.DOTALL)

Place = NamedNode | Literal | None
"""A term that has to be in this place; None for any."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A triple pattern."""

    subject: Place
    predicate: Place
    object: Place

    @property
    def places(self) -> tuple[Place, Place, Place]:
        """The terms in the order of a triple."""
        return self.subject, self.predicate, self.object

    def __str__(self) -> str:
        """The pattern in SPARQL."""
        return " ".join(
            f"?{name}" if term is None else str(term) for name, term in zip(_NAMES, self.places, strict=True)
        )


@router.api_route("/fragments", methods=["GET", "HEAD"], summary="The triples that match a pattern")
async def fragment(request: Request) -> Response:
    """One page of the fragment."""
    service = service_of(request)
    asked = _asked(request)
    pattern = Pattern(*(_term(name, asked.get(name, "")) for name in _NAMES))
    number = page_number(request)
    choice = chosen(request, None, FORMATS)
    order = hashlib.blake2b(service.store.validator.encode(), digest_size=6).hexdigest()
    headers = {
        "Vary": "Accept",
        "Cache-Control": CACHE_CONTROL,
        "ETag": etag(request, order, service.fingerprint, choice.content_type, origin(request)),
    }
    if (known := not_modified(request, headers["ETag"], headers)) is not None:
        return known
    if asked.get("order", order) != order:
        # Page by page in two orders, some triples would come twice and others never.
        raise HTTPException(409, "the data are another release since, or in another order: begin again at page 1")
    with service.clients.one_query(client_of(request)):
        found, total = await unless_gone(request, _page(service, pattern, number))
    if not found and number > 1:
        raise HTTPException(404, f"the fragment has no page {number}")
    controls = _Controls(request, asked, number, order)
    about = list(controls.triples(total, is_last=len(found) <= PER_PAGE))
    body = _written(found[:PER_PAGE], about, controls.metadata, choice)
    return Response(body, headers={**headers, "Content-Type": choice.content_type})


async def _page(service: Service, pattern: Pattern, number: int) -> tuple[list[Triple], int]:
    """The triples of a page and the first of the next, and how many there are in all."""
    counted = f"SELECT (COUNT(*) AS ?count) WHERE {{ SELECT * WHERE {{ {pattern} }} LIMIT {COUNTED + 1} }}"
    (row,) = await _rows(service, counted)
    total = int(row["count"].value)
    order = " ORDER BY ?subject ?predicate ?object" if total <= COUNTED else ""
    limits = f"LIMIT {PER_PAGE + 1} OFFSET {(number - 1) * PER_PAGE}"
    rows = await _rows(service, f"SELECT * WHERE {{ {pattern} }}{order} {limits}")
    if total > COUNTED:
        total = max(total, await _said(service, pattern))
    places = [[row.get(name, term) for name, term in zip(_NAMES, pattern.places, strict=True)] for row in rows]
    return [Triple(*place) for place in places], total  # type: ignore[arg-type]  # each is bound, or was asked for


async def _rows(service: Service, text: str) -> list[dict[str, Term]]:
    query = Query(text, service.settings.query_timeout, "application/sparql-results+json", None, None)
    answer = await (await service.store.query(query)).read()
    solutions = parse_query_results(input=answer, format=QueryResultsFormat.JSON)
    assert isinstance(solutions, QuerySolutions)  # it was a SELECT
    names = [variable.value for variable in solutions.variables]
    return [{name: cast("Term", term) for name in names if (term := row[name]) is not None} for row in solutions]


async def _said(service: Service, pattern: Pattern) -> int:
    """How many triples the release says it has with this property, or in all; 0 where it does not say."""
    if pattern.subject is not None or pattern.object is not None:
        return 0

    async def compute() -> dict[str, int]:
        described = await dataset(service)
        properties = {t.subject: t.object.value for t in described if t.predicate == VOID.property}  # type: ignore[union-attr]  # IRIs
        counts: dict[str, int] = {}
        for t in described:
            if t.predicate == VOID.triples and isinstance(t.object, Literal):
                name = properties.get(t.subject, "")
                counts[name] = max(counts.get(name, 0), int(t.object.value))
        return counts

    counts = await service.once("triples of properties", compute)
    return counts.get("" if pattern.predicate is None else pattern.predicate.value, 0)


class _Controls:
    """What is said of a page: of which fragment it is, where the others are, how to ask for other fragments."""

    def __init__(self, request: Request, asked: dict[str, str], number: int, order: str) -> None:
        self._base = f"{origin(request)}/fragments"
        self._pattern = {name: asked[name] for name in _NAMES if asked.get(name)}
        self._number = number
        self._order = order
        query = request.scope["query_string"].decode()
        self.page = NamedNode(self._base + (f"?{query}" if query else ""))
        self.metadata = NamedNode(f"{self.page.value}#metadata")

    def triples(self, total: int, *, is_last: bool) -> Iterator[Triple]:
        """The controls, in the terms of VoID and Hydra."""
        whole, part = NamedNode(f"{self._base}#dataset"), NamedNode(self._address(None))
        count = Literal(str(total), datatype=XSD.integer)
        yield Triple(self.metadata, FOAF.primaryTopic, self.page)
        yield Triple(whole, RDF.type, VOID.Dataset)
        yield Triple(whole, RDF.type, HYDRA.Collection)
        yield Triple(whole, VOID.subset, self.page)
        yield from self._search(whole)
        yield Triple(part, VOID.subset, self.page)
        yield Triple(self.page, RDF.type, HYDRA.PartialCollectionView)
        yield Triple(self.page, VOID.triples, count)
        yield Triple(self.page, HYDRA.totalItems, count)
        yield Triple(self.page, HYDRA.itemsPerPage, Literal(str(PER_PAGE), datatype=XSD.integer))
        yield Triple(self.page, HYDRA.first, NamedNode(self._address(1)))
        if self._number > 1:
            yield Triple(self.page, HYDRA.previous, NamedNode(self._address(self._number - 1)))
        if not is_last:
            yield Triple(self.page, HYDRA.next, NamedNode(self._address(self._number + 1)))

    def _search(self, whole: NamedNode) -> Iterator[Triple]:
        form = BlankNode("form")
        yield Triple(whole, HYDRA.search, form)
        yield Triple(form, HYDRA.template, Literal(f"{self._base}{{?subject,predicate,object}}"))
        yield Triple(form, HYDRA.variableRepresentation, HYDRA.ExplicitRepresentation)
        for name in _NAMES:
            mapping = BlankNode(name)
            yield Triple(form, HYDRA.mapping, mapping)
            yield Triple(mapping, HYDRA.variable, Literal(name))
            yield Triple(mapping, HYDRA.property, RDF[name])

    def _address(self, number: int | None) -> str:
        """The address of a page; without a number, of the fragment."""
        more = {} if number in (None, 1) else {"page": str(number), "order": self._order}
        query = urlencode({**self._pattern, **more})
        return self._base + (f"?{query}" if query else "")


def _written(found: Sequence[Triple], about: Sequence[Triple], metadata: NamedNode, choice: Choice) -> bytes:
    if choice.format in (TURTLE, N_TRIPLES):
        return serialise([*found, *about], choice.format)
    quads = [Quad(t.subject, t.predicate, t.object) for t in found]
    return serialise_quads([*quads, *(Quad(t.subject, t.predicate, t.object, metadata) for t in about)], choice.format)


def _asked(request: Request) -> dict[str, str]:
    try:
        pairs = parse_qsl(request.scope["query_string"].decode(), errors="strict")
    except UnicodeDecodeError as cause:
        raise HTTPException(400, f"the query string is not UTF-8: {cause.reason}") from cause
    try:
        NamedNode(f"{origin(request)}/fragments?{request.scope['query_string'].decode()}")
    except ValueError as cause:
        raise HTTPException(400, f"the address of the fragment is no IRI, encode it: {cause}") from cause
    return dict(pairs)


def _term(name: str, text: str) -> Place:
    """The term that a parameter names: an IRI, bare or in angle brackets, or a literal in quotation marks."""
    if not text or text.startswith("?"):
        return None
    try:
        if (match := _LITERAL.fullmatch(text)) is not None and name == "object":
            if match[2]:
                return Literal(match[1], language=match[2])
            return Literal(match[1], datatype=NamedNode(match[3]) if match[3] else None)
        return NamedNode(text[1:-1] if text.startswith("<") and text.endswith(">") else text)
    except ValueError as cause:
        raise HTTPException(400, f"{name}={text} is neither an absolute IRI nor a literal: {cause}") from cause
