"""One interpreted record becomes the quads that docs/reference/rdf-model.md shows, all in its own graph."""

from __future__ import annotations

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from harmgraph.iris import DCT, EDTF, FOAF, HG, ITSRDF, NIF, RDF, SCHEMA, XSD, concept_iri, mint, record_iri
from harmgraph.model import (
    Actor,
    Claim,
    Concept,
    Incident,
    Interpreted,
    Mention,
    Occurred,
    Place,
    Report,
    SourceRecord,
    System,
)
from harmgraph.triples import date_literal, iri_of, quads_of

CLEARVIEW = Actor("clearview-ai", "Clearview AI")
UKRAINE = Place("country", "UKR", "Ukraine")
REPORT = Report("reuters-2022", url="https://example.org/a", publisher="Reuters", published="2022-03-14")
RECORD = SourceRecord("aiaaic-page", "AIAAIC0850", {"Operator": "Ministry of Defenсe", "Purpose": " "}, "line 1")
INCIDENT = Incident(
    local="AIAAIC0850",
    identifiers=("AIAAIC0850",),
    title="A title",
    description="Reuters says so.",
    occurred=Occurred("2022-03"),
    concepts=(Concept("technology", "facial-recognition"), Concept("transparency", "black-box")),
    deployers=(Actor("ministry-of-defence-of-ukraine", "Ministry of Defence of Ukraine"),),
    developers=(CLEARVIEW,),
    systems=(System("clearview-ai", "Clearview AI", (CLEARVIEW,)),),
    jurisdictions=(UKRAINE, Place("place", "US-ND", "North Dakota", "USA")),
    purposes=("Identify combatants",),
    mentions=(Mention(Actor("reuters", "Reuters"), 0, 7, "Reuters"),),
    claims=(Claim("c1", "It is so.", claimant="Minister", on_behalf_of=UKRAINE, report=REPORT),),
    reports=(REPORT,),
    related=("AIAAIC0001",),
    pages=("https://example.org/page",),
)
GRAPH = record_iri("aiaaic-page", "2024-02", "AIAAIC0850")
SUBJECT = mint("incident", "AIAAIC0850")


@pytest.fixture
def quads() -> set[Quad]:
    return set(quads_of(Interpreted(RECORD, INCIDENT), "2024-02"))


def test_everything_stands_in_the_graph_of_the_record(quads: set[Quad]) -> None:
    assert {quad.graph_name for quad in quads} == {GRAPH}


def test_there_are_no_blank_nodes(quads: set[Quad]) -> None:
    assert not any(isinstance(node, BlankNode) for quad in quads for node in (quad.subject, quad.object))


@pytest.mark.parametrize(
    ("subject", "predicate", "value"),
    [
        (SUBJECT, RDF.type, HG.Incident),
        (SUBJECT, DCT.title, Literal("A title", language="en")),
        (SUBJECT, HG.occurred, Literal("2022-03", datatype=XSD.gYearMonth)),
        (SUBJECT, HG.technology, concept_iri("technology", "facial-recognition")),
        (SUBJECT, HG.transparencyConcern, concept_iri("transparency", "black-box")),
        (SUBJECT, HG.deployer, mint("organisation", "ministry-of-defence-of-ukraine")),
        (SUBJECT, HG.system, mint("system", "clearview-ai")),
        (mint("system", "clearview-ai"), HG.developer, mint("organisation", "clearview-ai")),
        (SUBJECT, HG.jurisdiction, mint("country", "UKR")),
        (SUBJECT, HG.jurisdiction, mint("place", "US-ND")),
        (SUBJECT, HG.purpose, Literal("Identify combatants", language="en")),
        (SUBJECT, SCHEMA.mentions, mint("organisation", "reuters")),
        (NamedNode(GRAPH.value + "#char=0,7"), ITSRDF.taIdentRef, mint("organisation", "reuters")),
        (NamedNode(GRAPH.value + "#char=0,7"), NIF.endIndex, Literal("7", datatype=XSD.integer)),
        (SUBJECT, HG.claim, mint("claim", "c1")),
        (mint("claim", "c1"), HG.claimantName, Literal("Minister", language="en")),
        (mint("claim", "c1"), HG.onBehalfOf, mint("country", "UKR")),
        (mint("claim", "c1"), SCHEMA.appearance, mint("report", "reuters-2022")),
        (mint("report", "reuters-2022"), DCT.date, Literal("2022-03-14", datatype=XSD.date)),
        (SUBJECT, FOAF.page, NamedNode("https://example.org/page")),
        (GRAPH, mint("field", "aiaaic-page", "operator"), Literal("Ministry of Defenсe")),
    ],
)
def test_each_fact_has_its_statement(
    quads: set[Quad], subject: NamedNode, predicate: NamedNode, value: NamedNode | Literal
) -> None:
    assert Quad(subject, predicate, value, GRAPH) in quads


def test_a_blank_field_leaves_no_raw_string(quads: set[Quad]) -> None:
    assert not [quad for quad in quads if quad.predicate == mint("field", "aiaaic-page", "purpose")]


def test_a_quarantined_record_keeps_its_raw_strings_alone() -> None:
    quads = list(quads_of(Interpreted(RECORD, None), "2024-02"))
    assert [quad.subject for quad in quads] == [GRAPH]


def test_a_taxonomy_of_another_database_is_a_classification() -> None:
    incident = Incident("AIID-1", ("AIID-1",), None, concepts=(Concept("mit-risk", "1-2"),))
    quads = set(quads_of(Interpreted(RECORD, incident), "1"))
    assert {quad.predicate for quad in quads if quad.object == concept_iri("mit-risk", "1-2")} == {HG.classification}


@pytest.mark.parametrize(
    ("edtf", "datatype"),
    [
        ("2022", XSD.gYear),
        ("2022-03", XSD.gYearMonth),
        ("2022-03-14", XSD.date),
        ("2022/2023", EDTF.EDTF),
        ("2018/..", EDTF.EDTF),
    ],
)
def test_a_date_is_as_precise_as_its_source(edtf: str, datatype: NamedNode) -> None:
    assert date_literal(edtf) == Literal(edtf, datatype=datatype)


def test_a_region_is_a_place_and_a_country_a_country() -> None:
    assert iri_of(UKRAINE) == mint("country", "UKR")
    assert iri_of(Place("place", "EU", "European Union")) == mint("place", "EU")
