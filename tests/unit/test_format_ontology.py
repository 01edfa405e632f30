"""The formatter of the ontology files, run as people run it, on files of its own and on a copy of the real ones."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from rdflib import SKOS, Graph, Literal, URIRef
from rdflib.compare import isomorphic

SHAPES = '''
@prefix hg: <https://w3id.org/harmgraph/ns#> .
@prefix unused: <https://w3id.org/harmgraph/unused#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
hg:Z a sh:NodeShape ; sh:or ( [ sh:class hg:B ; sh:maxCount 1 ] [ sh:nodeKind sh:IRI ] ( ) ) ;
  sh:in ( "01"^^xsd:integer "tab\\there" "say \\"no\\"" true "1"^^xsd:boolean 1.50 2.0E1 "a \\\\ b"@en "true" ) ;
  sh:path [ sh:inversePath hg:p ] ; sh:sparql hg:q .
hg:q sh:select """SELECT $this WHERE {
  $this hg:p ?value .
  FILTER (CONTAINS(?value, "\\\\"))
}""" .
hg:A a sh:NodeShape ; sh:targetClass <https://example.org/a,b(c)>, hg:B, hg:A .
'''
SCHEME = """
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix colour: <https://w3id.org/harmgraph/id/concept/technology/> .
@prefix scheme: <https://w3id.org/harmgraph/id/scheme/> .
scheme:technology a skos:ConceptScheme .
colour:grey a skos:Concept ; skos:inScheme scheme:technology ; skos:prefLabel "Grey"@en ;
  skos:altLabel "Invented by hand"@en, "grigio"@it ; skos:hiddenLabel "also invented"@en .
