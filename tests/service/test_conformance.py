"""The 34 cases of the SPARQL 1.1 Protocol's test suite, in our own words, over a data set of three graphs.

20 cases ask or are asked wrongly; the 14 updates are refused, the well-formed ones among them with 403.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest
from pyoxigraph import Literal, NamedNode, Quad

from harmgraph.settings import Settings

from .conftest import Served

G1, G2, G3 = (NamedNode(f"http://data.example/graph{n}") for n in (1, 2, 3))
FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
UPDATE = "application/sparql-update"


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a service whose graph n says that ``thing-n`` has the number n."""
    quads = [
        Quad(NamedNode(f"http://data.example/thing-{n}"), NamedNode("http://data.example/number"), Literal(n), graph)
        for n, graph in enumerate((G1, G2, G3), 1)
    ]
    with (
        Served(tmp_path_factory.mktemp("graphs"), quads, Settings(store="memory", workers=2)) as served,
        httpx.Client(base_url=served.address, timeout=30) as client,
    ):
        del client.headers["Accept"]
        yield client


def has(*numbers: int) -> str:
    """A pattern that holds where the graph has all these things."""
    return " ".join(f"<http://data.example/thing-{n}> ?p{n} {n} ." for n in numbers)


# An ASK for what is there, and that what is not there is not: a service that ignores the parameters says no.
DEFAULT_1_2 = f"ASK {{ {has(1, 2)} FILTER NOT EXISTS {{ {has(3)} }} }}"
NAMED_1_2 = (
    f"ASK {{ GRAPH ?g {{ {has(1)} }} GRAPH ?h {{ {has(2)} }} FILTER NOT EXISTS {{ GRAPH ?i {{ {has(3)} }} }} "
    f"FILTER NOT EXISTS {{ {has(1)} }} }}"
)
FULL = f"ASK {{ {has(3)} GRAPH ?g {{ {has(1)} }} GRAPH ?h {{ {has(2)} }} FILTER NOT EXISTS {{ {has(1)} }} }}"
CONFLICTING = f"ASK FROM {G3} FROM NAMED {G3} {{ {has(1, 2)} FILTER NOT EXISTS {{ {has(3)} }} }}"
IN_DEFAULT = [("default-graph-uri", G1.value), ("default-graph-uri", G2.value)]
IN_NAMED = [("named-graph-uri", G1.value), ("named-graph-uri", G2.value)]
WHOLE = [("default-graph-uri", G3.value), *IN_NAMED]

ANSWERED = {
    "query_get": ("GET", [("query", "ASK {}")], None, ""),
    "query_post_form": ("POST", [], FORM, f"query={quote('ASK {}')}"),
    "query_post_direct": ("POST", [], QUERY, "ASK {}"),
    "query_dataset_default_graphs_get": ("GET", [("query", DEFAULT_1_2), *IN_DEFAULT], None, ""),
    "query_dataset_default_graphs_post": ("POST", IN_DEFAULT, QUERY, DEFAULT_1_2),
    "query_dataset_named_graphs_get": ("GET", [("query", NAMED_1_2), *IN_NAMED], None, ""),
    "query_dataset_named_graphs_post": ("POST", IN_NAMED, QUERY, NAMED_1_2),
    "query_dataset_full": ("POST", WHOLE, QUERY, FULL),
    "query_multiple_dataset": ("POST", IN_DEFAULT, QUERY, CONFLICTING),
}


@pytest.mark.parametrize("name", ANSWERED)
def test_the_protocol_answers(endpoint: httpx.Client, name: str) -> None:
    method, parameters, content_type, body = ANSWERED[name]
    headers = {"Content-Type": content_type} if content_type else {}
    answer = endpoint.request(method, "/sparql", params=parameters, headers=headers, content=body.encode())  # type: ignore[arg-type]  # httpx takes pairs
    assert answer.status_code == 200, answer.text
    assert answer.json()["boolean"] is True


