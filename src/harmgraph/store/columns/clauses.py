"""The parts of a SELECT clause around its pattern: what it projects, groups, keeps and orders by, and aggregates.

Each aggregate becomes a variable, so that what is left are plain expressions. Those that are known are of a variable.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from harmgraph.store.columns.expressions import refuse_wavering
from harmgraph.store.query_text.groups import Groups, Unclear

_AGGREGATES: Final = frozenset(("COUNT", "SUM", "MIN", "MAX", "AVG"))
_OTHERS: Final = frozenset(("SAMPLE", "GROUP_CONCAT"))
_MODIFIERS: Final = ("GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET")


@dataclass(frozen=True, slots=True)
class Aggregate:
    """COUNT, SUM, MIN, MAX or AVG of a variable; where that is None, COUNT of solutions."""

    function: str
    variable: str | None
    is_distinct: bool


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression as it was written, but for its aggregates, and its variables."""

    text: str
    variables: frozenset[str]


@dataclass(frozen=True, slots=True)
class Named:
    """A variable, and the expression that it stands for if there is one."""

    name: str
    expression: Expression | None = None

    def __str__(self) -> str:
        return f"?{self.name}" if self.expression is None else f"({self.expression.text} AS ?{self.name})"

    @property
    def needed(self) -> frozenset[str]:
        """The variables that it takes."""
        return frozenset((self.name,)) if self.expression is None else self.expression.variables


@dataclass(frozen=True, slots=True)
class Select:
    """A SELECT clause by the places of its first token, of the brace of its pattern, and past its modifiers."""

    first: int
    where: int
    end: int


@dataclass(frozen=True, slots=True)
class Clause:
    """What a SELECT clause says."""

    is_distinct: bool
    is_cut: bool
    is_sampled: bool
    """Whether it wants some solutions, no matter which."""
    projected: tuple[Named, ...]
    keys: tuple[Named, ...] | None
    """What it groups by; None where it does not aggregate, nothing where all solutions are one group."""
    kept: tuple[Expression, ...]
    ordering: Expression
    """ORDER BY, LIMIT and OFFSET."""
    aggregates: dict[str, Aggregate]
    """Its aggregates, by the variables that stand for them in the expressions."""

    @property
    def variables(self) -> frozenset[str]:
        """The variables that it takes from its pattern, and more."""
        aggregated = {each.variable for each in self.aggregates.values() if each.variable is not None}
        return self.shown.union(aggregated, *(each.needed for each in self.keys or ()))

    @property
    def shown(self) -> frozenset[str]:
        """The variables of which it projects and by which it orders, when all is grouped."""
        parts = (each.variables for each in (*self.kept, self.ordering))
        return frozenset().union(*(each.needed for each in self.projected), *parts)


class ClauseReader:
    """Reads one SELECT clause."""

    def __init__(self, text: str, groups: Groups, select: Select) -> None:
        self._text = text
        self._tokens = groups.tokens
        self._partners = groups.partners
        self._select = select
        self._aggregates: dict[Aggregate, str] = {}

    def read(self) -> Clause:
        """All of it; raises `Unclear` for what is not known."""
        first, where, end = self._select.first + 1, self._select.where, self._select.end
        is_distinct = self._tokens[first].keyword == "DISTINCT"
        if self._tokens[where - 1].keyword == "WHERE":
            where -= 1
        projected = tuple(self._named(first + is_distinct, where))
        parts = self._modifiers(self._partners[self._select.where] + 1, end)
        group, having = parts.get("GROUP"), parts.get("HAVING")
        keys = tuple(self._named(group[0] + 2, group[1])) if group is not None else None
        kept = tuple(self._constraints(having[0] + 1, having[1])) if having is not None else ()
        rest = min((parts[word][0] for word in ("ORDER", "LIMIT", "OFFSET") if word in parts), default=end)
        ordering = self._expression(rest, end)
        is_cut = "LIMIT" in parts or "OFFSET" in parts
        if keys is None and self._aggregates:
            keys = ()
        aggregates = {name: aggregate for aggregate, name in self._aggregates.items()}
        is_sampled = is_cut and keys is None and "ORDER" not in parts
        return Clause(is_distinct, is_cut, is_sampled, projected, keys, kept, ordering, aggregates)

    def _modifiers(self, place: int, end: int) -> dict[str, tuple[int, int]]:
        """From where to where each modifier goes."""
        starts: list[int] = []
        while place < end:
            token = self._tokens[place]
            if token.keyword in _MODIFIERS:
                starts.append(place)
            elif not starts:
                raise Unclear(f"{token.text} after the pattern")
            place = self._partners[place] + 1 if token.text == "(" else place + 1
        return {self._tokens[start].keyword: (start, stop) for start, stop in pairwise((*starts, end))}

    def _named(self, place: int, end: int) -> Iterator[Named]:
        """Variables, and expressions with AS and a variable."""
        while place < end:
            token = self._tokens[place]
            if token.kind == "variable":
                yield Named(token.text[1:])
            elif token.text == "(" and self._tokens[self._partners[place] - 2].keyword == "AS":
                closing = self._partners[place]
                yield Named(self._tokens[closing - 1].text[1:], self._expression(place + 1, closing - 2))
                place = closing
            else:
                raise Unclear(f"{token.text} where a variable should be")
            place += 1

    def _constraints(self, place: int, end: int) -> Iterator[Expression]:
        while place < end:
            if self._tokens[place].text != "(":
                raise Unclear("a constraint without brackets")
            yield self._expression(place, self._partners[place] + 1)
            place = self._partners[place] + 1

    def _expression(self, place: int, end: int) -> Expression:
        """The text between two places, with a variable in place of each aggregate."""
        refuse_wavering(self._tokens[place:end])
        text, variables = "", set[str]()
        position = self._tokens[place].start
        while place < end:
            token = self._tokens[place]
            if token.keyword in _OTHERS:
                raise Unclear(f"the aggregate {token.text}")
            if token.keyword in _AGGREGATES and self._tokens[place + 1].text == "(":
                name = self._aggregated(token.keyword, place + 2, self._partners[place + 1])
                text += f"{self._text[position : token.start]} ?{name} "  # which a word may follow
                place = self._partners[place + 1]
                position = self._tokens[place].end
                variables.add(name)
            elif token.kind == "variable":
                variables.add(token.text[1:])
            place += 1
        return Expression(text + self._text[position : max(position, self._tokens[end - 1].end)], frozenset(variables))

    def _aggregated(self, function: str, place: int, end: int) -> str:
        is_distinct = self._tokens[place].keyword == "DISTINCT"
        inner = self._tokens[place + is_distinct : end]
        if len(inner) != 1 or (inner[0].kind != "variable" and (inner[0].text != "*" or is_distinct)):
            raise Unclear("an aggregate of an expression")
        aggregate = Aggregate(function, inner[0].text[1:] if inner[0].kind == "variable" else None, is_distinct)
        if aggregate.variable is None and function != "COUNT":
            raise Unclear(f"{function} of solutions")
        name = f"aggregate{len(self._aggregates)}of{self._select.first}"
        if name in self._text:
            raise Unclear(f"the variable {name}")
        return self._aggregates.setdefault(aggregate, name)
