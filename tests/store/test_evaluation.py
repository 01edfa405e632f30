"""What the worker makes of a query before and after the engine: datasets, formats, messages, prefixes."""

from __future__ import annotations

import pytest
from pyoxigraph import Literal, NamedNode, Quad, Store
from rdflib import Graph

from harmgraph.errors import NotAcceptable, QueryRefused
from harmgraph.iris import PREFIXES
from harmgraph.store.base import Query
from harmgraph.store.local.evaluation import answer
from harmgraph.store.query_text.dataset_clause import dataset_of

A, B, C = (NamedNode(f"http://graph.example/{name}") for name in "abc")
S, P = NamedNode("http://a.example/s"), NamedNode("http://a.example/p")


class Page:
    """Takes an answer."""

    def __init__(self) -> None:
        self.media_type = ""
        self.text = ""

    def write(self, data: bytes) -> int:
        self.text += data.decode()
        return len(data)

    def flush(self) -> None:
        pass


@pytest.fixture
def store() -> Store:
    """Graphs a, b and c share one triple, and each has one of its own; the default graph is their merge."""
    store = Store()
    for graph in (A, B, C):
        for text in ("shared", graph.value):
            store.add(Quad(S, P, Literal(text), graph))
            store.add(Quad(S, P, Literal(text)))
    return store


def written(store: Store, text: str, results_format: str | None = "text/csv", **asked: object) -> str:
    page = Page()
    answer(store, Query(text, 9.0, results_format=results_format, **asked), page)  # type: ignore[arg-type]  # test table
    return page.text


COUNT = "SELECT (COUNT(*) AS ?n) {} WHERE {{ ?s ?p ?o }}"


@pytest.mark.parametrize(
    ("clauses", "triples"),
    [
        ("", 4),
        ("FROM <http://graph.example/a>", 2),
        ("FROM <http://graph.example/a> FROM <http://graph.example/b>", 3),
        ("FROM <http://graph.example/a>FROM<http://graph.example/b># FROM <http://graph.example/c>\n", 3),
        ("FROM <http://graph.example/a> FROM <http://graph.example/a>", 2),
        ("FROM NAMED <http://graph.example/a> FROM NAMED <http://graph.example/b>", 0),
        ("FROM NAMED <http://graph.example/c> FROM g:a from\n<http://graph.example/b>", 3),
    ],
)
def test_from_clauses_are_merged_as_a_set(store: Store, clauses: str, triples: int) -> None:
    text = "PREFIX g: <http://graph.example/>\n" + COUNT.format(clauses)
    assert written(store, text).split() == ["n", str(triples)]


def test_from_clauses_resolve_against_the_base(store: Store) -> None:
    text = "BASE <http://graph.example/x/> PREFIX g: <../> " + COUNT.format("FROM <../a> FROM g:b")
    assert written(store, text).split() == ["n", "3"]
    assert written(store, COUNT.format("FROM <a> FROM <b>"), base_iri="http://graph.example/").split() == ["n", "3"]


def test_graphs_of_the_protocol_replace_those_of_the_text(store: Store) -> None:
    text = COUNT.format("FROM <http://graph.example/c>")
    assert written(store, text, default_graphs=(A.value, B.value)).split() == ["n", "3"]
    listed = "SELECT DISTINCT ?g FROM NAMED <http://graph.example/c> { GRAPH ?g { ?s ?p ?o } }"
    assert written(store, listed, default_graphs=(A.value, B.value), named_graphs=(B.value,)).split() == ["g", B.value]
    assert written(store, listed, named_graphs=(A.value,)).split() == ["g", A.value]
    assert written(store, COUNT.format(""), named_graphs=(A.value,)).split() == ["n", "0"]


def test_a_description_over_two_graphs_says_nothing_twice(store: Store) -> None:
    text = "DESCRIBE <http://a.example/s> FROM <http://graph.example/a> FROM <http://graph.example/b>"
    lines = written(store, text, graph_format="application/n-triples").splitlines()
    assert len(lines) == len(set(lines)) == 3


@pytest.mark.parametrize(
    ("text", "default", "named"),
    [
        ("SELECT * FROM <http://a/> { ?s ?p ?o }", [], []),
        ("CONSTRUCT { ?s ?p 'FROM' } FROM <http://a/> FROM NAMED <http://b/> WHERE { ?s ?p ?o }", ["a"], ["b"]),
        ("CONSTRUCT FROM <http://a/> FROM <http://b/> WHERE { ?s ?p ?o }", ["a", "b"], []),
        ("SELECT (EXISTS { ?x ?y 'FROM <http://c/>' } AS ?e) FROM <http://a/> FROM <http://b/> {}", ["a", "b"], []),
        ('SELECT ?from FROM <http://a/> { ?from ?p "FROM <http://b/>" }', ["a"], []),
        ("ASK FROM <http://a/> FROM <http://b/> { ?s ?p ?o }", ["a", "b"], []),
    ],
)
def test_the_dataset_of_a_query_is_read_from_its_head(text: str, default: list[str], named: list[str]) -> None:
    assert dataset_of(text, None) == (
        [NamedNode(f"http://{name}/") for name in default],
        [NamedNode(f"http://{name}/") for name in named],
    )


