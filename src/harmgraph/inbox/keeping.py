"""The triples that somebody sent → those that are kept, under IRIs of ours.

Only what a suggestion is made of is taken over, so that nothing else can be: of who sent it the name alone, never an
address, an account or a key, and none of the IRIs by which the sender calls the parts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from harmgraph.errors import SuggestionMalformed
from harmgraph.inbox.terms import DC, INBOX, OA
from harmgraph.iris import BASE, DCT, FOAF, RDF, XSD

_MOST: Final = 8
"""Parts of one kind that are taken over: more than any shape allows, so that the shape says what is too much."""

_BODY: Final = (RDF.value, RDF.object, DC.language, DC.format, OA.hasPurpose)
_STATEMENT: Final = (RDF.subject, RDF.predicate, RDF.object)
_BODY_KINDS: Final = (OA.TextualBody, RDF.Statement)

Term = NamedNode | BlankNode | Literal
Graph = Mapping[Term, Mapping[NamedNode, list[Term]]]


def annotation_iri(name: str) -> NamedNode:
    """The IRI of the suggestion with this name."""
    return NamedNode(INBOX + name)


def kept(sent: Iterable[Triple], name: str, received: datetime, places: tuple[str, ...] = ()) -> list[Triple]:
    """What is kept of the one annotation among these triples, called ``name`` from now on.

    ``places`` are the addresses under which the service is known: a target there is meant as the IRI it stands for.
    Raises `SuggestionMalformed` where there is no annotation, or more than one.
    """
    graph = _indexed(sent)
    found = [subject for subject, said in graph.items() if OA.Annotation in said.get(RDF.type, ())]
    if len(found) != 1:
        raise SuggestionMalformed(f"the body holds {len(found)} resources of the type oa:Annotation; send one")
    return list(_kept(graph, found[0], annotation_iri(name), received, places))


def _kept(graph: Graph, sent: Term, iri: NamedNode, received: datetime, places: tuple[str, ...]) -> Iterator[Triple]:
    said = graph[sent]
    yield Triple(iri, RDF.type, OA.Annotation)
    yield Triple(iri, DCT.created, Literal(received.isoformat(timespec="seconds"), datatype=XSD.dateTime))
    yield from (Triple(iri, OA.motivatedBy, each) for each in said.get(OA.motivatedBy, ())[:_MOST])
    yield from (Triple(iri, DCT.references, each) for each in said.get(DCT.references, ())[:_MOST])
    for number, body in enumerate(_bodies(said), start=1):
        yield from _body(graph, iri, body, NamedNode(f"{iri.value}#body-{number}"), places)
    for number, target in enumerate(said.get(OA.hasTarget, ())[:_MOST], start=1):
        yield from _target(graph, iri, target, NamedNode(f"{iri.value}#target-{number}"), places)
    for creator in said.get(DCT.creator, ())[:_MOST]:
        names = [creator] if isinstance(creator, Literal) else graph.get(creator, {}).get(FOAF.name, [])
        for each in names[:_MOST]:
            node = NamedNode(f"{iri.value}#creator")
            yield from (Triple(iri, DCT.creator, node), Triple(node, FOAF.name, each))


def _bodies(said: Mapping[NamedNode, list[Term]]) -> list[Term]:
    """Every body; ``oa:bodyValue`` is one too, written short (Web Annotation Data Model §3.2.5)."""
    return [*said.get(OA.hasBody, ()), *said.get(OA.bodyValue, ())][:_MOST]


def _body(graph: Graph, iri: NamedNode, body: Term, node: NamedNode, places: tuple[str, ...]) -> Iterator[Triple]:
    yield Triple(iri, OA.hasBody, node)
    if isinstance(body, Literal):
        yield from (Triple(node, RDF.type, OA.TextualBody), Triple(node, RDF.value, body))
        return
    described = graph.get(body, {})
    yield from (Triple(node, RDF.type, kind) for kind in described.get(RDF.type, ()) if kind in _BODY_KINDS)
    for predicate in _BODY:
        for each in described.get(predicate, ())[:_MOST]:
            yield Triple(node, predicate, _thing(_ours(each, places)) if predicate == RDF.object else each)


def _target(graph: Graph, iri: NamedNode, target: Term, node: NamedNode, places: tuple[str, ...]) -> Iterator[Triple]:
    yield Triple(iri, OA.hasTarget, node)
    described = {} if isinstance(target, Literal) else graph.get(target, {})
    sources = described.get(OA.hasSource, ()) if described else [target]
    yield Triple(node, RDF.type, OA.SpecificResource)
    yield from (Triple(node, OA.hasSource, _ours(each, places)) for each in sources[:_MOST])
    for number, selector in enumerate(described.get(OA.hasSelector, ())[:_MOST], start=1):
        statement = NamedNode(f"{node.value}-statement-{number}")
        yield Triple(node, OA.hasSelector, statement)
        said = {} if isinstance(selector, Literal) else graph.get(selector, {})
        yield from (Triple(statement, RDF.type, each) for each in said.get(RDF.type, ()) if each == RDF.Statement)
        for predicate in _STATEMENT:
            yield from (Triple(statement, predicate, _ours(each, places)) for each in said.get(predicate, ())[:_MOST])


def _ours(term: Term, places: tuple[str, ...]) -> Term:
    """The IRI that an address of the service stands for; anything else as it is."""
    if isinstance(term, NamedNode):
        for place in places:
            if place and term.value.startswith(f"{place}/"):
                return NamedNode(BASE + term.value.removeprefix(f"{place}/"))
    return term


def _thing(term: Term) -> Term:
    """The thing, where somebody gave the address of the page about it."""
    if isinstance(term, NamedNode) and term.value.startswith(f"{BASE}doc/"):
        return NamedNode(term.value.replace(f"{BASE}doc/", f"{BASE}id/", 1))
    return term


def _indexed(triples: Iterable[Triple]) -> Graph:
    graph: dict[Term, dict[NamedNode, list[Term]]] = defaultdict(lambda: defaultdict(list))
    for triple in triples:
        if not isinstance(triple.subject, Triple) and not isinstance(triple.object, Triple):  # RDF 1.2 has those
            graph[triple.subject][triple.predicate].append(triple.object)
    return graph
