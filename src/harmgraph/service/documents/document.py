"""A thing → the RDF document about it: what is said of it, the names of all it names, and who says so.

One request is enough to read the answer: every IRI in it comes with its label and type. Which graphs say
something of the thing, whence they come and under which licence is part of the document.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, cast

from pyoxigraph import NamedNode, Quad, RdfFormat, Triple, serialize

from harmgraph.iris import BASE, DCT, FOAF, PREFIXES, RDF, RDFS, SPDX, VOID
from harmgraph.service.http.negotiation import Format
from harmgraph.service.questions import Questions
from harmgraph.service.terms import Term, document_iri

DATASET: Final = NamedNode(f"{BASE}#dataset")
"""The void:Dataset that every document is in; the start page describes it."""

RECORDS: Final = f"{BASE}id/record/"
_ALL_PREFIXES: Final = {**PREFIXES, "spdx": SPDX.iri}


@dataclass(frozen=True)
class Document:
    """The graph about one thing; ``said`` is the part of it that the thing says where it is a record, else empty."""

    thing: NamedNode
    triples: frozenset[Triple]
    said: frozenset[Triple] = frozenset()

    @cached_property
    def by_subject(self) -> dict[Term, dict[NamedNode, list[Term]]]:
        """The triples as subject → predicate → objects, each level in a fixed order."""
        index: dict[Term, dict[NamedNode, list[Term]]] = {}
        for subject, predicate, object_ in sorted(self.triples, key=str):
            index.setdefault(subject, {}).setdefault(predicate, []).append(object_)
        return index

    @property
    def own(self) -> dict[NamedNode, list[Term]]:
        """What is said of the thing itself: predicate → objects."""
        return self.by_subject.get(self.thing, {})

    @property
    def licences(self) -> list[str]:
        """Under which licences the statements stand."""
        found = self.by_subject.get(document_iri(self.thing), {}).get(DCT.license, [])
        return [licence.value for licence in found if isinstance(licence, NamedNode)]

    @property
    def types(self) -> list[str]:
        """The classes of the thing."""
        return [kind.value for kind in self.own.get(RDF.type, []) if isinstance(kind, NamedNode)]


async def describe(questions: Questions, thing: NamedNode) -> Document:
    """The document about a thing that exists; for a record, that is also everything its graph says."""
    triples = await questions.triples("document", this=thing)
    is_record = thing.value.startswith(RECORDS)
    said = await questions.triples("record", this=thing) if is_record else set()
    triples |= said
    if unnamed := _unnamed(triples):
        triples |= await questions.triples("names", these=unnamed)
    return Document(thing, frozenset(triples | _about_document(thing, triples)), frozenset(said))


async def told(questions: Questions, document: Document) -> list[Quad]:
    """The document with each statement in the named graphs that make it; what is said of itself is in no graph."""
    subjects = {t.subject for t in document.triples if isinstance(t.subject, NamedNode)}
    about = document_iri(document.thing)
    rows = await questions.rows("told", these=sorted(subjects - {about}, key=str))
    quads = {Quad(row["subject"], row["predicate"], row["object"], row["graph"]) for row in rows}  # type: ignore[arg-type]  # each term stands where it came from
    found = [quad for quad in quads if quad.triple in document.triples]
    own = [Quad(*triple) for triple in document.triples if triple.subject == about]
    return sorted(own, key=str) + sorted(found, key=lambda quad: (str(quad.graph_name), str(quad)))


def serialise_quads(quads: Sequence[Quad], quad_format: Format) -> bytes:
    """The quads in this format, in this order."""
    text = "\n".join(map(str, quads))
    rdf_format = RdfFormat.from_media_type(quad_format.media_type)
    assert rdf_format is not None, f"pyoxigraph does not know {quad_format.media_type}"
    prefixes = {prefix: iri for prefix, iri in _ALL_PREFIXES.items() if f"<{iri}" in text}
    return cast("bytes", serialize(quads, format=rdf_format, prefixes=prefixes))  # None only with an output


def serialise(triples: Iterable[Triple], graph_format: Format, first: NamedNode | None = None) -> bytes:
    """The graph in this format, the same bytes for the same graph, with the subject ``first`` on top."""
    ordered = sorted(triples, key=lambda triple: (triple.subject != first, str(triple)))
    text = "\n".join(map(str, ordered))
    rdf_format = RdfFormat.from_media_type(graph_format.media_type)
    assert rdf_format is not None, f"pyoxigraph does not know {graph_format.media_type}"
    prefixes = {prefix: iri for prefix, iri in _ALL_PREFIXES.items() if f"<{iri}" in text}
    return cast("bytes", serialize(ordered, format=rdf_format, prefixes=prefixes))  # None only with an output


def _unnamed(triples: Iterable[Triple]) -> list[NamedNode]:
    """The IRIs that the triples name without giving their labels."""
    triples = list(triples)
    named = {triple.subject for triple in triples if triple.predicate == RDFS.label}
    mentioned = {term for triple in triples for term in (triple.subject, triple.object) if isinstance(term, NamedNode)}
    return sorted(mentioned - named, key=str)


def _about_document(thing: NamedNode, triples: Iterable[Triple]) -> set[Triple]:
    document = document_iri(thing)
    licences = {t.object for t in triples if t.predicate == DCT.license and isinstance(t.object, NamedNode)}
    return {
        Triple(document, RDF.type, FOAF.Document),
        Triple(document, FOAF.primaryTopic, thing),
        Triple(document, VOID.inDataset, DATASET),
        *(Triple(document, DCT.license, licence) for licence in licences),
    }
