"""The shapes graph itself: complete, well-formed, in step with the ontology, the code and the documentation."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from harmgraph.errors import BuildAborted, HarmgraphError
from harmgraph.iris import HG, OWL, RDF, SCHEMES, SH, SKOS, TAXONOMIES, scheme_iri
from harmgraph.triples import PROPERTY_OF_SCHEME
from harmgraph.validation import HGS, ShapesGraph
from harmgraph.validation.engines import compiled, reference_report
from harmgraph.validation.lint import idle_targets, lint, shapes_of
from harmgraph.validation.report import SEVERITIES
from harmgraph.validation.shapes import n_triples

CONSTRAINING = {
    SH[name]
    for name in (
        *("class", "datatype", "nodeKind", "in", "pattern", "languageIn", "closed"),
        *("minCount", "maxCount", "minInclusive", "qualifiedMinCount", "qualifiedMaxCount"),
        *("equals", "disjoint", "lessThan", "lessThanOrEquals", "node", "not", "or", "sparql"),
    )
}


def test_the_shapes_pass_the_lint(shapes: ShapesGraph) -> None:
    assert lint(shapes) == ()


COMPLETE = (
    *(Triple(HGS.x, SH[name], Literal("x")) for name in ("name", "description", "message")),
    Triple(HGS.x, RDF.type, SH.NodeShape),
    Triple(HGS.x, SH.severity, SH.Violation),
)
TARGET = Triple(HGS.x, SH.targetClass, HG.Incident)
LIST = BlankNode("list")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ([TARGET, Triple(HGS.x, SH.minCuont, Literal(1))], "minCuont> is no term of SHACL"),
        ([TARGET, Triple(HGS.x, SH.property, HGS.nowhere)], "nowhere>, which is no shape"),
        (
            [
                TARGET,
                Triple(HGS.x, SH["or"], LIST),
                Triple(LIST, RDF.first, HGS.nowhere),
                Triple(LIST, RDF.rest, RDF.nil),
            ],
            "nowhere>, which is no shape",
        ),
        ([TARGET, Triple(HGS.x, SH.sparql, HGS.nowhere)], "nowhere> is no sh:SPARQLConstraint"),
        ([TARGET, Triple(HGS.x, SH.prefixes, HGS.nowhere)], "nowhere> declares no prefixes"),
        ([TARGET, Triple(HGS.x, SH.message, Literal("another"))], "has 2 sh:message; it needs one"),
        ([TARGET, Triple(LIST, RDF.type, SH.NodeShape)], "a shape needs an IRI"),
        ([], "has no target and no shape refers to it"),
        ([TARGET, Triple(HGS.x, SH.pattern, Literal("^(?!a)"))], "look-around"),
        ([TARGET, Triple(HGS.x, SH.pattern, Literal(r"\i\c*"))], "XPath's"),
        ([TARGET, Triple(HGS.y, SH.node, HGS.x), Triple(HGS.x, SH["class"], HG.Incident)], "use the path"),
        ([TARGET, Triple(HGS.x, SH.flags, Literal("x"))], "engines differ in it"),
        ([TARGET, Triple(HGS.x, SH.select, Literal("SELECT $this { MINUS { $this ?p ?o } }"))], "pre-binding"),
        ([TARGET, Triple(HGS.x, SH.select, Literal("SELECT $this { GRAPH $shapesGraph {} }"))], "only some engines"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_lint_finds(fault: list[Triple], said: str) -> None:
    found = lint(ShapesGraph.of([*COMPLETE, *fault]))
    assert any(said in sentence for sentence in found), found


def test_shacl_shacl_accepts_the_shapes_and_refuses_broken_ones(shapes: ShapesGraph) -> None:
    reference_report(shapes, b"", meta_shacl=True)
    broken = ShapesGraph.of([*COMPLETE, TARGET, Triple(HGS.x, SH.minCount, Literal("one"))])
    with pytest.raises(HarmgraphError, match="pySHACL refuses the shapes"):
        reference_report(broken, b"", meta_shacl=True)


def test_every_target_has_focus_nodes_in_the_conforming_files(
    shapes: ShapesGraph, merged: Callable[[str], tuple[Triple, ...]]
) -> None:
    deprecated = Triple(HGS.Deprecated, SH.targetSubjectsOf, OWL.deprecated)
    assert deprecated in shapes.triples
    assert idle_targets(shapes, merged("valid")) == ()
    misspelt = ShapesGraph.of([*shapes.triples, Triple(HGS.x, SH.targetClass, HG.Incidnet)])
    assert len(idle_targets(misspelt, merged("valid"))) == 1


def test_every_shape_that_reports_is_seen_in_some_failing_file(
    shapes: ShapesGraph, merged: Callable[[str], tuple[Triple, ...]]
) -> None:
    report = compiled(shapes).validate_text(n_triples(merged("invalid")).decode(), format="ntriples")
    seen = {each.source_shape for each in report.results}
    targets = {t.subject: t.predicate for t in shapes.triples if t.predicate.value.startswith(SH.iri + "target")}
    properties = {t.object for t in shapes.triples if t.predicate == SH.property and t.subject in targets}
    constraining = {t.subject for t in shapes.triples if t.predicate in CONSTRAINING}
    assert {str(shape) for shape in (targets.keys() | properties) & constraining} - seen == set()


def test_severities_are_those_of_shacl(shapes: ShapesGraph) -> None:
    used = {t.object for t in shapes.triples if t.predicate == SH.severity}
    assert used == {SH[name] for name in SEVERITIES}


def test_every_scheme_property_has_a_shape_for_its_scheme(shapes: ShapesGraph) -> None:
    checked = {
        (path.object, scheme.object)
        for path in shapes.triples
        if path.predicate == SH.path
        for node in shapes.triples
        if node.subject == path.subject and node.predicate == SH.node
        for inner in shapes.triples
        if inner.subject == node.object and inner.predicate == SH.property
        for scheme in shapes.triples
        if scheme.subject == inner.object and scheme.predicate == SH.hasValue and scheme.object != SKOS.Concept
    }
    wanted = {(term, scheme_iri(scheme)) for scheme, term in PROPERTY_OF_SCHEME.items()}
    assert wanted <= checked
    assert {scheme for _, scheme in checked} == {scheme_iri(name) for name in SCHEMES}


def test_the_shapes_know_every_taxonomy(shapes: ShapesGraph) -> None:
    listed = {t.object for t in shapes.triples if t.predicate == RDF.first}
    assert {scheme_iri(name) for name in TAXONOMIES} <= listed


def test_known_terms_are_those_of_the_ontology(shapes: ShapesGraph, project: Path) -> None:
    """A property that the ontology declares for things other than records and concepts is no unknown term."""
    ontology = {quad.triple for quad in parse(path=project / "ontology" / "harmgraph.ttl", format=RdfFormat.TURTLE)}
    declared = {
        t.subject
        for t in ontology
        if t.object in (OWL.ObjectProperty, OWL.DatatypeProperty) and t.predicate == RDF.type
    }
    elsewhere = {
        t.subject
        for t in ontology
        if t.predicate.value.endswith("#domain") and t.object in (HG.SourceRecord, SKOS.Concept)
    }
    elsewhere.add(HG.matches)  # which stands in queries alone: in data it is an error
    listed = {t.object for t in shapes.triples if t.predicate == RDF.first}
    ours = {term for term in listed if isinstance(term, NamedNode) and term.value.startswith(HG.iri)}
    assert declared - elsewhere - ours == set()
    assert ours - declared == set()


def test_the_reference_page_lists_every_shape_with_its_file_and_severity(shapes_folder: Path, project: Path) -> None:
    page = (project / "docs" / "reference" / "shapes.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `hgs:([\w-]+)` \| ([\w/]+) \|", page, re.MULTILINE))
    there = set()
    for file in shapes_folder.glob("*.ttl"):
        graph = ShapesGraph.of(quad.triple for quad in parse(path=file, format=RdfFormat.TURTLE))
        severities = {t.subject: t.object for t in graph.triples if t.predicate == SH.severity}
        for shape in shapes_of(graph):
            assert isinstance(shape, NamedNode)
            severity = severities[shape]
            assert isinstance(severity, NamedNode)
            there.add((shape.value.removeprefix(HGS.iri), severity.value.removeprefix(SH.iri)))
    assert listed == there


def test_a_folder_without_shapes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildAborted, match="holds no shapes"):
        ShapesGraph.read(tmp_path)


def test_a_broken_shapes_file_is_refused_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "broken.ttl").write_text("@prefix sh: <http://www.w3.org/ns/shacl#> .\nsh:a sh:b .\n")
    with pytest.raises(BuildAborted, match=r"broken\.ttl:2:"):
        ShapesGraph.read(tmp_path)
