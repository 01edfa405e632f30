"""The IRIs of earlier versions of the ontology go on to lead to them, while a release that has them is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pyoxigraph import NamedNode, Quad, RdfFormat, parse

from harmgraph.iris import BASE, HG, OWL, RDF
from harmgraph.settings import Settings

from .conftest import Served, ontology_quads, publish

EARLIER = NamedNode(f"{BASE}ns/0.0.9")


def earlier(project: Path) -> Iterator[Quad]:
    """The ontology as it might have been: with another version, and a term that is gone."""
    for quad in ontology_quads(project):
        if quad.predicate == OWL.versionIRI:
            yield Quad(quad.subject, quad.predicate, EARLIER, quad.graph_name)
            yield Quad(HG.Former, RDF.type, OWL.Class, quad.graph_name)
        else:
            yield quad


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Iterator[httpx.Client]:
    """For a service of two releases, the older of which has the earlier version."""
    releases = tmp_path_factory.mktemp("releases")
    publish(releases, earlier(project), "2025-07-01T10:00:00+00:00")
    with (
        Served(
            releases, ontology_quads(project), Settings(store="memory", workers=1), "2026-01-01T12:30:00+00:00"
        ) as it,
        httpx.Client(base_url=it.address, timeout=30) as client,
    ):
        yield client


@pytest.mark.parametrize(
    ("path", "accept", "syntax"),
    [
        ("/ns/0.0.9", "text/turtle", RdfFormat.TURTLE),
        ("/ns/0.0.9", "application/rdf+xml", RdfFormat.RDF_XML),
        ("/ns/0.0.9.nt", "*/*", RdfFormat.N_TRIPLES),
    ],
)
def test_an_earlier_version_is_answered_from_its_release(
    client: httpx.Client, path: str, accept: str, syntax: RdfFormat
) -> None:
    redirect = client.get(path, headers={"Accept": accept})
    assert (redirect.status_code, redirect.headers["Location"]) == (302, f"/memento/20250701100000{path}")
    answer = client.get(path, headers={"Accept": accept}, follow_redirects=True)
    said = {quad.triple for quad in parse(input=answer.content, format=syntax)}
    assert any(t.predicate == OWL.versionIRI and t.object == EARLIER for t in said)
    assert any(t.subject == HG.Former for t in said)
    assert answer.headers["Memento-Datetime"] == "Tue, 01 Jul 2025 10:00:00 GMT"


def test_the_page_of_an_earlier_version_documents_its_terms(client: httpx.Client) -> None:
    page = client.get("/ns/0.0.9", headers={"Accept": "text/html"}, follow_redirects=True)
    assert page.status_code == 200
    assert 'id="Former"' in page.text
    assert 'href="/memento/20250701100000/ns/0.0.9.ttl"' in page.text
    assert 'id="Former"' not in client.get("/ns", headers={"Accept": "text/html"}).text


def test_the_present_version_is_answered_at_once(client: httpx.Client) -> None:
    assert client.get("/ns/0.1.0", headers={"Accept": "text/turtle"}).status_code == 200


@pytest.mark.parametrize("path", ["/ns/0.0.8", "/ns/", "/ns/0.0.9/x", "/ns/%3Cx%3E", "/ns/%ff", "/ns/0.0"])
def test_a_version_that_never_was_is_not_found(client: httpx.Client, path: str) -> None:
    assert client.get(path, headers={"Accept": "text/turtle"}, follow_redirects=True).status_code == 404
