"""The competency queries → those that use a term, found by reading them; and for each class a query of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final
from urllib.parse import quote

from pyoxigraph import NamedNode

from harmgraph.catalogue import ListedQuery
from harmgraph.iris import BASE, HG, PREFIXES, RDFS, curie
from harmgraph.service.pages import editor
from harmgraph.service.pages.ontology.outline import Outline
from harmgraph.store.query_text.prologue import Prologue
from harmgraph.store.query_text.tokens import significant

MOST: Final = 6
"""Queries shown of a term."""
_MOST_ASKED: Final = 5


@dataclass(frozen=True, slots=True)
class Query:
    """A query, with the path under which it stands in the editor."""

    title: str
    path: str


def terms_of(text: str) -> frozenset[str]:
    """The terms of ours that a query uses.

    >>> sorted(terms_of('SELECT * { ?s hg:deployer ?o ; rdfs:label "hg:harm" } # hg:issue'))
    ['https://w3id.org/harmgraph/ns#deployer']
    """
    found = significant(text)
    prologue = Prologue.of(found, BASE)
    named = (
        t for t in found if t.kind == "iri" or (t.kind == "name" and t.text.partition(":")[0] in prologue.prefixes)
    )
    return frozenset(iri for t in named if (iri := prologue.iri(t)).startswith(HG.iri) and iri != HG.iri)


@cache
def _listed() -> Mapping[ListedQuery, frozenset[str]]:
    return {query: terms_of(query.text) for query in editor.gallery()}


def of_property(term: NamedNode) -> tuple[Query, ...]:
    """The competency queries that use the property, those with the fewest other terms first."""
    return _shown(query for query in _by_size() if term.value in _listed()[query])


def of_class(outline: Outline, term: NamedNode) -> tuple[Query, ...]:
    """A query for what is of the class, then the competency queries that use it or most of the properties it has."""
    domains = {term, *outline.narrower(term)}
    theirs = {p.value for p in outline.properties if domains.intersection(outline.iris(p, RDFS.domain))}
    scores = {query: (term.value in used, len(theirs & used)) for query, used in _listed().items()}
    found = sorted((query for query in _by_size() if any(scores[query])), key=lambda q: scores[q], reverse=True)
    label = outline.label(term)
    return (Query(f"Ten of the class “{label}”", _path(listing(outline, term))), *_shown(found))


def listing(outline: Outline, term: NamedNode) -> str:
    """A query for ten things of the class and, where they are stated, the values of its first properties."""
    kind = "a/rdfs:subClassOf*" if outline.narrower(term) else "a"
    broader = outline.broader(term)
    names = [curie(p.value) for p in outline.properties if broader.intersection(outline.iris(p, RDFS.domain))]
    shown = ["rdfs:label", *names][: _MOST_ASKED + 1]
    variables = [f"?{name.partition(':')[2]}" for name in shown]
    optional = "".join(f"  OPTIONAL {{ ?thing {n} {v} }}\n" for n, v in zip(shown, variables, strict=True))
    prefixes = "".join(f"PREFIX {prefix}: <{PREFIXES[prefix]}>\n" for prefix in ("hg", "rdfs"))
    return (
        f"{prefixes}\nSELECT ?thing {' '.join(variables)}\nWHERE {{\n"
        f"  {{ SELECT DISTINCT ?thing {{ ?thing {kind} {curie(term.value)} }} LIMIT 10 }}\n{optional}}}\nLIMIT 100\n"
    )


def _by_size() -> list[ListedQuery]:
    return sorted(_listed(), key=lambda query: (len(_listed()[query]), query.number))


def _shown(queries: Iterable[ListedQuery]) -> tuple[Query, ...]:
    return tuple(Query(each.title, f"/sparql?example={each.name}") for each in queries)[:MOST]


def _path(text: str) -> str:
    return f"/sparql?query={quote(text, safe='')}"
