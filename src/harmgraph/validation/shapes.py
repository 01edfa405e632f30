"""The folder ``ontology/shapes`` → one shapes graph, with what a report needs to know of each shape."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, Self

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse, serialize

from harmgraph.errors import BuildAborted
from harmgraph.iris import BASE, SH, Namespace

HGS: Final = Namespace(BASE + "shapes#")

Node = NamedNode | BlankNode | Literal | Triple
"""Anything that can stand in a triple; `Triple` only because RDF 1.2 allows it."""


@dataclass(frozen=True)
class ShapesGraph:
    """All triples of the shapes. Immutable; engines compile it anew, which takes them about ten milliseconds."""

    triples: tuple[Triple, ...]

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The merge of all Turtle files of the folder; raises `BuildAborted` for a broken or missing one."""
        files = sorted(folder.glob("*.ttl"))
        if not files:
            raise BuildAborted(f"{folder} holds no shapes (*.ttl); give the folder ontology/shapes of a checkout")
        return cls(tuple(triple for file in files for triple in _parsed(file)))

    @classmethod
    def of(cls, triples: Iterable[Triple]) -> Self:
        """A shapes graph made of these triples: how the tests take single constraints away."""
        return cls(tuple(triples))

    def n_triples(self) -> str:
        """The shapes graph for an engine."""
        return n_triples(self.triples).decode()

    @cached_property
    def names(self) -> dict[Node, str]:
        """The ``sh:name`` of each property shape: what people call the field that the shape looks at."""
        properties = {triple.subject for triple in self.triples if triple.predicate == SH.path}
        return {
            triple.subject: triple.object.value
            for triple in self.triples
            if triple.predicate == SH["name"] and triple.subject in properties and isinstance(triple.object, Literal)
        }


def n_triples(triples: Iterable[Triple]) -> bytes:
    """The triples as N-Triples: what both engines read fastest."""
    return serialize(triples, format=RdfFormat.N_TRIPLES) or b""  # None only where an output is given


def _parsed(file: Path) -> Iterable[Triple]:
    try:
        quads = list(parse(path=file, format=RdfFormat.TURTLE, rename_blank_nodes=True))
    except SyntaxError as cause:
        raise BuildAborted(f"{file}:{cause.lineno}:{cause.offset}: {cause.msg}") from cause
    return (quad.triple for quad in quads)
