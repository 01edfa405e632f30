"""The shapes graph → for each term, what the shapes ask of the data that use it.

A class has what is asked of its members, a property what is asked of its values and of whatever has it. Each constraint
is told as a report of a breach tells it (``sh:name``, ``sh:message``), with how grave that is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from harmgraph.iris import RDF, SH
from harmgraph.validation.shapes import Node, ShapesGraph

FOLDER: Final = Path(__file__).resolve().parents[5] / "ontology" / "shapes"
"""Where the shapes are in a checkout, which is how harmgraph is installed."""
_SEVERITIES: Final[Mapping[Node, str]] = {SH.Violation: "violation", SH.Warning: "warning", SH.Info: "remark"}
_TARGETS: Final = (SH.targetClass, SH.targetSubjectsOf, SH.targetObjectsOf)
_NO_CONSTRAINT: Final = frozenset(
    {RDF.type, SH["name"], SH.description, SH.message, SH.severity, SH.property, *_TARGETS}
)


@dataclass(frozen=True, slots=True)
class Constraint:
    """What one shape asks; ``severity`` is what a report calls the breach."""

    name: str
    message: str
    severity: str


@cache
def published() -> Mapping[NamedNode, tuple[Constraint, ...]]:
    """The constraints of the shapes in the checkout; none where only the package is installed."""
    return by_term(ShapesGraph.read(FOLDER).triples) if FOLDER.is_dir() else {}


def by_term(triples: Iterable[Triple]) -> Mapping[NamedNode, tuple[Constraint, ...]]:
    """The constraints that bear on each class and property, in order of their names."""
    shapes: dict[Node, dict[NamedNode, list[Node]]] = {}
    for t in triples:
        shapes.setdefault(t.subject, {}).setdefault(t.predicate, []).append(t.object)
    found: dict[NamedNode, set[Node]] = {}
    for shape, stated in shapes.items():
        if SH.message not in stated:
            continue  # a list, a prefix declaration, a part of a path
        targets = (term for kind in _TARGETS for term in stated.get(kind, []))
        for term in (*targets, *_steps(shapes, stated.get(SH.path, []))):
            if isinstance(term, NamedNode):
                found.setdefault(term, set()).add(shape)
        for term in stated.get(SH.targetClass, []):
            if isinstance(term, NamedNode):
                found[term].update(each for each in stated.get(SH.property, []) if each in shapes)
    return {
        # a shape that only gathers property shapes asks nothing itself
        term: tuple(sorted((_told(shapes[shape]) for shape in of if shapes[shape].keys() - _NO_CONSTRAINT), key=_order))
        for term, of in found.items()
    }


def _steps(shapes: Mapping[Node, Mapping[NamedNode, list[Node]]], paths: Iterable[Node]) -> Iterable[Node]:
    """The properties in a property path, which is an IRI or a node with parts (SHACL §2.3.1)."""
    for path in paths:
        yield path
        if not isinstance(path, NamedNode):
            yield from _steps(shapes, (part for parts in shapes.get(path, {}).values() for part in parts))


def _told(stated: Mapping[NamedNode, list[Node]]) -> Constraint:
    severity = next((_SEVERITIES[s] for s in stated.get(SH.severity, []) if s in _SEVERITIES), "violation")
    return Constraint(_text(stated, SH["name"]), _text(stated, SH.message), severity)


def _text(stated: Mapping[NamedNode, list[Node]], predicate: NamedNode) -> str:
    return next((o.value for o in stated.get(predicate, []) if isinstance(o, Literal)), "")


def _order(constraint: Constraint) -> tuple[int, str]:
    return list(_SEVERITIES.values()).index(constraint.severity), constraint.name
