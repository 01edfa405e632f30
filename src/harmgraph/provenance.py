"""Where each record graph comes from: record → snapshot → source, licence, rights holder, citation, findings.

All of it stands in the graph ``provenance``, so that ``GRAPH ?g { … }`` joins with ``?g dct:license ?licence``.
Nothing here says when a build ran: the same inputs give the same quads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from pyoxigraph import Literal, NamedNode, Quad

from harmgraph.iris import (
    DCT,
    FOAF,
    HG,
    PROV,
    RDF,
    RDFS,
    SPDX,
    XSD,
    concept_iri,
    field_iri,
    graph_iri,
    mint,
    record_iri,
    slug_of,
)
from harmgraph.model import Interpreted, Licence, Snapshot
from harmgraph.triples import Triple, date_literal, incident_iri, text

GRAPH: Final = graph_iri("provenance")
HARMGRAPH: Final = mint("agent", "harmgraph")


def record_provenance(interpreted: Interpreted, snapshot: Snapshot, title: str, licence: Licence) -> Iterator[Quad]:
    """What is known of one record graph: the record, its terms of use, and what was noticed in it."""
    return _in_graph(_record(interpreted, snapshot, title, licence))


def snapshot_provenance(snapshot: Snapshot, title: str, licence: Licence) -> Iterator[Quad]:
    """What is known of a snapshot, its source and publisher, and the activity that read it."""
    return _in_graph([*_source(snapshot, title, licence), *_snapshot(snapshot, title)])


def field_provenance(source: str, names: Iterable[str]) -> Iterator[Quad]:
    """The properties that keep a source's raw strings; names that differ in punctuation alone share one."""
    named: dict[NamedNode, str] = {}
    for name in sorted(names):
        named.setdefault(field_iri(source, name), name)
    return _in_graph(triple for field, name in named.items() for triple in _field(source, field, name))


def harmgraph_provenance(graph: NamedNode, label: str, licence: str, sources: Iterable[NamedNode]) -> Iterator[Quad]:
    """What is known of a graph that harmgraph itself makes, as the consolidation is made from all records."""
    return _in_graph(
        [
            (graph, RDF.type, PROV.Entity),
            (graph, RDFS.label, text(label)),
            (graph, DCT.license, NamedNode(licence)),
            (graph, PROV.wasAttributedTo, HARMGRAPH),
            *((graph, PROV.wasDerivedFrom, source) for source in sources),
            (HARMGRAPH, RDF.type, PROV.SoftwareAgent),
            (HARMGRAPH, RDFS.label, text("harmgraph")),
        ]
    )


def snapshot_iri(snapshot: Snapshot) -> NamedNode:
    """The IRI of one snapshot of one source."""
    return mint("snapshot", snapshot.source, snapshot.version)


def _in_graph(triples: Iterable[Triple]) -> Iterator[Quad]:
    return (Quad(*triple, GRAPH) for triple in triples)


def _record(interpreted: Interpreted, snapshot: Snapshot, title: str, licence: Licence) -> Iterator[Triple]:
    record = interpreted.record
    licence = record.licence or licence
    subject = record_iri(record.source, snapshot.version, record.local)
    yield subject, RDF.type, HG.SourceRecord
    yield subject, RDFS.label, text(f"{title}, {record.local} ({snapshot.version})")
    yield subject, DCT.identifier, Literal(record.local)
    if interpreted.incident is not None:
        yield subject, FOAF.primaryTopic, incident_iri(interpreted.incident.local)
    if record.page is not None:
        yield subject, DCT.source, NamedNode(record.page)
    yield subject, DCT.license, NamedNode(licence.iri)
    holder = mint("publisher", slug_of(licence.rights_holder))
    yield subject, DCT.rightsHolder, holder
    if record.licence is not None:  # the holder of the source's own terms is described with the source
        yield holder, RDF.type, FOAF.Agent
        yield holder, RDFS.label, text(licence.rights_holder)
    yield subject, DCT.bibliographicCitation, text(f"{licence.citation}, {record.local} ({snapshot.version})")
    yield subject, HG.assertionStatus, concept_iri("assertion-status", licence.assertion_status)
    yield subject, HG.position, Literal(record.position)
    for problem in interpreted.problems:
        yield subject, HG.finding, text(f"{problem.field} {problem.value!r}: {problem.message}")
    yield subject, PROV.wasDerivedFrom, snapshot_iri(snapshot)
    yield subject, PROV.wasGeneratedBy, mint("activity", snapshot.source, snapshot.version)


def _snapshot(snapshot: Snapshot, title: str) -> Iterator[Triple]:
    subject = snapshot_iri(snapshot)
    yield subject, RDF.type, HG.Snapshot
    yield subject, RDFS.label, text(f"{title}, snapshot {snapshot.version}")
    yield subject, DCT.isVersionOf, mint("source", snapshot.source)
    if snapshot.date is not None:
        yield subject, DCT.issued, date_literal(snapshot.date)
    checksum = NamedNode(subject.value + "#checksum")
    yield subject, SPDX.checksum, checksum
    yield checksum, RDF.type, SPDX.Checksum
    yield checksum, SPDX.algorithm, SPDX.checksumAlgorithm_sha256
    yield checksum, SPDX.checksumValue, Literal(snapshot.checksum, datatype=XSD.hexBinary)
    activity = mint("activity", snapshot.source, snapshot.version)
    yield activity, RDF.type, PROV.Activity
    yield activity, RDFS.label, text(f"Interpretation of {title}, snapshot {snapshot.version}")
    yield activity, PROV.used, subject
    yield activity, PROV.wasAssociatedWith, HARMGRAPH
    yield HARMGRAPH, RDF.type, PROV.SoftwareAgent
    yield HARMGRAPH, RDFS.label, text("harmgraph")


def _source(snapshot: Snapshot, title: str, licence: Licence) -> Iterator[Triple]:
    subject = mint("source", snapshot.source)
    publisher = mint("publisher", slug_of(licence.rights_holder))
    yield subject, RDF.type, HG.Source
    yield subject, DCT.title, text(title)
    yield subject, RDFS.label, text(title)
    yield subject, DCT.publisher, publisher
    yield subject, DCT.license, NamedNode(licence.iri)
    yield subject, FOAF.homepage, NamedNode(licence.homepage)
    yield publisher, RDF.type, FOAF.Agent
    yield publisher, RDFS.label, text(licence.rights_holder)


def _field(source: str, subject: NamedNode, name: str) -> Iterator[Triple]:
    yield subject, RDF.type, RDF.Property
    yield subject, RDF.type, HG.SourceField
    yield subject, RDFS.label, text(name)
    yield subject, DCT.isPartOf, mint("source", source)
