"""Triple patterns → tables: the solutions of one step of a path, over the columns of a release.

A step of which neither end is bound may have to wait for the others: a path of any length begins at what is known, and
a verb that is a variable needs its values.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from harmgraph.store.columns.files import OBJECT, SUBJECT, Columns
from harmgraph.store.columns.patterns import Pattern, Step, Term, Variable
from harmgraph.store.columns.tables import Ids, Table, distinct, joined, packed, stacked, uniques
from harmgraph.store.columns.terms import Terms
from harmgraph.store.query_text.groups import Unclear

_VERBS: Final = 50
"""Values of a verb beyond which the engine is asked."""


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """Solutions that are known, in one order or two."""

    tables: tuple[Table, ...]
    _spreads: dict[frozenset[str], int] = field(default_factory=dict)

    @property
    def variables(self) -> frozenset[str]:
        """The variables in scope."""
        return self.tables[0].variables

    @property
    def length(self) -> int:
        """How many solutions there are."""
        return self.tables[0].length

    def beside(self, variables: frozenset[str]) -> Table:
        """The solutions in the order that suits a join by these variables best."""
        return next((table for table in self.tables if set(table.order[:1]) & variables), self.tables[0])

    def spread(self, variables: frozenset[str]) -> int:
        """How many different values one of these variables has, at least 1."""
        if variables not in self._spreads:
            table = self.beside(variables)
            column = table.columns[min(variables, key=lambda name: (name not in table.order[:1], name))]
            if table.order[:1] and column is table.columns[table.order[0]]:
                self._spreads[variables] = int(np.count_nonzero(column[1:] != column[:-1])) + 1
            else:
                self._spreads[variables] = max(len(uniques(column)), 1)
        return self._spreads[variables]


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """A step that needs one of its ends, or its verb, to be bound."""

    subject: Term
    verb: str | Variable
    object: Term

    @property
    def variables(self) -> frozenset[str]:
        """The variables in scope."""
        return frozenset(term.name for term in (self.subject, self.verb, self.object) if isinstance(term, Variable))


Relation = Ready | Waiting


class Relations:
    """Makes relations for one query."""

    def __init__(self, columns: Columns, terms: Terms) -> None:
        self._columns = columns
        self._terms = terms
        self._fresh = 0

    def of(self, pattern: Pattern) -> Iterator[Relation]:
        """The relations whose join is the pattern: one for each step of its path (SPARQL 1.1 §18.4)."""
        if isinstance(pattern.verb, Variable):
            yield Waiting(pattern.subject, pattern.verb, pattern.object)
            return
        begin = pattern.subject
        for number, step in enumerate(pattern.verb):
            end = pattern.object if number == len(pattern.verb) - 1 else self._between()
            yield self._step(begin, step, end)
            begin = end

    def resolved(self, waiting: Relation, beside: Table) -> Ready | None:
        """The relation as far as it agrees with a table; None as long as that does not bind what it needs."""
        if isinstance(waiting, Ready):
            return waiting
        if isinstance(waiting.verb, Variable):
            if waiting.verb.name not in beside.columns:
                return None
            return self._verbs(waiting, waiting.verb.name, uniques(beside.columns[waiting.verb.name]))
        edges = self._edges((waiting.verb,))
        begin, end = waiting.subject, waiting.object
        if _is_bound(begin, beside):
            return Ready((self._reached(begin, end, edges, beside, SUBJECT, OBJECT),))
        if _is_bound(end, beside):
            return Ready((self._reached(end, begin, edges, beside, OBJECT, SUBJECT),))
        return None

    def _between(self) -> Variable:
        self._fresh += 1
        return Variable(f"/{self._fresh}")

    def _step(self, begin: Term, step: Step, end: Term) -> Relation:
        if step.is_starred:
            if begin == end:
                raise Unclear("a path from a variable to itself")
            return Waiting(begin, step.predicates[0], end)
        tables = [self._placed(table, begin, end) for table in self._edges(step.predicates)]
        return Ready(tuple(tables))

    def _edges(self, predicates: Sequence[str]) -> tuple[Table, ...]:
        """Subjects and objects of the predicates; of several, each pair once, as the engine has it (0.5.13)."""
        found = [self._columns.triples(self._terms.number(predicate)) for predicate in predicates]
        if len(found) == 1:
            return found[0]
        return (distinct(stacked([by_subject for by_subject, _ in found])),)

    def _placed(self, edges: Table, begin: Term, end: Term) -> Table:
        """The edges between two terms, with the names of those that are variables."""
        for name, term in ((SUBJECT, begin), (OBJECT, end)):
            if isinstance(term, str):
                edges = self._with(edges, name, self._terms.number(term))
        if isinstance(begin, Variable) and begin == end:
            edges = edges.rows(edges.columns[SUBJECT] == edges.columns[OBJECT])
        names = {name: term.name for name, term in ((SUBJECT, begin), (OBJECT, end)) if isinstance(term, Variable)}
        columns = {variable: edges.columns[name] for name, variable in names.items()}
        order = tuple(dict.fromkeys(names[name] for name in edges.order if name in names))
        return Table(columns, edges.length, order=order)

    def _with(self, edges: Table, name: str, number: int) -> Table:
        """The rows with this number in a column, which stay in order."""
        column = edges.columns[name]
        if edges.order[:1] == (name,):
            low, high = (int(np.searchsorted(column, number, side)) for side in ("left", "right"))
            return Table(
                {each: values[low:high] for each, values in edges.columns.items()}, high - low, order=edges.order
            )
        return edges.rows(column == number)

    def _verbs(self, waiting: Waiting, name: str, numbers: Ids) -> Ready:
        if len(numbers) > _VERBS:
            raise Unclear("a verb with many values")
        nothing = Table({each: np.empty(0, np.int32) for each in waiting.variables}, 0)
        tables = [nothing]
        for number in numbers:
            table = self._placed(self._columns.triples(int(number))[0], waiting.subject, waiting.object)
            if name in table.columns:
                raise Unclear("a verb that is a subject or an object too")
            tables.append(table.extended(name, np.full(table.length, number, np.int32)))
        return Ready((stacked(tables),))

    def _reached(
        self, known: Term, sought: Term, edges: tuple[Table, ...], beside: Table, from_: str, to: str
    ) -> Table:
        """The pairs of a term that is known and one at the end of a path of any length from it, each pair once."""
        if isinstance(known, Variable):
            starts = uniques(beside.columns[known.name])
        else:
            starts = np.array([self._terms.number(known)], np.int32)
        if not self._columns.are_nodes(starts):
            raise Unclear("a path of no steps at what may be no node")
        ordered = Ready(edges).beside(frozenset((from_,)))
        steps = Table({"end": ordered.columns[from_], "next": ordered.columns[to]}, ordered.length, order=("end",))
        reached = frontier = Table.of({"start": starts, "end": starts})
        while frontier.length:
            further = joined(frontier, steps)
            frontier = distinct(
                Table({"start": further.columns["start"], "end": further.columns["next"]}, further.length)
            )
            seen = packed(
                [np.concatenate((reached.columns[name], frontier.columns[name])) for name in ("start", "end")]
            )
            frontier = frontier.rows(~np.isin(seen[reached.length :], seen[: reached.length]))
            reached = stacked([reached, frontier])
        ends = {"start": known, "end": sought}
        for name, term in ends.items():
            if isinstance(term, str):
                reached = reached.rows(reached.columns[name] == self._terms.number(term))
        columns = {term.name: reached.columns[name] for name, term in ends.items() if isinstance(term, Variable)}
        return Table(columns, reached.length)


def _is_bound(term: Term, beside: Table) -> bool:
    return isinstance(term, str) or (term.name in beside.columns and term.name not in beside.partial)
