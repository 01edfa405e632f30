"""Expressions over columns, evaluated by the engine itself: once for each combination of terms that occurs.

So whatever a function or an operator does, errors and unbound variables included, it does here too. An expression
that may give another value when it is evaluated again, or looks at the graph, raises `Unclear`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pyoxigraph import Literal, QuerySolutions, Store, Triple

from harmgraph.iris import mentioned_prefixes
from harmgraph.store.query_text.groups import Unclear
from harmgraph.store.query_text.tokens import Token

_WAVERING: Final = frozenset(("RAND", "UUID", "STRUUID", "BNODE", "NOW", "EXISTS"))
_OPERANDS: Final = frozenset(("variable", "number", "string", "language", "iri", "name", "word"))
_MOST: Final = 200_000
"""Rows for which one query may have expressions evaluated, which takes 5 µs for each."""

UNDEF: Final = "UNDEF"
"""Stands in a row for a variable that is unbound."""

Row = Sequence[str]
"""Terms as N-Triples writes them, or `UNDEF`."""


def values(variables: Sequence[str], rows: Sequence[Row]) -> str:
    """A VALUES block (SPARQL 1.1 §10.2)."""
    lines = ")(".join([" ".join(row) for row in rows])
    return f"VALUES ({' '.join(f'?{name}' for name in variables)}) {{ {f'({lines})' if rows else ''} }}"


def refuse_wavering(tokens: Sequence[Token]) -> None:
    """Raise `Unclear` for an expression that is no function of its variables, or that uses the names we need.

    And for one whose tokens are not those of the engine, which compares in ``?a<?b&&?c>?d`` (0.5.13): by §19.8 there
    is an IRI in it, but no IRI follows an operand.
    """
    before = ""
    for token in tokens:
        if token.keyword in _WAVERING or token.text in ("?row", "?value", "$row", "$value"):
            raise Unclear(f"{token.text} in an expression")
        if token.kind == "iri" and (before in _OPERANDS or before == ")"):
            raise Unclear(f"{token.text}, which the engine does not read as an IRI")
        before = token.text if token.kind in ("bracket", "other") else token.kind


class Calculator:
    """The engine over no data, with the prefixes and the base of one query."""

    def __init__(self, declarations: str, base_iri: str | None) -> None:
        self._declarations = declarations
        self._base_iri = base_iri
        self._literals: dict[str, str] = {}
        self._rows = 0

    def passing(self, constraint: str, variables: Sequence[str], rows: Sequence[Row]) -> list[int]:
        """The numbers of the rows for which a FILTER holds."""
        found = self._asked("SELECT ?row {", variables, rows, f"FILTER {constraint} }}")
        return [number for number, _ in found]

    def computed(self, expression: str, variables: Sequence[str], rows: Sequence[Row]) -> list[str | None]:
        """The value of an expression for each row, as N-Triples writes it; None where it is an error."""
        result: list[str | None] = [None] * len(rows)
        for number, value in self._asked(f"SELECT ?row ({expression} AS ?value) {{", variables, rows, "}"):
            result[number] = value
        return result

    def aggregated(self, function: str, rows: Sequence[Row], *, is_distinct: bool) -> list[str | None]:
        """An aggregate of each group, of rows of the number of the group, a value, and how often it comes."""
        value = "DISTINCT ?value" if is_distinct else "?value"
        times = "?value * ?times"
        expressions = {"SUM": f"SUM({times})", "AVG": f"SUM({times}) / SUM(?times)"}
        expression = f"{function}({value})" if is_distinct or function not in expressions else expressions[function]
        head, table = f"SELECT ?row ({expression} AS ?result) {{", values(("row", "value", "times"), rows)
        found = dict(self._solutions(f"{head} {table} }} GROUP BY ?row"))
        return [found[group] for group in range(len(found))]

    def canonical(self, literal: str) -> str:
        """A literal as the engine holds it: it has one notation for all that write the same number."""
        if literal not in self._literals:
            (term,) = Calculator("", None).computed(literal, (), ((),))  # its datatype has no prefix any more
            if term is None:
                raise Unclear(f"the literal {literal}")
            self._literals[literal] = term
        return self._literals[literal]

    def _asked(
        self, head: str, variables: Sequence[str], rows: Sequence[Row], tail: str
    ) -> list[tuple[int, str | None]]:
        """The solutions over a table of these rows: the number of the row, and a value if there is one."""
        self._rows += len(rows)
        if self._rows > _MOST:
            raise Unclear("too many expressions of too many terms")
        numbered = [(str(number), *row) for number, row in enumerate(rows)]
        return self._solutions(f"{head} {values(('row', *variables), numbered)} {tail}", head + tail)

    def _solutions(self, select: str, prefixed: str = "") -> list[tuple[int, str | None]]:
        """The solutions of a clause that projects a number, and perhaps a value; its prefixes are in ``prefixed``."""
        text, prefixes = self._declarations + select, mentioned_prefixes(prefixed)
        try:
            found = Store().query(text, base_iri=self._base_iri, prefixes=prefixes)
            assert isinstance(found, QuerySolutions)
            return [_numbered(list(solution)) for solution in found]
        except (SyntaxError, ValueError, RuntimeError) as cause:  # a function that does not exist, for instance
            raise Unclear(str(cause)) from cause


def _numbered(solution: list[object]) -> tuple[int, str | None]:
    number, value = solution[0], solution[1] if len(solution) > 1 else None
    assert isinstance(number, Literal)
    if isinstance(value, Triple):
        raise Unclear("an expression that makes triple terms")
    return int(number.value), str(value) if value is not None else None
