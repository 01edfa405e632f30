"""What every store has to do, over the same release: one body for all of them."""

from __future__ import annotations

import asyncio
import csv
import io
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import (
    Literal,
    NamedNode,
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    parse,
    parse_query_results,
)
from rdflib import Graph
from rdflib.compare import isomorphic

from harmgraph.errors import NotAcceptable, QueryRefused
from harmgraph.iris import BASE, HG
from harmgraph.store.base import BOOLEAN_FORMATS, GRAPH_FORMATS, RESULTS_FORMATS

from .conftest import FEW_INCIDENTS, Served, embedded, remote
from .engines import CONCATENATES, DIVIDES_INTEGERS, ENGINES, Engine

RDFLIB_NAMES = dict(zip(GRAPH_FORMATS, ("turtle", "json-ld", "nt", "xml", "nquads", "trig"), strict=True))
ENGINE_FORMATS = dict(
    zip(RESULTS_FORMATS, (getattr(QueryResultsFormat, n) for n in ("JSON", "XML", "CSV", "TSV")), strict=True)
)
INCIDENT = f"{BASE}id/incident/S000007"
GRAPH = f"{BASE}id/record/synthetic/2024-02/S000007"
OTHER_GRAPH = f"{BASE}id/record/synthetic/2026-06/S000007"
TABLE = "SELECT ?p ?o (1/3 AS ?third) ?none { hgi:S000007 ?p ?o } ORDER BY ?p ?o"


@pytest.fixture(scope="module")
def release(small_release: Path) -> Path:
    """The release that all stores hold."""
    return small_release


@pytest.fixture(scope="module", params=["memory", "disk", *ENGINES])
def served(request: pytest.FixtureRequest, release: Path, published: Callable[[str], Engine]) -> Iterator[Served]:
    """Every kind of store there is, over the same release."""
    kind = request.param
    with remote(published(kind)) if kind in ENGINES else embedded(kind, release) as each:
        yield each


@pytest.fixture(scope="module")
def quads(release: Path) -> list[Quad]:
    """The statements of the release, read without a store."""
    return list(parse(path=str(release / "data.nq"), format=RdfFormat.N_QUADS))


def plain(term: object) -> str:
    """The value of an IRI or a literal."""
    assert isinstance(term, NamedNode | Literal)
    return term.value


def about(quads: list[Quad], subject: str) -> set[tuple[str, str]]:
    return {(q.predicate.value, plain(q.object)) for q in quads if q.subject == NamedNode(subject)}


def graph_of(quads: list[Quad], subject: str) -> Graph:
    lines = {f"{q.subject} {q.predicate} {q.object} ." for q in quads if q.subject == NamedNode(subject)}
    return Graph().parse(data="\n".join(lines), format="nt")


def rows(page: bytes, media_type: str) -> list[tuple[str | None, ...]]:
    """The rows of an answer in any of the four formats, as plain values."""
    if media_type == "text/csv":
        table = list(csv.reader(io.StringIO(page.decode(), newline="")))
        return [tuple(cell or None for cell in row) for row in table[1:]]
    solutions = parse_query_results(page, ENGINE_FORMATS[media_type])
    assert isinstance(solutions, QuerySolutions)
    return [tuple(term.value if term else None for term in solution) for solution in solutions]


@pytest.mark.parametrize("media_type", RESULTS_FORMATS)
def test_select_says_the_same_in_every_results_format(served: Served, quads: list[Quad], media_type: str) -> None:
    answer = served.run(served.begin(TABLE, results_format=media_type))
    assert answer.media_type == media_type
    found = rows(served.run(answer.read()), media_type)
    assert {(row[0], row[1]) for row in found} == about(quads, INCIDENT)
    assert len(found) == len(about(quads, INCIDENT))
    third = "0" if DIVIDES_INTEGERS in served.differences else "0.333333333333333333"
    assert {row[2:] for row in found} == {(third, None)}


def test_an_empty_table_is_a_whole_answer(served: Served) -> None:
    for media_type in RESULTS_FORMATS:
        page = served.ask("SELECT ?s { ?s hg:noSuchTerm ?o }", results_format=media_type)
        assert rows(page, media_type) == []
        assert page


@pytest.mark.parametrize("media_type", BOOLEAN_FORMATS[:2])
@pytest.mark.parametrize(("pattern", "truth"), [("hgi:S000007 a hg:Incident", True), ("hgi:S a hg:Incident", False)])
def test_ask_answers_a_boolean(served: Served, media_type: str, pattern: str, truth: bool) -> None:
    result = parse_query_results(
        served.ask(f"ASK {{ {pattern} }}", boolean_format=media_type), ENGINE_FORMATS[media_type]
    )
    assert isinstance(result, QueryBoolean)
    assert bool(result) is truth


