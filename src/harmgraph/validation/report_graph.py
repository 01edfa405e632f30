"""A SHACL report graph → `Result` values, and back: the RDF side of a report.

Engines name results and complex paths by blank nodes; going out, results get IRIs and complex paths are left to
the shape, which the result names.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from harmgraph.errors import HarmgraphError
from harmgraph.iris import RDF, SH
from harmgraph.validation.report import SEVERITIES, Result, compact
from harmgraph.validation.shapes import Node, ShapesGraph

_COMPONENT: Final = "ConstraintComponent"


class _Graph:
    """Look-up in a small graph by subject and predicate."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        self._objects: dict[tuple[Node, NamedNode], list[Node]] = defaultdict(list)
        for triple in triples:
            self._objects[triple.subject, triple.predicate].append(triple.object)

    def all(self, subject: Node, predicate: NamedNode) -> list[Node]:
        return self._objects.get((subject, predicate), [])

    def one(self, subject: Node, predicate: NamedNode) -> Node | None:
        return min(self.all(subject, predicate), key=str, default=None)

    def having(self, predicate: NamedNode) -> Iterator[Node]:
        """Every node that is a value of this predicate."""
        for (_, found), objects in self._objects.items():
            if found == predicate:
                yield from objects


def results_of(triples: Iterable[Triple], shapes: ShapesGraph) -> list[Result]:
    """The results that the report itself lists, in a fixed order; not those nested in ``sh:detail``."""
    graph = _Graph(triples)
    found = [_result(graph, node, shapes) for node in graph.having(SH.result)]
    return sorted(found, key=lambda result: result.order)


def _result(graph: _Graph, node: Node, shapes: ShapesGraph) -> Result:
    shape = graph.one(node, SH.sourceShape)
    path_node = graph.one(node, SH.resultPath)
    path = None if path_node is None else path_of(graph, path_node)
    message = graph.one(node, SH.resultMessage)
    focus = graph.one(node, SH.focusNode)
    if focus is None or shape is None:
        raise HarmgraphError(f"a validation result has no focus node or source shape: {node}")
    return Result(
        focus_node=focus,
        path=path,
        value=graph.one(node, SH.value),
        component=_local(graph, node, SH.sourceConstraintComponent).removesuffix(_COMPONENT),
        severity=SEVERITIES[_local(graph, node, SH.resultSeverity)],
        message=message.value if isinstance(message, Literal) else "",
        source_shape=shape,
        field=shapes.names.get(shape) or (compact(path) if path else ""),
    )


def _local(graph: _Graph, node: Node, predicate: NamedNode) -> str:
    """The local name of a SHACL term; one of another namespace says that a shape uses what we do not support."""
    term = graph.one(node, predicate)
    if not isinstance(term, NamedNode) or not term.value.startswith(SH.iri):
        raise HarmgraphError(f"{predicate.value} of a validation result is {term}, which is no SHACL Core term")
    return term.value.removeprefix(SH.iri)


def path_of(graph: _Graph, node: Node) -> str:
    """A SHACL property path in SPARQL's syntax (SHACL §2.3.1), with full IRIs."""
    if isinstance(node, NamedNode):
        return f"<{node.value}>"
    written: tuple[tuple[str, Callable[[Node], str]], ...] = (
        ("inversePath", lambda inner: "^" + path_of(graph, inner)),
        ("alternativePath", lambda inner: "(" + "|".join(_members(graph, inner)) + ")"),
        ("zeroOrMorePath", lambda inner: path_of(graph, inner) + "*"),
        ("oneOrMorePath", lambda inner: path_of(graph, inner) + "+"),
        ("zeroOrOnePath", lambda inner: path_of(graph, inner) + "?"),
    )
    for name, write in written:
        inner = graph.one(node, SH[name])
        if inner is not None:
            return write(inner)
    return "/".join(_members(graph, node))


def _members(graph: _Graph, head: Node) -> Iterator[str]:
    while head != RDF.nil:
        first, rest = graph.one(head, RDF.first), graph.one(head, RDF.rest)
        if first is None or rest is None:
            raise HarmgraphError(f"a property path of the report has a broken list at {head}")
        yield path_of(graph, first)
        head = rest
