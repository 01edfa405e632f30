"""``/linkset/wikidata`` and the like: all links from things of ours to one other data set, in a document for each.

As link sets (RFC 9264), whose contexts are our things, or as RDF: the N-Triples are what void:dataDump names. What is
here is in the graph as well; who keeps another data set finds here who links to it without asking in SPARQL.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter
from pyoxigraph import Literal, NamedNode, Triple
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from harmgraph.dataset.statistics import WIKIDATA
from harmgraph.iris import BASE, DCT, FOAF, RDF, RDFS, VOID, WD, XSD
from harmgraph.service.context import Service, service_of
from harmgraph.service.documents.document import DATASET
from harmgraph.service.documents.links import LINKSET, LINKSET_JSON, Link, alternates, header
from harmgraph.service.documents.representations import body_of, chosen, headers_of, known
from harmgraph.service.http.negotiation import N_TRIPLES, TURTLE, Format, named
from harmgraph.service.terms import header_url

FORMATS: Final = (LINKSET_JSON, LINKSET, N_TRIPLES, TURTLE)
"""The formats of the links to one data set, the server's preference first."""
_CC0: Final = "https://creativecommons.org/publicdomain/zero/1.0/"
_CC_BY_SA: Final = "https://creativecommons.org/licenses/by-sa/4.0/"

router: Final = APIRouter()


@dataclass(frozen=True, slots=True)
class Target:
    """A data set of others: its things are those whose IRIs begin with ``space``."""

    name: str
    title: str
    homepage: str
    space: str
    licence: str
    """Of our links to it: those of review are CC0, the others are what records say, under the licence of the whole."""

    @property
    def dataset(self) -> NamedNode:
        """What the catalogue calls it; Wikidata has a name in the description of the release already."""
        return WIKIDATA if self.space == WD.iri else NamedNode(f"{BASE}catalog#{self.name}")

    @property
    def linkset(self) -> NamedNode:
        """What the catalogue calls the links to it."""
        return NamedNode(f"{BASE}catalog#linkset-{self.name}")

    @property
    def document(self) -> str:
        """Where the links are."""
        return f"{BASE}linkset/{self.name}"


TARGETS: Final[Mapping[str, Target]] = {
    each.name: each
    for each in (
        Target("wikidata", "Wikidata", "https://www.wikidata.org/", WD.iri, _CC0),
        Target("aiaaic", "AIAAIC Repository", "https://www.aiaaic.org/", "https://www.aiaaic.org/", _CC_BY_SA),
        Target(
            "aiid",
            "AI Incident Database",
            "https://incidentdatabase.ai/",
            "https://incidentdatabase.ai/cite/",
            _CC_BY_SA,
        ),
        Target("avid", "AI Vulnerability Database", "https://avidml.org/", "https://avidml.org/database/", _CC_BY_SA),
    )
}


@router.api_route("/linkset/{target}", methods=["GET", "HEAD"], summary="All links to another data set")
async def linkset(request: Request, target: str) -> Response:
    """The links to the data set of this name, in the format that the client wants or the suffix names."""
    name, dot, suffix = target.partition(".")
    wanted = named(suffix, FORMATS) if dot else None
    if name not in TARGETS or (dot and wanted is None):
        raise HTTPException(404, f"there is no linkset {target[:100]!r}; there are {', '.join(TARGETS)}")
    service = service_of(request)
    choice = chosen(request, wanted.format if wanted is not None else None, FORMATS)
    place = f"{request.scope.get('root_path', '')}/linkset/{name}"
    headers = headers_of(request, service, choice, place, suffixed=bool(suffix))
    if (response := known(request, headers)) is not None:
        return response
    here = TARGETS[name]
    links = (await links_to_others(service))[name]
    headers["Link"] = header(
        [*alternates(place, "alternate", FORMATS), Link("describedby", f"{BASE}catalog"), Link("license", here.licence)]
    )
    if choice.format in (LINKSET_JSON, LINKSET):
        body = await asyncio.to_thread(_written, links, choice.format)
        return Response(body, headers={**headers, "Content-Type": choice.media_type})
    body = await asyncio.to_thread(body_of, links, choice, None)
    return Response(body, headers={**headers, "Content-Type": choice.content_type})


