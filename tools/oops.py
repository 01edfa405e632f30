"""An ontology → the pitfalls of the OOPS! catalogue in it, as far as a program can find them, and two rules of our own.

``python tools/oops.py`` reads ``ontology/*.ttl`` of this checkout, or the files that it is given. Each checker yields
the terms in which it finds its pitfall. P13 (no inverse) is not looked for: the ontology declares none, on purpose. P37
(not available on the Web) is URI1 of FOOPS!, in ``tools/foops.py``.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from rdflib import DCTERMS, OWL, RDF, RDFS, SKOS, VANN, XSD, BNode, Graph, Literal, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

from harmgraph import iris

HG: Final = iris.HG.iri
ONTOLOGY: Final = Path(__file__).resolve().parents[1] / "ontology"
PROPERTY_KINDS: Final = frozenset({OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty, RDF.Property})
_CLASS_POSITIONS: Final = (RDF.type, RDFS.subClassOf, RDFS.domain, RDFS.range, OWL.disjointWith)
_CONNECTIONS: Final = (
    *(RDFS.subClassOf, RDFS.subPropertyOf, RDFS.domain, RDFS.range),
    *(OWL.disjointWith, OWL.inverseOf, OWL.equivalentClass, OWL.equivalentProperty),
)
_BUILT_IN: Final = tuple(map(str, (RDF, RDFS, OWL, XSD)))
_FILE: Final = re.compile(r"\.(owl|rdf|ttl|n3|nt|xml|jsonld)\b")
_MISCELLANEOUS: Final = re.compile(r"(other|misc|miscellaneous|various|unknown)", re.IGNORECASE)

Found = Iterator[Node | str]


def classes(graph: Graph) -> set[Node]:
    """Our classes."""
    return {s for s in graph.subjects(RDF.type, OWL.Class) if str(s).startswith(HG)}


def properties(graph: Graph) -> set[Node]:
    """Our properties."""
    kinds = (OWL.ObjectProperty, OWL.DatatypeProperty)
    return {s for kind in kinds for s in graph.subjects(RDF.type, kind) if str(s).startswith(HG)}


def _ends(graph: Graph, term: Node) -> tuple[Node | None, Node | None]:
    return graph.value(term, RDFS.domain), graph.value(term, RDFS.range)


def _name(term: Node) -> str:
    return str(term).removeprefix(HG)


def _labels(graph: Graph, term: Node) -> set[str]:
    return {str(o).casefold() for p in (RDFS.label, SKOS.prefLabel, SKOS.altLabel) for o in graph.objects(term, p)}


def _alike(graph: Graph, terms: Iterable[Node], declared: URIRef) -> Found:
    """Terms that share a label, and are not declared to be the same."""
    ordered = sorted(terms, key=str)
    for place, one in enumerate(ordered):
        for other in ordered[place + 1 :]:
            shared = _labels(graph, one) & _labels(graph, other)
            if shared and (one, declared, other) not in graph and (other, declared, one) not in graph:
                yield one


def p02_synonyms_as_classes(graph: Graph) -> Found:
    """Two classes of ours that are declared equivalent."""
    pairs = graph.subject_objects(OWL.equivalentClass)
    yield from (s for s, o in pairs if str(s).startswith(HG) and str(o).startswith(HG))


def p03_relation_named_is(graph: Graph) -> Found:
    """A property in the place of a subclass, a type or an identity."""
    yield from (term for term in properties(graph) if _name(term).casefold() in {"is", "isa", "is-a", "is_a"})


def p04_unconnected(graph: Graph) -> Found:
    """A term that no other one is tied to."""
    tied = {term for p in _CONNECTIONS for pair in graph.subject_objects(p) for term in pair}
    yield from (classes(graph) | properties(graph)) - tied


def p05_wrong_inverses(graph: Graph) -> Found:
    """Inverses whose domains and ranges are not each other's."""
    for one, other in graph.subject_objects(OWL.inverseOf):
        if _ends(graph, one) != tuple(reversed(_ends(graph, other))):
            yield one


def p06_cycles(graph: Graph) -> Found:
    """A class or property below itself."""
    for relation in (RDFS.subClassOf, RDFS.subPropertyOf):
        for term in set(graph.subjects(relation)):
            if any(term in graph.transitive_objects(parent, relation) for parent in graph.objects(term, relation)):
                yield term


def p07_merged_concepts(graph: Graph) -> Found:
    """A class whose name joins two."""
    yield from (term for term in classes(graph) if re.search(r"(?<=[a-z])(And|Or)(?=[A-Z])", _name(term)))


