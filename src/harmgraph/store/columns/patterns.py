"""The triples of a group → triple patterns with their paths, by SPARQL 1.1 §19.8 [75]-[97].

Of the paths it knows sequences of steps, each of them an IRI, alternatives of IRIs without parentheses, or an IRI
with a star. Whatever else a pattern may hold raises `Unclear`: blank nodes in brackets, collections, reifiers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pyoxigraph import NamedNode

from harmgraph.iris import RDF
from harmgraph.store.columns.expressions import Calculator
from harmgraph.store.query_text.groups import Element, Groups, Unclear
from harmgraph.store.query_text.prologue import Prologue
from harmgraph.store.query_text.tokens import Token

_LITERALS: Final = ("string", "number")


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable by its name, or a blank node by its label, which begins with ``_:``."""

    name: str


Term = Variable | str
"""A variable, or a constant as N-Triples writes it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path: any of these predicates, or one of them any number of times."""

    predicates: tuple[str, ...]
    is_starred: bool = False


@dataclass(frozen=True, slots=True)
class Pattern:
    """One triple pattern: its verb is a path of one step or more, or a variable."""

    subject: Term
    verb: tuple[Step, ...] | Variable
    object: Term


class Reader:
    """Reads terms and patterns from the tokens of one query."""

    def __init__(self, groups: Groups, prologue: Prologue, calculator: Calculator) -> None:
        self._tokens = groups.tokens
        self._prologue = prologue
        self._calculator = calculator
        self._place = 0
        self._end = 0

    def patterns(self, element: Element) -> Iterator[Pattern]:
        """The patterns of an element of triples."""
        self._place, self._end = element.first, element.last + 1
        while self._place < self._end:
            yield from self._statements(self._term())
            if self._place < self._end and self._taken() != ".":
                raise Unclear("two patterns without a dot between them")

    def constants(self, first: int, last: int) -> Iterator[str | None]:
        """The terms between two places, as in a row of VALUES; None for UNDEF."""
        self._place, self._end = first, last + 1
        while self._place < self._end:
            if self._token.keyword == "UNDEF":
                self._place += 1
                yield None
            elif isinstance(term := self._term(), str):
                yield term
            else:
                raise Unclear("a variable in a table")

    def iri(self, token: Token) -> str:
        """The IRI that a token stands for, as N-Triples writes it."""
        try:
            return str(NamedNode(self._prologue.iri(token)))
        except (KeyError, ValueError) as cause:
            raise Unclear(f"{token.text} is no IRI that is known") from cause

    def _statements(self, subject: Term) -> Iterator[Pattern]:
        while True:
            verb = self._verb()
            yield Pattern(subject, verb, self._term())
            while self._is_next(","):
                yield Pattern(subject, verb, self._term())
            semicolons = 0
            while self._is_next(";"):
                semicolons += 1
            if not semicolons or self._place >= self._end or self._token.text == ".":
                return

    def _verb(self) -> tuple[Step, ...] | Variable:
        if self._token.kind == "variable":
            return Variable(self._taken()[1:])
        steps = [self._step()]
        while self._is_next("/"):
            steps.append(self._step())
        if len(steps) > 1 and any(len(step.predicates) > 1 for step in steps):
            raise Unclear("alternatives within a sequence")  # which would need parentheses, or mean something else
        return tuple(steps)

    def _step(self) -> Step:
        predicates = [self._predicate()]
        if self._is_next("*"):
            return Step(tuple(predicates), is_starred=True)
        while self._is_next("|"):
            predicates.append(self._predicate())
        return Step(tuple(predicates))

    def _predicate(self) -> str:
        token = self._token
        if token.text == "a":
            self._place += 1
            return str(RDF.type)
        if token.kind not in ("iri", "name"):
            raise Unclear(f"{token.text} in a path")
        self._place += 1
        return self.iri(token)

    def _term(self) -> Term:
        token = self._token
        if self._place >= self._end:
            raise Unclear("a pattern that ends too soon")
        self._place += 1
        if token.kind == "variable":
            return Variable(token.text[1:])
        if token.kind == "blank":
            return Variable(token.text)
        if token.kind in ("iri", "name"):
            return self.iri(token)
        if token.kind in _LITERALS or token.keyword in ("TRUE", "FALSE"):
            return self._literal(token)
        raise Unclear(f"{token.text} where a term should be")

    def _literal(self, token: Token) -> str:
        written = token.text
        if token.kind == "string" and self._token.kind == "language":
            written += self._taken()
        elif token.kind == "string" and self._is_next("^^"):
            written += f"^^{self.iri(self._token)}"
            self._place += 1
        return self._calculator.canonical(written)

    @property
    def _token(self) -> Token:
        return self._tokens[self._place]

    def _taken(self) -> str:
        self._place += 1
        return self._tokens[self._place - 1].text

    def _is_next(self, text: str) -> bool:
        found = self._place < self._end and self._token.text == text
        self._place += found
        return found
