"""The served ontology passes all tests of FOOPS! that need no registration elsewhere, and each test can fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest
from rdflib import DCTERMS, FOAF, OWL, RDF, RDFS, SDO, SKOS, VANN, Graph, Literal, URIRef
from rdflib.compare import isomorphic
from tests.service.conftest import Served, ontology_quads
from tools.foops import BIBO, FORMATS, TESTS, Answer, Published, Verdict, lines, over_http, run, score

from harmgraph.iris import BASE, HG
from harmgraph.settings import Settings

ONTOLOGY: Final = URIRef(HG.iri)
OPEN: Final = {
    "FIND2": ("prefix in prefix.cc or LOV",),
    "OM3": ("DOI",),
    "OM4.2": ("licence resolves",),  # no registration, but tests leave this machine alone
}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Iterator[Published]:
    """The ontology, served on loopback, asked for by its w3id.org IRIs."""
    settings = Settings(store="memory", workers=1)
    with (
        Served(tmp_path_factory.mktemp("releases"), ontology_quads(project), settings) as served,
        httpx.Client(timeout=30) as client,
    ):
        yield Published(HG.iri, over_http(client, served.address))


def test_every_test_passes_that_needs_nothing_from_outside(published: Published) -> None:
    verdicts = run(published)
    assert len(verdicts) == 24
    assert {v.name: v.failed for v in verdicts if v.failed} == {}
    assert {v.name: v.open for v in verdicts if v.open} == OPEN
    assert score(verdicts) == pytest.approx((21 + 5 / 6) / 24)
    assert "OM3         open    5/6  DOI" in "\n".join(lines(verdicts))


def test_the_ontology_and_its_version_are_the_same_graph_in_every_format(published: Published) -> None:
    (version,) = published.graph.objects(ONTOLOGY, OWL.versionIRI)
    graphs = [*published.graphs.values(), *published.read(str(version)).values()]
    assert len(graphs) == 2 * len(FORMATS)
    assert all(isomorphic(graphs[0], each) for each in graphs[1:])


def test_the_version_has_its_page_and_its_suffixes(published: Published) -> None:
    (version,) = published.graph.objects(ONTOLOGY, OWL.versionIRI)
    page = published.fetch(str(version), "text/html")
    assert page.status == 200
    assert f'href="/{str(version).removeprefix(BASE)}.ttl"' in page.text
    assert 'id="changes"' in page.text
    for suffix in ("ttl", "rdf", "nt", "jsonld", "html"):
        assert published.fetch(f"{version}.{suffix}", "*/*").status == 200
    assert published.fetch(f"{BASE}ns/0.0.9", "text/turtle").status == 404


SOUND: Final = f"""
@prefix hg: <{HG.iri}> . @prefix owl: <{OWL}> . @prefix rdfs: <{RDFS}> . @prefix dct: <{DCTERMS}> .
@prefix vann: <{VANN}> . @prefix skos: <{SKOS}> . @prefix schema: <{SDO}> .
@prefix foaf: <{FOAF}> . @prefix bibo: <{BIBO}> .
hg: a owl:Ontology ; dct:title "t" ; dct:description "d" ; dct:license <https://example.org/licence> ;
  owl:versionIRI <{BASE}ns/1> ; owl:versionInfo "1" ; dct:creator hg:me ; dct:publisher hg:me ; dct:created "2026" ;
  dct:issued "2026" ; dct:source hg:it ; dct:bibliographicCitation "c" ; vann:preferredNamespaceUri "{HG.iri}" ;
  vann:preferredNamespacePrefix "hg" ; foaf:logo hg:logo ; bibo:status hg:s ; bibo:doi "10.1/1" ;
  schema:includedInDataCatalog hg:catalogue .
