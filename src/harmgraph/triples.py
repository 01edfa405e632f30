"""Interpreted record → quads: what one record says of one incident, all of it in the record's own graph.

The inverse of nothing: no lookup, no choice between records, no label of a thing (see `harmgraph.consolidation`).
``docs/reference/rdf-model.md`` shows the result.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pyoxigraph import Literal, NamedNode, Quad

from harmgraph.iris import (
    DCT,
    EDTF,
    FOAF,
    HG,
    ITSRDF,
    NIF,
    RDF,
    SCHEMA,
    XSD,
    concept_iri,
    field_iri,
    mint,
    record_iri,
)
from harmgraph.model import (
    Actor,
    Claim,
    Incident,
    Interpreted,
    Mention,
    Occurred,
    Outcome,
    Place,
    Report,
    SourceRecord,
    System,
)

PROPERTY_OF_SCHEME: Final[dict[str, NamedNode]] = {
    "technology": HG.technology,
    "issue": HG.issue,
    "sector": HG.sector,
    "harm": HG.harm,
    "transparency": HG.transparencyConcern,
    "news-trigger": HG.newsTrigger,
    "consequence": HG.consequence,
    "response": HG.response,
    "kind": HG.incidentKind,
    "realisation": HG.realisation,
}
"""Under which property an incident points to the concepts of each scheme."""

Triple = tuple[NamedNode, NamedNode, NamedNode | Literal]


def quads_of(interpreted: Interpreted, version: str) -> Iterator[Quad]:
    """Everything that this record of this snapshot version says, with its raw strings, in its graph."""
    graph = record_iri(interpreted.record.source, version, interpreted.record.local)
    triples = [*_raw(graph, interpreted.record)]
    if interpreted.incident is not None:
        triples += _incident(graph, interpreted.incident)
    return (Quad(*triple, graph) for triple in triples)


def incident_iri(local: str) -> NamedNode:
    """The IRI of an incident, from its source's identifier."""
    return mint("incident", local)


def iri_of(thing: Actor | Place | System) -> NamedNode:
    """The IRI of an organisation, a system, a country or a place."""
    match thing:
        case Actor():
            return mint("organisation", thing.slug)
        case System():
            return mint("system", thing.slug)
        case Place():
            return mint(thing.kind, thing.code)


def text(value: str) -> Literal:
    """Human text: all our sources write English."""
    return Literal(value, language="en")


def date_literal(edtf: str) -> Literal:
    """A date with the precision it has: gYear, gYearMonth or date, and EDTF for a range.

    >>> date_literal("2022-03").datatype.value
    'http://www.w3.org/2001/XMLSchema#gYearMonth'
    """
    if "/" in edtf:
        return Literal(edtf, datatype=EDTF.EDTF)
    return Literal(edtf, datatype=(XSD.gYear, XSD.gYearMonth, XSD.date)[edtf.count("-")])


def _raw(graph: NamedNode, record: SourceRecord) -> Iterator[Triple]:
    for name, value in record.fields.items():
        if value.strip():
            yield graph, field_iri(record.source, name), Literal(value)


def _incident(graph: NamedNode, incident: Incident) -> Iterator[Triple]:
    subject = incident_iri(incident.local)
    yield subject, RDF.type, HG.Incident
    if incident.title is not None:
        yield subject, DCT.title, text(incident.title)
    for identifier in incident.identifiers:
        yield subject, DCT.identifier, Literal(identifier)
    if incident.description is not None:
        yield subject, DCT.description, text(incident.description)
    yield from _occurred(subject, incident.occurred)
    for concept in incident.concepts:
        # What is none of our schemes is another database's taxonomy.
        yield (
            subject,
            PROPERTY_OF_SCHEME.get(concept.scheme, HG.classification),
            concept_iri(concept.scheme, concept.slug),
        )
    for concept in incident.draft_concepts:
        yield subject, HG.draftClassification, concept_iri(concept.scheme, concept.slug)
    for harmed in incident.harmed:
        yield subject, HG.harmedPartyName, text(harmed)
    for purpose in incident.purposes:
        yield subject, HG.purpose, text(purpose)
    if incident.affected is not None:
        yield subject, HG.affectedName, text(incident.affected)
    for keyword in incident.keywords:
        # Not dcat:keyword, whose domain would make every incident a dcat:Resource.
        yield subject, SCHEMA.keywords, text(keyword)
    yield from _actors(subject, incident)
    for mention in incident.mentions:
        yield from _mention(graph, subject, mention)
    for claim in incident.claims:
        yield from _claim(subject, claim)
    for outcome in incident.outcomes:
        yield from _outcome(subject, outcome)
    for report in incident.reports:
        yield subject, HG.reportedIn, mint("report", report.local)
        yield from _report(report)
    yield from _documents(subject, incident)


