"""``/sparql`` over HTTP: the protocol's three ways to ask, its formats, and every way to ask wrongly."""

from __future__ import annotations

import csv
import io
import json
from urllib.parse import quote, urlencode

import httpx
import pytest
from pyoxigraph import QueryResultsFormat, QuerySolutions, RdfFormat, parse, parse_query_results

from harmgraph.iris import BASE, PREFIXES

from .conftest import Served

SELECT = "SELECT ?s ?label { ?s <http://www.w3.org/2000/01/rdf-schema#label> ?label } ORDER BY ?s ?label LIMIT 7"
CONSTRUCT = f"CONSTRUCT WHERE {{ <{BASE}id/incident/AIAAIC0850> ?p ?o }}"
DIRECT = {"Content-Type": "application/sparql-query"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def test_the_three_ways_to_ask_give_one_answer(client: httpx.Client) -> None:
    answers = [
        client.get("/sparql", params={"query": SELECT}),
        client.post("/sparql", data={"query": SELECT}),
        client.post("/sparql", content=SELECT, headers=DIRECT),
        client.post("/sparql", content=SELECT, headers={"Content-Type": "application/sparql-query; charset=UTF-8"}),
    ]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert len(answers[0].json()["results"]["bindings"]) == 7
    for answer in answers:
        assert answer.headers["Content-Type"] == "application/sparql-results+json"
        assert answer.headers["Vary"] == "Accept, Accept-Encoding"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    ("accept", "short", "content_type"),
    [
        ("application/sparql-results+json", "json", "application/sparql-results+json"),
        ("application/sparql-results+xml", "xml", "application/sparql-results+xml;charset=utf-8"),
        ("text/csv", "csv", "text/csv;charset=utf-8"),
        ("text/tab-separated-values", "tsv", "text/tab-separated-values;charset=utf-8"),
    ],
)
def test_results_come_in_four_formats(client: httpx.Client, accept: str, short: str, content_type: str) -> None:
    negotiated = client.get("/sparql", params={"query": SELECT}, headers={"Accept": accept})
    named = client.get("/sparql", params={"query": SELECT, "format": short}, headers={"Accept": "image/png"})
    assert negotiated.headers["Content-Type"] == named.headers["Content-Type"] == content_type
    assert negotiated.content == named.content
    if short == "csv":
        assert len(list(csv.reader(io.StringIO(negotiated.text)))) == 8
    else:
        results_format = QueryResultsFormat.from_media_type(accept)
        assert results_format is not None
        solutions = parse_query_results(input=negotiated.content, format=results_format)
        assert isinstance(solutions, QuerySolutions)
        assert len(list(solutions)) == 7


@pytest.mark.parametrize(
    ("accept", "short"),
    [
        ("text/turtle", "ttl"),
        ("application/ld+json", "json"),
        ("application/n-triples", "nt"),
        ("application/rdf+xml", "xml"),
        ("application/n-quads", "nq"),
        ("application/trig", "trig"),
    ],
)
def test_graphs_come_in_six_formats(client: httpx.Client, accept: str, short: str) -> None:
    negotiated = client.get("/sparql", params={"query": CONSTRUCT}, headers={"Accept": accept})
    named = client.get("/sparql", params={"query": CONSTRUCT, "format": short})
    assert negotiated.headers["Content-Type"].partition(";")[0] == accept
    rdf_format = RdfFormat.from_media_type(accept)
    graph = set(parse(input=negotiated.content, format=rdf_format))
    assert len(graph) > 20
    assert graph == set(parse(input=named.content, format=rdf_format))


def test_one_accept_header_serves_every_form_of_query(client: httpx.Client) -> None:
    headers = {"Accept": "text/turtle, application/sparql-results+xml;q=0.9"}
    for query, sent in ((SELECT, "application/sparql-results+xml"), (CONSTRUCT, "text/turtle")):
        answer = client.get("/sparql", params={"query": query}, headers=headers)
        assert answer.headers["Content-Type"] == f"{sent};charset=utf-8"


def test_ask_answers_a_boolean(client: httpx.Client) -> None:
    ask = {"query": "ASK { ?s ?p ?o }"}
    assert client.get("/sparql", params=ask).json()["boolean"] is True
    assert client.get("/sparql", params=ask, headers={"Accept": "text/boolean"}).text == "true"
    for accept in ("text/csv, application/sparql-results+json;q=0.5", "text/turtle, application/json;q=0.1"):
        assert client.get("/sparql", params=ask, headers={"Accept": accept}).json()["boolean"] is True
    csv_only = client.get("/sparql", params=ask, headers={"Accept": "text/csv"})
    assert csv_only.status_code == 406
    assert csv_only.json()["offers"][0] == "application/sparql-results+json"


@pytest.mark.parametrize("name", ["application/sparql-results+xml", "xml", "XML"])
def test_a_format_has_several_names(client: httpx.Client, name: str) -> None:
    answer = client.get("/sparql", params={"query": SELECT, "format": name}, headers={"Accept": "text/csv"})
    assert answer.headers["Content-Type"].startswith("application/sparql-results+xml")


