"""The ontology's graph → the outline that its page shows: classes and properties, each under its anchor."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from harmgraph.iris import BASE, HG, OWL, RDF, RDFS, SKOS, Namespace, curie
from harmgraph.service.pages import wording
from harmgraph.service.pages.views import Value
from harmgraph.service.questions import Questions
from harmgraph.service.terms import href, is_own, local_name

VANN: Final = Namespace("http://purl.org/vocab/vann/")
_CLASSES: Final = frozenset({OWL.Class, RDFS.Class})
_PROPERTIES: Final = frozenset({OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty, RDF.Property})
_RELATIONS: Final = (
    RDFS.subClassOf,
    RDFS.subPropertyOf,
    RDFS.domain,
    RDFS.range,
    OWL.inverseOf,
    OWL.disjointWith,
    SKOS.closeMatch,
    SKOS.exactMatch,
    SKOS.broadMatch,
    SKOS.relatedMatch,
    RDFS.seeAlso,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One term of the ontology."""

    anchor: str
    label: str
    definitions: tuple[str, ...]
    examples: tuple[str, ...]
    relations: tuple[tuple[str, tuple[Value, ...]], ...]


def graph(questions: Questions) -> Callable[[], Awaitable[set[Triple]]]:
    """How to ask for the ontology, for `Service.once`."""
    return lambda: questions.triples("ontology")


def iri(triples: set[Triple]) -> NamedNode | None:
    """The IRI of the ontology itself."""
    own = (t.subject for t in triples if t.predicate == RDF.type and t.object == OWL.Ontology)
    return min((s for s in own if isinstance(s, NamedNode) and is_own(s.value)), key=str, default=None)


def versions(triples: set[Triple]) -> set[str]:
    """The paths of the version IRIs that the ontology gives itself."""
    found = (t.object for t in triples if t.predicate == OWL.versionIRI)
    return {o.value.removeprefix(BASE) for o in found if isinstance(o, NamedNode) and is_own(o.value)}


class Outline:
    """What the page of the ontology shows."""

    def __init__(self, triples: set[Triple]) -> None:
        self._described: dict[NamedNode, dict[NamedNode, list[NamedNode | Literal]]] = {}
        for t in sorted(triples, key=str):
            if isinstance(t.subject, NamedNode) and isinstance(t.object, NamedNode | Literal):
                self._described.setdefault(t.subject, {}).setdefault(t.predicate, []).append(t.object)
        self._iri = iri(triples)

    @cached_property
    def classes(self) -> list[Entry]:
        """The classes by label."""
        return self._entries(_CLASSES)

    @cached_property
    def properties(self) -> list[Entry]:
        """The properties by label."""
        return self._entries(_PROPERTIES)

    @property
    def about(self) -> list[tuple[str, list[Value]]]:
        """What the ontology says of itself."""
        described = self._described.get(self._iri, {}) if self._iri is not None else {}
        shown = {p: objects for p, objects in described.items() if p not in (RDF.type, RDFS.label)}
        return [(self._property_name(p), [self._value(o) for o in objects]) for p, objects in shown.items()]

    def _entries(self, kinds: frozenset[NamedNode]) -> list[Entry]:
        ours = (
            term
            for term, described in self._described.items()
            if term.value.startswith(HG.iri) and kinds.intersection(described.get(RDF.type, []))
        )
        return sorted((self._entry(term) for term in ours), key=lambda entry: entry.label.casefold())

    def _entry(self, term: NamedNode) -> Entry:
        described = self._described[term]
        return Entry(
            anchor=local_name(term.value),
            label=self._label(term),
            definitions=tuple(o.value for p in (SKOS.definition, RDFS.comment) for o in described.get(p, [])[:1])[:1],
            examples=tuple(o.value for p in (SKOS.example, VANN.example) for o in described.get(p, [])),
            relations=tuple(
                (self._property_name(p), tuple(self._value(o) for o in described[p]))
                for p in _RELATIONS
                if p in described
            ),
        )

    def _label(self, term: NamedNode) -> str:
        for label in self._described.get(term, {}).get(RDFS.label, []):
            return label.value
        short = curie(term.value)
        return wording.TERMS.get(short) or wording.LICENCES.get(term.value) or short

    def _property_name(self, term: NamedNode) -> str:
        label = self._label(term)
        return label if label != curie(term.value) else wording.spelled_out(local_name(term.value))

    def _value(self, term: NamedNode | Literal) -> Value:
        if isinstance(term, NamedNode):
            return Value(self._label(term), href(term.value), not is_own(term.value))
        return Value(wording.readable(term.value, term.datatype.value), lang=term.language)
