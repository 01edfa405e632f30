"""The harmgraph ontology: every term that is used is defined, and every definition is whole.

Its examples are Turtle and are checked against its domains, ranges and disjoint classes, as is the example of
the RDF model. The header has what FOOPS! looks for, as far as that needs no registration elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from rdflib import DCTERMS, FOAF, OWL, RDF, RDFS, SDO, SKOS, VANN, Dataset, Graph, Literal, URIRef
from rdflib.term import Node

from harmgraph import iris

ROOT: Final = Path(__file__).resolve().parents[2]
HG: Final = iris.HG.iri
PREFIXES: Final = "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in iris.PREFIXES.items())


@pytest.fixture(scope="module")
def terms(ontology: Graph) -> frozenset[Node]:
    """Every class and property that the ontology defines."""
    kinds = {OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty}
    declared = ontology.subject_objects(RDF.type)
    return frozenset(term for term, kind in declared if kind in kinds and str(term).startswith(HG))


def _hg_terms_used() -> Iterator[tuple[str, Path]]:
    for folder, pattern in (("src", "**/*"), ("queries", "**/*.rq"), ("ontology", "**/*.ttl"), ("docs", "**/*.md")):
        for path in sorted((ROOT / folder).glob(pattern)):
            if path.suffix in {".py", ".rq", ".ttl", ".html", ".js", ".md"}:
                text = path.read_text(encoding="utf-8")
                names = re.findall(r"(?<![\w/])hg:([A-Za-z]\w*)", text)
                if path.suffix == ".py":
                    names += re.findall(r"\bHG\.(?!iri\b)([A-Za-z]\w*)", text)
                    names += re.findall(r"\bHG\[\"(\w+)\"\]", text)
                yield from ((name, path) for name in names)


def test_every_hg_term_that_code_queries_shapes_and_docs_use_is_defined(terms: frozenset[Node]) -> None:
    used = list(_hg_terms_used())
    undefined = {f"{path.relative_to(ROOT)}: hg:{name}" for name, path in used if URIRef(HG + name) not in terms}
    assert len(used) > 100
    assert undefined == set()


def test_every_term_of_the_rdf_model_is_defined(terms: frozenset[Node]) -> None:
    text = (ROOT / "docs" / "reference" / "rdf-model.md").read_text(encoding="utf-8")
    names = set(re.findall(r"\bhg:([A-Za-z]\w*)", text))
    assert names >= {"Incident", "deployer", "occurred", "alpha3"}
    assert {name for name in names if URIRef(HG + name) not in terms} == set()


@pytest.mark.parametrize("predicate", [RDFS.label, SKOS.definition, RDFS.comment])
def test_every_term_has_one_english_text_of_each_kind(
    ontology: Graph, terms: frozenset[Node], predicate: URIRef
) -> None:
    for term in terms:
        texts = list(ontology.objects(term, predicate))
        assert [text.language for text in texts if isinstance(text, Literal)] == ["en"], term


def test_every_term_is_defined_by_the_ontology_and_has_an_example(ontology: Graph, terms: frozenset[Node]) -> None:
    for term in terms:
        assert list(ontology.objects(term, RDFS.isDefinedBy)) == [URIRef(HG)], term
        assert (term, SKOS.example, None) in ontology, term


def test_no_two_terms_share_a_label(ontology: Graph, terms: frozenset[Node]) -> None:
    labels = [str(ontology.value(term, RDFS.label)) for term in terms]
    assert len(set(labels)) == len(labels)


def test_every_example_is_turtle_about_its_term_and_fits_the_ontology(ontology: Graph, terms: frozenset[Node]) -> None:
    for term in terms:
        example = Graph().parse(data=PREFIXES + str(ontology.value(term, SKOS.example)), format="turtle")
        assert term in {node for triple in example for node in triple}, term
        assert set(_disjoint_members(ontology, example)) == set(), term


def test_the_concepts_in_examples_are_concepts_of_our_schemes(ontology: Graph, terms: frozenset[Node]) -> None:
    schemes = Graph()
    for path in (ROOT / "ontology" / "schemes").glob("*.ttl"):
        schemes.parse(path)
    named = {
        URIRef(iris.concept_iri(scheme, slug).value)
        for term in terms
        for scheme, slug in re.findall(r"\bhgc-([a-z-]+):([a-z0-9-]+)", str(ontology.value(term, SKOS.example)))
    }
    assert len(named) > 10
    assert {concept for concept in named if (concept, RDF.type, SKOS.Concept) not in schemes} == set()


def test_the_example_of_the_rdf_model_puts_nothing_into_two_disjoint_classes(ontology: Graph) -> None:
    text = (ROOT / "docs" / "reference" / "rdf-model.md").read_text(encoding="utf-8")
    trig = re.search(r"```trig\n(.*?)```", text, re.DOTALL)
    assert trig is not None
    dataset = Dataset(default_union=True)
    dataset.parse(data=f"{PREFIXES}PREFIX spdx: <{iris.SPDX.iri}>\n{trig[1]}", format="trig")
    data = Graph()
    for triple in dataset.triples((None, None, None)):
        data.add(triple)
    assert len(data) > 80
    assert set(_disjoint_members(ontology, data)) == set()
    ukraine = URIRef(iris.mint("country", "UKR").value)  # a country is no actor: the check can fail
    data.add((URIRef(iris.mint("incident", "AIAAIC0850").value), URIRef(HG + "deployer"), ukraine))
    assert set(_disjoint_members(ontology, data)) == {ukraine}


def _disjoint_members(ontology: Graph, data: Graph) -> Iterator[Node]:
    """Whatever belongs to two disjoint classes by its types and by the domains and ranges of its properties."""
    classes: dict[Node, set[Node]] = {}
    for subject, predicate, value in data:
        stated = {value} if predicate == RDF.type else set(ontology.objects(predicate, RDFS.domain))
        classes.setdefault(subject, set()).update(stated)
        if not isinstance(value, Literal):
            classes.setdefault(value, set()).update(ontology.objects(predicate, RDFS.range))
    for member, direct in classes.items():
        every = {broader for kind in direct for broader in ontology.transitive_objects(kind, RDFS.subClassOf)}
        if any((one, OWL.disjointWith, other) in ontology for one in every for other in every):
            yield member


def test_the_header_carries_all_metadata_that_needs_no_outside_registration(ontology: Graph) -> None:
    header = URIRef(HG)
    version = ontology.value(header, OWL.versionIRI)
    number = ontology.value(header, OWL.versionInfo)
    assert version == URIRef(f"{iris.BASE}ns/{number}")
    assert ontology.value(header, VANN.preferredNamespacePrefix) == Literal("hg")
    assert ontology.value(header, VANN.preferredNamespaceUri) == Literal(HG)
    required = [
        *(DCTERMS.title, DCTERMS.description, DCTERMS.creator, DCTERMS.publisher, DCTERMS.license, DCTERMS.source),
        *(DCTERMS.created, DCTERMS.issued, DCTERMS.modified, DCTERMS.bibliographicCitation),
        *(FOAF.logo, SDO.includedInDataCatalog, URIRef("http://purl.org/ontology/bibo/status")),
    ]
    assert [predicate for predicate in required if (header, predicate, None) not in ontology] == []
    assert str(number) in str(ontology.value(header, DCTERMS.bibliographicCitation))


def test_the_creator_and_the_catalogue_are_described_in_the_ontology(ontology: Graph) -> None:
    for predicate in (DCTERMS.creator, DCTERMS.publisher, SDO.includedInDataCatalog):
        for thing in ontology.objects(URIRef(HG), predicate):
            assert (thing, RDF.type, None) in ontology
            assert (thing, RDFS.label, None) in ontology
