"""A document → its typed links (RFC 8288), for the header ``Link`` and for the link set (RFC 9264) about it.

Together they are FAIR Signposting: what the thing is called for good, what describes it, under which licence it is, who
made it, and what it belongs to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urljoin

from pyoxigraph import NamedNode, Triple
from starlette.requests import Request

from harmgraph.inbox.folder import folder_of
from harmgraph.inbox.terms import LDP
from harmgraph.iris import BASE, DCT, HG, PROV, RDF
from harmgraph.service.context import service_of
from harmgraph.service.documents.document import DATASET, RECORDS, Document
from harmgraph.service.http.negotiation import DOCUMENTS, HTML, JSON_LD, QUADS, Choice, Format
from harmgraph.service.terms import header_url

LINKSET_JSON: Final = Format("json", "application/linkset+json", "Link set", ("application/json",))
LINKSET: Final = Format("txt", "application/linkset", "Link set, as in a header")
LINKSETS: Final = (LINKSET_JSON, LINKSET)
_CONTEXT: Final = "http://www.w3.org/ns/json-ld#context"
_PAGE_ABOUT: Final = "https://schema.org/AboutPage"
"""What FAIR Signposting has landing pages say that they are, beside what they are about."""
_IN_HEADER: Final = 12
"""Links of one relation in the header at most; servers in front take a few kilobytes. The link set has all."""


@dataclass(frozen=True, slots=True)
class Link:
    """One link from the document to ``href``, an address or a path here; ``media_type`` is what is found there."""

    relation: str
    href: str
    media_type: str | None = None

    def __str__(self) -> str:
        """The link as the header has it."""
        kind = f'; type="{self.media_type}"' if self.media_type is not None else ""
        return f'<{self.href}>; rel="{self.relation}"{kind}'


def alternates(place: str, relation: str, formats: Iterable[Format]) -> list[Link]:
    """A link to the document in each format; ``place`` is its path."""
    return [Link(relation, f"{header_url(place)}.{f.name}", f.media_type) for f in formats]


def links_of(described: Document, root: str, place: str) -> list[Link]:
    """Every link of the document, which lies at ``place``."""
    iri = header_url(described.thing.value)
    path = header_url(place.removeprefix(f"{root}/doc/"))
    return [
        *alternates(place, "alternate", (*DOCUMENTS, *QUADS, HTML)),
        *alternates(place, "describedby", DOCUMENTS),
        Link("canonical", iri.replace(f"{BASE}id/", f"{BASE}doc/", 1)),
        Link("describes", iri),
        Link("cite-as", iri),
        *(Link("type", header_url(kind)) for kind in (*described.types, _PAGE_ABOUT)),
        *(Link("license", header_url(licence)) for licence in described.licences),
        *(Link("author", header_url(each)) for each in _authors(described)),
        Link("collection", DATASET.value),
        *(Link("item", header_url(record)) for record in _records(described)),
        *(Link("linkset", f"{root}/linkset/{path}", f.media_type) for f in LINKSETS),
    ]


def links_of_form(choice: Choice, root: str) -> list[Link]:
    """Which form of JSON-LD was sent (RFC 6906), and as plain JSON also the context that makes it JSON-LD (§6.1)."""
    if choice.profile is None:
        return []
    context = Link(_CONTEXT, f"{root}/context/v1.jsonld", JSON_LD.media_type)
    return [Link("profile", choice.profile), *([context] if choice.media_type == "application/json" else [])]


def signposts(triples: Iterable[Triple], thing: NamedNode, cite_as: str) -> list[Link]:
    """What a graph says of the thing that it is about as FAIR Signposting has it; ``cite_as`` is its name for good."""
    own = [t for t in triples if t.subject == thing]
    relations = (("type", RDF.type), ("license", DCT.license), ("author", DCT.creator), ("author", DCT.publisher))
    found = [
        (relation, t.object.value)
        for relation, predicate in relations
        for t in sorted(own, key=str)
        if t.predicate == predicate and isinstance(t.object, NamedNode)
    ]
    return [Link("cite-as", cite_as), *(Link(relation, header_url(iri)) for relation, iri in dict.fromkeys(found))]


def links_to_the_past(root: str, place: str) -> list[Link]:
    """Where the document's earlier states are found (RFC 7089 §2.2)."""
    path = header_url(place.removeprefix(f"{root}/"))
    return [
        Link("timegate", f"{root}/timegate/{path}"),
        Link("timemap", f"{root}/timemap/{path}", "application/link-format"),
    ]


def link_to_inbox(request: Request) -> list[Link]:
    """Where senders find the inbox (LDN §3.1); nothing where there is none, and from the past."""
    if folder_of(service_of(request).settings) is None or getattr(request.state, "is_memento", False):
        return []
    return [Link(LDP.inbox.value, f"{request.scope.get('root_path', '')}/inbox")]


def header(links: Sequence[Link]) -> str:
    """The links as the value of ``Link``."""
    relations = dict.fromkeys(link.relation for link in links)
    shown = (link for name in relations for link in [each for each in links if each.relation == name][:_IN_HEADER])
    return ", ".join(map(str, shown))


def as_json(links: Sequence[Link], anchor: str) -> dict[str, Any]:
    """The link set as RFC 9264 §4.2 has it: one object for each context, in which relations are members."""
    contexts = []
    for context, several in _contexts(links, anchor):
        members: dict[str, Any] = {"anchor": context}
        for link in several:
            target = {"href": link.href} | ({"type": link.media_type} if link.media_type is not None else {})
            members.setdefault(link.relation, []).append(target)
        contexts.append(members)
    return {"linkset": contexts}


def as_text(links: Sequence[Link], anchor: str) -> str:
    """The link set as RFC 9264 §4.1 has it: a field value of ``Link``, with the context of each link."""
    lines = (f'{link}; anchor="{context}"' for context, several in _contexts(links, anchor) for link in several)
    return ",\n".join(lines) + "\n"


def origin(request: Request) -> str:
    """The address under which the client knows the service, the path of a proxy included."""
    return str(request.base_url).rstrip("/")


def _contexts(links: Sequence[Link], anchor: str) -> Iterator[tuple[str, list[Link]]]:
    """The links of the document, and those of each of its formats back to it, with addresses that are whole."""
    absolute = [Link(each.relation, urljoin(anchor, each.href), each.media_type) for each in links]
    yield anchor, [link for link in absolute if link.relation != "linkset"]
    for link in absolute:
        if link.relation == "describedby":
            yield link.href, [Link("describes", anchor, HTML.media_type)]


def _authors(described: Document) -> list[str]:
    """Whoever holds the rights in the records that say something of the thing."""
    holders = {t.object.value for t in described.triples if t.predicate == DCT.rightsHolder and _is_iri(t.object)}  # type: ignore[union-attr]  # IRIs have values
    return sorted(holders)


def _records(described: Document) -> list[str]:
    """The records that an incident is made of; of a record, nothing."""
    if HG.Incident.value not in described.types:
        return []
    derived = {t.subject for t in described.triples if t.predicate in (PROV.wasDerivedFrom, RDF.type)}
    return sorted(s.value for s in derived if isinstance(s, NamedNode) and _is_record(s.value))


def _is_record(iri: str) -> bool:
    return iri.startswith(RECORDS) and "#" not in iri


def _is_iri(term: object) -> bool:
    return isinstance(term, NamedNode)
