"""The whole service over another engine answers what it answers over the embedded store."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from pyoxigraph import Quad, RdfFormat, parse
from tests.service.conftest import Served
from tests.store.engines import ENGINES

from harmgraph.store.other_engines.publishing import publish
from harmgraph.store.releases.release import Releases

INCIDENT = "/doc/incident/AIAAIC0850"
LD = {"Content-Type": "application/ld+json"}
NOTIFICATION = """{"@context": "http://www.w3.org/ns/anno.jsonld", "type": "Annotation", "motivation": "commenting",
    "bodyValue": "x", "target": "https://w3id.org/harmgraph/id/incident/AIAAIC0850"}"""


@pytest.fixture(scope="module", params=ENGINES)
def remote(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, quads: list[Quad]
) -> Iterator[httpx.Client]:
    """A client of a service over an engine that holds the same release."""
    with ExitStack() as running:
        engine = running.enter_context(ENGINES[request.param](tmp_path_factory.mktemp("engine")))
        releases = Releases(tmp_path_factory.mktemp("releases"))
        service = Served(releases.root, quads, engine.settings(workers=2))
        with engine.target() as target:
            publish(releases.current(), target, lambda *_: None)
        running.enter_context(service)
        yield running.enter_context(httpx.Client(base_url=service.address, timeout=30))


@pytest.mark.parametrize("suffix", ["nt", "ttl"])
def test_a_document_is_the_same(remote: httpx.Client, client: httpx.Client, suffix: str) -> None:
    mine, theirs = (each.get(f"{INCIDENT}.{suffix}") for each in (remote, client))
    assert mine.status_code == theirs.status_code == 200, mine.text
    form = RdfFormat.N_TRIPLES if suffix == "nt" else RdfFormat.TURTLE
    assert {q.triple for q in parse(mine.content, form)} == {q.triple for q in parse(theirs.content, form)}


def test_the_pages_are_the_same(remote: httpx.Client, client: httpx.Client) -> None:
    for path in ("/", INCIDENT + ".html", "/incidents", "/organisations", "/doc/organisation/acme.html"):
        mine, theirs = (each.get(path, headers={"Accept": "text/html"}) for each in (remote, client))
        theirs_without = re.sub(r'<link rel="alternate" type="application/atom.*\n', "", theirs.text)  # made of files
        assert (mine.status_code, mine.text) == (theirs.status_code, theirs_without), path


def test_a_suggestion_is_kept_over_another_engine(remote: httpx.Client) -> None:
    form = f"/improve/{INCIDENT.removeprefix('/doc/')}"
    assert "Occurred: March 2022" in remote.get(form).text
    answer = remote.post(form, data={"kind": "insight", "text": "Known elsewhere as well.", "language": "en"})
    assert answer.status_code == 303, answer.text
    unknown = remote.post("/inbox", content=NOTIFICATION.replace("0850", "9999"), headers=LD)
    assert (remote.post("/inbox", content=NOTIFICATION, headers=LD).status_code, unknown.status_code) == (201, 422)


def test_a_tag_of_the_release_holds_over_another_engine(remote: httpx.Client, client: httpx.Client) -> None:
    tags = {each.get(f"{INCIDENT}.nt").headers["ETag"] for each in (remote, client)}
    assert len(tags) == 1


@pytest.mark.parametrize("accept", ["text/csv", "application/sparql-results+json", "text/tab-separated-values"])
def test_a_query_is_answered(remote: httpx.Client, client: httpx.Client, accept: str) -> None:
    query = "SELECT ?g ?p ?o { GRAPH ?g { <id/incident/AIAAIC0850> ?p ?o } } ORDER BY ?g ?p ?o"
    mine, theirs = (
        each.get("/sparql", params={"query": query}, headers={"Accept": accept}) for each in (remote, client)
    )
    assert mine.headers["Content-Type"] == theirs.headers["Content-Type"]
    assert (mine.json() if "json" in accept else mine.text) == (theirs.json() if "json" in accept else theirs.text)


def test_an_error_is_the_same(remote: httpx.Client, client: httpx.Client) -> None:
    for query in ("SELECT", "DROP ALL", "ASK { SERVICE <http://127.0.0.1/> {} }"):
        mine, theirs = (each.get("/sparql", params={"query": query}) for each in (remote, client))
        assert (mine.status_code, mine.json()) == (theirs.status_code, theirs.json())


def test_a_search_of_text_is_refused_with_the_reason(remote: httpx.Client) -> None:
    answer = remote.get("/sparql", params={"query": 'SELECT ?s { ?s hg:matches "police" }'})
    assert answer.status_code == 400
    assert "another engine" in answer.json()["detail"]


def test_what_is_made_of_files_is_not_here_and_says_so(remote: httpx.Client) -> None:
    for path in ("/dump/data.nq", "/dump/0000000000000000/harmgraph.nq", "/feed.atom", f"/timemap{INCIDENT}"):
        response = remote.get(path)
        assert response.status_code == 404
        assert "here" in response.json()["detail"]
    headers = remote.get(INCIDENT).headers
    assert "Last-Modified" not in headers
    assert "timegate" not in headers["Link"]


@pytest.mark.parametrize(
    "path", ["/catalog", "/.well-known/void", "/sitemap.xml", "/fragments", "/ldes", f"{INCIDENT}.nq"]
)
def test_what_is_made_of_answers_is_the_same(remote: httpx.Client, path: str) -> None:
    response = remote.get(path)
    assert response.status_code == 200, response.text
    assert len(response.content) > 500
