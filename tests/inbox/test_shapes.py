"""The shapes of suggestions: what each constraint refuses, that both engines agree, and that none could be left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from harmgraph.errors import SuggestionRefused
from harmgraph.inbox.checking import check
from harmgraph.inbox.suggestion import Suggestion
from harmgraph.inbox.terms import DC, OA, SHAPES
from harmgraph.iris import DCT, FOAF, RDF, SH, XSD
from harmgraph.validation import ShapesGraph, compiled, validate_graph
from harmgraph.validation.engines import reference_report
from harmgraph.validation.lint import lint
from harmgraph.validation.report_graph import results_of
from harmgraph.validation.shapes import n_triples

from .conftest import CORRECTION, NAME, kept_triples

IT = NamedNode(f"https://w3id.org/harmgraph/inbox/{NAME}")
BODY, TARGET = NamedNode(f"{IT.value}#body-1"), NamedNode(f"{IT.value}#target-1")
STATEMENT = NamedNode(f"{TARGET.value}-statement-1")
OTHER = NamedNode("https://example.org/x")
CREATOR, PROPOSAL = NamedNode(f"{IT.value}#creator"), NamedNode(f"{IT.value}#body-2")

Change = Callable[[list[Triple]], list[Triple]]


def given(**changes: Any) -> Change:
    """The suggestion with other values."""
    return lambda _: kept_triples(replace(CORRECTION, **changes))


def added(subject: NamedNode, predicate: NamedNode, value: NamedNode | Literal) -> Change:
    """One more triple."""
    return lambda triples: [*triples, Triple(subject, predicate, value)]


def instead(subject: NamedNode, predicate: NamedNode, *values: NamedNode | Literal) -> Change:
    """Other values of a property, or none."""
    return lambda triples: [
        *(t for t in triples if (t.subject, t.predicate) != (subject, predicate)),
        *(Triple(subject, predicate, value) for value in values),
    ]


INVALID: dict[str, Change] = {
    "motivation-other": instead(IT, OA.motivatedBy, OTHER),
    "motivation-missing": instead(IT, OA.motivatedBy),
    "motivation-twice": added(IT, OA.motivatedBy, OA.commenting),
    "text-blank": given(text=" \n\t "),
    "text-long": given(text="x" * 5001),
    "text-missing": instead(BODY, RDF.value),
    "text-twice": added(BODY, RDF.value, Literal("another")),
    "text-iri": instead(BODY, RDF.value, OTHER),
    "language-odd": given(language="en us"),
    "language-long": given(language="en" + "-abcdefgh" * 4),
    "language-twice": added(BODY, DC.language, Literal("fr")),
    "language-number": instead(BODY, DC.language, Literal("en", datatype=XSD.token)),
    "proposal-twice": added(PROPOSAL, RDF.object, Literal("2023")),
    "proposal-long": given(proposal=Literal("x" * 1001)),
    "proposal-without-statement": given(statement=None),
    "target-missing": instead(IT, OA.hasTarget),
    "target-twice": added(IT, OA.hasTarget, OTHER),
    "source-missing": instead(TARGET, OA.hasSource),
    "source-elsewhere": given(about=NamedNode("https://example.org/doc/x")),
    "source-text": instead(TARGET, OA.hasSource, Literal("https://w3id.org/harmgraph/id/incident/A")),
    "source-twice": added(TARGET, OA.hasSource, NamedNode("https://w3id.org/harmgraph/id/incident/B")),
    "source-long": given(about=NamedNode("https://w3id.org/harmgraph/id/" + "x" * 1000)),
    "selector-twice": lambda triples: [
        *triples,
        Triple(TARGET, OA.hasSelector, OTHER),
        *(Triple(OTHER, t.predicate, t.object) for t in triples if t.subject == STATEMENT),
    ],
    "selector-other": instead(STATEMENT, RDF.type),
    "evidence-text": instead(IT, DCT.references, Literal("https://example.org/report")),
    "evidence-script": given(evidence=NamedNode("javascript:alert(1)")),
    "evidence-long": given(evidence=NamedNode("https://example.org/" + "x" * 2000)),
    "evidence-twice": added(IT, DCT.references, OTHER),
    "creator-address": given(creator="jo@example.org"),
    "creator-long": given(creator="x" * 201),
    "creator-twice": added(CREATOR, FOAF.name, Literal("Ann")),
    "creator-iri": instead(CREATOR, FOAF.name, OTHER),
    "subject-missing": instead(STATEMENT, RDF.subject),
    "subject-twice": added(STATEMENT, RDF.subject, OTHER),
    "subject-text": instead(STATEMENT, RDF.subject, Literal("x")),
    "subject-long": instead(STATEMENT, RDF.subject, NamedNode("https://example.org/" + "x" * 1000)),
    "predicate-missing": instead(STATEMENT, RDF.predicate),
    "predicate-twice": added(STATEMENT, RDF.predicate, OTHER),
    "predicate-text": instead(STATEMENT, RDF.predicate, Literal("x")),
    "predicate-long": instead(STATEMENT, RDF.predicate, NamedNode("https://example.org/" + "x" * 1000)),
    "object-missing": instead(STATEMENT, RDF.object),
    "object-twice": added(STATEMENT, RDF.object, OTHER),
    "object-long": instead(STATEMENT, RDF.object, Literal("x" * 10_001)),
    "object-blank": lambda triples: _with_blank_nodes(triples, STATEMENT),
    "proposal-blank": lambda triples: _with_blank_nodes(triples, PROPOSAL),
}
VALID: dict[str, Change] = {
    "whole": given(),
    "insight": given(kind="insight", proposal=None),
    "no-statement": given(statement=None, proposal=None),
    "bare": given(statement=None, proposal=None, evidence=None, creator="", language=""),
    "longest": given(text="ж" * 5000, creator="x" * 200, proposal=Literal("x" * 1000), language="pt-BR"),
    "iri-proposed": given(proposal=OTHER, about=NamedNode("https://w3id.org/harmgraph/id/organisation/acme")),
}


def _with_blank_nodes(triples: list[Triple], subject: NamedNode) -> list[Triple]:
    blank = next(iter(parse("<x:s> <x:p> [] .", format=RdfFormat.TURTLE))).object
    return [
        Triple(subject, RDF.object, blank) if (t.subject, t.predicate) == (subject, RDF.object) else t for t in triples
    ]


@pytest.fixture(scope="module")
def shapes() -> ShapesGraph:
    """The shapes of suggestions."""
    return ShapesGraph.read(SHAPES)


@pytest.mark.parametrize("change", VALID.values(), ids=VALID)
def test_a_suggestion_that_conforms_is_taken(change: Change) -> None:
    check(change(kept_triples()))


@pytest.mark.parametrize("change", INVALID.values(), ids=INVALID)
def test_a_suggestion_that_does_not_is_refused_with_focus_node_path_and_message(change: Change) -> None:
    with pytest.raises(SuggestionRefused) as refused:
        check(change(kept_triples()))
    first = refused.value.violations[0]
    assert first["focusNode"].startswith("https://") and first["message"] in str(refused.value)
    assert first["path"] or "proposed value" in first["message"] or "rdf:Statement" in first["message"]


def test_both_engines_find_the_same(shapes: ShapesGraph) -> None:
    engine = compiled(shapes)
    for name, change in {**VALID, **INVALID}.items():
        triples = change(kept_triples())
        found = (
            quad.triple for quad in parse(reference_report(shapes, n_triples(triples)), format=RdfFormat.N_TRIPLES)
        )
        theirs = {(r.source_shape, r.component, r.path) for r in results_of(found, shapes)}
        ours = {(r.source_shape, r.component, r.path) for r in validate_graph(triples, shapes, engine).results}
        assert ours == theirs, name
        assert bool(ours) == (name in INVALID), name


def test_the_shapes_pass_the_lint(shapes: ShapesGraph) -> None:
    assert lint(shapes) == ()


def test_each_constraint_is_missed_when_it_is_taken_away(shapes: ShapesGraph) -> None:
    told = {SH[name] for name in ("name", "description", "message", "severity", "path", "targetClass")}
    constraints = [t for t in shapes.triples if t.predicate.value.startswith(SH.iri) and t.predicate not in told]
    assert len(constraints) > 50
    data = {name: change(kept_triples()) for name, change in {**VALID, **INVALID}.items()}
    usual = _verdicts(shapes, data)
    unnoticed = [
        str(left_out)
        for left_out in constraints
        if _verdicts(ShapesGraph.of(t for t in shapes.triples if t != left_out), data) == usual
    ]
    assert unnoticed == []


def _verdicts(shapes: ShapesGraph, data: dict[str, list[Triple]]) -> dict[str, frozenset[tuple[str, str, str]]]:
    engine = compiled(shapes)
    return {
        name: frozenset(
            (str(r.source_shape), r.component, str(r.value)) for r in validate_graph(triples, shapes, engine).results
        )
        for name, triples in data.items()
    }


def test_the_kept_suggestion_has_no_value_of_another_type() -> None:
    found = {type(t.object).__name__ for t in kept_triples(Suggestion("insight", CORRECTION.about, "x"))}
    assert found == {"NamedNode", "Literal"}
