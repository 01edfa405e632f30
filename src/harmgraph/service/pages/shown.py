"""What the page of a thing shows, as values: text and links, facts with who says them, and the page as a whole.

`harmgraph.service.pages.views` makes them of a document, templates write them.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode


@dataclass(frozen=True, slots=True)
class Value:
    """A value as text or link; ``sayers`` are the numbers of the graphs that state it."""

    text: str
    href: str | None = None
    external: bool = False
    lang: str | None = None
    sayers: tuple[int, ...] = ()
    remark: str = ""
    """What Wikidata says that its item is."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A property with all its values; ``differs`` where records disagree about it."""

    name: str
    href: str | None
    values: tuple[Value, ...]
    differs: bool = False
    short: str = ""
    """The property in short form."""


@dataclass(frozen=True, slots=True)
class Stated:
    """A statement about the thing, as one chooses it from a list; its key is the same in every release."""

    key: str
    name: str
    short: str
    text: str
    predicate: NamedNode
    value: NamedNode | Literal


@dataclass(frozen=True, slots=True)
class Part:
    """A thing shown within the page of another: a claim, a report, a statement of a record."""

    heading: Value
    facts: tuple[Fact, ...]
    anchor: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A graph that says something of the thing, under the number by which the page refers to it."""

    number: int
    name: Value
    facts: tuple[Fact, ...]
    is_record: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that the page of one thing shows, but for what links there."""

    iri: str
    label: str
    kinds: tuple[Value, ...]
    descriptions: tuple[Value, ...]
    facts: tuple[Fact, ...]
    claims: tuple[Part, ...]
    outcomes: tuple[Part, ...]
    reports: tuple[Part, ...]
    statements: tuple[Part, ...]
    mentions: tuple[Part, ...]
    findings: tuple[Value, ...]
    fields: tuple[Fact, ...]
    sources: tuple[Source, ...]
