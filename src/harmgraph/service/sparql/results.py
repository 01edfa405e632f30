"""A begun `Answer` → the table that the query page shows: its first rows, and whether there are more.

Reads no further than it shows; the rest of the answer is never made. Rows come line by line as TSV and triples
as N-Triples, in both of which a line break always ends a row.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from pyoxigraph import Literal as RdfLiteral
from pyoxigraph import (
    NamedNode,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    parse,
    parse_query_results,
)

from harmgraph.iris import curie
from harmgraph.service.terms import href, is_own
from harmgraph.store.base import Answer, Query, Store

SHOWN: Final = 500
"""Rows on the page; a browser lays out more than that only slowly."""
ROWS_FORMAT: Final = "text/tab-separated-values"
BOOLEAN_FORMAT: Final = "text/boolean"
TRIPLES_FORMAT: Final = "application/n-triples"


@dataclass(frozen=True, slots=True)
class Cell:
    """One term of one row as the page shows it."""

    text: str
    href: str | None = None
    external: bool = False
    lang: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """What the page shows of an answer; ``more`` where the answer goes on after the last row.

    ``lines`` is all of it as the store wrote it, from which the page's script makes other views without asking again;
    empty where there is more.
    """

    kind: Literal["rows", "graph", "boolean"]
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Cell | None, ...], ...] = ()
    more: bool = False
    truth: bool | None = None
    lines: str = ""


async def shown(store: Store, query: Query, root: str) -> Table:
    """What the page shows of the answer to the query; its formats are chosen here."""
    wanted = replace(query, results_format=ROWS_FORMAT, boolean_format=BOOLEAN_FORMAT, graph_format=TRIPLES_FORMAT)
    answer = await store.query(wanted)
    if answer.media_type == BOOLEAN_FORMAT:
        return Table("boolean", truth=await answer.read() == b"true")
    return await _table(answer, root)


async def _table(answer: Answer, root: str) -> Table:
    """The first rows of the answer, which is closed then."""
    is_graph = answer.media_type == TRIPLES_FORMAT
    wanted = SHOWN + (0 if is_graph else 1)  # TSV opens with a line of variables
    lines, more = await _lines(answer, wanted)
    more = more or answer.truncated
    whole = "" if more else lines.decode()
    if is_graph:
        return _triples(lines, more, root, whole)
    parsed = parse_query_results(input=lines, format=QueryResultsFormat.TSV)
    assert isinstance(parsed, QuerySolutions)  # TSV holds nothing else
    names = tuple(variable.value for variable in parsed.variables)
    rows = tuple(tuple(_cell(solution[name], root) for name in names) for solution in parsed)
    return Table("rows", names, rows, more, lines=whole)


async def _lines(answer: Answer, wanted: int) -> tuple[bytes, bool]:
    """The first lines of the answer and whether it has more."""
    read = bytearray()
    seen = 0
    try:
        async for chunk in answer.chunks:
            read += chunk
            seen += chunk.count(b"\n")
            if seen > wanted:
                break
    finally:
        await answer.close()
    lines = bytes(read).split(b"\n")
    if len(lines) - 1 <= wanted:
        return bytes(read), False
    return b"\n".join(lines[:wanted]) + b"\n", True


def _triples(lines: bytes, more: bool, root: str, whole: str) -> Table:
    rows = tuple(
        tuple(_cell(term, root) for term in (quad.subject, quad.predicate, quad.object))
        for quad in parse(input=lines, format=RdfFormat.N_TRIPLES)
    )
    return Table("graph", ("subject", "predicate", "object"), rows, more, lines=whole)


def _cell(term: object, root: str) -> Cell | None:
    match term:
        case None:
            return None
        case NamedNode():
            return Cell(curie(term.value), href(term.value, root), external=not is_own(term.value))
        case RdfLiteral():
            return Cell(term.value, lang=term.language)
        case _:  # blank nodes and triple terms, which only a query can make
            return Cell(str(term))
