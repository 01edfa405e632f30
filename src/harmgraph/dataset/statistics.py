"""Counts → the statements that VoID makes of a set of triples: its numbers, partitions, vocabularies and linksets.

Nothing has a blank node: each part of a data set is a fragment of the data set's document, named by its term.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode

from harmgraph.dataset.counting import SPACE, Counts
from harmgraph.iris import BASE, DCT, FOAF, RDF, RDFS, VOID, WD, XSD, curie
from harmgraph.triples import Triple, text

WIKIDATA: Final = NamedNode(f"{BASE}#wikidata")


def numbers(subject: NamedNode, counts: Counts, objects: int | None) -> Iterator[Triple]:
    """The counts of the data set as a whole; ``objects`` are its distinct objects where they were counted."""
    yield subject, VOID.triples, number(counts.triples)
    yield subject, VOID.entities, number(counts.entities)
    yield subject, VOID.distinctSubjects, number(counts.subjects)
    if objects is not None:
        yield subject, VOID.distinctObjects, number(objects)
    yield subject, VOID.properties, number(len(counts.properties))
    yield subject, VOID.classes, number(len(counts.classes))
    if counts.example is not None:
        yield subject, VOID.exampleResource, node(counts.example)


def partitions(subject: NamedNode, counts: Counts) -> Iterator[Triple]:
    """Every class with its instances, and every property with its triples and their distinct subjects."""
    for name, entities in counts.classes.items():
        term = node(name)
        part = fragment(subject, "class", term)
        yield subject, VOID.classPartition, part
        yield part, VOID["class"], term
        yield part, VOID.entities, number(entities)
    for name, triples in counts.properties.items():
        term = node(name)
        part = fragment(subject, "property", term)
        yield subject, VOID.propertyPartition, part
        yield part, VOID.property, term
        yield part, VOID.triples, number(triples)
        yield part, VOID.distinctSubjects, number(counts.subjects_of[name])


def vocabularies(subject: NamedNode, counts: Counts) -> Iterator[Triple]:
    """The namespaces of the properties and classes that are used, but for the raw fields of sources."""
    terms = {node(name).value for name in (*counts.properties, *counts.classes)}
    spaces = {term[: max(term.rfind("#"), term.rfind("/")) + 1] for term in terms if not term.startswith(SPACE)}
    for space in sorted(spaces):
        yield subject, VOID.vocabulary, NamedNode(space)


def linksets(dataset: NamedNode, counts: Counts) -> Iterator[Triple]:
    """The links of the data set to Wikidata, a void:Linkset for each property of theirs."""
    if not counts.links:
        return
    yield WIKIDATA, RDF.type, VOID.Dataset
    yield WIKIDATA, DCT.title, text("Wikidata")
    yield WIKIDATA, RDFS.label, text("Wikidata")
    yield WIKIDATA, FOAF.homepage, NamedNode("https://www.wikidata.org/")
    yield WIKIDATA, VOID.uriSpace, Literal(WD.iri)
    yield WIKIDATA, VOID.sparqlEndpoint, NamedNode("https://query.wikidata.org/sparql")
    for name, count in sorted(counts.links.items()):
        predicate = node(name)
        linkset = fragment(dataset, "links-wikidata", predicate)
        yield dataset, VOID.subset, linkset
        yield linkset, RDF.type, VOID.Linkset
        yield linkset, RDFS.label, text(f"Links to Wikidata with {curie(predicate.value)}")
        yield linkset, VOID.subjectsTarget, dataset
        yield linkset, VOID.objectsTarget, WIKIDATA
        yield linkset, VOID.linkPredicate, predicate
        yield linkset, VOID.triples, number(count)


def fragment(dataset: NamedNode, kind: str, term: NamedNode) -> NamedNode:
    """The IRI of a part of the data set, in the document of the data set.

    >>> fragment(NamedNode(f"{BASE}id/dataset/aiid"), "property", NamedNode("http://purl.org/dc/terms/title")).value
    'https://w3id.org/harmgraph/id/dataset/aiid#property=dct:title'
    """
    return NamedNode(f"{dataset.value.partition('#')[0]}#{kind}={_short(term)}")


def number(value: int) -> Literal:
    """A count as VoID wants it."""
    return Literal(str(value), datatype=XSD.integer)


def node(term: bytes) -> NamedNode:
    """The IRI that N-Triples writes so."""
    return NamedNode(term[1:-1].decode())


def _short(term: NamedNode) -> str:
    """What stands for a term in a fragment: its short form, and for the raw fields of sources their path."""
    if (short := curie(term.value)) != term.value:
        return short
    return term.value.removeprefix(BASE) if term.value.startswith(BASE) else quote(term.value, safe="")
