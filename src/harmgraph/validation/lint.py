"""Shapes → what is wrong with the shapes themselves. Engines do not mind: a misspelt constraint passes all data.

SHACL-SHACL (pySHACL's ``meta_shacl``) checks the form of what it knows; here is what it lets through.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Triple
from rdflib import SH as SHACL_TERMS
from rdflib import URIRef

from harmgraph.iris import RDF, RDFS, SH
from harmgraph.validation.shapes import Node, ShapesGraph

_SHAPE_CLASSES: Final = (SH.NodeShape, SH.PropertyShape)
_REFERENCES: Final = frozenset(SH[name] for name in ("property", "node", "not", "qualifiedValueShape"))
_LISTS_OF_SHAPES: Final = frozenset(SH[name] for name in ("or", "and", "xone"))
_TARGETS: Final = frozenset(SH[name] for name in ("targetClass", "targetNode", "targetObjectsOf", "targetSubjectsOf"))
_SAID_OF_EACH_SHAPE: Final = ("name", "description", "message", "severity")
_AVOIDED: Final = {
    r"\b(MINUS|VALUES|SERVICE)\b": "engines treat it differently under pre-binding (SHACL §5.2.1)",
    r"\$(shapesGraph|currentShape)": "optional in SHACL, and only some engines bind it",
    r"\(\?[=!<]": "look-around is not in XPath's regular expressions",
    r"\\[icIC]": r"XPath's \i and \c are unknown to other regular expressions",
}
_AVOIDED_TERMS: Final = frozenset(SH[name] for name in ("flags", "rule", "target", "js", "entailment", "deactivated"))


def lint(shapes: ShapesGraph) -> tuple[str, ...]:
    """What should be mended in the shapes, one sentence each; empty when all is well."""
    found = [
        *_unknown_terms(shapes),
        *_dangling_references(shapes),
        *_incomplete(shapes),
        *_unreachable(shapes),
        *_avoided(shapes),
        *_slow(shapes),
    ]
    return tuple(dict.fromkeys(found))


def idle_targets(shapes: ShapesGraph, data: Iterable[Triple]) -> tuple[str, ...]:
    """The targets that have no focus node in these data: likely a misspelt class or property."""
    seen: set[tuple[NamedNode, Node]] = set()
    above: dict[Node, set[Node]] = defaultdict(set)
    for triple in data:
        seen |= {(SH.targetSubjectsOf, triple.predicate), (SH.targetObjectsOf, triple.predicate)}
        seen |= {(SH.targetNode, triple.subject), (SH.targetNode, triple.object)}
        if triple.predicate == RDF.type:
            seen.add((SH.targetClass, triple.object))
        if triple.predicate == RDFS.subClassOf:
            above[triple.subject].add(triple.object)
    waiting = [kind for target, kind in seen if target == SH.targetClass]
    while waiting:
        for broader in above[waiting.pop()]:
            if (SH.targetClass, broader) not in seen:
                seen.add((SH.targetClass, broader))
                waiting.append(broader)
    targets = (triple for triple in shapes.triples if triple.predicate in _TARGETS)
    return tuple(str(target) for target in targets if (target.predicate, target.object) not in seen)


def shapes_of(shapes: ShapesGraph) -> set[Node]:
    """Every node that is declared to be a shape."""
    return {
        triple.subject for triple in shapes.triples if triple.predicate == RDF.type and triple.object in _SHAPE_CLASSES
    }


def _unknown_terms(shapes: ShapesGraph) -> Iterator[str]:
    for triple in shapes.triples:
        for term in (triple.predicate, triple.object):
            if isinstance(term, NamedNode) and term.value.startswith(SH.iri) and URIRef(term.value) not in SHACL_TERMS:
                yield f"{triple.subject}: {term} is no term of SHACL, so engines pass over it"


def _references(shapes: ShapesGraph) -> Iterator[tuple[Node, Node]]:
    """Each place where a shape refers to another, those inside lists too."""
    first = {triple.subject: triple.object for triple in shapes.triples if triple.predicate == RDF.first}
    rest = {triple.subject: triple.object for triple in shapes.triples if triple.predicate == RDF.rest}
    for triple in shapes.triples:
        if triple.predicate in _REFERENCES:
            yield triple.subject, triple.object
        if triple.predicate in _LISTS_OF_SHAPES:
            cell = triple.object
            while isinstance(cell, BlankNode):
                yield triple.subject, first[cell]
                cell = rest[cell]


def _dangling_references(shapes: ShapesGraph) -> Iterator[str]:
    declared = shapes_of(shapes)
    for subject, other in _references(shapes):
        if other not in declared:
            yield f"{subject} refers to {other}, which is no shape: engines take it for one that all data pass"
    constraints = {triple.subject for triple in shapes.triples if triple.object == SH.SPARQLConstraint}
    declaring = {triple.subject for triple in shapes.triples if triple.predicate == SH.declare}
    for triple in shapes.triples:
        if triple.predicate == SH.sparql and triple.object not in constraints:
            yield f"{triple.subject}: {triple.object} is no sh:SPARQLConstraint"
        if triple.predicate == SH.prefixes and triple.object not in declaring:
            yield f"{triple.subject}: {triple.object} declares no prefixes"


def _incomplete(shapes: ShapesGraph) -> Iterator[str]:
    counted: Counter[tuple[Node, NamedNode]] = Counter((triple.subject, triple.predicate) for triple in shapes.triples)
    for shape in shapes_of(shapes):
        if not isinstance(shape, NamedNode):
            yield f"{shape}: a shape needs an IRI, or no report can say which it was"
        for name in _SAID_OF_EACH_SHAPE:
            if counted[shape, SH[name]] != 1:
                yield f"{shape} has {counted[shape, SH[name]]} sh:{name}; it needs one"


def _unreachable(shapes: ShapesGraph) -> Iterator[str]:
    reached: set[Node] = {triple.subject for triple in shapes.triples if triple.predicate in _TARGETS}
    references = list(_references(shapes))
    before = -1
    while len(reached) != before:
        before = len(reached)
        reached |= {other for subject, other in references if subject in reached}
    yield from (f"{shape} has no target and no shape refers to it" for shape in shapes_of(shapes) - reached)


def _avoided(shapes: ShapesGraph) -> Iterator[str]:
    for triple in shapes.triples:
        if triple.predicate in _AVOIDED_TERMS:
            yield f"{triple.subject}: {triple.predicate}: engines differ in it, or it is beyond SHACL Core and SPARQL"
        if triple.predicate in (SH.select, SH.pattern) and isinstance(triple.object, Literal):
            for pattern, reason in _AVOIDED.items():
                if (match := re.search(pattern, triple.object.value)) is not None:
                    yield f"{triple.subject}: {match[0]}: {reason}"


def _slow(shapes: ShapesGraph) -> Iterator[str]:
    """Shapes that make ``shacl`` 0.3.4 quadratic: there ``sh:class`` is only indexed in a shape with a target."""
    parents = {(triple.subject, triple.object) for triple in shapes.triples if triple.predicate == SH.property}
    nested = {other for subject, other in _references(shapes) if (subject, other) not in parents}
    before = -1
    while len(nested) != before:
        before = len(nested)
        nested |= {other for subject, other in parents if subject in nested}
    for triple in shapes.triples:
        if triple.predicate == SH["class"] and triple.subject in nested:
            yield f"{triple.subject}: sh:class where other shapes refer to it: use the path rdf:type/rdfs:subClassOf*"
