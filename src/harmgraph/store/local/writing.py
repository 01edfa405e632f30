"""What the engine answers → bytes in a format, in a `Sink`: prefixes declared in order, and no broken RDF/XML.

What a query may have of its answer at most is cut off here, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import Final, Protocol

from pyoxigraph import (
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Triple,
    serialize,
)

from harmgraph.errors import NotAcceptable
from harmgraph.iris import PREFIXES
from harmgraph.store.base import GRAPH_FORMATS, RESULTS_FORMATS, Query
from harmgraph.store.local.truncation import first_solutions, first_triples

RESULTS: Final = dict(
    zip(
        RESULTS_FORMATS,
        (QueryResultsFormat.JSON, QueryResultsFormat.XML, QueryResultsFormat.CSV, QueryResultsFormat.TSV),
        strict=True,
    )
)
GRAPHS: Final = dict(
    zip(
        GRAPH_FORMATS,
        (
            RdfFormat.TURTLE,
            RdfFormat.JSON_LD,
            RdfFormat.N_TRIPLES,
            RdfFormat.RDF_XML,
            RdfFormat.N_QUADS,
            RdfFormat.TRIG,
        ),
        strict=True,
    )
)
_PREFIXED: Final = (RdfFormat.TURTLE, RdfFormat.RDF_XML, RdfFormat.TRIG)
_SMALL: Final = 2_000
"""Triples up to which an answer declares only the prefixes that it uses."""

# XML needs an element name for a property: the part after the last character that no such name may hold.
_ELEMENT_NAME: Final = re.compile(r"[A-Za-z_\u00C0-\uFFFD][\w.\u00B7-]*$")

_DECLARATION: Final = re.compile(rb'@prefix [^\n]*\n| xmlns:[^=]*="[^"]*"')
_DECLARATIONS: Final = re.compile(rb"(?<=<rdf:RDF)(?: xmlns:[^=>]*=\"[^\"]*\")+|\A(?:@prefix [^\n]*\n)+")


class Sink(Protocol):
    """Where an answer goes: first its media type and whether it is cut off, then its bytes."""

    media_type: str
    truncated: bool

    def write(self, data: bytes) -> int:
        """Take some bytes of the answer."""
        ...

    def flush(self) -> None:
        """Called by the engine at the end."""
        ...


def write_table(result: QuerySolutions, query: Query, results_format: QueryResultsFormat, sink: Sink) -> None:
    """Write a table, or as much of it as the query may have."""
    if query.max_rows or query.max_bytes:
        body, sink.truncated = first_solutions(result, results_format, query.max_rows, query.max_bytes)
        sink.write(body)
    else:
        # The type stub asks for a whole IO object; the engine calls write() and flush() alone.
        result.serialize(sink, results_format)  # type: ignore[arg-type]


def write_graph(result: Iterable[Triple], query: Query, graph_format: RdfFormat, sink: Sink) -> None:
    """Write a graph, or as much of it as the query may have."""
    if query.max_rows or query.max_bytes:

        def serialised(triples: list[Triple]) -> bytes:
            body = _Bytes()
            _write_graph(triples, graph_format, body)
            return b"".join(body.parts)

        body, sink.truncated = first_triples(result, graph_format, serialised, query.max_rows, query.max_bytes)
        sink.write(body)
    else:
        _write_graph(result, graph_format, sink)


def write_boolean(result: QueryBoolean, sink: Sink) -> None:
    """Write a boolean in the media type of the sink."""
    results_format = RESULTS.get(sink.media_type)
    if results_format is None:
        sink.write(b"true" if result else b"false")
    else:
        result.serialize(sink, results_format)  # type: ignore[arg-type]  # as above


class _Output(Protocol):
    """What the engine needs of a file."""

    def write(self, data: bytes) -> int: ...

    def flush(self) -> None: ...


class _Bytes:
    """A graph in memory, as its parts."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self.parts.append(data)
        return len(data)

    def flush(self) -> None:
        """Nothing."""


def _write_graph(result: Iterable[Triple], graph_format: RdfFormat, output: _Output) -> None:
    if graph_format not in _PREFIXED:
        serialize(result, output, graph_format)  # type: ignore[arg-type]  # as above
        return
    triples: Iterator[Triple] = iter(result)
    if graph_format == RdfFormat.RDF_XML:
        triples = _with_element_names(triples)
    head = list(islice(triples, _SMALL))
    prefixes = PREFIXES if len(head) == _SMALL else _used_prefixes(head)
    sorted_output = _SortedPrefixes(output)
    serialize(chain(head, triples), sorted_output, graph_format, prefixes=prefixes)  # type: ignore[arg-type]  # as above


class _SortedPrefixes:
    """Puts the prefix declarations in order: the engine writes them in another one each time."""

    def __init__(self, sink: _Output) -> None:
        self._sink = sink
        self._write: Callable[[bytes], int] = self._first

    def write(self, data: bytes) -> int:
        """Take some bytes; the first 8 KiB hold all declarations."""
        return self._write(data)

    def flush(self) -> None:
        """Called by the engine at the end."""
        self._sink.flush()

    def _first(self, data: bytes) -> int:
        self._write = self._sink.write
        ordered = _DECLARATIONS.sub(lambda found: b"".join(sorted(_DECLARATION.findall(found[0]))), data, count=1)
        self._sink.write(ordered)
        return len(data)


def _used_prefixes(triples: list[Triple]) -> dict[str, str]:
    """The prefixes of the namespaces, all of which end in a slash or a hash, that the triples' IRIs are in."""
    iris = {term.value for triple in triples for term in triple if isinstance(term, NamedNode)}
    namespaces = {iri[: max(iri.rfind("/"), iri.rfind("#")) + 1] for iri in iris}
    return {prefix: namespace for prefix, namespace in PREFIXES.items() if namespace in namespaces}


def _with_element_names(triples: Iterator[Triple]) -> Iterator[Triple]:
    """The triples, as long as RDF/XML can write their properties; the engine would write broken XML (0.5.13)."""
    sound: set[str] = set()
    for triple in triples:
        if (iri := triple.predicate.value) not in sound:
            if _ELEMENT_NAME.search(iri) is None:
                others = tuple(offer for offer in GRAPH_FORMATS if GRAPHS[offer] != RdfFormat.RDF_XML)
                raise NotAcceptable(f"RDF/XML cannot write the property <{iri}>; ask for another format", others)
            sound.add(iri)
        yield triple