def test_a_graph_name_that_is_no_iri_is_refused(store: Store) -> None:
    with pytest.raises(QueryRefused, match="'not an IRI' is not an absolute IRI"):
        written(store, COUNT.format(""), default_graphs=("not an IRI",))


def test_codepoint_escapes_are_decoded_everywhere(store: Store) -> None:
    assert written(store, r"\u0053ELECT (COUNT(*) AS ?n) { \u003Fs ?p 'sh\u0061red' }").split() == ["n", "1"]


@pytest.mark.parametrize("graph_format", ["text/turtle", "application/rdf+xml"])
def test_only_prefixes_in_use_are_declared_and_in_order(store: Store, graph_format: str) -> None:
    text = "CONSTRUCT { ?s hg:deployer wd:Q1 ; dct:title ?o ; skos:broader hgo:x } { ?s ?p ?o }"
    answers = {written(store, text, graph_format=graph_format) for _ in range(20)}
    assert len(answers) == 1, "the engine writes prefixes in another order each time"
    page = answers.pop()
    declared = [
        line for line in page.replace(" xmlns:", "\nxmlns:").splitlines() if "prefix " in line or "xmlns:" in line
    ]
    names = [line.removeprefix("@prefix ").removeprefix("xmlns:").replace("=", ":").split(":")[0] for line in declared]
    assert names == sorted(names)
    assert {"dct", "hg", "hgo", "skos", "wd"} <= set(names) <= {"dct", "hg", "hgo", "skos", "wd", "its", "rdf"}
    Graph().parse(data=page, format="turtle" if "turtle" in graph_format else "xml")


def test_rdf_xml_with_many_triples_declares_all_prefixes_and_parses(store: Store) -> None:
    store.bulk_extend(Quad(S, P, Literal(n)) for n in range(5_000))
    page = written(store, "CONSTRUCT { ?s hg:x ?o } { ?s ?p ?o }", graph_format="application/rdf+xml")
    assert all(f'xmlns:{prefix}="' in page for prefix in PREFIXES)
    assert len(Graph().parse(data=page, format="xml")) == 5_004


def test_a_property_without_a_local_name_is_not_written_as_broken_xml(store: Store) -> None:
    text = "CONSTRUCT { ?s <http://a.example/1> ?o } { ?s ?p ?o }"
    with pytest.raises(NotAcceptable, match=r"http://a\.example/1") as caught:
        written(store, text, graph_format="application/rdf+xml")
    assert "application/rdf+xml" not in caught.value.offers
    assert "<http://a.example/1>" in written(store, text, graph_format="text/turtle")


@pytest.mark.parametrize("local", ["2-d", "p1", "x-1", "a.b", "é"])
def test_rdf_xml_takes_every_property_that_has_a_name_in_it(store: Store, local: str) -> None:
    text = f"CONSTRUCT {{ ?s <http://a.example/{local}> ?o }} {{ ?s ?p ?o }}"
    page = written(store, text, graph_format="application/rdf+xml")
    assert {str(p) for p in Graph().parse(data=page, format="xml").predicates()} == {f"http://a.example/{local}"}


def test_a_syntax_error_says_where(store: Store) -> None:
    with pytest.raises(QueryRefused, match=r"line 2, column \d+.*FITLER"):
        written(store, "SELECT * { ?s ?p ?o\n  FITLER(?o > 1) }")
    with pytest.raises(QueryRefused, match="unbound") as caught:
        written(store, "SELECT ?x { ?s ?p ?o } GROUP BY ?s")
    assert "\\u{" not in str(caught.value), "the parser's classes of characters help nobody"


@pytest.mark.parametrize(
    "update",
    ["INSERT DATA { <a:a> <a:b> <a:c> }", "PREFIX a: <http://a/> # note\n delete where { ?s ?p ?o }", "CLEAR ALL"],
)
def test_an_update_is_refused_as_one(store: Store, update: str) -> None:
    with pytest.raises(QueryRefused, match="read-only"):
        written(store, update)


def test_a_function_that_does_not_exist_is_the_querys_fault(store: Store) -> None:
    with pytest.raises(QueryRefused, match=r"http://a\.example/f"):
        written(store, "SELECT (<http://a.example/f>(1) AS ?x) {}")


def test_a_text_that_is_not_unicode_is_refused(store: Store) -> None:
    with pytest.raises(QueryRefused):
        written(store, "SELECT * { ?s ?p '\ud800' }")