def p08_missing_annotations(graph: Graph) -> Found:
    """A term without a label, or without anything that says what it means."""
    for term in classes(graph) | properties(graph):
        says = (term, RDFS.comment, None) in graph or (term, SKOS.definition, None) in graph
        if (term, RDFS.label, None) not in graph or not says:
            yield term


def p10_no_disjointness(graph: Graph) -> Found:
    """No two classes are disjoint."""
    if (None, OWL.disjointWith, None) not in graph:
        yield "no pair of classes is disjoint"


def p11_missing_domain_or_range(graph: Graph) -> Found:
    """A property that does not say of what it is used, or what its values are."""
    yield from (term for term in properties(graph) if None in _ends(graph, term))


def p12_equivalent_properties_undeclared(graph: Graph) -> Found:
    """Properties of one name."""
    yield from _alike(graph, properties(graph), OWL.equivalentProperty)


def p19_multiple_domains_or_ranges(graph: Graph) -> Found:
    """Several domains or ranges, which mean all of them at once."""
    for term in properties(graph):
        if any(len(list(graph.objects(term, end))) > 1 for end in (RDFS.domain, RDFS.range)):
            yield term


def p20_misused_annotations(graph: Graph) -> Found:
    """A text that is empty or says the label again, or a definition that is shorter than the label."""
    for term in classes(graph) | properties(graph):
        label = str(graph.value(term, RDFS.label) or "").strip().casefold()
        definitions = [str(o).strip().casefold() for o in graph.objects(term, SKOS.definition)]
        comments = [str(o).strip().casefold() for o in graph.objects(term, RDFS.comment)]
        if any(text in ("", label) for text in (*definitions, *comments)) or any(
            len(d) < len(label) for d in definitions
        ):
            yield term


def p21_miscellaneous_class(graph: Graph) -> Found:
    """A class for the rest."""
    yield from (term for term in classes(graph) if _MISCELLANEOUS.match(_name(term)))