@pytest.mark.parametrize(
    ("name", "query", "content_types"),
    [
        (
            "query_content_type_select",
            "SELECT (1 AS ?value) {}",
            {
                "application/sparql-results+xml",
                "application/sparql-results+json",
                "text/tab-separated-values",
                "text/csv",
            },
        ),
        ("query_content_type_ask", "ASK {}", {"application/sparql-results+xml", "application/sparql-results+json"}),
        (
            "query_content_type_describe",
            "DESCRIBE <http://data.example/thing-1>",
            {"application/rdf+xml", "application/rdf+json", "text/turtle"},
        ),
        (
            "query_content_type_construct",
            "CONSTRUCT { <s> <p> 1 } WHERE {}",
            {"application/rdf+xml", "application/rdf+json", "text/turtle"},
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and value.startswith("query_") else "",
)
def test_the_protocol_names_its_formats(endpoint: httpx.Client, name: str, query: str, content_types: set[str]) -> None:
    answer = endpoint.post("/sparql", data={"query": query})
    assert answer.status_code == 200, name
    assert answer.headers["Content-Type"].partition(";")[0] in content_types


INSERT = f"INSERT DATA {{ GRAPH {G1} {{ <s> <p> <o> }} }}"
FORMS_OF_UPDATE = {
    "update_post_form": ("POST", [], FORM, f"update={quote(INSERT)}"),
    "update_post_direct": ("POST", [], UPDATE, INSERT),
    "update_base_uri": ("POST", [], UPDATE, "BASE <http://example/> INSERT DATA { GRAPH <g> { <s> <p> <o> } }"),
    "update_dataset_default_graph": ("POST", [("using-graph-uri", G1.value)], UPDATE, INSERT),
    "update_dataset_default_graphs": (
        "POST",
        [("using-graph-uri", G1.value), ("using-graph-uri", G2.value)],
        UPDATE,
        INSERT,
    ),
    "update_dataset_named_graphs": ("POST", [("using-named-graph-uri", G1.value)], UPDATE, INSERT),
    "update_dataset_full": (
        "POST",
        [("using-graph-uri", G1.value), ("using-named-graph-uri", G2.value)],
        UPDATE,
        INSERT,
    ),
}
REFUSED = {
    "bad_query_method": ("PUT", [("query", "ASK {}")], None, b"", 405),
    "bad_multiple_queries": ("GET", [("query", "ASK {}"), ("query", "SELECT * {}")], None, b"", 400),
    "bad_query_wrong_media_type": ("POST", [], "text/plain", b"ASK {}", 415),
    "bad_query_missing_form_type": ("POST", [], None, b"query=ASK%20%7B%7D", 415),
    "bad_query_missing_direct_type": ("POST", [], None, b"ASK {}", 415),
    "bad_query_non_utf8": ("POST", [], f"{QUERY}; charset=UTF-16", "ASK {}".encode("utf-16"), 415),
    "bad_query_syntax": ("GET", [("query", "ASK {")], None, b"", 400),
    **{name: (*request[:3], request[3].encode(), 403) for name, request in FORMS_OF_UPDATE.items()},
    "bad_update_get": ("GET", [("update", "CLEAR ALL")], None, b"", 403),
    "bad_multiple_updates": ("POST", [], FORM, b"update=CLEAR%20NAMED&update=CLEAR%20DEFAULT", 403),
    "bad_update_wrong_media_type": ("POST", [], "text/plain", b"CLEAR NAMED", 415),
    "bad_update_missing_form_type": ("POST", [], None, b"update=CLEAR%20NAMED", 415),
    "bad_update_non_utf8": ("POST", [], f"{UPDATE}; charset=UTF-16", "CLEAR NAMED".encode("utf-16"), 403),
    "bad_update_syntax": ("POST", [], FORM, b"update=CLEAR%20XYZ", 403),
    "bad_update_dataset_conflict": (
        "POST",
        [],
        FORM,
        f"using-graph-uri=http%3A%2F%2Fa%2F&update={quote(INSERT)}".encode(),
        403,
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_the_protocol_refuses(endpoint: httpx.Client, name: str) -> None:
    method, parameters, content_type, body, status = REFUSED[name]
    headers = {"Content-Type": content_type} if content_type else {}
    answer = endpoint.request(method, "/sparql", params=parameters, headers=headers, content=body)  # type: ignore[arg-type]  # httpx takes pairs
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"]
    assert endpoint.get("/sparql", params={"query": "ASK { GRAPH ?g { <s> <p> <o> } }"}).json()["boolean"] is False


def test_every_case_of_the_protocol_is_here() -> None:
    assert len(ANSWERED) + 4 + len(REFUSED) == 34
