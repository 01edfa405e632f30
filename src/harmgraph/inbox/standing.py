"""A suggestion and a store → what the store says now of the statement that it is about, and of the thing.

Asked when a maintainer looks, not when the suggestion comes: a later release may have mended what was wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

from pyoxigraph import Literal, NamedNode, QueryResultsFormat, QuerySolutions, parse_query_results

from harmgraph.inbox.suggestion import Statement, Suggestion
from harmgraph.iris import BASE
from harmgraph.store.base import RESULTS_FORMATS, Query, Store

_RECORDS: Final = f"{BASE}id/record/"
_MOST: Final = 50


@dataclass(frozen=True, slots=True)
class Standing:
    """What the release says."""

    release: str
    label: str
    records: tuple[str, ...]
    """The records that speak of the thing."""
    sayers: tuple[str, ...]
    """The graphs that make the statement; none where the release no longer says so."""
    values: tuple[NamedNode | Literal, ...]
    """Every value that the property has now."""


async def standing(store: Store, suggestion: Suggestion, timeout: float) -> Standing:
    """What the store says of the suggestion's thing and statement."""
    thing = suggestion.thing
    labels = await _column(store, timeout, f"SELECT ?x {{ {thing} <http://www.w3.org/2000/01/rdf-schema#label> ?x }}")
    graphs = await _column(store, timeout, f"SELECT DISTINCT ?x {{ GRAPH ?x {{ {thing} ?p ?o }} }} ORDER BY ?x")
    records = tuple(each.value for each in graphs if each.value.startswith(_RECORDS))
    sayers, values = await _stated(store, timeout, suggestion.statement)
    return Standing(store.release, labels[0].value if labels else "", records, sayers, values)


async def _stated(
    store: Store, timeout: float, statement: Statement | None
) -> tuple[tuple[str, ...], tuple[NamedNode | Literal, ...]]:
    if statement is None:
        return (), ()
    subject, predicate, value = statement
    pattern = f"{subject} {predicate}"
    sayers = await _column(store, timeout, f"SELECT DISTINCT ?x {{ GRAPH ?x {{ {pattern} {value} }} }} ORDER BY ?x")
    values = await _column(store, timeout, f"SELECT DISTINCT ?x {{ {pattern} ?x }} ORDER BY ?x")
    return tuple(each.value for each in sayers), tuple(values)


async def _column(store: Store, timeout: float, text: str) -> list[NamedNode | Literal]:
    """The terms of the variable x. Terms of suggestions stand in the text as the library writes them, so escaped."""
    query = Query(f"{text} LIMIT {_MOST}", timeout, results_format=RESULTS_FORMATS[0], graph_format=None)
    body = await (await store.query(query)).read()
    solutions = cast("QuerySolutions", parse_query_results(input=body, format=QueryResultsFormat.JSON))
    return [term for row in solutions if isinstance(term := row["x"], NamedNode | Literal)]
