"""The answer of another endpoint → solutions, and solutions → the VALUES block that says the same.

What an endpoint sends is not trusted: a term that is not written as SPARQL writes it is a fault of the answer.
Blank nodes become IRIs of their own (RDF 1.1 Concepts §3.5), since VALUES has no blank nodes.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from pyoxigraph import BlankNode, QueryResultsFormat, QuerySolutions, parse_query_results

from harmgraph.iris import BASE

Row = tuple[str, ...]
"""The terms of one solution as SPARQL writes them, UNDEF where a variable is unbound."""

UNDEF: Final = "UNDEF"
GENID: Final = f"{BASE}.well-known/genid/"

_IRI: Final = r"<[^<>\"{}|^`\\\x00-\x20]+>"
_TERM: Final = re.compile(
    rf'{_IRI}|"(?:[^"\\\r\n]|\\[tbnrf"\\\']|\\u[0-9A-F]{{4}}|\\U[0-9A-F]{{8}})*+"'
    rf"(?:@[A-Za-z]+(?:-[A-Za-z0-9]+)*|\^\^{_IRI})?"
)


class Unusable(ValueError):
    """The answer is not one, or holds what it should not."""


def solutions(body: bytes, variables: Sequence[str], most: int) -> list[Row]:
    """The values of these variables in a table in JSON; raises `Unusable` if it has more rows than ``most``.

    >>> solutions(b'{"head":{"vars":["a"]},"results":{"bindings":[{"a":{"type":"literal","value":"x"}}]}}', ["a"], 9)
    [('"x"',)]
    """
    rows = _rows(body, variables, most)
    if isinstance(rows, str):
        raise Unusable(rows)
    return rows


def _rows(body: bytes, variables: Sequence[str], most: int) -> list[Row] | str:
    """The rows, or what is wrong. An exception would take the table along, which must not leave its thread."""
    scope = secrets.token_hex(8)  # labels of blank nodes mean something within one answer only
    rows: list[Row] = []
    try:
        table = parse_query_results(input=body, format=QueryResultsFormat.JSON)
        if not isinstance(table, QuerySolutions):
            return "it is a boolean, not a table"
        names = {variable.value for variable in table.variables}
        known = [name if name in names else None for name in variables]
        for solution in table:
            if len(rows) == most:
                return f"it has more than {most} solutions"
            rows.append(tuple(UNDEF if name is None else _written(solution[name], scope) for name in known))
    except Unusable as fault:
        return str(fault)
    except (SyntaxError, ValueError) as fault:
        return f"it is not SPARQL results in JSON: {fault}"
    return rows


def _written(term: object, scope: str) -> str:
    if term is None:
        return UNDEF
    if isinstance(term, BlankNode):
        return f"<{GENID}{scope}-{term.value}>"
    text = str(term)
    if _TERM.fullmatch(text) is None:
        raise Unusable(f"it holds a term that SPARQL 1.1 cannot write: {text[:60]}")
    return text


def values_block(variables: Sequence[str], rows: Iterable[Row]) -> str:
    """The VALUES block with these solutions.

    >>> values_block(("a", "b"), [("<x:y>", "UNDEF")])
    'VALUES (?a ?b) { (<x:y> UNDEF) }'
    """
    listed = " ".join(f"({' '.join(row)})" for row in rows)
    return f"VALUES ({' '.join('?' + name for name in variables)}) {{ {listed} }}"


def nothing_bound(variables: Collection[str]) -> list[Row]:
    """The one solution that binds nothing: what SILENT makes of a failure."""
    return [(UNDEF,) * len(variables)]
