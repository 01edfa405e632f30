"""Measurements → triples of the Data Quality Vocabulary (DQV): a metric for each measure, a measurement for each value.

All of them have IRIs in the document ``/quality``. Shares are decimals between 0 and 1, rounded to four places, with
their counts beside them; what is counted and not shared out is an integer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pyoxigraph import Literal, NamedNode, Triple

from harmgraph.iris import BASE, DCT, PROV, RDF, RDFS, SKOS, XSD, Namespace, mint
from harmgraph.quality.metrics import COMPARED, COVERAGE

DQV: Final = Namespace("http://www.w3.org/ns/dqv#")
DOCUMENT: Final = NamedNode(f"{BASE}quality")
_DATASET: Final = NamedNode(f"{BASE}#dataset")

DIMENSIONS: Final = {
    "completeness": "How much of what an incident record could state is stated.",
    "precision": "How exactly things are stated that can be stated more or less so.",
    "linkage": "How much leads on to Wikidata.",
    "consistency": "How far the records of one incident agree.",
    "conformance": "What the validation against the shapes finds.",
    "readability": "How much of the sources could be read.",
}
"""Each dimension of quality with what it means."""


def triples(found: dict[str, Any]) -> Iterator[Triple]:
    """The measurements of a release, as `harmgraph.quality.measured` gives them."""
    yield Triple(DOCUMENT, RDF.type, DQV.QualityMetadata)
    yield Triple(DOCUMENT, RDFS.label, _english("Data quality of the release"))
    yield Triple(DOCUMENT, DCT.license, NamedNode("https://creativecommons.org/licenses/by/4.0/"))
    if found["built"]:
        yield Triple(DOCUMENT, PROV.generatedAtTime, Literal(found["built"], datatype=XSD.dateTime))
    for name, meaning in DIMENSIONS.items():
        yield Triple(_node("dimension", name), RDF.type, DQV.Dimension)
        yield Triple(_node("dimension", name), SKOS.prefLabel, _english(name))
        yield Triple(_node("dimension", name), SKOS.definition, _english(meaning))
    yield from _coverage(found)
    yield from _disagreements(found)
    for severity in ("Violation", "Warning", "Info"):
        label = f"results of severity {severity} in the validation report"
        yield from _metric(severity.lower(), label, "conformance", XSD.integer)
        yield from _measurement(severity.lower(), _DATASET, _integer(found["validation"][severity]))
    for name in ("read", "withdrawn", "quarantined"):
        yield from _metric(name, f"records {name}", "readability", XSD.integer)
        for source in found["sources"]:
            place = mint("dataset", source["source"], source["version"])
            yield from _measurement(name, place, _integer(source[name]), source["source"], source["version"])


def _coverage(found: dict[str, Any]) -> Iterator[Triple]:
    values = {each["name"]: each for each in found["coverage"]}
    for metric in COVERAGE:
        if (value := values.get(metric.name)) is not None:  # a release of before may lack a newer one
            yield from _metric(metric.name, f"share of {metric.label}", metric.dimension, XSD.decimal)
            yield from _share(metric.name, _DATASET, value)
            for source, part in value.get("by_source", {}).items():
                yield from _share(metric.name, mint("dataset", source), part, source)


def _disagreements(found: dict[str, Any]) -> Iterator[Triple]:
    values = {each["name"]: each for each in found["disagreements"]}
    for compared in COMPARED:
        if (value := values.get(compared.name)) is not None:
            label = (
                f"share of incidents whose records disagree about the {compared.label}, of those that can be compared"
            )
            yield from _metric(f"differing-{compared.name}", label, "consistency", XSD.decimal)
            yield from _share(f"differing-{compared.name}", _DATASET, value)


def _metric(name: str, label: str, dimension: str, datatype: NamedNode) -> Iterator[Triple]:
    metric = _node("metric", name)
    yield Triple(metric, RDF.type, DQV.Metric)
    yield Triple(metric, SKOS.prefLabel, _english(label))
    yield Triple(metric, DQV.expectedDataType, datatype)
    yield Triple(metric, DQV.inDimension, _node("dimension", dimension))


def _share(name: str, on: NamedNode, value: dict[str, int], *where: str) -> Iterator[Triple]:
    """A measurement of a share; none of nothing."""
    if value["of"]:
        share = Literal(f"{value['count'] / value['of']:.4f}", datatype=XSD.decimal)
        yield from _measurement(name, on, share, *where)
        counts = _english(f"{value['count']} of {value['of']}")
        yield Triple(_node("measurement", name, *where), RDFS.comment, counts)


def _measurement(name: str, on: NamedNode, value: Literal, *where: str) -> Iterator[Triple]:
    node = _node("measurement", name, *where)
    yield Triple(node, RDF.type, DQV.QualityMeasurement)
    yield Triple(node, DQV.isMeasurementOf, _node("metric", name))
    yield Triple(node, DQV.computedOn, on)
    yield Triple(on, DQV.hasQualityMeasurement, node)
    yield Triple(node, DQV.value, value)


def _node(*parts: str) -> NamedNode:
    return NamedNode(f"{DOCUMENT.value}#{'-'.join(parts)}")


def _integer(number: int) -> Literal:
    return Literal(str(number), datatype=XSD.integer)


def _english(text: str) -> Literal:
    return Literal(text, language="en")