hg:A a owl:Class ; rdfs:label "A" ; skos:definition "An A." ; rdfs:subClassOf foaf:Agent .
"""
PAGE: Final = Answer(200, "text/html", "<h1>The ontology</h1>")


def site(graph: Graph, page: Answer = PAGE, version: int = 200, licence: int = 200) -> Published:
    """A publication of the graph that fails where it is told to."""

    def fetch(iri: str, accept: str) -> Answer:
        if iri.startswith("https://example.org/"):
            return Answer(licence)
        if accept == "text/html":
            return page
        if iri == f"{BASE}ns/1" and version != 200:
            return Answer(version)
        return Answer(200, accept, graph.serialize(format=FORMATS[accept]))

    return Published(HG.iri, fetch, fetch)


def verdicts(of: Published) -> dict[str, Verdict]:
    """By name."""
    return {verdict.name: verdict for verdict in run(of)}


def without(*predicates: URIRef) -> Callable[[], Published]:
    """The sound ontology without what it says by these predicates."""

    def made() -> Published:
        graph = Graph().parse(data=SOUND)
        for predicate in predicates:
            assert (None, predicate, None) in graph
            graph.remove((None, predicate, None))
        return site(graph)

    return made


def moved(iri: str) -> Callable[[], Published]:
    """The sound ontology, asked for under another IRI."""

    def made() -> Published:
        return Published(iri, site(Graph().parse(data=SOUND)).fetch)

    return made


def at_its_own_version() -> Published:
    """An ontology whose version IRI is its own IRI."""
    graph = Graph().parse(data=SOUND)
    graph.set((ONTOLOGY, OWL.versionIRI, ONTOLOGY))
    return site(graph)


FAULTS: Final = {
    "PURL1": moved("https://example.com/ns#"),
    "URI1": lambda: Published(HG.iri, lambda iri, accept: Answer(404)),
    "URI2": moved("https://w3id.org/other#"),
    "VER1": at_its_own_version,
    "VER2": lambda: site(Graph().parse(data=SOUND), version=404),
    "OM1": without(DCTERMS.license),
    "FIND1": without(VANN.preferredNamespacePrefix),
    "FIND3": without(SDO.includedInDataCatalog),
    "CN1": lambda: site(Graph().parse(data=SOUND), page=Answer(406)),
    "HTTP1": moved("urn:x:ns#"),
    "FIND_3_BIS": without(SDO.includedInDataCatalog),
    "RDF1": lambda: Published(HG.iri, lambda iri, accept: Answer(200, accept, "{ no RDF")),
    "VOC1": lambda: site(Graph().add((ONTOLOGY, RDF.type, OWL.Ontology))),
    "VOC2": without(RDFS.subClassOf),
    "DOC1": lambda: site(Graph().parse(data=SOUND), page=Answer(200, "text/turtle", SOUND)),
    "OM2": without(DCTERMS.bibliographicCitation),
    "OM3": without(FOAF.logo),
    "VOC3": without(RDFS.label),
    "VOC4": without(SKOS.definition),
    "OM4.1": without(DCTERMS.license),
    "OM4.2": lambda: site(Graph().parse(data=SOUND), licence=404),
    "OM5.1": without(DCTERMS.created),
    "OM5.2": without(DCTERMS.publisher),
}


def test_a_sound_ontology_fails_nowhere_and_only_its_registration_is_open() -> None:
    found = verdicts(site(Graph().parse(data=SOUND)))
    assert [name for name, verdict in found.items() if verdict.failed] == []
    assert [name for name, verdict in found.items() if verdict.open] == ["FIND2"]


@pytest.mark.parametrize("name", [test.name for test in TESTS if test.name != "FIND2"])
def test_a_test_finds_its_fault(name: str) -> None:
    assert verdicts(FAULTS[name]())[name].failed, name


def test_a_doi_that_is_missing_is_open_and_one_that_is_there_passes() -> None:
    missing = verdicts(without(BIBO.doi)())["OM3"]
    assert (missing.failed, missing.open, missing.passed) == ((), ("DOI",), 5)
    assert verdicts(site(Graph().parse(data=SOUND)))["OM3"].open == ()


def test_a_licence_that_is_no_address_fails_even_without_the_web() -> None:
    graph = Graph().parse(data=SOUND)
    graph.set((ONTOLOGY, DCTERMS.license, Literal("CC BY 4.0")))
    of = Published(HG.iri, site(graph).fetch)
    assert verdicts(of)["OM4.2"].failed
