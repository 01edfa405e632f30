"""The ontology has none of the pitfalls of OOPS! that a program can find.

Each checker is shown the smallest ontology that it must object to, and then ours, where it must find nothing.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from rdflib import RDFS, Graph
from tools import oops
from tools.oops import Checker

from harmgraph import iris

ROOT: Final = Path(__file__).resolve().parents[2]
VANN: Final = "http://purl.org/vocab/vann/"
DECLARED: Final = "".join(f"PREFIX {p}: <{namespace}>\n" for p, namespace in {**iris.PREFIXES, "vann": VANN}.items())


TWINS: Final = 'hg:A a KIND; rdfs:label "Twin". hg:B a KIND; skos:altLabel "twin".'

# A checker, and the smallest ontology that it must object to.
PITFALLS: Final[list[tuple[Checker, str]]] = [
    (oops.p05_wrong_inverses, "hg:p rdfs:domain hg:A; rdfs:range hg:B; owl:inverseOf hg:q. hg:q rdfs:domain hg:A."),
    (oops.p06_cycles, "hg:A rdfs:subClassOf hg:B. hg:B rdfs:subClassOf hg:C. hg:C rdfs:subClassOf hg:A."),
    (oops.p06_cycles, "hg:p rdfs:subPropertyOf hg:p."),
    (oops.p10_no_disjointness, "hg:A a owl:Class. hg:B a owl:Class."),
    (oops.p11_missing_domain_or_range, "hg:p a owl:ObjectProperty; rdfs:domain hg:A."),
    (oops.p19_multiple_domains_or_ranges, "hg:p a owl:DatatypeProperty; rdfs:domain hg:A, hg:B; rdfs:range xsd:date."),
    (oops.p25_inverse_of_itself, "hg:p owl:inverseOf hg:p."),
    (oops.p26_inverse_of_a_symmetric_property, "hg:p a owl:SymmetricProperty; owl:inverseOf hg:q."),
    (oops.p31_equivalent_classes, "hg:A owl:equivalentClass schema:Event."),
    (oops.p27_equivalent_properties, "hg:p owl:equivalentProperty schema:about."),
    (
        oops.p28_wrong_symmetric,
        "hg:p a owl:SymmetricProperty; rdfs:domain hg:A; rdfs:range hg:B.",
    ),
    (
        oops.p29_wrong_transitive,
        "hg:p a owl:TransitiveProperty; rdfs:domain hg:A; rdfs:range hg:B.",
    ),
    (oops.p34_untyped_class, "hg:A a owl:Class; rdfs:subClassOf hg:B."),
    (oops.p35_untyped_property, "hg:A schema:about hg:B."),
    (oops.p38_no_ontology_declared, "hg:A a owl:Class."),
    (oops.p40_foreign_term_redefined, "schema:Event rdfs:subClassOf hg:A."),
    (oops.p41_no_licence, "hg: a owl:Ontology."),
    (oops.punned, "hg:A a owl:Class, owl:ObjectProperty."),
    (oops.blank_nodes, "hg:A rdfs:subClassOf [ a owl:Class ]."),
    (oops.p02_synonyms_as_classes, "hg:A owl:equivalentClass hg:B."),
    (oops.p03_relation_named_is, "hg:isA a owl:ObjectProperty."),
    (oops.p04_unconnected, "hg:A a owl:Class."),
    (oops.p07_merged_concepts, "hg:StyleAndPeriod a owl:Class."),
    (oops.p08_missing_annotations, 'hg:A a owl:Class; rdfs:label "A".'),
    (oops.p08_missing_annotations, 'hg:p a owl:ObjectProperty; skos:definition "It is.".'),
    (oops.p12_equivalent_properties_undeclared, TWINS.replace("KIND", "owl:ObjectProperty")),
    (oops.p20_misused_annotations, 'hg:A a owl:Class; rdfs:label "A thing"; rdfs:comment "a thing".'),
    (oops.p20_misused_annotations, 'hg:A a owl:Class; rdfs:label "A thing of some kind"; skos:definition "Thing".'),
    (oops.p21_miscellaneous_class, "hg:OtherHarm a owl:Class."),
    (oops.p22_mixed_naming, "hg:source_record a owl:Class."),
    (oops.p22_mixed_naming, "hg:HasPart a owl:ObjectProperty."),
    (oops.p24_recursive_definition, "hg:A rdfs:subClassOf hg:A."),
    (oops.p24_recursive_definition, "hg:A owl:equivalentClass [ owl:onProperty hg:p; owl:someValuesFrom hg:A ]."),
    (oops.p30_equivalent_classes_undeclared, TWINS.replace("KIND", "owl:Class")),
    (oops.p32_same_label, TWINS.replace("KIND", "owl:Class")),
    (oops.p33_chain_of_one, "hg:p owl:propertyChainAxiom ( hg:q )."),
    (oops.p36_file_in_iri, "<https://w3id.org/harmgraph/ns.owl> a owl:Ontology."),
    (oops.p39_ambiguous_namespace, "[] a owl:Ontology."),
    (oops.p39_ambiguous_namespace, 'hg: a owl:Ontology; vann:preferredNamespaceUri "https://example.org/ns#".'),
]


@pytest.mark.parametrize(("checker", "faulty"), PITFALLS, ids=lambda value: getattr(value, "__name__", ""))
def test_the_ontology_avoids_a_pitfall_that_the_checker_finds_elsewhere(
    ontology: Graph, checker: Checker, faulty: str
) -> None:
    assert list(checker(Graph().parse(data=DECLARED + faulty, format="turtle")))
    assert sorted(map(str, checker(ontology))) == []


def test_every_checker_has_an_ontology_that_it_objects_to() -> None:
    checkers = {*oops.CRITICAL, *oops.IMPORTANT, *oops.MINOR}
    assert checkers == {checker for checker, _ in PITFALLS}
    assert {each for name, each in vars(oops).items() if name.startswith("p") and name[1:3].isdecimal()} <= checkers


def test_the_command_names_what_it_finds_and_fails(tmp_path: Path) -> None:
    bad = tmp_path / "bad.ttl"
    bad.write_text(DECLARED + "hg:OtherHarm a owl:Class .")
    ran = subprocess.run([sys.executable, ROOT / "tools" / "oops.py", bad], capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert f"minor p21_miscellaneous_class {iris.HG.iri}OtherHarm\n" in ran.stdout
    ran = subprocess.run([sys.executable, ROOT / "tools" / "oops.py"], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, "no pitfalls\n")


def test_no_incident_is_inferred_to_be_a_consequence_in_airo_terms(ontology: Graph) -> None:
    airo = "https://w3id.org/airo#"
    for term in oops.properties(ontology):
        broader = set(ontology.objects(term, RDFS.subPropertyOf))
        assert not any(str(iri).startswith(airo) for iri in broader), term
