"""``/graphs`` over HTTP: the Graph Store Protocol for reading, and graphs in the description of the service."""

from __future__ import annotations

import httpx
import pytest
from pyoxigraph import Literal, Quad, RdfFormat, parse

from harmgraph.iris import BASE, RDF, VOID, graph_iri
from harmgraph.service.sparql.service_description import SD

PLACES = graph_iri("places").value


def triples_in(quads: list[Quad], graph: str | None) -> set[str]:
    return {str(quad.triple) for quad in quads if graph is None or quad.graph_name.value == graph}  # type: ignore[union-attr]  # all are named


@pytest.mark.parametrize(
    "media_type",
    [
        "text/turtle",
        "application/n-triples",
        "application/rdf+xml",
        "application/n-quads",
        "application/trig",
        "application/ld+json",
    ],
)
def test_a_graph_is_read_by_its_iri(client: httpx.Client, quads: list[Quad], media_type: str) -> None:
    answer = client.get("/graphs", params={"graph": PLACES}, headers={"Accept": media_type})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].partition(";")[0] == media_type
    found = {str(quad.triple) for quad in parse(input=answer.content, format=RdfFormat.from_media_type(media_type))}
    assert found == triples_in(quads, PLACES)


def test_the_default_graph_is_the_merge_of_all(client: httpx.Client, quads: list[Quad]) -> None:
    answer = client.get("/graphs?default", headers={"Accept": "application/n-triples"})
    lines = answer.text.splitlines()
    assert len(lines) == len(set(lines)) == len(triples_in(quads, None))


def test_a_graph_has_a_validator(client: httpx.Client) -> None:
    first = client.get("/graphs", params={"graph": PLACES})
    again = client.get("/graphs", params={"graph": PLACES}, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert client.head("/graphs", params={"graph": PLACES}).headers["ETag"] == first.headers["ETag"]


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("", 400, "?graph=IRI"),
        ("?graph=", 400, "absolute IRI"),
        ("?graph=places", 400, "absolute IRI"),
        (f"?graph={BASE}no-such-graph", 404, "no-such-graph"),
        ("?graph=http://a/%3E%7D%20%23", 400, "absolute IRI"),
        ("?graph=http://a/&graph=http://b/", 400, "one graph"),
        ("?graph=http://a/&default", 400, "one graph"),
        ("?graph=%FF", 400, "UTF-8"),
        ("?default&format=docx", 406, "docx"),
    ],
)
def test_a_wrong_name_of_a_graph_is_explained(client: httpx.Client, query: str, status: int, said: str) -> None:
    answer = client.get(f"/graphs{query}")
    assert answer.status_code == status
    assert said in answer.json()["detail"]


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
def test_no_graph_can_be_written(client: httpx.Client, method: str) -> None:
    answer = client.request(method, "/graphs", params={"graph": PLACES}, content=b"")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_a_graph_of_our_own_dereferences(client: httpx.Client) -> None:
    assert client.get(f"/doc/{PLACES.removeprefix(BASE + 'id/')}").status_code == 200


def test_the_service_describes_its_named_graphs(client: httpx.Client, quads: list[Quad]) -> None:
    answer = client.get("/sparql", headers={"Accept": "text/turtle"})
    described = {quad.triple for quad in parse(input=answer.content, format=RdfFormat.TURTLE)}
    names = {t.subject: t.object.value for t in described if t.predicate == SD.name}
    assert set(names.values()) == {quad.graph_name.value for quad in quads}  # type: ignore[union-attr]  # all are named
    (places,) = (node for node, name in names.items() if name == PLACES)
    counts = [t.object for t in described if t.subject == places and t.predicate == VOID.triples]
    assert [count.value for count in counts if isinstance(count, Literal)] == [str(len(triples_in(quads, PLACES)))]
    assert any(t.predicate == RDF.type and t.object == SD.Service for t in described)
    formats = {t.object.value.rpartition("/")[2] for t in described if t.predicate == SD.resultFormat}
    assert formats == {
        *("SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV"),
        *("Turtle", "JSON-LD", "N-Triples", "RDF_XML", "N-Quads", "TriG"),
    }
    again = client.get("/sparql", headers={"Accept": "text/turtle", "If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
