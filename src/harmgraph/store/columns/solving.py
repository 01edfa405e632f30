"""A group graph pattern → its solutions as a table, by SPARQL 1.1 §18.2.2 and §18.5.

Knows triples, VALUES, BIND, FILTER with and without EXISTS, OPTIONAL and groups in groups. What it does not know, and
what would join variables that may be unbound, raises `Unclear`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from harmgraph.iris import XSD
from harmgraph.store.columns.expressions import Calculator, Row, refuse_wavering
from harmgraph.store.columns.patterns import Reader
from harmgraph.store.columns.relations import Ready, Relation, Relations
from harmgraph.store.columns.tables import ONE_EMPTY_ROW, Ids, Table, grouped, joined, left_joined, with_partner
from harmgraph.store.columns.terms import Terms
from harmgraph.store.query_text.groups import Element, Groups, Unclear

_COMBINATIONS: Final = 30_000
"""Combinations of terms for which an expression is evaluated, which takes 5 µs for each."""
_INTEGERS: Final = f"^^<{XSD.integer.value}>"
_ORDERED: Final = re.compile(
    r"""<.*> | ".*"(?:@[\w-]+)?                                          # IRIs and text
      | "-?\d{1,11}"\^\^<XSD:integer>                                   # `MOST` of which can be added up
      | "-?\d+(?:\.\d+)?"\^\^<XSD:decimal>
      | "\d{4}(?:-\d\d){0,2}(?:T\d\d:\d\d:\d\d(?:\.\d+)?)?"           # without a time zone
        \^\^<XSD:(?:gYear|gYearMonth|date|dateTime)>""".replace("XSD:", re.escape(XSD.iri)),
    re.VERBOSE | re.DOTALL,
)
"""Terms of which two are never the same as values, nor without order, if their datatype is one."""
_KNOWN: Final = ("triples", "values", "bind", "filter", "optional", "group")


class Solver:
    """Solves the groups of one query; ``select`` solves its sub-selects, given the group of one."""

    def __init__(
        self,
        text: str,
        groups: Groups,
        reader: Reader,
        calculator: Calculator,
        relations: Relations,
        terms: Terms,
        select: Callable[[int], Table],
    ) -> None:
        self._text = text
        self._groups = groups
        self._reader = reader
        self._calculator = calculator
        self._relations = relations
        self._terms = terms
        self._select = select

    def group(self, group: int, wanted: frozenset[str]) -> Table:
        """The solutions of a group, of its variables at least those that are ``wanted``."""
        if self._groups.is_subselect(group):
            return self._select(group)
        elements = self._groups.elements(group)
        if any(element.kind not in _KNOWN for element in elements):
            raise Unclear("an element of another kind")
        table, waiting = ONE_EMPTY_ROW, list[Relation]()
        for number, element in enumerate(elements):
            if element.kind in ("triples", "values", "group"):
                waiting += self._relations_of(element)
            elif element.kind in ("optional", "bind"):
                needed = wanted | self._mentioned(elements[number:]) | self._filtered_by(elements[:number])
                table, waiting = self._joined(table, waiting, needed), []
                table = (
                    self._with_optional(table, element) if element.kind == "optional" else self._bound(table, element)
                )
        table = self._joined(table, waiting, wanted | self._filtered_by(elements))
        for element in elements:
            if element.kind == "filter":
                table = self._filtered(table, element)
        return table

    def computed(self, table: Table, expression: str, variables: Iterable[str]) -> Ids:
        """The values of an expression for the rows of a table, as numbers of terms."""
        names, rows, groups = self._combinations(table, variables)
        return self._terms.column(self._calculator.computed(expression, names, rows))[groups]

    def passing(self, table: Table, constraint: str, variables: Iterable[str]) -> Table:
        """The rows of a table for which a constraint holds."""
        names, rows, groups = self._combinations(table, variables)
        passes = np.zeros(len(rows), np.bool_)
        passes[self._calculator.passing(constraint, names, rows)] = True
        return table.rows(passes[groups])

    def aggregated(self, function: str, column: Ids, groups: NDArray[np.intp], *, is_distinct: bool) -> Ids:
        """SUM, MIN, MAX or AVG of a column in each group: of each value once, and how often it comes.

        Raises `Unclear` where it would depend on the order of the values what comes out: for those of more than one
        datatype or that may be equal as values, such as one moment in two time zones, for sums of others than integers,
        and for integers so large that a sum may overflow on the way.
        """
        pairs = Table({"group": groups.astype(np.int32), "value": column}, len(column))
        combinations, places = grouped(pairs, ("group", "value"))
        if len(column) == 0:
            raise Unclear("an aggregate of nothing")
        terms = self._terms.rows(combinations, ("value",), _COMBINATIONS)
        kinds = {term.rpartition('"')[2] if term.startswith('"') else term[:1] for (term,) in terms}
        if len(kinds) > 1 or (function in ("SUM", "AVG") and kinds != {_INTEGERS}):
            raise Unclear(f"{function} of terms of several kinds")
        if not all(_ORDERED.fullmatch(term) for (term,) in terms):
            raise Unclear(f"{function} of terms that have no strict order")
        rows = [
            (str(group), term, str(times))
            for group, (term,), times in zip(
                combinations.columns["group"].tolist(), terms, np.bincount(places).tolist(), strict=True
            )
        ]
        return self._terms.column(self._calculator.aggregated(function, rows, is_distinct=is_distinct))

    def _combinations(self, table: Table, variables: Iterable[str]) -> tuple[list[str], list[Row], NDArray[np.intp]]:
        """Those of the variables that the table has, their terms in each combination, and the one of each row."""
        names = sorted(table.variables & set(variables))
        keys, groups = grouped(table, names)
        return names, self._terms.rows(keys, names, _COMBINATIONS), groups

    def _relations_of(self, element: Element) -> list[Relation]:
        match element.kind:
            case "triples":
                return [each for pattern in self._reader.patterns(element) for each in self._relations.of(pattern)]
            case "values":
                return [Ready((self._data(element),))]
            case _:
                (group,) = element.groups
                return [Ready((self.group(group, frozenset(self._groups.in_scope(group))),))]

    def _data(self, element: Element) -> Table:
        tokens, brace = self._groups.tokens, self._brace(element)
        names = [token.text[1:] for token in tokens[element.first : brace] if token.kind == "variable"]
        listed = tokens[element.first + 1].text == "("
        brackets = [t for t in range(brace + 1, element.last) if listed and tokens[t].text in ("(", ")")]
        rows: list[tuple[str | None, ...]]
        if listed:
            spans = zip(brackets[::2], brackets[1::2], strict=True)
            rows = [tuple(self._reader.constants(first + 1, last - 1)) for first, last in spans]
        else:
            rows = [(term,) for term in self._reader.constants(brace + 1, element.last - 1)]
        if any(len(row) != len(names) for row in rows) or len(set(names)) != len(names) or not names:
            raise Unclear("a table whose rows and variables do not agree")
        table = Table({}, len(rows))
        for place, name in enumerate(names):
            table = table.extended(name, self._terms.column(row[place] for row in rows))
        return table

    def _brace(self, element: Element) -> int:
        return next(p for p in range(element.first, element.last) if self._groups.tokens[p].text == "{")

    def _joined(self, table: Table, relations: Sequence[Relation], wanted: frozenset[str]) -> Table:
        """The join of a table and relations, the smallest first; drops variables that nothing else wants."""
        left = list(relations)
        while left:
            # What is resolved once stays so: a join gives a variable that is bound no further values.
            left = [self._relations.resolved(each, table) or each for each in left]
            ready = [each for each in left if isinstance(each, Ready)]
            if not ready:
                raise Unclear("a path or a verb that nothing binds")
            chosen = min(ready, key=lambda each: self._cost(table, each))
            left.remove(chosen)
            shared = table.variables & chosen.variables
            _refuse_partial(shared, table, chosen.tables[0])
            table = joined(table, chosen.beside(shared))
            table = table.only(wanted.union(*(each.variables for each in left)))
        return table

    def _cost(self, table: Table, relation: Ready) -> float:
        """About how many rows the join has; one that shares no variable comes last."""
        shared = table.variables & relation.variables
        if not table.columns:
            return relation.length
        if not shared:
            return 1e18 + relation.length
        if shared == relation.variables:
            return 0
        return relation.length / relation.spread(shared)

    def _with_optional(self, table: Table, element: Element) -> Table:
        (group,) = element.groups
        if not self._groups.is_subselect(group) and self._filtered_by(self._groups.elements(group)):
            raise Unclear("a filter in OPTIONAL, which may speak of what is outside")
        optional = self.group(group, frozenset(self._groups.in_scope(group)))
        _refuse_partial(table.variables & optional.variables, table, optional)
        return left_joined(table, optional)

    def _bound(self, table: Table, element: Element) -> Table:
        tokens = self._groups.tokens[element.first + 2 : element.last]  # an expression, AS and a variable
        refuse_wavering(tokens)
        expression = self._text[tokens[0].start : tokens[-3].end]
        variables = (token.text[1:] for token in tokens[:-2] if token.kind == "variable")
        name = tokens[-1].text[1:]
        if tokens[-2].keyword != "AS" or name in table.columns:
            raise Unclear("a BIND to a variable that is in use")
        return table.extended(name, self.computed(table, expression, variables))

    def _filtered(self, table: Table, element: Element) -> Table:
        if self._groups.tokens[element.last].text == "}":
            return self._existing(table, element)
        tokens = self._groups.tokens[element.first + 1 : element.last + 1]
        refuse_wavering(tokens)
        variables = (token.text[1:] for token in tokens if token.kind == "variable")
        return self.passing(table, self._text[tokens[0].start : tokens[-1].end], variables)

    def _existing(self, table: Table, element: Element) -> Table:
        """The rows for which a pattern of triples has a solution, or has none."""
        words = [token.keyword for token in self._groups.tokens[element.first + 1 : element.first + 3]]
        elements = self._groups.elements(self._groups.partners[element.last])
        if any(each.kind != "triples" for each in elements):
            raise Unclear("EXISTS of more than triples")
        relations = [relation for each in elements for relation in self._relations_of(each)]
        shared = table.variables.intersection(frozenset().union(*(each.variables for each in relations)))
        _refuse_partial(shared, table)
        strange = self._mentioned(elements) - shared
        if any(strange & self._groups.in_scope(group) for group in self._groups.enclosing(element.first)[1:]):
            raise Unclear("EXISTS of a variable that the engine takes from outside of the group")
        found = self._joined(grouped(table, sorted(shared))[0], relations, shared)
        exists = with_partner(table.only(shared), found.only(shared))
        return table.rows(~exists if words[0] == "NOT" else exists)

    def _mentioned(self, elements: Iterable[Element]) -> frozenset[str]:
        """The variables and the labels of blank nodes in these elements."""
        tokens = [token for each in elements for token in self._groups.tokens[each.first : each.last + 1]]
        variables = (token.text[1:] for token in tokens if token.kind == "variable")
        return frozenset((*variables, *(token.text for token in tokens if token.kind == "blank")))

    def _filtered_by(self, elements: Iterable[Element]) -> frozenset[str]:
        return self._mentioned(each for each in elements if each.kind == "filter")


def _refuse_partial(shared: Iterable[str], *tables: Table) -> None:
    for name in shared:
        if any(name in table.partial for table in tables):
            raise Unclear(f"?{name} is joined and may be unbound")
