"""The numbers of terms: those of the graph, and others for terms that only a query has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from harmgraph.iris import XSD
from harmgraph.store.columns.expressions import UNDEF, Row
from harmgraph.store.columns.files import Columns
from harmgraph.store.columns.tables import UNBOUND, Ids, Numbers, Table
from harmgraph.store.query_text.groups import Unclear

_NAME: Final = 100
"""Characters that a name has, more or less."""
_INTEGER: Final = f'"{{}}"^^<{XSD.integer.value}>'


class Terms:
    """The terms of one query. Equal terms have one number, wherever they come from."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._numbers: dict[str, int] = {}
        self._own: list[str] = []

    def number(self, term: str) -> int:
        """The number of a term, as N-Triples writes it."""
        if term not in self._numbers:
            known = self._columns.number(term)
            if known is None:
                known = len(self._columns) + len(self._own)
                self._own.append(term)
            self._numbers[term] = known
        return self._numbers[term]

    def column(self, terms: Iterable[str | None]) -> Ids:
        """The numbers of terms; None is a gap."""
        return np.array([UNBOUND if term is None else self.number(term) for term in terms], np.int32)

    def integers(self, numbers: Numbers) -> Ids:
        """The numbers of integers as terms."""
        distinct, inverse = np.unique(numbers, return_inverse=True)
        return self.column(_INTEGER.format(number) for number in distinct)[inverse]

    def rows(self, table: Table, variables: Sequence[str], most: int) -> list[Row]:
        """The rows of a table with their terms; a variable that it does not have is a gap.

        Raises `Unclear` where that would be more than so many rows, or as many characters for each as a name has, and
        for terms that have no notation in a query.
        """
        if table.length > most or self._size(table, variables) > most * _NAME:
            raise Unclear("a table that is too large to be passed on")
        gaps = np.full(table.length, UNBOUND, np.int32)
        columns = [self._written(table.columns.get(name, gaps)) for name in variables]
        return list(zip(*columns, strict=True)) if columns else [()] * table.length

    def _size(self, table: Table, variables: Sequence[str]) -> int:
        """About how many characters the terms have."""
        columns = (table.columns[name] for name in variables if name in table.columns)
        known = (column[(column >= 0) & (column < len(self._columns))] for column in columns)
        return sum(self._columns.size(column) for column in known)

    def _written(self, column: Ids) -> list[str]:
        distinct, inverse = np.unique(column, return_inverse=True)
        texts = [self._term(number) for number in distinct.tolist()]
        return [texts[place] for place in inverse.tolist()]

    def _term(self, number: int) -> str:
        if number == UNBOUND:
            return UNDEF
        own = number - len(self._columns)
        term = self._own[own] if own >= 0 else self._columns.term(number)
        if term.startswith(("_:", "<<")):
            raise Unclear("a blank node or a triple term in a table")
        return term
