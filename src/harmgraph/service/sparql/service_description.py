"""The description of the endpoint (SPARQL 1.1 Service Description): languages, formats, features and named graphs."""

from __future__ import annotations

from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from harmgraph.iris import BASE, DCT, RDF, RDFS, VOID, XSD, Namespace
from harmgraph.service.context import Service
from harmgraph.service.documents.document import DATASET
from harmgraph.service.terms import Term

SD: Final = Namespace("http://www.w3.org/ns/sparql-service-description#")
ENDPOINT: Final = NamedNode(f"{BASE}sparql")

_FORMATS: Final = Namespace("http://www.w3.org/ns/formats/")
_ENTAILMENT: Final = Namespace("http://www.w3.org/ns/entailment/")
_OFFERED: Final = (
    *("SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV"),
    *("Turtle", "JSON-LD", "N-Triples", "RDF_XML", "N-Quads", "TriG"),
)
_GRAPHS: Final = 1_000
"""Named graphs that are listed, the largest first; a release has one for each record."""


async def triples(service: Service) -> list[Triple]:
    """The description of this service over its release."""
    default_graph = NamedNode(f"{ENDPOINT.value}#default-graph")
    return [
        Triple(ENDPOINT, RDF.type, SD.Service),
        Triple(ENDPOINT, SD.endpoint, ENDPOINT),
        Triple(ENDPOINT, SD.supportedLanguage, SD.SPARQL11Query),
        *(Triple(ENDPOINT, SD.resultFormat, _FORMATS[name]) for name in _OFFERED),
        Triple(ENDPOINT, SD.feature, SD.UnionDefaultGraph),
        *([Triple(ENDPOINT, SD.feature, SD.BasicFederatedQuery)] if service.settings.federation else []),
        Triple(ENDPOINT, SD.defaultEntailmentRegime, _ENTAILMENT.Simple),
        Triple(ENDPOINT, SD.defaultDataset, DATASET),
        Triple(DATASET, RDF.type, SD.Dataset),
        Triple(DATASET, SD.defaultGraph, default_graph),
        Triple(default_graph, RDF.type, SD.Graph),
        Triple(default_graph, DCT.isPartOf, DATASET),
        *await service.once("named graphs", lambda: _named_graphs(service)),
    ]


async def _named_graphs(service: Service) -> list[Triple]:
    rows = await service.questions.rows("graphs", limit=_GRAPHS + 1)
    described: list[Triple] = []
    for number, row in enumerate(rows[:_GRAPHS]):
        node, name, count = NamedNode(f"{ENDPOINT.value}#graph-{number}"), row["graph"], row["count"]
        described += [
            Triple(DATASET, SD.namedGraph, node),
            Triple(node, RDF.type, SD.NamedGraph),
            Triple(node, SD.name, name),
            Triple(node, VOID.triples, _integer(count)),
        ]
    if len(rows) > _GRAPHS:
        text = (
            f"The {_GRAPHS:,} largest named graphs are listed; SELECT DISTINCT ?g {{ GRAPH ?g {{}} }} has all of them."
        )
        described.append(Triple(DATASET, RDFS.comment, Literal(text, language="en")))
    return described


def _integer(count: Term) -> Literal:
    return Literal(count.value if isinstance(count, Literal) else "0", datatype=XSD.integer)