@pytest.mark.parametrize("media_type", GRAPH_FORMATS)
@pytest.mark.parametrize(
    "text",
    [
        "DESCRIBE hgi:S000007",
        "CONSTRUCT { hgi:S000007 ?p ?o } { GRAPH ?g { hgi:S000007 ?p ?o } }",
        "CONSTRUCT WHERE { hgi:S000007 ?p ?o }",
    ],
)
def test_a_graph_is_the_same_in_every_format(served: Served, quads: list[Quad], text: str, media_type: str) -> None:
    answer = served.run(served.begin(text, graph_format=media_type))
    assert answer.media_type == media_type
    page = served.run(answer.read())
    assert isomorphic(Graph().parse(data=page, format=RDFLIB_NAMES[media_type]), graph_of(quads, INCIDENT))


def test_a_constructed_graph_is_a_set(served: Served) -> None:
    page = served.ask("CONSTRUCT { ?g a hg:Incident } { GRAPH ?g { ?s ?p ?o } }", graph_format="application/n-triples")
    lines = page.splitlines()
    assert len(lines) == len(set(lines)) == 2 * FEW_INCIDENTS + 1


def test_blank_nodes_of_a_template_are_new_for_each_solution(served: Served) -> None:
    page = served.ask("CONSTRUCT { [] hg:issue ?o } { hgi:S000007 hg:issue ?o }", graph_format="application/n-triples")
    assert len({line.split()[0] for line in page.splitlines()}) == 6


def number(served: Served, text: str, **asked: Any) -> int:
    return int(served.ask(text, results_format="text/csv", **asked).split()[1])


def test_the_default_graph_is_the_merge_of_all_graphs_as_a_set(served: Served, quads: list[Quad]) -> None:
    triples = {q.triple for q in quads}
    assert number(served, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }") == len(triples) < len(quads)
    assert number(served, "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }") == len(quads)
    assert number(served, "SELECT (COUNT(DISTINCT ?g) AS ?n) { GRAPH ?g {} }") == 2 * FEW_INCIDENTS + 1


def test_who_says_so_is_the_name_of_the_graph(served: Served) -> None:
    page = served.ask("SELECT ?g { GRAPH ?g { hgi:S000007 dct:identifier ?o } } ORDER BY ?g", results_format="text/csv")
    assert page.decode().split() == ["g", GRAPH, OTHER_GRAPH]


def test_default_graphs_replace_the_default_graph_by_their_merge(served: Served, quads: list[Quad]) -> None:
    count = "SELECT (COUNT(*) AS ?n) FROM <http://replaced.example/> { ?s ?p ?o }"
    one = {q.triple for q in quads if q.graph_name == NamedNode(GRAPH)}
    both = {q.triple for q in quads if q.graph_name in (NamedNode(GRAPH), NamedNode(OTHER_GRAPH))}
    assert number(served, count, default_graphs=(GRAPH,)) == len(one)
    merged = len(one) * 2 if CONCATENATES in served.differences else len(both)
    assert number(served, count, default_graphs=(GRAPH, OTHER_GRAPH)) == merged
    assert len(both) < 2 * len(one)
    in_text = f"SELECT (COUNT(*) AS ?n) FROM <{GRAPH}> FROM <{OTHER_GRAPH}> {{ ?s ?p ?o }}"
    assert number(served, in_text) == merged


