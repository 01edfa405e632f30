"""How engines differ: the one place that knows names of engines, their formats, their default graph, their addresses.

A `Dialect` is data that the remote store and publishing read; neither asks which engine it talks to. Whatever an
engine is not known to do well is asked in the two formats that all of them have and transcoded here.
``docs/reference/store.md`` has the same as a table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from harmgraph.errors import HarmgraphError
from harmgraph.iris import BASE, PREFIXES
from harmgraph.store.base import RESULTS_FORMATS

JSON: Final = "application/sparql-results+json"
N_TRIPLES: Final = "application/n-triples"

Loading = Literal["update", "graph-store"]


@dataclass(frozen=True, slots=True)
class Dialect:
    """What one engine needs and what it does not do as SPARQL 1.1 or this project has it."""

    name: str
    server: str | None = None
    """A pattern of the engine's ``Server`` header; None where it sends none that tells it."""
    native: frozenset[str] = frozenset({JSON, N_TRIPLES})
    """The formats that are passed on as the engine writes them; all others are transcoded."""
    results_from: str = JSON
    """The results format that the others are made of."""
    default_graph: str | None = None
    """The named graph that stands for the default graph, for an engine that has none of its own."""
    hidden: tuple[str, ...] = ()
    """Named graphs that queries do not see, where the engine can leave them out."""
    limit_header: str | None = None
    """The header with the number of rows at which the engine cuts a result off without another sign."""
    partial_header: str | None = None
    """The header that says that an answer with status 200 is not whole."""
    loading: Loading = "update"
    """How statements are added: by SPARQL Update, across graphs, or by the Graph Store Protocol, graph by graph."""
    batch: int = 10_000
    """Statements in one request of `harmgraph publish`, unless it is told otherwise."""
    update_path: str = ""
    """Where updates go, relative to the address of queries; the same address where it is empty."""
    graph_store_path: str = ""
    """Where the Graph Store Protocol is spoken, likewise."""
    system_graphs: tuple[str, ...] = ()
    """Named graphs that the engine has of its own accord."""

    @property
    def bookkeeping(self) -> tuple[str, ...]:
        """Named graphs that hold no statements of a release."""
        return PUBLICATION, *filter(None, (self.default_graph,))

    def source_of(self, media_type: str) -> str:
        """The format to ask the engine for when a client wants this one."""
        if media_type in self.native:
            return media_type
        return self.results_from if media_type in RESULTS_FORMATS else N_TRIPLES

    def text(self, query: str, base_iri: str | None, *, own_dataset: bool) -> str:
        """The query as it is sent: with our prefixes and base declared, and the default graph pinned.

        ``own_dataset`` says that the request names its graphs itself.
        """
        pragmas = ""
        if self.default_graph is not None and not own_dataset:
            pragmas = f"define input:default-graph-uri <{self.default_graph}>\n"
        if self.hidden and not own_dataset:
            pragmas += "".join(f"define input:named-graph-exclude <{graph}>\n" for graph in self.hidden)
        base = f"BASE <{base_iri}>\n" if base_iri is not None else ""
        return pragmas + base + _declarations(query) + query


PUBLICATION: Final = f"{BASE}id/graph/publication"
"""The named graph in a remote store that says which release it holds."""
MERGE: Final = f"{BASE}id/graph/merge"
"""The named graph that holds the merge of all others, where an engine has no default graph of its own."""

_ALL: Final = frozenset({*RESULTS_FORMATS, N_TRIPLES, "application/ld+json"})

DIALECTS: Final = {
    dialect.name: dialect
    for dialect in (
        Dialect("standard"),
        # Its Turtle declares no prefixes and its RDF/XML breaks on a property without a local name (0.5.13), so these
        # two are written here, as the embedded store does.
        Dialect("oxigraph", server=r"Oxigraph/", native=_ALL, update_path="update", graph_store_path="store"),
    )
}


def dialect_named(name: str) -> Dialect:
    """The dialect that a setting names; raises `HarmgraphError` for an unknown one."""
    if (found := DIALECTS.get(name)) is not None:
        return found
    raise HarmgraphError(f"HARMGRAPH_STORE_DIALECT={name!r} is none of auto, {', '.join(DIALECTS)}")


def detect(server: str) -> Dialect:
    """The dialect of the engine with this ``Server`` header; the standard one where nothing matches.

    >>> detect("Oxigraph/0.5.13").name
    'oxigraph'
    >>> detect("nginx").name
    'standard'
    """
    for dialect in DIALECTS.values():
        if dialect.server is not None and re.match(dialect.server, server):
            return dialect
    return DIALECTS["standard"]


def _declarations(query: str) -> str:
    """Those of our prefixes that the query uses and does not declare."""
    return "".join(
        f"PREFIX {prefix}: <{iri}>\n"
        for prefix, iri in PREFIXES.items()
        if re.search(rf"(?<![\w.-]){prefix}:", query)
        and re.search(rf"\bPREFIX\s+{prefix}\s*:", query, re.IGNORECASE) is None
    )
