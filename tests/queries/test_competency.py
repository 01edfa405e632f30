"""The competency queries answer what was worked out by hand on a small graph with the usual traps in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pyoxigraph import Literal, QuerySolutions, RdfFormat, Store

from harmgraph.iris import PREFIXES

# Two records disagree about the date of I1; Acme is deployer and developer of I1; two graphs repeat one statement.
TRIG = """
GRAPH <https://example.org/r1> {
  hgi:I1 a hg:Incident ; hg:deployer hgo:acme ; hg:developer hgo:acme ; hg:occurred "2022"^^xsd:gYear .
  hgi:I2 a hg:Incident ; hg:deployer hgo:acme ; hg:occurred "2021"^^xsd:gYear . }
GRAPH <https://example.org/r2> { hgi:I1 a hg:Incident ; hg:deployer hgo:acme ; hg:occurred "2022-03"^^xsd:gYearMonth . }
GRAPH <https://example.org/labels> {
  hgo:acme rdfs:label "Acme"@en . hgi:I1 rdfs:label "One"@en . hgi:I2 rdfs:label "Two"@en . }
"""
EXPECTED = {
    "05-leading-deployers-and-developers": [("Acme", "deployer", "2"), ("Acme", "developer", "1")],
    "13-where-records-disagree": [("One", "2022"), ("One", "2022-03")],
}


@pytest.fixture(scope="module")
def store() -> Store:
    """The graph, with its default graph as the merge of the others."""
    made = Store()
    made.load("".join(f"PREFIX {p}: <{iri}>\n" for p, iri in PREFIXES.items()) + TRIG, format=RdfFormat.TRIG)
    made.update("INSERT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }")
    return made


def test_every_query_has_an_answer_worked_out_by_hand(project: Path) -> None:
    assert {path.stem for path in (project / "queries").rglob("*.rq")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_competency_query_gives_the_rows_worked_out_by_hand(project: Path, store: Store, name: str) -> None:
    text = (project / "queries" / "competency" / f"{name}.rq").read_text(encoding="utf-8")
    assert re.match(r"# title: .+\n# question: .+\?\n", text)
    answer = store.query(text, prefixes=PREFIXES)
    assert isinstance(answer, QuerySolutions)
    literals = [tuple(term.value for term in row if isinstance(term, Literal)) for row in answer]
    assert literals == EXPECTED[name]
