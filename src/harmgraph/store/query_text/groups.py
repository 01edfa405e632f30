"""The elements of a group graph pattern, and which variables they put in scope or bind for certain.

Reads tokens by SPARQL 1.1 §19.8 [53]-[68], as far as that settles where an element begins and ends. Whatever it
does not know raises `Unclear`, on which its callers take the safe way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Final, Literal

from harmgraph.store.query_text.tokens import Token, brackets

Kind = Literal["triples", "values", "group", "union", "optional", "minus", "graph", "service", "filter", "bind"]

_TRIPLE_WORDS: Final = ("A", "TRUE", "FALSE")
_DEEPEST: Final = 50
_WAVERING: Final = frozenset(("LIMIT", "OFFSET", "RAND", "UUID", "STRUUID", "BNODE", "NOW", "SAMPLE", "GROUP_CONCAT"))
"""What may give another answer when it is evaluated again."""


class Unclear(Exception):
    """The text is not understood, which says nothing against it."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element: its kind, the places of its first and last token, and of the braces of the groups in it."""

    kind: Kind
    first: int
    last: int
    groups: tuple[int, ...] = ()


class Groups:
    """The groups of one query, each named by the place of its opening brace among the tokens."""

    def __init__(self, tokens: list[Token]) -> None:
        # Whoever looks one or two tokens ahead finds something there.
        self.tokens = [*tokens, *[Token("end", "", tokens[-1].end if tokens else 0)] * 4]
        partners = brackets(tokens)
        if partners is None:
            raise Unclear("the brackets do not pair up")
        self.partners = partners

    def depth(self) -> int:
        """How many brackets stand in one another at most."""
        return max(accumulate(1 if partner > place else -1 for place, partner in sorted(self.partners.items())))

    def is_subselect(self, group: int) -> bool:
        """Whether the group holds a sub-select and nothing else."""
        return self.tokens[group + 1].keyword == "SELECT"

    def enclosing(self, place: int) -> list[int]:
        """The groups around a token, the innermost first."""
        braces = (p for p in range(place) if self.tokens[p].text == "{" and self.partners.get(p, 0) > place)
        return list(braces)[::-1]

    def elements(self, group: int) -> list[Element]:
        """The elements of a group, in order."""
        found: list[Element] = []
        place, end = group + 1, self.partners[group]
        while place < end:
            if self.tokens[place].text == ".":
                place += 1
                continue
            element = self._element(place, end)
            found.append(element)
            place = element.last + 1
        return found

    def _element(self, place: int, end: int) -> Element:
        token = self.tokens[place]
        match token.keyword:
            case "OPTIONAL" | "MINUS" as word:
                return self._with_group("optional" if word == "OPTIONAL" else "minus", place, place + 1)
            case "GRAPH":
                return self._with_group("graph", place, place + 2)
            case "SERVICE":
                silent = self.tokens[place + 1].keyword == "SILENT"
                return self._with_group("service", place, place + (3 if silent else 2))
            case "FILTER":
                return Element("filter", place, self._constraint(place + 1))
            case "BIND":
                return Element("bind", place, self._bracket(place + 1, "("))
            case "VALUES":
                listed = self.tokens[place + 1].text == "("
                braces = self.partners[place + 1] + 1 if listed else place + 2
                return Element("values", place, self._bracket(braces, "{"))
        if token.text == "{":
            return self._union(place)
        return Element("triples", place, self._triples(place, end))

    def _bracket(self, place: int, text: str) -> int:
        if self.tokens[place].text != text:
            raise Unclear(f"{self.tokens[place].text} where a {text} should be")
        return self.partners[place]

    def _with_group(self, kind: Kind, first: int, brace: int) -> Element:
        return Element(kind, first, self._bracket(brace, "{"), (brace,))

    def _union(self, place: int) -> Element:
        braces, last = [place], self._bracket(place, "{")
        while self.tokens[last + 1].keyword == "UNION":
            braces.append(last + 2)
            last = self._bracket(last + 2, "{")
        return Element("union" if len(braces) > 1 else "group", place, last, tuple(braces))

    def _constraint(self, place: int) -> int:
        while self.tokens[place].keyword in ("NOT", "EXISTS"):
            place += 1
            if self.tokens[place].text == "{":
                return self.partners[place]
        if self.tokens[place].kind in ("word", "iri", "name"):
            place += 1
        return self._bracket(place, "(")

    def _triples(self, place: int, end: int) -> int:
        first = place
        while place < end:
            token = self.tokens[place]
            if token.text == "{" and self.tokens[place + 1].text == "|":
                raise Unclear("an annotation of a triple")
            if token.text == "{" or (token.kind == "word" and token.keyword not in _TRIPLE_WORDS):
                break
            if token.kind == "bracket":
                place = self.partners[place]
            place += 1
        if place == first:
            raise Unclear(f"{self.tokens[place].text} where a pattern should be")
        return place - 1

    def variables(self, first: int, last: int) -> set[str]:
        """The names of all variables among these tokens."""
        return {token.text[1:] for token in self.tokens[first : last + 1] if token.kind == "variable"}

    def certain(
        self, elements: Iterable[Element], followed: Mapping[int, set[str]] | None = None, depth: int = 0
    ) -> set[str]:
        """Variables that every solution of these elements, joined in this order, binds.

        ``followed`` tells them of SERVICE clauses whose solutions are known, by the place of their first token.
        """
        found: set[str] = set()
        for element in elements:
            if element.kind == "triples":
                found |= self.variables(element.first, element.last)
            elif element.kind == "values":
                if all(token.keyword != "UNDEF" for token in self.tokens[element.first : element.last]):
                    found |= self.variables(element.first, element.last)
            elif element.kind in ("group", "graph"):
                found |= self.variables(element.first, element.groups[0])
                found |= self._certain_inside(element.groups[0], followed, depth)
            elif element.kind == "service" and followed is not None:
                found |= followed.get(element.first, set())
        return found

    def _certain_inside(self, group: int, followed: Mapping[int, set[str]] | None, depth: int) -> set[str]:
        if not self.is_subselect(group):
            return self.certain(self._inner(group, depth), followed, depth + 1)
        # A projected variable has the value that it has inside; a computed one may have none.
        inside = self._certain_inside(self._where(group), followed, depth + 1)
        return inside & self._projected(group, depth)

    def wavers(self, first: int, last: int) -> bool:
        """Whether these tokens may give another answer when they are evaluated again."""
        return any(token.keyword in _WAVERING for token in self.tokens[first : last + 1])

    def in_scope(self, group: int, depth: int = 0) -> set[str]:
        """Variables that a group puts in scope (SPARQL 1.1 §18.2.1)."""
        if self.is_subselect(group):
            return self._projected(group, depth)
        found: set[str] = set()
        for element in self._inner(group, depth):
            match element.kind:
                case "triples" | "values":
                    found |= self.variables(element.first, element.last)
                case "bind":
                    found |= self.variables(element.last - 1, element.last)
                case "filter" | "minus":
                    pass
                case _:
                    found |= self.variables(element.first, element.groups[0])
                    for inner in element.groups:
                        found |= self.in_scope(inner, depth + 1)
        return found

    def _projected(self, group: int, depth: int) -> set[str]:
        found: set[str] = set()
        where = self._where(group)
        place = group + 2
        while place < where:
            token = self.tokens[place]
            if token.text == "*":
                return self.in_scope(where, depth + 1)
            if token.text == "(":
                place = self.partners[place]
                found |= self.variables(place - 1, place)
            elif token.kind == "variable":
                found.add(token.text[1:])
            elif token.keyword not in ("DISTINCT", "REDUCED", "WHERE"):
                raise Unclear(f"{token.text} in a projection")
            place += 1
        return found

    def _where(self, group: int) -> int:
        """The brace of the WHERE clause of a sub-select."""
        place, end = group + 1, self.partners[group]
        while place < end and self.tokens[place].text != "{":
            place = self.partners[place] + 1 if self.tokens[place].text == "(" else place + 1
        if place == end:
            raise Unclear("a sub-select without a pattern")
        return place

    def _inner(self, group: int, depth: int) -> list[Element]:
        if depth > _DEEPEST:
            raise Unclear("the groups are nested too deeply")
        return self.elements(group)
