"""Pitfalls of the OOPS! catalogue, as far as a program can find them, and two rules of our own.

Each detector is shown the smallest ontology that it must object to, and then ours, where it must find nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from rdflib import DCTERMS, OWL, RDF, RDFS, XSD, Graph, Literal, URIRef
from rdflib.term import Node

from harmgraph import iris

ROOT: Final = Path(__file__).resolve().parents[2]
HG: Final = iris.HG.iri
PREFIXES: Final = "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in iris.PREFIXES.items())
CLASS_POSITIONS: Final = (RDF.type, RDFS.subClassOf, RDFS.domain, RDFS.range, OWL.disjointWith)
PROPERTY_KINDS: Final = frozenset({OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty, RDF.Property})
BUILT_IN: Final = (RDF, RDFS, OWL, XSD)


@pytest.fixture(scope="module")
def ontology() -> Graph:
    """The ontology with its alignments."""
    graph = Graph()
    for name in ("harmgraph.ttl", "alignments.ttl"):
        graph.parse(ROOT / "ontology" / name)
    return graph


def _own_properties(graph: Graph) -> set[Node]:
    kinds = (OWL.ObjectProperty, OWL.DatatypeProperty)
    return {s for kind in kinds for s in graph.subjects(RDF.type, kind) if str(s).startswith(HG)}


def _ends(graph: Graph, term: Node) -> tuple[Node | None, Node | None]:
    return graph.value(term, RDFS.domain), graph.value(term, RDFS.range)


def p05_wrong_inverses(graph: Graph) -> Iterator[Node | str]:
    for one, other in graph.subject_objects(OWL.inverseOf):
        if _ends(graph, one) != tuple(reversed(_ends(graph, other))):
            yield one


def p06_cycles(graph: Graph) -> Iterator[Node | str]:
    for relation in (RDFS.subClassOf, RDFS.subPropertyOf):
        for term in set(graph.subjects(relation)):
            if any(term in graph.transitive_objects(parent, relation) for parent in graph.objects(term, relation)):
                yield term


def p10_no_disjointness(graph: Graph) -> Iterator[Node | str]:
    if (None, OWL.disjointWith, None) not in graph:
        yield "no pair of classes is disjoint"


def p11_missing_domain_or_range(graph: Graph) -> Iterator[Node | str]:
    yield from (term for term in _own_properties(graph) if None in _ends(graph, term))


def p19_multiple_domains_or_ranges(graph: Graph) -> Iterator[Node | str]:
    for term in _own_properties(graph):
        if any(len(list(graph.objects(term, end))) > 1 for end in (RDFS.domain, RDFS.range)):
            yield term


def p25_inverse_of_itself(graph: Graph) -> Iterator[Node | str]:
    yield from (one for one, other in graph.subject_objects(OWL.inverseOf) if one == other)


def p26_inverse_of_a_symmetric_property(graph: Graph) -> Iterator[Node | str]:
    for one, other in graph.subject_objects(OWL.inverseOf):
        if any((term, RDF.type, OWL.SymmetricProperty) in graph for term in (one, other)):
            yield one


def p27_p30_p31_equivalents(graph: Graph) -> Iterator[Node | str]:
    yield from graph.subjects(OWL.equivalentProperty)
    yield from graph.subjects(OWL.equivalentClass)


def p28_p29_symmetric_or_transitive_between_two_classes(graph: Graph) -> Iterator[Node | str]:
    for kind in (OWL.SymmetricProperty, OWL.TransitiveProperty):
        yield from (term for term in graph.subjects(RDF.type, kind) if len(set(_ends(graph, term))) > 1)


def p34_untyped_class(graph: Graph) -> Iterator[Node | str]:
    for position in CLASS_POSITIONS:
        for term in set(graph.objects(None, position)):
            built_in = any(str(term).startswith(str(namespace)) for namespace in BUILT_IN)
            if not built_in and (term, RDF.type, OWL.Class) not in graph:
                yield term


def p35_untyped_property(graph: Graph) -> Iterator[Node | str]:
    used = {*graph.predicates(), *graph.subjects(RDFS.subPropertyOf), *graph.objects(None, RDFS.subPropertyOf)}
    for term in used:
        built_in = any(str(term).startswith(str(namespace)) for namespace in BUILT_IN)
        if not built_in and PROPERTY_KINDS.isdisjoint(graph.objects(term, RDF.type)):
            yield term


def p38_no_ontology_declared(graph: Graph) -> Iterator[Node | str]:
    if (URIRef(HG), RDF.type, OWL.Ontology) not in graph:
        yield HG


def p40_foreign_term_redefined(graph: Graph) -> Iterator[Node | str]:
    for subject, predicate in graph.subject_predicates():
        if not str(subject).startswith(iris.BASE) and predicate != RDF.type:
            yield subject


def p41_no_licence(graph: Graph) -> Iterator[Node | str]:
    yield from (s for s in graph.subjects(RDF.type, OWL.Ontology) if (s, DCTERMS.license, None) not in graph)


def punned(graph: Graph) -> Iterator[Node | str]:
    for term in graph.subjects(RDF.type, OWL.Class):
        if not PROPERTY_KINDS.isdisjoint(graph.objects(term, RDF.type)):
            yield term


def blank_nodes(graph: Graph) -> Iterator[Node | str]:
    yield from (node for triple in graph for node in triple if not isinstance(node, URIRef | Literal))


Detector = Callable[[Graph], Iterator[Node | str]]

# A detector, and the smallest ontology that it must object to.
PITFALLS: Final[list[tuple[Detector, str]]] = [
    (p05_wrong_inverses, "hg:p rdfs:domain hg:A; rdfs:range hg:B; owl:inverseOf hg:q. hg:q rdfs:domain hg:A."),
    (p06_cycles, "hg:A rdfs:subClassOf hg:B. hg:B rdfs:subClassOf hg:C. hg:C rdfs:subClassOf hg:A."),
    (p06_cycles, "hg:p rdfs:subPropertyOf hg:p."),  # P24 too: a definition in terms of itself
    (p10_no_disjointness, "hg:A a owl:Class. hg:B a owl:Class."),
    (p11_missing_domain_or_range, "hg:p a owl:ObjectProperty; rdfs:domain hg:A."),
    (p19_multiple_domains_or_ranges, "hg:p a owl:DatatypeProperty; rdfs:domain hg:A, hg:B; rdfs:range xsd:date."),
    (p25_inverse_of_itself, "hg:p owl:inverseOf hg:p."),
    (p26_inverse_of_a_symmetric_property, "hg:p a owl:SymmetricProperty; owl:inverseOf hg:q."),
    (p27_p30_p31_equivalents, "hg:A owl:equivalentClass schema:Event."),
    (p27_p30_p31_equivalents, "hg:p owl:equivalentProperty schema:about."),
    (
        p28_p29_symmetric_or_transitive_between_two_classes,
        "hg:p a owl:SymmetricProperty; rdfs:domain hg:A; rdfs:range hg:B.",
    ),
    (
        p28_p29_symmetric_or_transitive_between_two_classes,
        "hg:p a owl:TransitiveProperty; rdfs:domain hg:A; rdfs:range hg:B.",
    ),
    (p34_untyped_class, "hg:A a owl:Class; rdfs:subClassOf hg:B."),
    (p35_untyped_property, "hg:A schema:about hg:B."),
    (p38_no_ontology_declared, "hg:A a owl:Class."),
    (p40_foreign_term_redefined, "schema:Event rdfs:subClassOf hg:A."),
    (p41_no_licence, "hg: a owl:Ontology."),
    (punned, "hg:A a owl:Class, owl:ObjectProperty."),
    (blank_nodes, "hg:A rdfs:subClassOf [ a owl:Class ]."),
]


@pytest.mark.parametrize(("detector", "faulty"), PITFALLS, ids=lambda value: getattr(value, "__name__", ""))
def test_the_ontology_avoids_a_pitfall_that_the_detector_finds_elsewhere(
    ontology: Graph, detector: Detector, faulty: str
) -> None:
    assert list(detector(Graph().parse(data=PREFIXES + faulty, format="turtle")))
    assert sorted(map(str, detector(ontology))) == []


def test_no_incident_is_inferred_to_be_a_consequence_in_airo_terms(ontology: Graph) -> None:
    airo = "https://w3id.org/airo#"
    for term in _own_properties(ontology):
        broader = set(ontology.objects(term, RDFS.subPropertyOf))
        assert not any(str(iri).startswith(airo) for iri in broader), term