def test_the_default_graph_counts_every_statement_once(client: httpx.Client, quads: list[object]) -> None:
    count = client.get("/sparql", params={"query": "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"}).json()
    distinct = {str(quad.triple) for quad in quads}  # type: ignore[attr-defined]  # the fixture's items are quads
    assert int(count["results"]["bindings"][0]["n"]["value"]) == len(distinct)


def test_the_question_of_the_project_is_answered(client: httpx.Client) -> None:
    query = (
        f"PREFIX hg: <{PREFIXES['hg']}> PREFIX skos: <{PREFIXES['skos']}>\n"
        "SELECT ?o (COUNT(DISTINCT ?i) AS ?n) { ?i hg:technology/skos:broader* "
        f"<{BASE}id/concept/technology/facial-recognition> ; hg:deployer ?o }} GROUP BY ?o ORDER BY DESC(?n)"
    )
    rows = client.get("/sparql", params={"query": query, "format": "csv"}).text.split()
    assert rows[1:] == [f"{BASE}id/organisation/acme,120", f"{BASE}id/organisation/ministry-of-defence-of-ukraine,1"]


def test_graphs_of_the_request_replace_those_of_the_query(client: httpx.Client) -> None:
    record, places = f"{BASE}id/record/aiaaic-sheet/2026-06/AIAAIC0850", f"{BASE}id/graph/places"
    query = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    counts = {}
    for graphs in ((record,), (places,), (record, places)):
        answer = client.get("/sparql", params={"query": query, "default-graph-uri": graphs})
        counts[graphs] = int(answer.json()["results"]["bindings"][0]["n"]["value"])
    assert counts[record,] > 0 < counts[places,]
    assert counts[record, places] == counts[record,] + counts[places,]
    named = {"query": "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }", "named-graph-uri": places}
    form = client.post("/sparql", data=named).json()["results"]["bindings"]
    assert [row["g"]["value"] for row in form] == [places]


def test_relative_iris_resolve_against_our_own(client: httpx.Client) -> None:
    answer = client.get("/sparql", params={"query": "ASK { <id/incident/AIAAIC0850> ?p ?o }"})
    assert answer.json()["boolean"] is True


@pytest.mark.parametrize("text", ["100% + 50 %2B %252B", "naïve 北京 𝔘", "a&b=c;d", "plus+plus", "\u00a0"])
def test_a_query_is_decoded_exactly_once(client: httpx.Client, text: str) -> None:
    query = f"SELECT ({json.dumps(text, ensure_ascii=False)} AS ?text) {{}}"
    plus = urlencode({"query": query})
    answers = [
        client.get(f"/sparql?query={quote(query, safe='')}"),
        client.get(f"/sparql?{plus}"),
        client.post("/sparql", content=plus, headers=FORM),
        client.post("/sparql", content=f"query={quote(query, safe='')}", headers=FORM),
        client.post("/sparql", content=query.encode(), headers=DIRECT),
    ]
    for answer in answers:
        assert answer.json()["results"]["bindings"][0]["text"]["value"] == text


@pytest.mark.parametrize(
    ("method", "url", "content", "content_type", "status"),
    [
        ("GET", "/sparql?query=", None, None, 400),
        ("GET", "/sparql?query=SELEC", None, None, 400),
        ("GET", "/sparql?query=ASK%7B%7D&query=ASK%7B%7D", None, None, 400),
        ("GET", "/sparql?query=%FF", None, None, 400),
        ("GET", "/sparql?query=ASK%7B%7D&timeout=soon", None, None, 400),
        ("GET", "/sparql?query=ASK%7B%7D&timeout=-1", None, None, 400),
        ("GET", "/sparql?query=ASK%7B%7D&timeout=nan", None, None, 400),
        ("GET", "/sparql?query=ASK%7B%7D&format=docx", None, None, 400),
        ("GET", "/sparql?query=ASK%7B%7D&default-graph-uri=not+an+iri", None, None, 400),
        ("GET", "/sparql?query=INSERT+DATA+%7B%3Ca%3Ab%3E+%3Ca%3Ab%3E+1%7D", None, None, 403),
        ("GET", "/sparql?query=LOAD+%3Chttp%3A%2F%2F127.0.0.1%2F%3E", None, None, 403),
        ("GET", r"/sparql?query=\u004cOAD+%3Chttp%3A%2F%2F127.0.0.1%2F%3E", None, None, 403),
        ("POST", "/sparql", b"", FORM["Content-Type"], 400),
        ("POST", "/sparql", b"", DIRECT["Content-Type"], 400),
        ("POST", "/sparql", b"query=%FF", FORM["Content-Type"], 400),
        ("POST", "/sparql", "ASK {}".encode("utf-16"), DIRECT["Content-Type"], 400),
        ("POST", "/sparql?query=ASK%7B%7D", b"ASK {}", DIRECT["Content-Type"], 400),
        ("POST", "/sparql", b"ASK {}", None, 415),
        ("POST", "/sparql", b"ASK {}", "text/plain", 415),
        ("POST", "/sparql", b"ASK {}", "application/sparql-query; charset=utf-16", 415),
        ("POST", "/sparql", b"x" * (5 << 20), DIRECT["Content-Type"], 413),
        ("POST", "/sparql", b"update=CLEAR+ALL", FORM["Content-Type"], 403),
        ("POST", "/sparql", b"CLEAR ALL", "application/sparql-update", 403),
        ("PUT", "/sparql", b"", None, 405),
        ("DELETE", "/sparql", None, None, 405),
        ("POST", "/id/incident/AIAAIC0850", b"", None, 405),
        ("POST", "/", b"", None, 405),
    ],
)
def test_a_wrong_request_gets_its_status_and_a_problem(
    client: httpx.Client, method: str, url: str, content: bytes | None, content_type: str | None, status: int
) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    response = client.request(method, url, content=content, headers=headers)
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert "Traceback" not in response.text
    if status == 405:
        assert {"GET", "HEAD", "OPTIONS"} <= set(response.headers["Allow"].split(", "))
        assert ("POST" in response.headers["Allow"]) == (url == "/sparql")
    if status == 415:
        assert "application/sparql-query" in response.headers["Accept-Post"]


