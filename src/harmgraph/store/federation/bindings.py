"""What surrounds a SERVICE clause → the values that its variables can take, so that its endpoint need not send all.

A clause is joined with the patterns around it. A solution of its own that agrees with none of theirs changes nothing,
so the endpoint may as well leave it out. Which patterns that holds for is argued in
``docs/decisions/service-clauses-get-bindings.md``; where it is not certain, nothing is narrowed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from harmgraph.store.federation.solutions import UNDEF, Row
from harmgraph.store.query_text.groups import Element, Groups, Unclear
from harmgraph.store.query_text.service_clauses import Clause
from harmgraph.store.query_text.tokens import Token

MOST: Final = 2_000
"""Combinations of values that are sent at most; beyond, the endpoint is asked for the whole pattern."""
BATCH: Final = 500
"""Combinations in one call."""
_LONGEST: Final = 500
"""Characters of a term that is sent."""

_JOINED: Final = ("group", "graph", "union")
_INDEPENDENT: Final = ("triples", "values", *_JOINED)
"""Elements that are evaluated by themselves and joined, so that their place in the group makes no difference."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A pattern that every solution which can join the clause extends, and the variables that it always binds."""

    pattern: str
    bound: frozenset[str]


class Followed:
    """The clauses that have been replaced so far: the text for each, and what it always binds."""

    def __init__(self, text: str, groups: Groups) -> None:
        self._text = text
        self._groups = groups
        self._blocks: list[tuple[int, int, str]] = []
        self.bound: dict[int, set[str]] = {}

    def add(self, clause: Clause, block: str, bound: set[str]) -> None:
        """Put ``block`` in the place of a clause; clauses come in the order of the text."""
        start, end = self._groups.tokens[clause.first].start, self._groups.tokens[clause.closing].end
        # As many lines as before, so that the engine's messages about the rest name the right one.
        self._blocks.append((start, end, block + "\n" * self._text.count("\n", start, end)))
        self.bound[clause.first] = bound

    def rendered(self, start: int = 0, end: int | None = None) -> str:
        """The text between two places, with its clauses replaced."""
        end = len(self._text) if end is None else end
        parts = []
        for first, last, block in self._blocks:
            if start <= first and last <= end:
                parts += [self._text[start:first], block]
                start = last
        return "".join([*parts, self._text[start:end]])


def surroundings(groups: Groups, clause: Clause, followed: Followed) -> Surroundings:
    """What surrounds the clause; raises `Unclear` where that cannot be told."""
    pattern, bound = "", set[str]()
    child, joined = clause.first, True
    for group in groups.enclosing(clause.first):
        if groups.is_subselect(group):
            break  # evaluated by itself: what is around it says nothing about what is in it
        elements = groups.elements(group)
        place = next((n for n, element in enumerate(elements) if element.first <= child <= element.last), None)
        if place is None:
            raise Unclear("the clause stands in no element of its group")
        holder = elements[place]
        if child != clause.first:
            pattern = f"{_opening(groups, holder, child, followed)} {{ {pattern} }}"
            bound |= groups.variables(holder.first, child) if holder.kind == "graph" else set()
            joined = joined and holder.kind in _JOINED
        used = _used(groups, elements, place, joined)
        certain = groups.certain(used, followed.bound)
        filters = [e for e in elements if e.kind == "filter" and _decided(groups, e, certain)]
        pattern = _joined([_text(groups, element, followed) for element in (*used, *filters)], pattern)
        bound |= certain
        child = group
    return Surroundings(pattern, frozenset(bound))


def _used(groups: Groups, elements: list[Element], place: int, joined: bool) -> list[Element]:
    """The elements of a group, without filters, that every solution extends which the holder has a part in."""
    before = [element for element in elements[:place] if element.kind != "filter"]
    if any(groups.wavers(element.first, element.last) for element in before):
        # With one of them gone, an OPTIONAL or MINUS may do something else; what is only joined does not.
        before = [e for e in before if e.kind in _INDEPENDENT and not groups.wavers(e.first, e.last)]
    behind = elements[place + 1 :] if joined else []
    return before + [
        e for e in behind if e.kind in _INDEPENDENT and not _calls(groups, e) and not groups.wavers(e.first, e.last)
    ]


def _opening(groups: Groups, holder: Element, child: int, followed: Followed) -> str:
    """What stands before the braces of a group: GRAPH changes what its patterns are matched with."""
    if holder.kind != "graph":
        return ""
    return followed.rendered(groups.tokens[holder.first].start, groups.tokens[child].start)


def _calls(groups: Groups, element: Element) -> bool:
    return any(token.keyword == "SERVICE" for token in _tokens(groups, element))


def _decided(groups: Groups, element: Element, certain: set[str]) -> bool:
    """Whether a filter looks at nothing but variables that are bound, so that it decides the same here as there."""
    looks = any(token.keyword == "EXISTS" for token in _tokens(groups, element))
    return (
        not looks
        and not groups.wavers(element.first, element.last)
        and groups.variables(element.first, element.last) <= certain
    )


def _tokens(groups: Groups, element: Element) -> list[Token]:
    return groups.tokens[element.first : element.last + 1]


def _text(groups: Groups, element: Element, followed: Followed) -> str:
    return followed.rendered(groups.tokens[element.first].start, groups.tokens[element.last].end)


def _joined(texts: list[str], inner: str) -> str:
    """The elements one after another: between two blocks of triples there has to be a dot."""
    dotted = [text if text.endswith(".") else f"{text} ." for text in texts]
    return "\n".join([*dotted, inner])


def simple_prefix(elements: list[Element]) -> list[Element]:
    """The elements up to the first before which it would matter that values are bound."""
    simple: list[Element] = []
    for element in elements:
        if element.kind not in ("triples", "values", "filter", "service"):
            break
        simple.append(element)
    return simple


def sendable(variables: tuple[str, ...], rows: list[Row]) -> tuple[tuple[str, ...], list[Row]]:
    """The variables all of whose values are IRIs, and their distinct combinations.

    An IRI is the same term everywhere. Of literals, engines change the spelling or the type.
    """
    kept = [
        column
        for column in range(len(variables))
        if all(row[column][0] == "<" and len(row[column]) <= _LONGEST for row in rows)
    ]
    names = tuple(variables[column] for column in kept)
    return names, list(dict.fromkeys(tuple(row[column] for column in kept) for row in rows))


def always_bound(variables: tuple[str, ...], rows: list[Row]) -> set[str]:
    """Variables that every one of these solutions binds."""
    return {name for column, name in enumerate(variables) if all(row[column] != UNDEF for row in rows)}
