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
from harmgraph.iris import BASE
from harmgraph.store.base import GRAPH_FORMATS, RESULTS_FORMATS

JSON: Final = "application/sparql-results+json"
XML: Final = "application/sparql-results+xml"
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
    unites: bool = False
    """Whether the default graph is the union of all named graphs, as a set and of the engine's own accord."""
    default_graph: str | None = None
    """The named graph that stands for the default graph, for an engine that has none of its own."""
    hidden: tuple[str, ...] = (f"{BASE}id/graph/publication",)
    """Named graphs that ``GRAPH ?g`` does not find."""
    lists_graphs: bool = True
    """Whether ``GRAPH ?g {}`` finds every graph."""
    opens_datasets: bool = False
    """Whether the engine takes a dataset without named graphs for one that has all there are."""
    base_first: bool = False
    """Whether BASE may stand once, and before every PREFIX only."""
    boolean_column: str | None = None
    """The variable of the table that the engine answers an ASK query with."""
    folds_dates: bool = False
    """Whether a year or a month is the same as its first day, so that of two such statements one is kept."""
    limit_header: str | None = None
    """The header with the number of rows at which the engine cuts a result off without another sign."""
    row_mark: bytes = b""
    """What begins a row, and nothing else, in the format of ``results_from``."""
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
        return N_TRIPLES if media_type in GRAPH_FORMATS else self.results_from


PUBLICATION: Final = f"{BASE}id/graph/publication"
"""The named graph in a remote store that says which release it holds."""
MERGE: Final = f"{BASE}id/graph/merge"
"""The named graph that holds the merge of all others, where an engine has no default graph of its own."""

_ALL: Final = frozenset({*RESULTS_FORMATS, N_TRIPLES, "application/ld+json"})

_OF_VIRTUOSO: Final = (
    "http://www.openlinksw.com/schemas/virtrdf#",
    "http://www.w3.org/ns/ldp#",
    "http://localuriqaserver/sparql",
    "http://www.w3.org/2002/07/owl#",
    "urn:activitystreams-owl:map",
    "urn:core:services:sparql",
)

DIALECTS: Final = {
    dialect.name: dialect
    for dialect in (
        Dialect("standard"),
        Dialect("union", unites=True),
        # Its Turtle declares no prefixes and its RDF/XML breaks on a property without a local name (0.5.13), so these
        # two are written here, as the embedded store does.
        Dialect("oxigraph", server=r"Oxigraph/", native=_ALL, update_path="update", graph_store_path="store"),
        # An ASK query gets a table, JSON has booleans as numbers, and its Turtle, RDF/XML and JSON-LD differ from ours
        # (7.2.5), so all is made of XML and N-Triples. Its default graph is the union of all with duplicates, so the
        # merge is a named graph that each query is given for it. NOT FROM NAMED would keep that from being the default
        # graph as well; so would `define input:named-graph-exclude`.
        Dialect(
            "virtuoso",
            server=r"Virtuoso/",
            native=frozenset({N_TRIPLES}),
            results_from=XML,
            boolean_column="__ASK_RETVAL",
            default_graph=MERGE,
            lists_graphs=False,
            opens_datasets=True,
            base_first=True,
            folds_dates=True,
            hidden=(MERGE, PUBLICATION, *_OF_VIRTUOSO),
            limit_header="X-SPARQL-MaxRows",
            row_mark=b"<result>",  # in the text of XML there is no bare "<"
            partial_header="X-SQL-State",
            batch=2_000,  # an update of more than 10,000 lines is refused
            update_path="sparql-auth",
            graph_store_path="sparql-graph-crud-auth",
            system_graphs=_OF_VIRTUOSO,
        ),
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