def _occurred(subject: NamedNode, occurred: Occurred | None) -> Iterator[Triple]:
    if occurred is not None:
        yield subject, HG.occurred, date_literal(occurred.edtf)


def _actors(subject: NamedNode, incident: Incident) -> Iterator[Triple]:
    for deployer in incident.deployers:
        yield subject, HG.deployer, iri_of(deployer)
    for developer in incident.developers:
        yield subject, HG.developer, iri_of(developer)
    for system in incident.systems:
        yield subject, HG.system, iri_of(system)
        for developer in system.developers:
            yield iri_of(system), HG.developer, iri_of(developer)
    for place in incident.jurisdictions:
        yield subject, HG.jurisdiction, iri_of(place)


def _mention(graph: NamedNode, subject: NamedNode, mention: Mention) -> Iterator[Triple]:
    yield subject, SCHEMA.mentions, iri_of(mention.thing)
    # RFC 5147 names a range of characters of a text; NIF 2.0 says what such a range is about.
    place = NamedNode(f"{graph.value}#char={mention.start},{mention.end}")
    yield place, RDF.type, HG.Mention
    yield place, NIF.beginIndex, Literal(str(mention.start), datatype=XSD.integer)
    yield place, NIF.endIndex, Literal(str(mention.end), datatype=XSD.integer)
    yield place, NIF.anchorOf, Literal(mention.text)
    yield place, ITSRDF.taIdentRef, iri_of(mention.thing)


def _claim(subject: NamedNode, claim: Claim) -> Iterator[Triple]:
    node = mint("claim", claim.local)
    yield subject, HG.claim, node
    yield node, RDF.type, SCHEMA.Claim
    yield node, SCHEMA.text, text(claim.text)
    if isinstance(claim.claimant, Actor):
        yield node, HG.claimant, iri_of(claim.claimant)
    elif claim.claimant is not None:
        yield node, HG.claimantName, text(claim.claimant)
    if claim.on_behalf_of is not None:
        yield node, HG.onBehalfOf, iri_of(claim.on_behalf_of)
    for harm in claim.concerns_harm:
        yield node, HG.concernsHarm, concept_iri(harm.scheme, harm.slug)
    if claim.report is not None:
        yield node, SCHEMA.appearance, mint("report", claim.report.local)
        yield from _report(claim.report)


def _outcome(subject: NamedNode, outcome: Outcome) -> Iterator[Triple]:
    node = mint("outcome", outcome.local)
    yield subject, HG.outcome, node
    yield node, RDF.type, HG.Outcome
    yield node, HG.outcomeKind, concept_iri(outcome.kind.scheme, outcome.kind.slug)
    yield node, DCT.description, text(outcome.text)
    yield node, DCT.source, Literal(outcome.source)
    if outcome.amount is not None and outcome.currency is not None:
        yield node, HG.amount, Literal(str(outcome.amount), datatype=XSD.decimal)
        yield node, HG.currency, Literal(outcome.currency)
    if outcome.date is not None:
        yield node, DCT.date, date_literal(outcome.date)
    if outcome.imposed_by is not None:
        yield node, HG.imposedBy, iri_of(outcome.imposed_by)


def _report(report: Report) -> Iterator[Triple]:
    node = mint("report", report.local)
    yield node, RDF.type, HG.Report
    if report.url is not None:
        yield node, SCHEMA.url, NamedNode(report.url)
    if report.title is not None:
        yield node, DCT.title, text(report.title)
    if report.publisher is not None:
        yield node, HG.publisherName, Literal(report.publisher)
    if report.published is not None:
        yield node, DCT.date, date_literal(report.published)


def _documents(subject: NamedNode, incident: Incident) -> Iterator[Triple]:
    for page in incident.pages:
        yield subject, FOAF.page, NamedNode(page)
    for other in incident.related:
        yield subject, HG.relatedIncident, incident_iri(other)
    if incident.published is not None:
        yield subject, DCT.issued, date_literal(incident.published)
    if incident.modified is not None:
        yield subject, DCT.modified, date_literal(incident.modified)
    for identifier in incident.derived_from:
        yield subject, DCT.source, Literal(identifier)
