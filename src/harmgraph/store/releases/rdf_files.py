"""RDF files of any format → quads in named graphs, with blank nodes that no two files share.

What a file says in its default graph goes to the graph that is named after the file. Blank nodes are numbered by their
first appearance, so the same files give the same dump. A blank node that names a graph becomes an IRI: a release has
graphs that can be asked for. Nothing is ever fetched, JSON-LD contexts included.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, cast
from xml.parsers import expat

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Triple, parse

from harmgraph.errors import SnapshotUnreadable

Node = NamedNode | BlankNode
Term = Node | Literal | Triple

FORMATS: Final[dict[str, RdfFormat]] = {
    "nq": RdfFormat.N_QUADS,
    "nquads": RdfFormat.N_QUADS,
    "trig": RdfFormat.TRIG,
    "ttl": RdfFormat.TURTLE,
    "nt": RdfFormat.N_TRIPLES,
    "rdf": RdfFormat.RDF_XML,
    "rdfs": RdfFormat.RDF_XML,
    "owl": RdfFormat.RDF_XML,
    "xml": RdfFormat.RDF_XML,
    "jsonld": RdfFormat.JSON_LD,
    "json": RdfFormat.JSON_LD,
}
"""Suffix → format. Suffixes of compression may follow."""

_OPENERS: Final[dict[str, Callable[[Path], IO[bytes]]]] = {
    "gz": lambda path: cast("IO[bytes]", gzip.GzipFile(path)),
    "bz2": bz2.BZ2File,
    "xz": lzma.LZMAFile,
}


@dataclass(frozen=True, slots=True)
class RdfFile:
    """A file to load, the graph of what it says outside any graph, and the base of its relative IRIs."""

    path: Path
    graph: NamedNode
    base: str
    format: RdfFormat

    @classmethod
    def of(cls, path: Path, graph: str | None = None, base: str | None = None, suffix: str | None = None) -> RdfFile:
        """The file as its name says it is; its graph is its own ``file:`` IRI unless another one is given.

        Raises `SnapshotUnreadable` for what is no file, a suffix that stands for no format, and an invalid IRI.
        """
        if not path.is_file():
            raise SnapshotUnreadable(f"{path} is {'a folder' if path.is_dir() else 'not there'}; give RDF files")
        iri = path.absolute().as_uri() if graph is None else graph
        return cls(path, _iri(iri, "graph"), _iri(base or iri, "base").value, _format(path, suffix))

    def quads(self, number: int) -> Iterator[Quad]:
        """Every statement of the file, its blank nodes named after its ``number`` in the release.

        Raises `SnapshotUnreadable` with line and column where it cannot be read.
        """
        names = _Names(f"f{number}n", self._graph_names())
        for quad in self._parse():
            graph = quad.graph_name
            yield Quad(
                names.subject(quad.subject),
                quad.predicate,
                names.term(quad.object),
                self.graph if isinstance(graph, DefaultGraph) else names.node(graph),
            )

    def _graph_names(self) -> dict[BlankNode, Node]:
        """The IRIs of the blank nodes that name graphs, which the file may use before it names a graph so."""
        found: dict[BlankNode, Node] = {}
        if self.format.supports_datasets:
            for quad in self._parse():
                name = quad.graph_name
                if isinstance(name, BlankNode) and name not in found:
                    found[name] = NamedNode(f"{self.graph.value}#graph-{len(found) + 1}")
        return found

    def _parse(self) -> Iterator[Quad]:
        try:
            with self._open() as file:
                yield from parse(file, format=self.format, base_iri=self.base)
        except SyntaxError as cause:
            raise SnapshotUnreadable(f"{self.path}{self._place(cause)}: {_said(cause, self.format)}") from cause
        except (OSError, EOFError, ValueError, lzma.LZMAError, zlib.error) as cause:
            raise SnapshotUnreadable(f"{self.path} cannot be read: {cause}") from cause

    def _open(self) -> IO[bytes]:
        return _OPENERS.get(self.path.suffix.removeprefix(".").lower(), _plain)(self.path)

    def _place(self, error: SyntaxError) -> str:
        line, column = error.lineno, error.offset
        if line is None and self.format == RdfFormat.RDF_XML:
            line, column = self._malformed()
        return "" if line is None else f", line {line}, column {column}"

    def _malformed(self) -> tuple[int | None, int | None]:
        """Where the file stops being XML, which the RDF/XML parser does not say (pyoxigraph 0.5.13)."""
        parser = expat.ParserCreate()
        try:
            with self._open() as file:
                parser.ParseFile(file)
        except expat.ExpatError as error:
            return error.lineno, error.offset + 1
        return None, None


class _Names:
    """What the blank nodes of one file are called in the release."""

    def __init__(self, stem: str, graphs: dict[BlankNode, Node]) -> None:
        self._stem = stem
        self._names = graphs

    def node(self, term: Node) -> Node:
        if isinstance(term, NamedNode):
            return term
        name = self._names.get(term)
        if name is None:
            name = self._names[term] = BlankNode(f"{self._stem}{len(self._names)}")
        return name

    def subject(self, term: Node | Triple) -> Node | Triple:
        if isinstance(term, Triple):
            return Triple(self.subject(term.subject), term.predicate, self.term(term.object))
        return self.node(term)

    def term(self, term: Term) -> Term:
        return term if isinstance(term, Literal) else self.subject(term)


def _plain(path: Path) -> IO[bytes]:
    return path.open("rb")


def _said(error: SyntaxError, rdf_format: RdfFormat) -> str:
    if "LoadDocumentCallback" in error.msg:
        return "it has a remote @context, and nothing is fetched; write the context into the file"
    # The parser's own words without its position, which stands before them already.
    detail = re.sub(r"^Parser error (?:at|between) .*?\d: ", "", error.msg)
    return f"this is not {rdf_format.name}: {detail}"


def _iri(text: str, role: str) -> NamedNode:
    try:
        return NamedNode(text)
    except ValueError as cause:
        raise SnapshotUnreadable(f"the {role} {text!r} is not an absolute IRI: {cause}") from cause


def _format(path: Path, suffix: str | None) -> RdfFormat:
    suffixes = [part.removeprefix(".").lower() for part in path.suffixes]
    if suffixes and suffixes[-1] in _OPENERS:
        suffixes.pop()
    name = (suffixes[-1] if suffixes else "") if suffix is None else suffix.lower()
    if name not in FORMATS:
        raise SnapshotUnreadable(
            f"{path}: {name!r} stands for no RDF format; name one with --format: {', '.join(FORMATS)}"
        )
    return FORMATS[name]