def test_406_lists_what_there_is(client: httpx.Client) -> None:
    response = client.get("/sparql", params={"query": SELECT}, headers={"Accept": "image/png"})
    assert response.status_code == 406
    assert "text/csv" in response.json()["offers"]
    graph_only = client.get("/sparql", params={"query": SELECT}, headers={"Accept": "text/turtle"})
    assert graph_only.status_code == 406
    assert "text/turtle" not in graph_only.json()["offers"]


def test_a_syntax_error_says_where(client: httpx.Client) -> None:
    problem = client.get("/sparql", params={"query": "SELECT ?s\nWHERE { ?s ?p }"}).json()
    assert problem["type"] == f"{BASE}problems#query-refused"
    assert "line 2, column 16" in problem["detail"]


def test_without_a_query_the_endpoint_describes_itself(client: httpx.Client) -> None:
    response = client.get("/sparql", headers={"Accept": "text/turtle"})
    assert response.status_code == 200
    assert "sd:Service" in response.text or "service-description#Service" in response.text
    assert "<form" in client.get("/sparql", headers={"Accept": "text/html"}).text
    nothing = client.get("/sparql", headers={"Accept": "application/sparql-results+json"})
    assert nothing.status_code == 400


def test_head_runs_like_get_without_a_body(client: httpx.Client) -> None:
    response = client.head("/sparql", params={"query": SELECT})
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/sparql-results+json"
    assert response.content == b""
    assert client.head("/sparql", params={"query": "SELEC"}).status_code == 400


def test_a_browser_may_ask_from_any_page(client: httpx.Client) -> None:
    preflight = client.options(
        "/sparql",
        headers={"Origin": "https://example.org", "Access-Control-Request-Method": "POST"},
    )
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert "Content-Type" in preflight.headers["Access-Control-Allow-Headers"]
    assert "ETag" in preflight.headers["Access-Control-Expose-Headers"]


def test_health_names_the_release(client: httpx.Client) -> None:
    health = client.get("/healthz")
    assert health.status_code == 200
    assert health.json()["status"] == "ok"
    assert health.json()["release"]


@pytest.mark.parametrize("form", ["rdf+xml", "json-ld", "turtle", "xml", "n3"])
def test_sparqlwrapper_gets_a_graph_in_each_of_its_formats(served: Served, form: str) -> None:
    from SPARQLWrapper import SPARQLWrapper

    endpoint = SPARQLWrapper(f"{served.address}/sparql", returnFormat=form)
    endpoint.setQuery(f"CONSTRUCT {{ ?s a hg:Incident }} WHERE {{ VALUES ?s {{ <{BASE}id/incident/AIAAIC0850> }} }}")
    assert b"AIAAIC0850" in endpoint.query().response.read()


@pytest.mark.parametrize("form", ["json", "xml", "csv", "tsv"])
def test_sparqlwrapper_gets_rows_in_each_of_its_formats(served: Served, form: str) -> None:
    from SPARQLWrapper import SPARQLWrapper

    endpoint = SPARQLWrapper(f"{served.address}/sparql", returnFormat=form)
    endpoint.setQuery("SELECT ?s WHERE { ?s a hg:Incident } LIMIT 3")
    answer = endpoint.query().response.read()
    assert answer.count(b"/id/incident/") == 3


def test_two_media_types_are_one_too_many(client: httpx.Client) -> None:
    parameters = {"query": "ASK {}", "format": ["text/csv", "application/json"]}
    answer = client.get("/sparql", params=parameters)
    assert answer.status_code == 400 and "format is given 2 times" in answer.json()["detail"]
