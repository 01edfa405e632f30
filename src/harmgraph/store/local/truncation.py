"""The first rows of an answer, where the server limits how many rows or bytes one may have.

Whether an answer is cut off has to be known before its first byte, for a header says so. So a limited answer is made
whole in memory, which the limits bound; without limits nothing here is used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any, Final, TypeVar, cast

from pyoxigraph import QueryResultsFormat, QuerySolutions, RdfFormat, Triple, parse_query_results

from harmgraph.iris import BASE

T = TypeVar("T")

NOTE: Final = f"{BASE}problems#truncated"
"""Where it is said what a truncated answer is; results link to it from their head."""

_JSON_HEAD: Final = b'{"head":{'
_XML_HEAD: Final = re.compile(rb"<head/>|</head>")
_COMMENTED: Final = (RdfFormat.TURTLE, RdfFormat.TRIG, RdfFormat.N_TRIPLES, RdfFormat.N_QUADS)
_MARGIN: Final = 8
"""Rows are read until they have this many times the bytes allowed, as TSV: no results format is so much shorter."""


def first_solutions(
    result: QuerySolutions, results_format: QueryResultsFormat, max_rows: int, max_bytes: int
) -> tuple[bytes, bool]:
    """The answer with the first solutions that fit, and whether some do not; 0 is no limit."""
    names = [str(variable) for variable in result.variables]
    header = "\t".join(names) + "\n"
    # TSV writes terms as they are in Turtle, and the engine reads it back to write any other format.
    lines = ("\t".join("" if term is None else str(term) for term in solution) + "\n" for solution in result)

    def serialised(rows: Sequence[str]) -> bytes:
        parsed = parse_query_results(input=header + "".join(rows), format=QueryResultsFormat.TSV)
        return cast("bytes", parsed.serialize(format=results_format))

    body, truncated = _fitting(lines, len, serialised, max_rows, max_bytes)
    return (_noted(body, results_format) if truncated else body), truncated


def first_triples(
    triples: Iterable[Triple],
    graph_format: RdfFormat,
    serialised: Callable[[list[Triple]], bytes],
    max_rows: int,
    max_bytes: int,
) -> tuple[bytes, bool]:
    """The graph with the first triples that fit, and whether some do not; 0 is no limit."""
    body, truncated = _fitting(triples, lambda triple: len(str(triple)), serialised, max_rows, max_bytes)
    if truncated and graph_format in _COMMENTED:
        body = b"# truncated: see <%s>\n%s" % (NOTE.encode(), body)
    return body, truncated


def _fitting(
    items: Iterable[T], size: Callable[[T], int], serialised: Callable[[Any], bytes], max_rows: int, max_bytes: int
) -> tuple[bytes, bool]:
    rows: list[T] = []
    taken = 0
    remaining = iter(items)
    for row in islice(remaining, max_rows or None):
        rows.append(row)
        taken += size(row)
        if max_bytes and taken > max_bytes * _MARGIN:
            break
    truncated = next(remaining, None) is not None
    body = serialised(rows)
    while max_bytes and len(body) > max_bytes and rows:
        del rows[int(len(rows) * max_bytes / len(body) * 0.95) :]
        truncated = True
        body = serialised(rows)
    return body, truncated


def _noted(body: bytes, results_format: QueryResultsFormat) -> bytes:
    """The results with a link to the note in their head, where the format has one (JSON §3.1.2, XML §2.2)."""
    if results_format == QueryResultsFormat.JSON:
        return body.replace(_JSON_HEAD, b'{"head":{"link":["%s"],' % NOTE.encode(), 1)
    if results_format == QueryResultsFormat.XML:
        link = b'<link href="%s"/></head>' % NOTE.encode()
        return _XML_HEAD.sub(lambda found: (b"<head>" if found[0] == b"<head/>" else b"") + link, body, count=1)
    return body
