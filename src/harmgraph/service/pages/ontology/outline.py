"""The ontology's graph → its own terms, classes and properties, with what is said of each and how a page names them."""

from __future__ import annotations

from functools import cached_property
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from harmgraph.iris import BASE, DCT, HG, OWL, RDF, RDFS, SKOS, Namespace, curie
from harmgraph.service.context import Service
from harmgraph.service.pages import wording
from harmgraph.service.pages.views import Value
from harmgraph.service.terms import href, is_own, local_name

CLASSES: Final = frozenset({OWL.Class, RDFS.Class})
PROPERTIES: Final = frozenset({OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty, RDF.Property})
_PREFIXES: Final = {
    "airo": "https://w3id.org/airo#",
    "dpv-ai": "https://w3id.org/dpv/ai#",
    "dpv-risk": "https://w3id.org/dpv/risk#",
    "eu-aiact": "https://w3id.org/dpv/legal/eu/aiact#",
    "sem": "http://semanticweb.cs.vu.nl/2009/11/sem/",
}
"""Vocabularies that only the ontology speaks of, by the prefixes under which they are known."""
_VANN: Final = Namespace("http://purl.org/vocab/vann/")
_ABOUT: Final = {
    DCT.title: "Title",
    DCT.description: "Description",
    RDFS.comment: "Comment",
    OWL.versionInfo: "Version",
    OWL.versionIRI: "This version",
    DCT.license: "Licence",
    DCT.bibliographicCitation: "Cite as",
    _VANN.preferredNamespacePrefix: "Prefix",
    _VANN.preferredNamespaceUri: "Namespace",
    DCT.source: "Draws on",
}
"""What stands first of what the ontology says of itself, and how it is called."""
_SHOWN_ELSEWHERE: Final = frozenset({RDF.type, RDFS.label, SKOS.changeNote})


async def graph(service: Service) -> set[Triple]:
    """The ontology as the release has it; empty where it has none."""
    return await service.once("ontology", lambda: service.questions.triples("ontology"))


def iri(triples: set[Triple]) -> NamedNode | None:
    """The IRI of the ontology itself."""
    own = (t.subject for t in triples if t.predicate == RDF.type and t.object == OWL.Ontology)
    return min((s for s in own if isinstance(s, NamedNode) and is_own(s.value)), key=_depth, default=None)


def versions(triples: set[Triple]) -> set[str]:
    """The paths of the version IRIs that the ontology gives itself."""
    found = (t.object for t in triples if t.predicate == OWL.versionIRI)
    return {o.value.removeprefix(BASE) for o in found if isinstance(o, NamedNode) and is_own(o.value)}


def _depth(term: NamedNode) -> tuple[bool, str]:
    return term.value != HG.iri, term.value


class Outline:
    """The terms of the ontology, in order of their labels; links lie below ``root``."""

    def __init__(self, triples: set[Triple], root: str = "") -> None:
        self._root = root
        self._described: dict[NamedNode, dict[NamedNode, list[NamedNode | Literal]]] = {}
        for t in sorted(triples, key=str):
            if isinstance(t.subject, NamedNode) and isinstance(t.object, NamedNode | Literal):
                self._described.setdefault(t.subject, {}).setdefault(t.predicate, []).append(t.object)
        self.iri = iri(triples)

    @cached_property
    def classes(self) -> tuple[NamedNode, ...]:
        """Our classes."""
        return self._terms(CLASSES)

    @cached_property
    def properties(self) -> tuple[NamedNode, ...]:
        """Our properties."""
        return self._terms(PROPERTIES)

    @property
    def about(self) -> list[tuple[str, list[Value]]]:
        """What the ontology says of itself, without what has a section of its own."""
        described = self._described.get(self.iri, {}) if self.iri is not None else {}
        order = [*(p for p in _ABOUT if p in described), *(p for p in described if p not in _ABOUT)]
        return [
            (_ABOUT.get(p) or self.property_name(p), [self._value(o) for o in described[p]])
            for p in order
            if p not in _SHOWN_ELSEWHERE
        ]

    @property
    def changes(self) -> list[str]:
        """What changed from version to version, the newest first."""
        notes = self.objects(self.iri, SKOS.changeNote) if self.iri is not None else ()
        return sorted((note.value for note in notes), reverse=True)

    def objects(self, term: NamedNode, predicate: NamedNode) -> tuple[NamedNode | Literal, ...]:
        """The values of this property of the term."""
        return tuple(self._described.get(term, {}).get(predicate, ()))

    def iris(self, term: NamedNode, predicate: NamedNode) -> tuple[NamedNode, ...]:
        """Those of its values that are IRIs."""
        return tuple(o for o in self.objects(term, predicate) if isinstance(o, NamedNode))

    def text(self, term: NamedNode, predicate: NamedNode) -> str:
        """The first of its values, empty where there is none."""
        return next((o.value for o in self.objects(term, predicate)), "")

    def label(self, term: NamedNode) -> str:
        """What a page calls the term."""
        short = curie(term.value)
        known = wording.TERMS.get(short) or wording.LICENCES.get(term.value)
        return self.text(term, RDFS.label) or known or short

    def short(self, term: NamedNode) -> str:
        """Our terms by their labels, those of others with their prefixes, which say whose they are."""
        if term.value.startswith(HG.iri):
            return self.label(term)
        found = (f"{p}:{term.value.removeprefix(n)}" for p, n in _PREFIXES.items() if term.value.startswith(n))
        return next(found, curie(term.value))

    def property_name(self, term: NamedNode) -> str:
        """What a page calls the property in front of its values."""
        label = self.label(term)
        return label if label != curie(term.value) else wording.spelled_out(local_name(term.value))

    def narrower(self, term: NamedNode) -> tuple[NamedNode, ...]:
        """Our classes that are declared directly narrower than this one."""
        return tuple(each for each in self.classes if term in self.iris(each, RDFS.subClassOf))

    def broader(self, term: NamedNode) -> frozenset[NamedNode]:
        """The class and all classes that it is narrower than."""
        found, waiting = {term}, [term]
        while waiting:
            new = set(self.iris(waiting.pop(), RDFS.subClassOf)) - found
            found |= new
            waiting += new
        return frozenset(found)

    def _terms(self, kinds: frozenset[NamedNode]) -> tuple[NamedNode, ...]:
        ours = (
            term
            for term, described in self._described.items()
            if term.value.startswith(HG.iri) and kinds.intersection(described.get(RDF.type, []))
        )
        return tuple(sorted(ours, key=lambda term: self.label(term).casefold()))

    def _value(self, term: NamedNode | Literal) -> Value:
        if isinstance(term, NamedNode):
            return Value(self.label(term), href(term.value, self._root), not is_own(term.value))
        return Value(wording.readable(term.value, term.datatype.value), lang=term.language)
