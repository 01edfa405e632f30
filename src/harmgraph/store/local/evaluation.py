"""A query becomes an answer on the wire: engine, form of the query, format, errors in our terms.

Runs in a worker process. What comes out goes to a `Sink`, which is told the media type before the first byte.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from pyoxigraph import (
    DefaultGraph,
    NamedNode,
    Quad,
    QueryBoolean,
    QuerySolutions,
    QueryTriples,
    Store,
)

from harmgraph.errors import NotAcceptable, QueryRefused, UpdateRefused
from harmgraph.iris import SKOS, mentioned_prefixes
from harmgraph.store.base import BOOLEAN_FORMATS, GRAPH_FORMATS, RESULTS_FORMATS, Query
from harmgraph.store.columns.files import Columns
from harmgraph.store.columns.selecting import is_worth_columns, with_columns
from harmgraph.store.local.brief_turtle import brief_turtle, is_brief
from harmgraph.store.local.syntax_errors import explained, update_of
from harmgraph.store.local.writing import GRAPHS, RESULTS, Sink, write_boolean, write_graph, write_table
from harmgraph.store.query_text.closure import with_concepts
from harmgraph.store.query_text.dataset_clause import dataset_of
from harmgraph.store.query_text.service_check import refuse_service
from harmgraph.store.query_text.text_patterns import refuse_matches, with_hits
from harmgraph.store.query_text.tokens import decode_codepoints
from harmgraph.store.releases.damage import is_damage
from harmgraph.store.releases.text_index import TextIndex

_NARROWER: Final = f"SELECT DISTINCT ?concept {{{{ ?concept {SKOS.broader}* <{{}}> }}}}"
_Result = QuerySolutions | QueryBoolean | QueryTriples


def answer(
    store: Store, query: Query, sink: Sink, index: TextIndex | None = None, columns: Columns | None = None
) -> None:
    """Evaluate and write the whole answer.

    Raises `QueryRefused` and `NotAcceptable` before the first byte. What the engine raises while it evaluates
    (OSError, RuntimeError) passes through.
    """
    refuse_service(query.text)
    query = _searched(query, index)
    result: _Result | None = _from_columns(store, query, columns)
    if result is None:
        query = _resolved(store, query)
        result = _evaluate(store, query)
    match result:
        case QueryTriples():
            sink.media_type = _offered(query.graph_format, GRAPH_FORMATS, "a graph")
            if is_brief(query):
                if (page := brief_turtle(result)) is not None:
                    sink.write(page)
                    return
                result = _evaluate(store, query)
                assert isinstance(result, QueryTriples)
            write_graph(result, query, GRAPHS[sink.media_type], sink)
        case QueryBoolean():
            sink.media_type = _offered(query.boolean_format, BOOLEAN_FORMATS, "a boolean")
            write_boolean(result, sink)
        case QuerySolutions():
            sink.media_type = _offered(query.results_format, RESULTS_FORMATS, "a table")
            write_table(result, query, RESULTS[sink.media_type], sink)


def _searched(query: Query, index: TextIndex | None) -> Query:
    """The query with what the index of text finds in place of its text patterns."""
    if index is None:
        refuse_matches(query.text, query.base_iri, "this release has no index of text for hg:matches; build it again")
        return query
    text = with_hits(query.text, query.base_iri, index.search)
    if text == query.text:
        return query
    _evaluate(Store(), query)  # its errors are told of the text as it was written
    return replace(query, text=text)


def _from_columns(store: Store, query: Query, columns: Columns | None) -> QuerySolutions | None:
    """The answer to a query of which columns can answer a part at least; None for all others."""
    if columns is None or query.default_graphs or query.named_graphs or not is_worth_columns(query.text):
        return None
    _evaluate(Store(), query)  # whose errors are told of the text as it was written; what follows knows it is a query
    text = with_columns(query.text, query.base_iri, columns)
    if text == query.text:
        return None
    prefixes = mentioned_prefixes(decode_codepoints(query.text))  # not of what is now in the text, which is long
    found = store.query(text, base_iri=query.base_iri, prefixes=prefixes)
    assert isinstance(found, QuerySolutions)  # no other form has columns
    return found


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
        if (update := update_of(decoded)) is not None:
            message = f"this endpoint is read-only: it answers queries, and {update} is an update"
            raise UpdateRefused(message) from cause
        raise QueryRefused(explained(str(cause), query.text)) from cause
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
    return store.query(text, base_iri=query.base_iri, prefixes=mentioned_prefixes(text))


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
            text,
            base_iri=base_iri,
            prefixes=mentioned_prefixes(text),
            default_graph=DefaultGraph(),
            named_graphs=[*named],
        )
    return store.query(
        text, base_iri=base_iri, prefixes=mentioned_prefixes(text), default_graph=[*default], named_graphs=[*named]
    )


def _graph_name(iri: str) -> NamedNode:
    try:
        return NamedNode(iri)
    except ValueError as cause:
        raise QueryRefused(f"the graph name {iri!r} is not an absolute IRI: {cause}") from cause