colour:blue a skos:Concept ; skos:inScheme scheme:technology ; skos:prefLabel "Blue"@en .
"""
LOOKUP = """label,target,finding
Grey,technology/grey,
Gray,technology/grey,
Graay,technology/grey,typo
Dim,technology/grey,
Dim,technology/blue,list
Sad,issue/sadness,shifted
None,,
Azure,technology/blue,moved
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with one file of shapes and one scheme with its lookup."""
    for folder in ("ontology/mappings", "ontology/schemes", "data/lookups"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "ontology" / "mappings" / "core.ttl").write_text(SHAPES, encoding="utf-8")
    (tmp_path / "ontology" / "schemes" / "technology.ttl").write_text(SCHEME, encoding="utf-8")
    (tmp_path / "data" / "lookups" / "technology.csv").write_text(LOOKUP, encoding="utf-8")
    return tmp_path


def run(project: Path, checkout: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the formatter on the checkout."""
    command = [sys.executable, str(project / "tools" / "format_ontology.py"), "--root", str(checkout), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def labels(checkout: Path, concept: str) -> dict[str, set[Literal]]:
    """The alternative and hidden labels of a concept of the test's scheme."""
    graph = Graph().parse(checkout / "ontology" / "schemes" / "technology.ttl")
    node = URIRef(f"https://w3id.org/harmgraph/id/concept/technology/{concept}")
    found = {"alt": SKOS.altLabel, "hidden": SKOS.hiddenLabel}
    return {
        kind: {label for label in graph.objects(node, predicate) if isinstance(label, Literal)}
        for kind, predicate in found.items()
    }


def test_check_names_the_files_that_would_change_and_writes_nothing(project: Path, checkout: Path) -> None:
    result = run(project, checkout, "--check")
    assert result.returncode == 1
    assert "ontology/mappings/core.ttl" in result.stdout
    assert "ontology/schemes/technology.ttl" in result.stdout
    assert (checkout / "ontology" / "mappings" / "core.ttl").read_text(encoding="utf-8") == SHAPES


def test_formatting_keeps_every_triple_and_prefix_and_is_idempotent(project: Path, checkout: Path) -> None:
    path = checkout / "ontology" / "mappings" / "core.ttl"
    assert run(project, checkout).returncode == 0
    text = path.read_text(encoding="utf-8")
    assert isomorphic(Graph().parse(data=text), Graph().parse(data=SHAPES))
    assert '"01"^^xsd:integer' in text
    assert "PREFIX unused: <https://w3id.org/harmgraph/unused#>" in text
    assert text.index("\nhg:A\n") < text.index("\nhg:Z\n")
    result = run(project, checkout, "--check")
    assert (result.returncode, result.stdout) == (0, "")
    assert run(project, checkout).returncode == 0
    assert path.read_text(encoding="utf-8") == text


def test_sparql_text_stays_on_its_own_lines(project: Path, checkout: Path) -> None:
    run(project, checkout)
    text = (checkout / "ontology" / "mappings" / "core.ttl").read_text(encoding="utf-8")
    assert '"""SELECT $this WHERE {\n  $this hg:p ?value .\n' in text


def test_the_form_depends_on_the_triples_and_not_on_their_order_or_blank_node_labels(
    project: Path, checkout: Path
) -> None:
    path = checkout / "ontology" / "mappings" / "core.ttl"
    prefixes = "\n".join(line for line in SHAPES.splitlines() if line.startswith("@prefix"))
    forms = set()
    for seed in range(3):
        lines = Graph().parse(data=SHAPES).serialize(format="nt").splitlines()
        random.Random(seed).shuffle(lines)  # rdflib labels the blank nodes anew each time
        path.write_text(prefixes + "\n" + "\n".join(lines), encoding="utf-8")
        run(project, checkout)
        forms.add(path.read_text(encoding="utf-8"))
    assert len(forms) == 1


def test_labels_of_concepts_are_those_of_the_lookup(project: Path, checkout: Path) -> None:
    assert run(project, checkout).returncode == 0
    grey, blue = labels(checkout, "grey"), labels(checkout, "blue")
    assert grey["alt"] == {Literal("Gray", lang="en"), Literal("grigio", lang="it")}
    assert grey["hidden"] == {Literal("Graay", lang="en")}
    assert blue == {"alt": {Literal("Azure", lang="en")}, "hidden": set()}


def test_a_lookup_target_without_a_concept_is_reported_and_the_other_files_are_formatted(
    project: Path, checkout: Path
) -> None:
    lookup = checkout / "data" / "lookups" / "technology.csv"
    lookup.write_text(LOOKUP + "Red,technology/red,\n", encoding="utf-8")
    result = run(project, checkout)
    assert result.returncode == 1
    assert "'Red'" in result.stderr
    assert "technology/red" in result.stderr
    assert (checkout / "ontology" / "schemes" / "technology.ttl").read_text(encoding="utf-8") == SCHEME
    assert "formatted ontology/mappings/core.ttl" in result.stdout


def test_a_file_that_is_not_turtle_is_reported_and_left_alone(project: Path, checkout: Path) -> None:
    path = checkout / "ontology" / "broken.ttl"
    path.write_text("@prefix hg: <https://w3id.org/harmgraph/ns#> . hg:A a", encoding="utf-8")
    result = run(project, checkout)
    assert result.returncode == 1
    assert "ontology/broken.ttl" in result.stderr
    assert "Traceback" not in result.stderr
    assert path.read_text(encoding="utf-8").endswith("hg:A a")


def test_the_real_files_keep_their_triples_but_for_labels(project: Path, tmp_path: Path) -> None:
    shutil.copytree(project / "ontology", tmp_path / "ontology")
    shutil.copytree(project / "data" / "lookups", tmp_path / "data" / "lookups")
    assert run(project, tmp_path).stderr == ""
    assert run(project, tmp_path, "--check").returncode == 0
    for path in sorted((tmp_path / "ontology").rglob("*.ttl")):
        after = Graph().parse(path)
        before = Graph().parse(project / path.relative_to(tmp_path))
        for graph in (before, after):
            for predicate in (SKOS.altLabel, SKOS.hiddenLabel):
                graph.remove((None, predicate, None))
        assert isomorphic(before, after), path.name
