"""A document → the HTML page of its thing, with what links to it and what is like it.

What a page shows of the thing itself is settled in `harmgraph.service.pages.views`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pyoxigraph import NamedNode
from starlette.exceptions import HTTPException
from starlette.requests import Request

from harmgraph.iris import HG, RDF, curie
from harmgraph.service.context import Service, service_of
from harmgraph.service.documents import structured
from harmgraph.service.documents.document import Document
from harmgraph.service.documents.links import link_to_inbox
from harmgraph.service.http.negotiation import CITATIONS, DOCUMENTS, QUADS
from harmgraph.service.pages import story, wording
from harmgraph.service.pages.disagreement import side_by_side
from harmgraph.service.pages.listing import PER_PAGE, Link, link_of, page_number
from harmgraph.service.pages.related import related
from harmgraph.service.pages.searching import index_of
from harmgraph.service.pages.timeline import timeline
from harmgraph.service.pages.views import NOT_LINKS, View
from harmgraph.service.terms import expanded, href, local_name

FIRST_FEW: Final = 15
"""Links shown of each property before anybody asks for all of them."""
MOST_RELATED: Final = 6
MOST_SHARED: Final = 3
"""Values told of those that two related incidents share."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """The things that point to the page's thing by one property: the first of them, or one page of all."""

    name: str
    short: str
    count: int
    links: tuple[Link, ...]
    page: int | None = None

    @property
    def last_page(self) -> int:
        """The number of the last page."""
        return max(1, -(-self.count // PER_PAGE))


async def thing_page(request: Request, document: Document, place: str) -> str:
    """The HTML page of a thing."""
    service = service_of(request)
    rows = await service.questions.rows("sayers", this=document.thing)
    sayers: dict[tuple[NamedNode, object], set[object]] = {}
    for row in rows:
        sayers.setdefault((row["predicate"], row["object"]), set()).add(row["graph"])  # type: ignore[arg-type]  # a predicate is an IRI
    vocabulary = await vocabulary_of(service)
    root = request.scope.get("root_path", "")
    told = {statement: frozenset(graphs) for statement, graphs in sayers.items()}
    view = View(document, vocabulary, told, root)  # type: ignore[arg-type]  # graphs are IRIs
    is_whole = _chosen_property(request) is None
    is_incident = HG.Incident in document.own.get(RDF.type, [])
    shown = view.page()
    return service.render(
        "thing.html",
        request,
        thing=shown,
        differing=side_by_side(shown),
        profile=await story.profile(service, document.thing, root) if is_whole else None,
        moments=timeline(document, view),
        related=await _related(service, document.thing, root) if is_incident and is_whole else [],
        citations=CITATIONS if is_incident else (),
        incoming=await _incoming(request, document.thing, vocabulary),
        single=not is_whole,
        place=place,
        improve=f"{root}/improve/{place.removeprefix(f'{root}/doc/')}" if link_to_inbox(request) else None,
        formats=(*DOCUMENTS, *QUADS),
        structured=structured.of_thing(document),
    )


async def _related(service: Service, thing: NamedNode, root: str) -> list[Link]:
    found = related(await index_of(service), thing.value, MOST_RELATED)
    return [
        Link(
            wording.shortened(each.label),
            href(each.iri, root),
            " · ".join(filter(None, (each.year, ", ".join(each.shared[:MOST_SHARED])))),
        )
        for each in found
    ]


async def vocabulary_of(service: Service) -> dict[str, str]:
    """The labels of the terms of our ontology."""

    async def compute() -> dict[str, str]:
        rows = await service.questions.rows("vocabulary")
        return {row["term"].value: row["label"].value for row in rows}

    return await service.once("vocabulary", compute)


async def _incoming(request: Request, thing: NamedNode, vocabulary: dict[str, str]) -> list[Incoming]:
    """What links to the thing: the first few by each property, or, with ``?by=``, one page by one property."""
    questions = service_of(request).questions
    counts = {
        row["predicate"]: int(row["count"].value)
        for row in await questions.rows("incoming", this=thing)
        if row["predicate"] not in NOT_LINKS
    }
    chosen = _chosen_property(request)
    if chosen is not None and chosen not in counts:
        raise HTTPException(404, f"nothing links to {thing.value} by {chosen.value}")
    number = page_number(request) if chosen is not None else None
    root = request.scope.get("root_path", "")
    groups = []
    for predicate, count in counts.items():
        if isinstance(predicate, NamedNode) and chosen in (None, predicate):
            limit, offset = (FIRST_FEW, 0) if number is None else (PER_PAGE, (number - 1) * PER_PAGE)
            rows = await questions.rows("incoming_by", this=thing, property=predicate, limit=limit, offset=offset)
            if not rows:
                raise HTTPException(404, f"what links to {thing.value} by {predicate.value} has no page {number}")
            links = [link_of(row, "subject", root) for row in rows]
            short = curie(predicate.value)
            label = vocabulary.get(predicate.value) or wording.TERMS.get(short)
            name = wording.inverse(short, label or wording.spelled_out(local_name(predicate.value)))
            groups.append(Incoming(name, short, count, tuple(links), number))
    return groups


def _chosen_property(request: Request) -> NamedNode | None:
    raw = request.query_params.get("by")
    if raw is None:
        return None
    chosen = expanded(raw)
    if chosen is None:
        raise HTTPException(404, f"by={raw} is not a property")
    return chosen