def test_named_graphs_replace_the_named_graphs(served: Served) -> None:
    listed = "SELECT DISTINCT ?g FROM NAMED <http://replaced.example/> { GRAPH ?g { ?s ?p ?o } }"
    page = served.ask(listed, results_format="text/csv", named_graphs=(GRAPH,))
    assert page.decode().split() == ["g", GRAPH]
    assert number(served, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", named_graphs=(GRAPH,)) == 0
    assert served.ask(listed, results_format="text/csv", default_graphs=(GRAPH,)).decode().split() == ["g"]


def test_from_never_fetches_a_graph(served: Served) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/data.ttl"
        assert number(served, f"SELECT (COUNT(*) AS ?n) FROM <{address}> {{ ?s ?p ?o }}") == 0
        assert number(served, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", default_graphs=(address,)) == 0
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_the_well_known_prefixes_need_no_declaration(served: Served) -> None:
    assert served.ask("ASK { hgi:S000007 hg:issue ?i ; dct:title ?t ; skos:prefLabel ?l }").endswith(b"true}")
    own = "PREFIX hg: <http://own.example/> ASK { ?s hg:issue ?o }"
    assert served.ask(own).endswith(b"false}"), "a prefix that the query declares wins"


def test_relative_iris_resolve_against_the_base_of_the_call(served: Served) -> None:
    assert served.ask("ASK { <id/incident/S000007> a hg:Incident }", base_iri=BASE).endswith(b"true}")
    with pytest.raises(QueryRefused):
        served.ask("ASK { <id/incident/S000007> a hg:Incident }")


@pytest.mark.parametrize("text", ["", "SELECT * { ?s ?p", "SELECT ?x { ?s ?p ?o } GROUP BY ?s", "ASK { ?s nope:x ?o }"])
def test_a_syntax_error_is_refused(served: Served, text: str) -> None:
    with pytest.raises(QueryRefused, match="not SPARQL"):
        served.ask(text)


@pytest.mark.parametrize(
    "text",
    [
        "INSERT DATA { <a:a> <a:b> <a:c> }",
        "DELETE WHERE { ?s ?p ?o }",
        "DROP ALL",
        "LOAD <http://127.0.0.1:9/>",
        "PREFIX a: <http://a.example/> WITH a:g DELETE { ?s ?p ?o } INSERT { ?s ?p a:x } WHERE { ?s ?p ?o }",
    ],
)
def test_an_update_is_refused(served: Served, text: str) -> None:
    before = number(served, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    with pytest.raises(QueryRefused, match="read-only"):
        served.ask(text)
    assert number(served, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }") == before


@pytest.mark.parametrize("clause", ["SERVICE", "service silent", r"\u0053ERVICE", "SERVICE # {\n"])
def test_service_is_refused_and_calls_nobody(served: Served, clause: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/sparql"
        with pytest.raises(QueryRefused, match="SERVICE"):
            served.ask(f"SELECT * {{ ?s ?p 1 OPTIONAL {{ {clause} <{address}> {{ ?s ?p ?o }} }} }}")
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_the_word_service_is_no_service_clause(served: Served) -> None:
    assert served.ask('ASK { ?service a hg:Incident FILTER(STR(?service) != "SERVICE") } # SERVICE').endswith(b"true}")


@pytest.mark.parametrize(
    ("text", "asked", "offers"),
    [
        ("SELECT * { ?s ?p ?o }", {"results_format": None}, RESULTS_FORMATS),
        ("SELECT * { ?s ?p ?o }", {"results_format": "image/png"}, RESULTS_FORMATS),
        ("DESCRIBE hgi:S000007", {"graph_format": None}, GRAPH_FORMATS),
        ("CONSTRUCT WHERE { ?s ?p ?o }", {"graph_format": "text/csv"}, GRAPH_FORMATS),
        ("ASK {}", {"boolean_format": None}, BOOLEAN_FORMATS),
        ("ASK {}", {"boolean_format": "text/csv"}, BOOLEAN_FORMATS),
    ],
)
def test_a_form_without_an_acceptable_format_says_what_there_is(
    served: Served, text: str, asked: dict[str, Any], offers: tuple[str, ...]
) -> None:
    with pytest.raises(NotAcceptable) as caught:
        served.ask(text, **asked)
    assert caught.value.offers == offers
    assert all(offer in str(caught.value) for offer in offers)


def test_many_queries_at_once_get_their_own_answers(served: Served) -> None:
    async def ask_all() -> list[bytes]:
        texts = [f"SELECT ?l {{ hgi:S{n:06} rdfs:label ?l }}" for n in range(100)]
        turns = asyncio.Semaphore(12)  # below the places and the queue of this store

        async def ask(text: str) -> bytes:
            async with turns:
                return await served.read(text, results_format="text/csv")

        return await asyncio.gather(*(ask(text) for text in texts))

    labels = [page.decode().split("\r\n")[1] for page in served.run(ask_all())]
    assert labels == [f"Incident {n}" for n in range(100)]


def test_the_release_is_named(served: Served) -> None:
    assert served.store.release == f"synthetic-{FEW_INCIDENTS}"


def test_a_count_by_group_equals_one_made_by_hand(served: Served, quads: list[Quad]) -> None:
    wanted = Counter(plain(q.object) for q in {q.triple for q in quads} if q.predicate == HG.issue)
    page = served.ask("SELECT ?i (COUNT(*) AS ?n) { ?s hg:issue ?i } GROUP BY ?i", results_format="text/csv")
    assert dict(line.split(",") for line in page.decode().split()[1:]) == {k: str(n) for k, n in wanted.items()}
