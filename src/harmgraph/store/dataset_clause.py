"""Reads the FROM clauses of a query, because the engine neither shows them nor merges what they name.

Reads only the head of the query, up to its WHERE clause, and is asked only where a text has more than one FROM.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin

from pyoxigraph import NamedNode

from harmgraph.iris import PREFIXES

TOKEN: Final = re.compile(
    r"""\#[^\r\n]*
      | (?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
      | \"\"\"(?:[^"\\]|\\.|"(?!""))*\"\"\" | '''(?:[^'\\]|\\.|'(?!''))*'''
      | "(?:[^"\\\r\n]|\\.)*" | '(?:[^'\\\r\n]|\\.)*'
      | (?P<name>[\w.-]*:(?:[\w:.-]|%[0-9A-Fa-f]{2}|\\.)*)
      | [?$@]?(?P<word>\w+)
      | (?P<bracket>[(){}])
      | \S""",
    re.VERBOSE | re.DOTALL,
)


def dataset_of(text: str, base_iri: str | None) -> tuple[list[NamedNode], list[NamedNode]]:
    """The graphs of FROM and of FROM NAMED; both empty unless the query has more than one FROM clause.

    >>> dataset_of("SELECT * FROM <http://a/> FROM NAMED <http://b/> { ?s ?p ?o }", None)
    ([<NamedNode value=http://a/>], [<NamedNode value=http://b/>])
    """
    if len(re.findall("FROM", text, re.IGNORECASE)) < 2:
        return [], []
    return _Head(base_iri).read(text)


def dataset_clause(text: str, base_iri: str | None) -> tuple[list[NamedNode], list[NamedNode]]:
    """The graphs of FROM and of FROM NAMED, however many there are.

    >>> dataset_clause("SELECT ?from { ?s ?p ?from }", None)
    ([], [])
    """
    return _Head(base_iri).read(text) if re.search("FROM", text, re.IGNORECASE) is not None else ([], [])


def graphs_of_clauses(text: str, base_iri: str | None) -> list[NamedNode]:
    """The graphs that ``GRAPH`` clauses name by an IRI, each once.

    >>> graphs_of_clauses("PREFIX a: <http://a/> ASK { GRAPH a:b { ?s a ?c } GRAPH ?g { ?s a ?c } }", None)
    [<NamedNode value=http://a/b>]
    """
    head = _Head(base_iri)
    head.read(text)
    tokens = [match for match in TOKEN.finditer(text) if not match[0].startswith("#")]
    return list(
        dict.fromkeys(
            head.term(match)
            for keyword, match, brace in zip(tokens, tokens[1:], tokens[2:], strict=False)
            if keyword[0].upper() == "GRAPH" and brace[0] == "{" and (match["iri"] or match["name"])
        )
    )


def _resolved(base: str, iri: str) -> str:
    """The absolute IRI (RFC 3986 §5.2); urljoin alone would drop the last character of a namespace that ends with #.

    >>> _resolved("https://a/b", "https://c/d#"), _resolved("https://a/b", "e#")
    ('https://c/d#', 'https://a/e#')
    """
    joined = urljoin(base, iri)
    return joined + "#" if iri.endswith("#") and not joined.endswith("#") else joined


@dataclass(frozen=True, slots=True)
class Prologue:
    """What the prologue of a query declares, with every IRI made absolute, and where the query goes on after it."""

    base: str
    prefixes: dict[str, str]
    end: int


def prologue(text: str, base_iri: str | None) -> Prologue:
    """The prologue of the query.

    >>> prologue("PREFIX a: <b#> BASE <http://c/> PREFIX d: <e> ASK {}", "http://a/")
    Prologue(base='http://c/', prefixes={'a': 'http://a/b#', 'd': 'http://c/e'}, end=45)
    """
    base, prefixes, end, before = base_iri or "", {}, 0, ("", "")
    for match in TOKEN.finditer(text):
        if match[0].startswith("#"):
            continue
        if match["iri"]:
            iri = _resolved(base, match["iri"][1:-1])
            if before[1].upper() == "BASE":
                base = iri
            else:
                prefixes[before[1].removesuffix(":")] = iri
            end = match.end()
        elif not match["name"] and match[0].upper() not in ("BASE", "PREFIX"):
            break
        before = (before[1], match[0])
    return Prologue(base, prefixes, end)


class _Head:
    """The prologue and the dataset clauses of one query."""

    def __init__(self, base_iri: str | None) -> None:
        self._base = base_iri or ""
        self._prefixes = dict(PREFIXES)
        self._default: list[NamedNode] = []
        self._named: list[NamedNode] = []

    def read(self, text: str) -> tuple[list[NamedNode], list[NamedNode]]:
        """The graphs of FROM and of FROM NAMED."""
        depth, construct = 0, False
        before: tuple[str, ...] = ("", "")  # the two tokens before this one, at depth 0
        for match in TOKEN.finditer(text):
            token = match[0]
            if token.startswith("#"):
                continue
            if match["bracket"]:
                if token == "{" and depth == 0 and not construct:
                    break  # the WHERE clause begins
                construct = False  # a second brace at depth 0 is no template
                depth += 1 if token in "({" else -1
            elif depth == 0:
                if match["iri"] or match["name"]:
                    self._take(before, match)
                construct = construct or token.upper() == "CONSTRUCT"
                before = (before[1], token)
        return self._default, self._named

    def _take(self, before: tuple[str, ...], match: re.Match[str]) -> None:
        earlier, last = (word.upper() for word in before)
        if last == "BASE" and match["iri"]:
            self._base = _resolved(self._base, match["iri"][1:-1])
        elif earlier == "PREFIX" and match["iri"]:
            self._prefixes[before[1].removesuffix(":")] = _resolved(self._base, match["iri"][1:-1])
        elif last == "FROM":
            self._default.append(self.term(match))
        elif (earlier, last) == ("FROM", "NAMED"):
            self._named.append(self.term(match))

    def term(self, match: re.Match[str]) -> NamedNode:
        """The IRI of a token, by the prologue that was read."""
        if match["iri"]:
            return NamedNode(_resolved(self._base, match["iri"][1:-1]))
        prefix, _, local = match["name"].partition(":")
        # An unknown prefix is the engine's to report: it sees the same text.
        return NamedNode(self._prefixes.get(prefix, "urn:") + re.sub(r"\\(.)", r"\1", local))