async def links_to_others(service: Service) -> Mapping[str, tuple[Triple, ...]]:
    """All links of the release by the data set that they go to, sorted; asked for once."""

    async def compute() -> dict[str, tuple[Triple, ...]]:
        triples = await service.questions.triples("linkset", space=Literal(f"{BASE}id/"))
        return await asyncio.to_thread(_by_target, triples)

    return await service.once("linksets", compute)


async def descriptions(service: Service) -> list[Triple]:
    """What VoID and DCAT say of each linkset that has a link, for the catalogue."""
    found = await links_to_others(service)
    return [triple for name, links in found.items() if links for triple in _described(TARGETS[name], links)]


def _by_target(triples: Iterable[Triple]) -> dict[str, tuple[Triple, ...]]:
    found: dict[str, list[Triple]] = {name: [] for name in TARGETS}
    for triple in triples:
        if isinstance(triple.object, NamedNode):
            for name, target in TARGETS.items():
                if triple.object.value.startswith(target.space):
                    found[name].append(triple)
    return {name: tuple(sorted(links, key=str)) for name, links in found.items()}


def _described(target: Target, links: tuple[Triple, ...]) -> Iterator[Triple]:
    yield Triple(target.dataset, RDF.type, VOID.Dataset)
    yield Triple(target.dataset, DCT.title, Literal(target.title, language="en"))
    yield Triple(target.dataset, RDFS.label, Literal(target.title, language="en"))
    yield Triple(target.dataset, FOAF.homepage, NamedNode(target.homepage))
    yield Triple(target.dataset, VOID.uriSpace, Literal(target.space))
    linkset, title = target.linkset, Literal(f"Links from harmgraph to {target.title}", language="en")
    yield Triple(DATASET, VOID.subset, linkset)
    yield Triple(linkset, RDF.type, VOID.Linkset)
    yield Triple(linkset, RDFS.label, title)
    yield Triple(linkset, DCT.title, title)
    yield Triple(linkset, DCT.license, NamedNode(target.licence))
    yield Triple(linkset, VOID.subjectsTarget, DATASET)
    yield Triple(linkset, VOID.objectsTarget, target.dataset)
    for predicate in sorted({triple.predicate.value for triple in links}):
        yield Triple(linkset, VOID.linkPredicate, NamedNode(predicate))
    yield Triple(linkset, VOID.triples, Literal(str(len(links)), datatype=XSD.integer))
    yield Triple(linkset, VOID.dataDump, NamedNode(f"{target.document}.{N_TRIPLES.name}"))
    yield Triple(linkset, FOAF.page, NamedNode(target.document))


def _written(links: tuple[Triple, ...], form: Format) -> bytes:
    """The links as a link set: one context for each thing of ours (RFC 9264 §4)."""
    if form is LINKSET:
        lines = (
            f'{Link(link.predicate.value, header_url(_iri(link.object)))}; anchor="{header_url(_iri(link.subject))}"'
            for link in links
        )
        return (",\n".join(lines) + "\n").encode()
    contexts: dict[str, dict[str, Any]] = {}
    for link in links:
        anchor = header_url(_iri(link.subject))
        members = contexts.setdefault(anchor, {"anchor": anchor})
        members.setdefault(link.predicate.value, []).append({"href": header_url(_iri(link.object))})
    return json.dumps({"linkset": list(contexts.values())}, ensure_ascii=False, indent=1).encode()


def _iri(term: object) -> str:
    assert isinstance(term, NamedNode)  # nothing of ours has a blank node
    return term.value
