"""The example in the documentation of the RDF model is what the code makes, as far as the shapes can tell."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, NamedNode, Quad, RdfFormat, parse

from harmgraph.iris import BASE, PREFIXES, graph_iri


@pytest.fixture(scope="module")
def example(project: Path) -> list[Quad]:
    text = (project / "docs" / "reference" / "rdf-model.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```trig\n(.*?)```", text, re.DOTALL)
    prologue = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in PREFIXES.items())
    prologue += "PREFIX spdx: <http://spdx.org/rdf/terms#>\n"
    return list(parse(prologue + "\n".join(blocks), format=RdfFormat.TRIG))


def test_the_example_shows_every_graph_of_the_table(example: list[Quad]) -> None:
    graphs = {quad.graph_name for quad in example}
    assert {graph_iri(name) for name in ("provenance", "consolidation", "places")} <= graphs
    assert any(isinstance(graph, NamedNode) and graph.value.startswith(BASE + "id/record/") for graph in graphs)


def test_the_example_has_no_blank_nodes(example: list[Quad]) -> None:
    assert not [quad for quad in example if isinstance(quad.subject, BlankNode) or isinstance(quad.object, BlankNode)]


def test_every_record_graph_has_provenance(example: list[Quad]) -> None:
    described = {quad.subject for quad in example if quad.graph_name == graph_iri("provenance")}
    records = {
        quad.graph_name
        for quad in example
        if isinstance(quad.graph_name, NamedNode) and "/record/" in quad.graph_name.value
    }
    page = {graph for graph in records if "aiaaic-page" in graph.value}
    assert page <= described
