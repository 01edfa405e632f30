"""The triples of one suggestion ↔ a `Suggestion`, as the form makes one and the command line shows one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

import pyoxigraph
from pyoxigraph import BlankNode, NamedNode, Triple

from harmgraph.inbox.terms import AS, DC, INBOX, OA
from harmgraph.iris import BASE, DCT, FOAF, PROV, RDF, RDFS

Kind = Literal["correction", "insight"]
KINDS: Final[dict[Kind, NamedNode]] = {"correction": OA.editing, "insight": OA.commenting}
VERDICTS: Final = {AS.Accept: "accepted", AS.Reject: "rejected", AS.Undo: "undone"}

Value = NamedNode | pyoxigraph.Literal
Statement = tuple[NamedNode, NamedNode, Value]


@dataclass(frozen=True, slots=True)
class Review:
    """One decision: what, by whom, when, and why."""

    verdict: str
    reviewer: str
    at: str
    note: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A correction or an insight about one thing."""

    kind: Kind
    about: NamedNode
    text: str
    language: str = ""
    statement: Statement | None = None
    proposal: Value | None = None
    evidence: NamedNode | None = None
    creator: str = ""
    name: str = ""
    created: str = ""
    reviews: tuple[Review, ...] = ()

    @property
    def thing(self) -> NamedNode:
        """The thing that it is about, where the target is the document."""
        return NamedNode(self.about.value.replace(f"{BASE}doc/", f"{BASE}id/", 1))


def triples_of(suggestion: Suggestion) -> Iterator[Triple]:
    """The annotation, as somebody would send it."""
    it, target = BlankNode(), BlankNode()
    yield Triple(it, RDF.type, OA.Annotation)
    yield Triple(it, OA.motivatedBy, KINDS[suggestion.kind])
    yield Triple(it, OA.hasTarget, target)
    yield Triple(target, OA.hasSource, suggestion.about)
    if suggestion.statement is not None:
        statement = BlankNode()
        yield Triple(target, OA.hasSelector, statement)
        yield Triple(statement, RDF.type, RDF.Statement)
        for predicate, term in zip((RDF.subject, RDF.predicate, RDF.object), suggestion.statement, strict=True):
            yield Triple(statement, predicate, term)
    body = BlankNode()
    yield Triple(it, OA.hasBody, body)
    yield Triple(body, RDF.type, OA.TextualBody)
    yield Triple(body, RDF.value, pyoxigraph.Literal(suggestion.text))
    if suggestion.language:
        yield Triple(body, DC.language, pyoxigraph.Literal(suggestion.language))
    if suggestion.proposal is not None:
        proposal = BlankNode()
        yield Triple(it, OA.hasBody, proposal)
        yield Triple(proposal, RDF.type, RDF.Statement)
        yield Triple(proposal, OA.hasPurpose, OA.editing)
        yield Triple(proposal, RDF.object, suggestion.proposal)
    if suggestion.evidence is not None:
        yield Triple(it, DCT.references, suggestion.evidence)
    if suggestion.creator:
        yield Triple(it, DCT.creator, pyoxigraph.Literal(suggestion.creator))


def suggestion_of(triples: Iterable[Triple], name: str) -> Suggestion:
    """The suggestion in a file of the inbox; raises `ValueError` where the file is none."""
    graph = _Graph(triples)
    it = NamedNode(INBOX + name)
    kinds: dict[NamedNode, Kind] = {term: kind for kind, term in KINDS.items()}
    motivation, target = graph.one(it, OA.motivatedBy), graph.one(it, OA.hasTarget)
    about = graph.one(target, OA.hasSource)
    if not isinstance(motivation, NamedNode) or motivation not in kinds or not isinstance(about, NamedNode):
        raise ValueError("it holds no suggestion with a motivation and a target")
    bodies = graph.all(it, OA.hasBody)
    text = next((text for body in bodies if (text := graph.one(body, RDF.value)) is not None), None)
    language = next((tag for body in bodies if (tag := graph.text(body, DC.language))), "")
    proposal = next((term for body in bodies if (term := graph.one(body, RDF.object)) is not None), None)
    evidence = graph.one(it, DCT.references)
    return Suggestion(
        kind=kinds[motivation],
        about=about,
        text=getattr(text, "value", ""),
        language=language or getattr(text, "language", None) or "",
        statement=_statement(graph, graph.one(target, OA.hasSelector)),
        proposal=proposal if isinstance(proposal, NamedNode | pyoxigraph.Literal) else None,
        evidence=evidence if isinstance(evidence, NamedNode) else None,
        creator=graph.text(graph.one(it, DCT.creator), FOAF.name),
        name=name,
        created=graph.text(it, DCT.created),
        reviews=tuple(sorted(_reviews(graph, it), key=lambda review: review.at)),
    )


def _statement(graph: _Graph, node: object) -> Statement | None:
    subject, predicate, value = (graph.one(node, each) for each in (RDF.subject, RDF.predicate, RDF.object))
    if not isinstance(subject, NamedNode) or not isinstance(predicate, NamedNode):
        return None
    return (subject, predicate, value) if isinstance(value, NamedNode | pyoxigraph.Literal) else None


def _reviews(graph: _Graph, it: NamedNode) -> Iterator[Review]:
    for node in graph.having(PROV.used, it):
        verdict = next((said for kind, said in VERDICTS.items() if kind in graph.all(node, RDF.type)), "")
        reviewer = graph.one(node, PROV.wasAssociatedWith)
        named = graph.text(reviewer, FOAF.name) or getattr(reviewer, "value", "")
        yield Review(verdict, named, graph.text(node, PROV.endedAtTime), graph.text(node, RDFS.comment))


class _Graph:
    """Look-up in a small graph."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        self._triples = sorted(triples, key=str)

    def all(self, subject: object, predicate: NamedNode) -> list[object]:
        return [t.object for t in self._triples if t.subject == subject and t.predicate == predicate]

    def one(self, subject: object, predicate: NamedNode) -> object:
        return next(iter(self.all(subject, predicate)), None)

    def text(self, subject: object, predicate: NamedNode) -> str:
        found = self.one(subject, predicate)
        return found.value if isinstance(found, pyoxigraph.Literal) else ""

    def having(self, predicate: NamedNode, value: NamedNode) -> list[object]:
        return [t.subject for t in self._triples if t.predicate == predicate and t.object == value]
