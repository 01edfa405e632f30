"""Finds the SELECT clauses of a query that columns can answer, and puts their solutions in their place.

A clause that is answered becomes ``SELECT … { VALUES … }`` with what remains of it, so the engine orders, cuts and
writes as it would have. A sub-select of a clause that is not answered is tried by itself. See
``docs/decisions/counting-is-done-in-columns.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from harmgraph.store.columns.clauses import Clause, ClauseReader, Named, Select
from harmgraph.store.columns.expressions import Calculator, values
from harmgraph.store.columns.files import Columns
from harmgraph.store.columns.patterns import Reader
from harmgraph.store.columns.relations import Relations
from harmgraph.store.columns.solving import Solver
from harmgraph.store.columns.tables import UNBOUND, Table, TooLarge, counted, distinct, grouped
from harmgraph.store.columns.terms import Terms
from harmgraph.store.query_text.groups import Groups, Unclear
from harmgraph.store.query_text.prologue import Prologue
from harmgraph.store.query_text.tokens import Token, as_evaluated

_WORTH: Final = re.compile(r"\b(?:count|sum|min|max|avg|distinct|group\s+by|order\s+by)\b", re.IGNORECASE)
"""What a query has that goes through many solutions, rather than look one thing up."""
_LONGEST: Final = 32_000
"""Characters of a query that is read for columns, which takes 10 ms."""
_JOINING: Final = frozenset(".;,/*|{")
"""What stands between patterns and between the steps of a path."""
_DEEPEST: Final = 50
_ROWS: Final = 400_000
"""Rows that are passed to the engine in place of a clause, which takes 2 µs for each; beyond, it finds them itself."""


def is_worth_columns(text: str) -> bool:
    """Whether the query may go through so many solutions that it is worth reading it; cheap.

    >>> is_worth_columns("SELECT ?p { <http://a/> ?p ?o } LIMIT 10")
    False
    """
    return len(text) <= _LONGEST and _WORTH.search(text) is not None


def with_columns(text: str, base_iri: str | None, columns: Columns) -> str:
    """The query, which the engine understands, with what columns can answer answered; else the same text."""
    try:
        written, tokens = as_evaluated(text)
        if any(token.keyword in ("FROM", "SERVICE") for token in tokens):
            return text
        edits = list(_Query(written, tokens, base_iri, columns).edits())
    except Unclear:
        return text
    for first, end, replacement in reversed(edits):
        written = written[:first] + replacement + written[end:]
    return written if edits else text


@dataclass(frozen=True, slots=True)
class _Solved:
    """The solutions of a clause, and how it is written over a table of them."""

    clause: Clause
    table: Table
    is_joined: bool
    """Whether there was anything to join."""


class _Query:
    """One query and what is known of it."""

    def __init__(self, text: str, tokens: list[Token], base_iri: str | None, columns: Columns) -> None:
        self._text = text
        self._groups = Groups(tokens)
        first = next((place for place, token in enumerate(tokens) if token.keyword == "SELECT"), None)
        if first is None or any(token.kind == "bracket" for token in tokens[:first]):
            raise Unclear("no SELECT query")
        if self._groups.depth() > _DEEPEST:
            raise Unclear("the brackets are nested too deeply")
        self._main = self._clause(first, len(tokens))
        declarations = text[: tokens[first].start]
        calculator = Calculator(declarations, base_iri)
        reader = Reader(self._groups, Prologue.of(tokens, base_iri), calculator)
        self._terms = Terms(columns)
        relations = Relations(columns, self._terms)
        self._solver = Solver(text, self._groups, reader, calculator, relations, self._terms, self._solved_group)
        self._known: dict[int, _Solved | str] = {}
        """What was solved by the place of its SELECT, or why it was not: an exception would keep its tables alive."""

    def edits(self) -> Iterator[tuple[int, int, str]]:
        """Where the text is replaced by what, in order."""
        try:
            yield from self._edits(self._main)
        finally:
            self._known.clear()  # else the tables wait for the garbage collector, while the engine needs the memory

    def _edits(self, select: Select) -> Iterator[tuple[int, int, str]]:
        tokens = self._groups.tokens
        try:
            replacement = self._written(self._solved(select))
        except Unclear:
            for group in self._subselects(select.where):
                yield from self._edits(self._clause(group + 1, self._groups.partners[group]))
        else:
            yield tokens[select.first].start, tokens[select.end - 1].end, replacement

    def _subselects(self, group: int) -> Iterator[int]:
        """The sub-selects in a group that are evaluated over the default graph, whatever stands around them."""
        try:
            elements = self._groups.elements(group)
        except Unclear:
            return
        for element in elements:
            if element.kind in ("group", "union", "optional", "minus"):
                for inner in element.groups:
                    if self._groups.is_subselect(inner):
                        yield inner
                    else:
                        yield from self._subselects(inner)

    def _clause(self, first: int, end: int) -> Select:
        where = next((p for p in range(first, end) if self._groups.tokens[p].text == "{"), None)
        if where is None:
            raise Unclear("a SELECT without a pattern")
        return Select(first, where, end)

    def _solved_group(self, group: int) -> Table:
        """The table of a sub-select within a larger pattern."""
        solved = self._solved(self._clause(group + 1, self._groups.partners[group]))
        if solved.clause.is_cut:
            raise Unclear("a sub-select that is cut off")
        table = self._with_values(solved.table, solved.clause.projected)
        table = table.only(each.name for each in solved.clause.projected)
        return distinct(table) if solved.clause.is_distinct else table

    def _solved(self, select: Select) -> _Solved:
        if select.first not in self._known:
            try:
                self._known[select.first] = self._solve(select)
            except (Unclear, TooLarge, MemoryError) as reason:
                self._known[select.first] = repr(reason)
        known = self._known[select.first]
        if isinstance(known, str):
            raise Unclear(known)
        return known

    def _solve(self, select: Select) -> _Solved:
        clause = ClauseReader(self._text, self._groups, select).read()
        if clause.is_sampled:
            raise Unclear("LIMIT without ORDER BY: the engine stops when it has enough")
        if self._groups.in_scope(select.where) & {key.name for key in clause.keys or () if key.expression is not None}:
            raise Unclear("a key that is a variable of the pattern too")
        table = self._solver.group(select.where, clause.variables)
        if clause.keys is not None:
            table = self._aggregated(table, clause.keys, clause)
        for constraint in clause.kept:
            table = self._solver.passing(table, constraint.text, constraint.variables)
        table = table.only(clause.shown)
        pattern = self._groups.tokens[select.where + 1 : self._groups.partners[select.where]]
        is_joined = any(token.text in _JOINING for token in pattern[:-1])
        return _Solved(clause, distinct(table) if clause.is_distinct else table, is_joined)

    def _aggregated(self, table: Table, keys: Sequence[Named], clause: Clause) -> Table:
        """One row for each group, with its aggregates."""
        table = self._with_values(table, keys)
        result, groups = grouped(table, [key.name for key in keys])
        for name, each in clause.aggregates.items():
            column = None
            if each.variable is not None:
                column = table.columns.get(each.variable, np.full(table.length, UNBOUND, np.int32))
            if each.function == "COUNT" or column is None:
                numbers = counted(groups, result.length, column, is_distinct=each.is_distinct)
                result = result.extended(name, self._terms.integers(numbers))
            else:
                found = self._solver.aggregated(each.function, column, groups, is_distinct=each.is_distinct)
                result = result.extended(name, found)
        return result

    def _with_values(self, table: Table, named: Sequence[Named]) -> Table:
        """The table with a column for each of these variables."""
        for each in named:
            if each.expression is not None:
                column = self._solver.computed(table, each.expression.text, each.expression.variables)
                table = table.extended(each.name, column)
            elif each.name not in table.columns:
                table = table.extended(each.name, np.full(table.length, UNBOUND, np.int32))
        return table

    def _written(self, solved: _Solved) -> str:
        """The clause over a table of its solutions."""
        clause, names = solved.clause, sorted(solved.table.variables)
        if clause.keys is None and not solved.is_joined:
            raise Unclear("nothing that the engine would not do as well")
        projected = " ".join(str(each) for each in clause.projected)
        rows = values(names, self._terms.rows(solved.table, names, _ROWS))
        return f"SELECT {'DISTINCT ' * clause.is_distinct}{projected} {{ {rows} }} {clause.ordering.text}"