def p22_mixed_naming(graph: Graph) -> Found:
    """A class that is not named LikeThis, or a property that is not named likeThis."""
    yield from (term for term in classes(graph) if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", _name(term)))
    yield from (term for term in properties(graph) if not re.fullmatch(r"[a-z][A-Za-z0-9]*", _name(term)))


def p24_recursive_definition(graph: Graph) -> Found:
    """A class or property that is defined by itself."""
    for relation in (RDFS.subClassOf, RDFS.subPropertyOf, OWL.equivalentClass):
        for term, value in graph.subject_objects(relation):
            parts = {o for p in (OWL.someValuesFrom, OWL.allValuesFrom) for o in graph.objects(value, p)}
            if term == value or term in parts:
                yield term


def p25_inverse_of_itself(graph: Graph) -> Found:
    """A property that should be symmetric."""
    yield from (one for one, other in graph.subject_objects(OWL.inverseOf) if one == other)


def p26_inverse_of_a_symmetric_property(graph: Graph) -> Found:
    """A symmetric property is its own inverse."""
    for one, other in graph.subject_objects(OWL.inverseOf):
        if any((term, RDF.type, OWL.SymmetricProperty) in graph for term in (one, other)):
            yield one


def p27_equivalent_properties(graph: Graph) -> Found:
    """Any equivalence: properties of ours are narrower than those of others, never the same."""
    yield from graph.subjects(OWL.equivalentProperty)


def _between_two_classes(graph: Graph, kind: URIRef) -> Found:
    yield from (term for term in graph.subjects(RDF.type, kind) if len(set(_ends(graph, term))) > 1)


def p28_wrong_symmetric(graph: Graph) -> Found:
    """A symmetric property between two classes."""
    yield from _between_two_classes(graph, OWL.SymmetricProperty)


def p29_wrong_transitive(graph: Graph) -> Found:
    """A transitive property between two classes."""
    yield from _between_two_classes(graph, OWL.TransitiveProperty)


def p30_equivalent_classes_undeclared(graph: Graph) -> Found:
    """Classes of one name."""
    yield from _alike(graph, classes(graph), OWL.equivalentClass)


def p31_equivalent_classes(graph: Graph) -> Found:
    """Any equivalence, as with properties."""
    yield from graph.subjects(OWL.equivalentClass)


def p32_same_label(graph: Graph) -> Found:
    """Two terms that a reader cannot tell apart."""
    yield from _alike(graph, classes(graph) | properties(graph), OWL.sameAs)


def p33_chain_of_one(graph: Graph) -> Found:
    """A chain of one property, which is a narrower property."""
    for term, chain in graph.subject_objects(OWL.propertyChainAxiom):
        if len(Collection(graph, chain)) < 2:
            yield term


def p34_untyped_class(graph: Graph) -> Found:
    """What stands where classes stand and is not declared to be one."""
    for position in _CLASS_POSITIONS:
        for term in set(graph.objects(None, position)):
            if not str(term).startswith(_BUILT_IN) and (term, RDF.type, OWL.Class) not in graph:
                yield term


def p35_untyped_property(graph: Graph) -> Found:
    """What is used as a property and is not declared to be one."""
    used = {*graph.predicates(), *graph.subjects(RDFS.subPropertyOf), *graph.objects(None, RDFS.subPropertyOf)}
    for term in used:
        if not str(term).startswith(_BUILT_IN) and PROPERTY_KINDS.isdisjoint(graph.objects(term, RDF.type)):
            yield term


def p36_file_in_iri(graph: Graph) -> Found:
    """An IRI of an ontology that names a file and so a format."""
    yield from (s for s in graph.subjects(RDF.type, OWL.Ontology) if _FILE.search(str(s)))


def p38_no_ontology_declared(graph: Graph) -> Found:
    """Nothing says that this is the ontology."""
    if (URIRef(HG), RDF.type, OWL.Ontology) not in graph:
        yield HG


def p39_ambiguous_namespace(graph: Graph) -> Found:
    """An ontology without an IRI, or whose namespace is not what it says."""
    for ontology in graph.subjects(RDF.type, OWL.Ontology):
        named = set(map(str, graph.objects(ontology, VANN.preferredNamespaceUri)))
        if isinstance(ontology, BNode) or (str(ontology) == HG and named != {HG}):
            yield ontology


def p40_foreign_term_redefined(graph: Graph) -> Found:
    """Anything said of a term of others, but of which kind it is."""
    for subject, predicate in graph.subject_predicates():
        if not str(subject).startswith(iris.BASE) and not isinstance(subject, BNode) and predicate != RDF.type:
            yield subject


def p41_no_licence(graph: Graph) -> Found:
    """An ontology that nobody may use."""
    yield from (s for s in graph.subjects(RDF.type, OWL.Ontology) if (s, DCTERMS.license, None) not in graph)


def punned(graph: Graph) -> Found:
    """A rule of our own: no class is a property as well."""
    for term in graph.subjects(RDF.type, OWL.Class):
        if not PROPERTY_KINDS.isdisjoint(graph.objects(term, RDF.type)):
            yield term


def blank_nodes(graph: Graph) -> Found:
    """A rule of our own: everything can be named."""
    yield from (node for triple in graph for node in triple if not isinstance(node, URIRef | Literal))


Checker = Callable[[Graph], Found]

CRITICAL: Final[tuple[Checker, ...]] = (
    *(p03_relation_named_is, p05_wrong_inverses, p06_cycles, p19_multiple_domains_or_ranges),
    *(p27_equivalent_properties, p28_wrong_symmetric, p29_wrong_transitive, p31_equivalent_classes),
    *(p39_ambiguous_namespace, p40_foreign_term_redefined),
)
IMPORTANT: Final[tuple[Checker, ...]] = (
    *(p10_no_disjointness, p11_missing_domain_or_range, p12_equivalent_properties_undeclared),
    *(p24_recursive_definition, p25_inverse_of_itself, p26_inverse_of_a_symmetric_property),
    *(p30_equivalent_classes_undeclared, p35_untyped_property, p38_no_ontology_declared, p41_no_licence),
)
MINOR: Final[tuple[Checker, ...]] = (
    *(p02_synonyms_as_classes, p04_unconnected, p07_merged_concepts, p08_missing_annotations),
    *(p20_misused_annotations, p21_miscellaneous_class, p22_mixed_naming, p32_same_label),
    *(p33_chain_of_one, p34_untyped_class, p36_file_in_iri, punned, blank_nodes),
)


def found(graph: Graph) -> Iterator[tuple[str, str, str]]:
    """Every pitfall: how grave it is, the checker's name, and the term."""
    for severity, checkers in (("critical", CRITICAL), ("important", IMPORTANT), ("minor", MINOR)):
        for checker in checkers:
            yield from ((severity, checker.__name__, str(term)) for term in sorted(set(checker(graph)), key=str))


def main() -> int:
    """Look for all of them; 1 where there is one."""
    graph = Graph()
    for path in map(Path, sys.argv[1:]) if sys.argv[1:] else sorted(ONTOLOGY.glob("*.ttl")):
        graph.parse(path)
    faults = [" ".join(each) for each in found(graph)]
    print(*faults or ["no pitfalls"], sep="\n")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
