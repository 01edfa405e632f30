"""A query becomes an answer on the wire: engine, form of the query, format, errors in our terms.

Runs in a worker process. What comes out goes to a `Sink`, which is told the media type before the first byte.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain, islice
from typing import Final, Protocol

from pyoxigraph import (
    DefaultGraph,
    NamedNode,
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    Triple,
    serialize,
)

from harmgraph.errors import NotAcceptable, QueryRefused, UpdateRefused
from harmgraph.iris import PREFIXES, SKOS
from harmgraph.store.base import BOOLEAN_FORMATS, GRAPH_FORMATS, RESULTS_FORMATS, Query
from harmgraph.store.local.truncation import first_solutions, first_triples
from harmgraph.store.query_text.closure import with_concepts
from harmgraph.store.query_text.dataset_clause import dataset_of
from harmgraph.store.query_text.service_check import refuse_service
from harmgraph.store.query_text.text_patterns import refuse_matches, with_hits
from harmgraph.store.query_text.tokens import decode_codepoints
from harmgraph.store.releases.damage import is_damage
from harmgraph.store.releases.text_index import TextIndex

_RESULTS: Final = dict(
    zip(
        RESULTS_FORMATS,
        (QueryResultsFormat.JSON, QueryResultsFormat.XML, QueryResultsFormat.CSV, QueryResultsFormat.TSV),
        strict=True,
    )
)
_GRAPHS: Final = dict(
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
_NARROWER: Final = f"SELECT DISTINCT ?concept {{{{ ?concept {SKOS.broader}* <{{}}> }}}}"
_SMALL: Final = 2_000
"""Triples up to which an answer declares only the prefixes that it uses."""

# XML needs an element name for a property: the part after the last character that no such name may hold.
_ELEMENT_NAME: Final = re.compile(r"[A-Za-z_\u00C0-\uFFFD][\w.\u00B7-]*$")

_DECLARATION: Final = re.compile(rb'@prefix [^\n]*\n| xmlns:[^=]*="[^"]*"')
_DECLARATIONS: Final = re.compile(rb"(?<=<rdf:RDF)(?: xmlns:[^=>]*=\"[^\"]*\")+|\A(?:@prefix [^\n]*\n)+")

_Result = QuerySolutions | QueryBoolean | QueryTriples


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


def answer(store: Store, query: Query, sink: Sink, index: TextIndex | None = None) -> None:
    """Evaluate and write the whole answer.

    Raises `QueryRefused` and `NotAcceptable` before the first byte. What the engine raises while it evaluates
    (OSError, RuntimeError) passes through.
    """
    refuse_service(query.text)
    result = _evaluate(store, _resolved(store, _searched(query, index)))
    match result:
        case QueryTriples():
            sink.media_type = _offered(query.graph_format, GRAPH_FORMATS, "a graph")
            write_graph(result, query, _GRAPHS[sink.media_type], sink)
        case QueryBoolean():
            sink.media_type = _offered(query.boolean_format, BOOLEAN_FORMATS, "a boolean")
            write_boolean(result, sink)
        case QuerySolutions():
            sink.media_type = _offered(query.results_format, RESULTS_FORMATS, "a table")
            write_table(result, query, _RESULTS[sink.media_type], sink)


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
    results_format = _RESULTS.get(sink.media_type)
    if results_format is None:
        sink.write(b"true" if result else b"false")
    else:
        result.serialize(sink, results_format)  # type: ignore[arg-type]  # as above


def _searched(query: Query, index: TextIndex | None) -> Query:
    """The query with what the index of text finds in place of its text patterns."""
    if index is None:
        refuse_matches(query.text, query.base_iri, "this release has no index of text for hg:matches; build it again")
        return query
    text = with_hits(query.text, query.base_iri, index.search)
    if text != query.text:
        _evaluate(Store(), query)  # its errors are told of the text as it was written
    return replace(query, text=text)


def _resolved(store: Store, query: Query) -> Query:
    """The query with paths to a concept resolved; a query that is not well-formed stays as it was written."""

    def narrower(concept: str) -> list[str]:
        try:
            found = store.query(_NARROWER.format(concept))
        except SyntaxError:  # it is no absolute IRI; the engine shall say so of the query itself
            return []
        assert isinstance(found, QuerySolutions)
        return [row["concept"].value for row in found if isinstance(row["concept"], NamedNode)]

    if query.default_graphs or query.named_graphs:
        return query
    text = with_concepts(query.text, query.base_iri, narrower)
    if text == query.text:
        return query
    _evaluate(Store(), query)
    return replace(query, text=text)


def _offered(wanted: str | None, offers: tuple[str, ...], form: str) -> str:
    if wanted in offers:
        return wanted
    raise NotAcceptable(
        f"the answer to this query is {form}, which there is not in {wanted or 'any format that was asked for'}; "
        f"there is {', '.join(offers)}",
        offers,
    )


def _evaluate(store: Store, query: Query) -> _Result:
    try:
        return _query(store, query, query.text)
    except SyntaxError as cause:
        # The engine decodes codepoint escapes in strings and IRIs only (0.5.13); §19.2 has them everywhere.
        decoded = decode_codepoints(query.text)
        if decoded != query.text:
            try:
                return _query(store, query, decoded)
            except SyntaxError:
                pass  # the message about the text as it was written is the helpful one
        if update := _UPDATE.match(decoded):
            message = f"this endpoint is read-only: it answers queries, and {update[1].upper()} is an update"
            raise UpdateRefused(message) from cause
        raise QueryRefused(_explain(str(cause), query.text)) from cause
    except (ValueError, RuntimeError) as cause:  # a text that is not Unicode, a function that does not exist
        if is_damage(cause):
            raise
        raise QueryRefused(f"the query cannot be evaluated: {cause}") from cause


def _query(store: Store, query: Query, text: str) -> _Result:
    if query.default_graphs or query.named_graphs:
        default = [_graph_name(iri) for iri in query.default_graphs]
        named = [_graph_name(iri) for iri in query.named_graphs]
        return _query_dataset(store, text, query.base_iri, default, named)
    default, named = dataset_of(text, query.base_iri)
    if len(default) > 1:
        return _query_dataset(store, text, query.base_iri, default, named)
    return store.query(text, base_iri=query.base_iri, prefixes=_mentioned_prefixes(text))


def _mentioned_prefixes(text: str) -> dict[str, str]:
    """The well-known prefixes that the query can use: to read them all takes the engine as long as a lookup does."""
    return {prefix: namespace for prefix, namespace in PREFIXES.items() if f"{prefix}:" in text}


def _query_dataset(
    store: Store, text: str, base_iri: str | None, default: list[NamedNode], named: list[NamedNode]
) -> _Result:
    """Evaluate over the merge of these default graphs and these named graphs.

    The engine concatenates several default graphs, so that a triple in two of them counts twice (0.5.13). SPARQL
    1.1 §13.1 has their merge, so that is made, in memory and for this query alone.
    """
    default = list(dict.fromkeys(default))
    if len(default) > 1:
        merged = Store()
        for graph in default:
            quads = store.quads_for_pattern(None, None, None, graph)
            merged.extend(Quad(quad.subject, quad.predicate, quad.object) for quad in quads)
        for graph in set(named):
            merged.extend(store.quads_for_pattern(None, None, None, graph))
        return merged.query(
            text, base_iri=base_iri, prefixes=PREFIXES, default_graph=DefaultGraph(), named_graphs=[*named]
        )
    return store.query(text, base_iri=base_iri, prefixes=PREFIXES, default_graph=[*default], named_graphs=[*named])


def _graph_name(iri: str) -> NamedNode:
    try:
        return NamedNode(iri)
    except ValueError as cause:
        raise QueryRefused(f"the graph name {iri!r} is not an absolute IRI: {cause}") from cause


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
                others = tuple(offer for offer in GRAPH_FORMATS if _GRAPHS[offer] != RdfFormat.RDF_XML)
                raise NotAcceptable(f"RDF/XML cannot write the property <{iri}>; ask for another format", others)
            sound.add(iri)
        yield triple


_UPDATE: Final = re.compile(
    r"(?:\s|\#[^\r\n]*+|PREFIX\s+[^\s:]*:\s*<[^>]*>|BASE\s*<[^>]*>)*+"
    r"(INSERT|DELETE|LOAD|CLEAR|DROP|CREATE|ADD|MOVE|COPY|WITH)\b",
    re.IGNORECASE,
)
_POSITION: Final = re.compile(r"error at (\d+):(\d+): expected (?:one of )?(.*)", re.DOTALL)


def _explain(message: str, text: str) -> str:
    """The parser's message without its classes of characters, and with what stands at its position.

    >>> _explain('error at 1:8: expected one of "*", (, [_]', "SELECT % {}")
    'the query is not SPARQL 1.1: at line 1, column 8, between "SELECT " and "% {}": expected "*" or ('
    """
    position = _POSITION.match(message)
    if position is None:
        return f"the query is not SPARQL 1.1: {message}"
    line, column = int(position[1]), int(position[2])
    lines = text.splitlines()
    said = lines[line - 1] if line <= len(lines) else ""
    place = f'between "{said[: column - 1][-30:]}" and "{said[column - 1 :][:30]}"'
    tokens = [token for token in re.split(r', (?=["\w(])', position[3]) if not token.startswith("[")]
    expected = " or ".join(re.sub(r", \[.*", "", token, flags=re.DOTALL) for token in tokens)
    return f"the query is not SPARQL 1.1: at line {line}, column {column}, {place}: expected {expected or 'less'}"
