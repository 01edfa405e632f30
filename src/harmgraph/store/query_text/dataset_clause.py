"""Reads the FROM clauses of a query, because the engine neither shows them nor merges what they name.

Reads only the head of the query, up to its WHERE clause, and is asked only where a text has more than one FROM.
"""

from __future__ import annotations

import re

from pyoxigraph import NamedNode

from harmgraph.store.query_text.prologue import Prologue
from harmgraph.store.query_text.tokens import Token, significant


def dataset_of(text: str, base_iri: str | None) -> tuple[list[NamedNode], list[NamedNode]]:
    """The graphs of FROM and of FROM NAMED; both empty unless the query has more than one FROM clause.

    >>> dataset_of("SELECT * FROM <http://a/> FROM NAMED <http://b/> { ?s ?p ?o }", None)
    ([<NamedNode value=http://a/>], [<NamedNode value=http://b/>])
    """
    return dataset_clause(text, base_iri) if text.upper().count("FROM") > 1 else ([], [])


def dataset_clause(text: str, base_iri: str | None) -> tuple[list[NamedNode], list[NamedNode]]:
    """The graphs of FROM and of FROM NAMED, however many there are.

    >>> dataset_clause("SELECT ?from { ?s ?p ?from }", None)
    ([], [])
    """
    if re.search("FROM", text, re.IGNORECASE) is None:
        return [], []
    prologue = Prologue(base_iri)
    default: list[NamedNode] = []
    named: list[NamedNode] = []
    before = ("", "")
    for token in head(significant(text)):
        if token.kind in ("iri", "name"):
            if before[1] == "FROM":
                default.append(_graph(prologue, token))
            elif before == ("FROM", "NAMED"):
                named.append(_graph(prologue, token))
        prologue.take(token)
        before = (before[1], token.keyword)
    return default, named


def graphs_of_clauses(text: str, base_iri: str | None) -> list[NamedNode]:
    """The graphs that ``GRAPH`` clauses name by an IRI, each once.

    >>> graphs_of_clauses("PREFIX a: <http://a/> ASK { GRAPH a:b { ?s a ?c } GRAPH ?g { ?s a ?c } }", None)
    [<NamedNode value=http://a/b>]
    """
    found = significant(text)
    prologue = Prologue.of(found, base_iri)
    names = (
        _graph(prologue, name)
        for keyword, name, brace in zip(found, found[1:], found[2:], strict=False)
        if keyword.keyword == "GRAPH" and brace.text == "{" and name.kind in ("iri", "name")
    )
    return list(dict.fromkeys(names))


def head(tokens: list[Token]) -> list[Token]:
    """The tokens before the WHERE clause, without what stands in brackets."""
    found: list[Token] = []
    depth, construct = 0, False
    for token in tokens:
        if token.kind == "bracket":
            if token.text == "{" and depth == 0 and not construct:
                break  # the WHERE clause begins
            construct = False  # a second brace at depth 0 is no template
            depth += 1 if token.text in "({[" else -1
        elif depth == 0:
            construct = construct or token.keyword == "CONSTRUCT"
            found.append(token)
    return found


def _graph(prologue: Prologue, token: Token) -> NamedNode:
    try:
        return NamedNode(prologue.iri(token))
    except KeyError:  # an unknown prefix is the engine's to report: it sees the same text
        return NamedNode("urn:" + token.text)
