"""A `Document` → what its page shows: names instead of IRIs, facts in a settled order, and who says each of them.

Pure: no store, no template. Statements are compared between the records that make them, so that a page can say
where its sources differ.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import unquote

from pyoxigraph import Literal, NamedNode

from harmgraph.iris import BASE, DCT, FOAF, HG, ITSRDF, NIF, PROV, RDF, RDFS, SCHEMA, SDO, SKOS, curie
from harmgraph.service.documents.document import RECORDS, Document
from harmgraph.service.pages import wording
from harmgraph.service.pages.shown import Fact, Page, Part, Source, Stated, Value
from harmgraph.service.terms import Term, href, is_own, is_term, local_name

Sayers = Mapping[tuple[NamedNode, Term], frozenset[NamedNode]]
"""(predicate, object) → the graphs that make the statement about the thing."""

FIELDS: Final = f"{BASE}id/field/"
_NAMING: Final = (
    SKOS.prefLabel,
    RDFS.label,
    DCT.title,
    SCHEMA.text,
    NIF.anchorOf,
    HG.publisherName,
    SCHEMA.url,
    DCT.description,
)
_ELSEWHERE: Final = frozenset(
    {RDF.type, RDFS.label, SKOS.prefLabel, DCT.description, HG.claim, HG.outcome, HG.reportedIn, HG.finding}
)
"""Properties that the page shows in a place of their own rather than among the facts."""
_NEVER_DIFFER: Final = frozenset(
    {RDF.type, DCT.description, DCT.identifier, DCT.source, FOAF.page, SCHEMA.mentions}
    | {HG.claim, HG.classification, HG.outcome, HG.reportedIn}
)
"""Properties of which each record rightly has its own values."""


class View:
    """The document about a thing with all that its page needs to know beside it."""

    def __init__(self, document: Document, vocabulary: Mapping[str, str], sayers: Sayers, root: str) -> None:
        self._document = document
        self._vocabulary = vocabulary
        self._sayers = sayers
        self._root = root
        graphs = {graph for graphs in sayers.values() for graph in graphs}
        ordered = sorted(graphs, key=lambda graph: (not graph.value.startswith(RECORDS), graph.value))
        self._numbers = {graph: number for number, graph in enumerate(ordered, start=1)}

    def page(self) -> Page:
        """The page of the thing."""
        own = self._document.own
        shown = {p: objects for p, objects in own.items() if p not in _ELSEWHERE and not p.value.startswith(FIELDS)}
        fields = {p: objects for p, objects in own.items() if p.value.startswith(FIELDS)}
        return Page(
            iri=self._document.thing.value,
            label=self.label(self._document.thing),
            kinds=self._kinds(),
            descriptions=self._values(DCT.description, own.get(DCT.description, [])),
            facts=self._facts(shown, told=True),
            claims=self._parts(HG.claim, skip=(SCHEMA.text,)),
            outcomes=self._parts(HG.outcome, skip=(DCT.description,)),
            reports=self._parts(HG.reportedIn, skip=(DCT.title, SCHEMA.url)),
            statements=self._statements(),
            mentions=self._mentions(),
            findings=tuple(self._value(finding) for finding in own.get(HG.finding, [])),
            fields=self._facts(fields),
            sources=tuple(self._source(graph, number) for graph, number in self._numbers.items()),
        )

    def stated(self) -> list[Stated]:
        """Everything that is said of the thing itself, in the order of the page; its label once."""
        own = {p: o for p, o in self._document.own.items() if p != RDFS.label and not p.value.startswith(FIELDS)}
        found = []
        for predicate in sorted(own, key=lambda p: (wording.rank(curie(p.value)), self.label(p).casefold())):
            for term in own[predicate]:
                if isinstance(term, NamedNode | Literal):
                    key = hashlib.sha256(f"{predicate} {term}".encode()).hexdigest()[:16]
                    name = wording.capitalised(self._property_name(predicate))
                    text = self._value(term).text
                    found.append(Stated(key, name, curie(predicate.value), text, predicate, term))
        return found

    def label(self, iri: NamedNode) -> str:
        """What to call the thing: its label, a text that stands for it, or its local name; never a bare IRI of ours."""
        described = self._document.by_subject.get(iri, {})
        for predicate in _NAMING:
            if name := _in_english(described.get(predicate, [])):
                return wording.shortened(name)
        if (known := self._vocabulary.get(iri.value) or wording.TERMS.get(curie(iri.value))) is not None:
            return known
        if is_own(iri.value):
            if iri.value.startswith(RECORDS):
                return unquote(iri.value.removeprefix(RECORDS)).replace("/", " ")
            return wording.spelled_out(local_name(iri.value)) if is_term(iri.value) else unquote(local_name(iri.value))
        return wording.LICENCES.get(iri.value) or curie(iri.value)

    def _kinds(self) -> tuple[Value, ...]:
        kinds = [kind for kind in self._document.own.get(RDF.type, []) if isinstance(kind, NamedNode)]
        ours = [kind for kind in kinds if is_term(kind.value)]
        values = [self._value(kind) for kind in ours or kinds]
        return tuple(replace(value, text=wording.capitalised(value.text)) for value in values)

    def _facts(self, described: Mapping[NamedNode, list[Term]], *, told: bool = False) -> tuple[Fact, ...]:
        """The properties in their order; ``told`` adds who says so, which is known of the thing itself only."""
        facts = []
        for predicate in sorted(described, key=lambda p: (wording.rank(curie(p.value)), self.label(p).casefold())):
            values = self._values(predicate, described[predicate], told=told)
            name = wording.capitalised(self._property_name(predicate))
            facts.append(
                Fact(
                    name,
                    self._property_href(predicate),
                    values,
                    told and self._differs(predicate),
                    curie(predicate.value),
                )
            )
        return tuple(facts)

    def _property_name(self, predicate: NamedNode) -> str:
        label = self.label(predicate)
        return label if label != curie(predicate.value) else wording.spelled_out(local_name(predicate.value))

    def _property_href(self, predicate: NamedNode) -> str | None:
        return href(predicate.value, self._root) if is_own(predicate.value) else None

    def _values(self, predicate: NamedNode, objects: Iterable[Term], *, told: bool = True) -> tuple[Value, ...]:
        graphs = {o: self._sayers.get((predicate, o), frozenset()) if told else frozenset() for o in objects}
        values = [self._value(o, tuple(sorted(self._numbers[g] for g in graphs[o]))) for o in graphs]
        return tuple(sorted(values, key=lambda value: value.text.casefold()))

    def _value(self, term: Term, sayers: tuple[int, ...] = ()) -> Value:
        if isinstance(term, NamedNode):
            link = href(term.value, self._root) if self._leads_somewhere(term) else None
            described = self._document.by_subject.get(term, {}).get(SDO.description, [])
            return Value(self.label(term), link, not is_own(term.value), None, sayers, _in_english(described))
        if isinstance(term, Literal):
            return Value(wording.readable(term.value, term.datatype.value), None, False, term.language, sayers)
        return Value(str(term), sayers=sayers)

    def _leads_somewhere(self, iri: NamedNode) -> bool:
        """Whether a link to the IRI is no dead end: what the release names but does not describe has no document."""
        ours = is_own(iri.value) and not is_term(iri.value)
        return not ours or iri in self._document.by_subject or iri in self._numbers

    def _differs(self, predicate: NamedNode) -> bool:
        """Whether two records give different values. A record without any says nothing, so it cannot disagree."""
        said: dict[NamedNode, set[Term]] = {}
        for (property_, object_), graphs in self._sayers.items():
            for graph in graphs if property_ == predicate else ():
                if graph.value.startswith(RECORDS):
                    said.setdefault(graph, set()).add(object_)
        return predicate not in _NEVER_DIFFER and len({frozenset(values) for values in said.values()}) > 1

    def _parts(self, predicate: NamedNode, skip: tuple[NamedNode, ...]) -> tuple[Part, ...]:
        parts = []
        for value, node in self._told_nodes(predicate):
            described = self._document.by_subject.get(node, {})
            facts = self._facts({p: o for p, o in described.items() if p not in (*skip, RDF.type)})
            told = tuple(fact for fact in facts if [each.text for each in fact.values] != [value.text])
            parts.append(Part(self._linked_out(value, described), told))  # a name is not told twice
        return tuple(sorted(parts, key=lambda part: part.heading.text.casefold()))

    def _told_nodes(self, predicate: NamedNode) -> list[tuple[Value, NamedNode]]:
        nodes = [node for node in self._document.own.get(predicate, []) if isinstance(node, NamedNode)]
        return [(self._values(predicate, [node])[0], node) for node in nodes]

    def _linked_out(self, value: Value, described: Mapping[NamedNode, list[Term]]) -> Value:
        """A report's heading leads to the report itself, wherever that is."""
        for url in described.get(SCHEMA.url, []):
            if isinstance(url, NamedNode) and (link := href(url.value)) is not None:
                return replace(value, href=link, external=True)
        return value

    def _statements(self) -> tuple[Part, ...]:
        """What a record says, subject by subject; its raw fields and the places of mentions are shown elsewhere."""
        said: dict[NamedNode, dict[NamedNode, list[Term]]] = {}
        for triple in sorted(self._document.said, key=str):
            if isinstance(triple.subject, NamedNode) and not triple.subject.value.startswith(
                self._document.thing.value
            ):
                said.setdefault(triple.subject, {}).setdefault(triple.predicate, []).append(triple.object)  # type: ignore[arg-type]  # no triple terms in our data
        topics = self._document.own.get(FOAF.primaryTopic, [])
        ordered = sorted(said, key=lambda subject: (subject not in topics, subject.value))
        return tuple(Part(self._value(subject), self._facts(said[subject])) for subject in ordered)

    def _mentions(self) -> tuple[Part, ...]:
        """Where a record names things, each with the anchor that its IRI has as fragment."""
        parts = []
        for subject, described in self._document.by_subject.items():
            own = isinstance(subject, NamedNode) and subject.value.startswith(f"{self._document.thing.value}#char=")
            if own and isinstance(subject, NamedNode):
                facts = self._facts({p: described[p] for p in (ITSRDF.taIdentRef,) if p in described})
                begin, end = (described.get(p, [Literal("?")])[0].value for p in (NIF.beginIndex, NIF.endIndex))
                anchor = subject.value.partition("#")[2]
                parts.append((int(begin) if begin.isdigit() else 0, Part(self._value(subject), facts, anchor), end))
        return tuple(part for _, part, _ in sorted(parts, key=lambda each: each[0]))

    def _source(self, graph: NamedNode, number: int) -> Source:
        described = self._document.by_subject.get(graph, {})
        wanted = (DCT.license, DCT.rightsHolder, DCT.source, PROV.wasDerivedFrom, HG.assertionStatus)
        facts = self._facts({p: described[p] for p in wanted if p in described})
        return Source(number, self._value(graph), facts, graph.value.startswith(RECORDS))


NOT_LINKS: Final = frozenset({ITSRDF.taIdentRef, FOAF.primaryTopic})
"""Properties of which "what links here" says nothing: mentions and "who says so" already show the same."""


def _in_english(texts: Iterable[Term]) -> str:
    """The text in English, or for every language, or in whichever comes first; empty where there is none."""
    ranks = {None: 0, "en": 0, "mul": 1}
    found = [text for text in texts if isinstance(text, Literal | NamedNode)]
    best = min(found, key=lambda text: ranks.get(getattr(text, "language", None), 2), default=None)
    return best.value if best is not None else ""
