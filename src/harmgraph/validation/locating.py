"""Results → the named graphs in which each offending statement stands: which record is to be mended.

One streaming pass over the data, and only where there are results. Our dumps write a quad on each line with its
subject first, so a line of another subject is passed over without parsing it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from pyoxigraph import NamedNode, Quad, RdfFormat, parse

from harmgraph.validation.merging import format_of, quads_in
from harmgraph.validation.report import Result
from harmgraph.validation.shapes import Node

_BATCH: Final = 10_000
"""Lines parsed at once: parsing each line by itself is some ten times slower."""


class _Found:
    """The graphs that one result may be about, the closest kind of match kept apart."""

    __slots__ = ("graphs", "path", "value")

    def __init__(self, result: Result) -> None:
        self.path = result.path
        self.value = result.value
        self.graphs: tuple[set[NamedNode], ...] = (set(), set(), set())

    def see(self, quad: Quad, graph: NamedNode) -> None:
        about_path = self.path == f"<{quad.predicate.value}>"
        if about_path and quad.object == self.value:
            self.graphs[0].add(graph)
        elif about_path:
            self.graphs[1].add(graph)
        else:
            self.graphs[2].add(graph)

    def closest(self) -> tuple[NamedNode, ...]:
        best = next((graphs for graphs in self.graphs if graphs), set())
        return tuple(sorted(best, key=str))


def located(results: Sequence[Result], data: Path) -> Iterator[tuple[Result, tuple[NamedNode, ...]]]:
    """Each result with the graphs of its statement; of its property, failing that; of its focus node, failing that."""
    found = [_Found(result) for result in results]
    by_focus: dict[Node, list[_Found]] = defaultdict(list)
    for result, each in zip(results, found, strict=True):
        by_focus[result.focus_node].append(each)
    if results:
        for quad in _quads_about(frozenset(by_focus), data):
            if isinstance(quad.graph_name, NamedNode):
                for each in by_focus[quad.subject]:
                    each.see(quad, quad.graph_name)
    return ((result, each.closest()) for result, each in zip(results, found, strict=True))


def _quads_about(nodes: frozenset[Node], data: Path) -> Iterator[Quad]:
    if format_of(data) != RdfFormat.N_QUADS:
        yield from (quad for quad in quads_in(data) if quad.subject in nodes)
        return
    wanted = {str(node).encode() for node in nodes}
    with data.open("rb") as file:
        lines = (line for line in file if line[: line.find(b" ")] in wanted)
        while batch := b"".join(islice(lines, _BATCH)):
            yield from parse(batch, format=RdfFormat.N_QUADS)
