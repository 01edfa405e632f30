"""Triple Pattern Fragments: every triple that matches comes, once, and clients find the next page by themselves."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest
from pyoxigraph import DefaultGraph, Literal, NamedNode, RdfFormat, Triple, parse

from harmgraph.iris import FOAF, HG, RDF, RDFS, VOID, mint
from harmgraph.service.linked_data import fragments
from harmgraph.service.linked_data.fragments import HYDRA

from .conftest import Publication


def pages(client: httpx.Client, **pattern: str) -> tuple[list[Triple], int]:
    """All triples of a fragment, found by its controls, and the number that the first page gave."""
    found: list[Triple] = []
    address: str | None = str(client.build_request("GET", "/fragments", params=pattern).url)
    totals = []
    while address is not None:
        response = client.get(address)
        assert response.status_code == 200, response.text
        quads = list(parse(input=response.content, format=RdfFormat.TRIG))
        data = [quad.triple for quad in quads if isinstance(quad.graph_name, DefaultGraph)]
        about = {quad.triple for quad in quads if not isinstance(quad.graph_name, DefaultGraph)}
        assert len(data) <= 100
        (page,) = (t.object for t in about if t.predicate == FOAF.primaryTopic)
        assert page == NamedNode(address)
        totals += [int(t.object.value) for t in about if (t.subject, t.predicate) == (page, VOID.triples)]
        address = next((t.object.value for t in about if (t.subject, t.predicate) == (page, HYDRA.next)), None)
        found += data
    return found, totals[0]


@pytest.fixture(scope="module")
def held(publication: Publication) -> set[Triple]:
    """Every triple of the release."""
    return {quad.triple for quad in parse(path=str(publication.releases[0].dump), format=RdfFormat.N_QUADS)}


@pytest.mark.parametrize(
    "names", [("subject",), ("predicate",), ("object",), ("subject", "predicate"), ("predicate", "object")]
)
def test_a_fragment_has_every_triple_that_matches_once(
    publication: Publication, held: set[Triple], names: tuple[str, ...]
) -> None:
    example = Triple(mint("incident", "TEST-0007"), HG.deployer, mint("organisation", "acme"))
    wanted = {name: getattr(example, name) for name in names}
    found, total = pages(publication.client, **{name: term.value for name, term in wanted.items()})
    expected = {t for t in held if all(getattr(t, name) == term for name, term in wanted.items())}
    assert Counter(found) == Counter(expected)
    assert total == len(expected)


def test_more_than_are_counted_are_read_page_by_page(
    publication: Publication, held: set[Triple], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fragments, "COUNTED", 500)
    found, total = pages(publication.client, predicate=RDFS.label.value)
    assert Counter(found) == Counter(t for t in held if t.predicate == RDFS.label)
    assert total == len(found) > 500  # the release says so itself
    assert f'<{VOID.triples.value}> "{len(held)}"' in publication.client.get("/fragments?", headers=N_QUADS).text


@pytest.mark.parametrize(
    ("term", "literal"),
    [
        ('"Acme"@en', Literal("Acme", language="en")),
        ('"AIAAIC0850"', Literal("AIAAIC0850")),
        ('"2022-03-01"^^http://www.w3.org/2001/XMLSchema#date', None),
        ('"2022-03-01"^^<http://www.w3.org/2001/XMLSchema#date>', None),
    ],
)
def test_a_literal_stands_in_quotation_marks(publication: Publication, term: str, literal: Literal | None) -> None:
    found, _ = pages(publication.client, object=term)
    assert found
    assert all(t.object == literal for t in found) or literal is None


@pytest.mark.parametrize("text", ["a b", "<x>", "no-scheme", '"x"^^nothing'])
def test_what_is_no_term_is_refused(publication: Publication, text: str) -> None:
    response = publication.client.get("/fragments", params={"object": text})
    assert response.status_code == 400
    assert "object=" in response.json()["detail"]


def test_hostile_terms_do_not_leave_their_place(publication: Publication) -> None:
    for text in ('"} UNION { ?s ?p ?o"', "http://a/> ?p ?o . <http://b/", '"\\" } #"', '"a"@en-"'):
        response = publication.client.get("/fragments", params={"object": text})
        assert response.status_code in (200, 400)
        if response.status_code == 200:
            assert pages(publication.client, object=text) == ([], 0)


def test_a_fragment_tells_how_to_ask_for_others(publication: Publication) -> None:
    response = publication.client.get("/fragments", headers={"Accept": "text/turtle"})
    graph = {quad.triple for quad in parse(input=response.content, format=RdfFormat.TURTLE)}
    (template,) = (t.object for t in graph if t.predicate == HYDRA.template)
    assert template == Literal(f"{publication.served.address}/fragments{{?subject,predicate,object}}")
    properties = {t.object for t in graph if t.predicate == HYDRA.property}
    assert properties == {RDF.subject, RDF.predicate, RDF.object}
    variables = {t.object for t in graph if t.predicate == HYDRA.variable}
    assert variables == {Literal("subject"), Literal("predicate"), Literal("object")}


@pytest.mark.parametrize("media_type", [f.media_type for f in fragments.FORMATS])
def test_a_fragment_comes_in_every_format(publication: Publication, media_type: str) -> None:
    pattern = {"subject": mint("organisation", "acme").value}
    response = publication.client.get("/fragments", params=pattern, headers={"Accept": media_type})
    assert response.headers["Content-Type"].partition(";")[0] == media_type
    found = {quad.triple for quad in parse(input=response.content, format=RdfFormat.from_media_type(media_type))}
    assert Triple(mint("organisation", "acme"), RDF.type, HG.Organisation) in found
    tag = {"If-None-Match": response.headers["ETag"], "Accept": media_type}
    assert publication.client.get("/fragments", params=pattern, headers=tag).status_code == 304


def test_pages_of_other_data_are_not_joined(publication: Publication) -> None:
    assert publication.client.get("/fragments?page=2&order=elsewhere").status_code == 409
    assert publication.client.get("/fragments?subject=http://example.org/nothing&page=2").status_code == 404
    empty = publication.client.get("/fragments?subject=http://example.org/nothing")
    assert empty.status_code == 200


N_QUADS = {"Accept": "application/n-quads"}
COMUNICA = "@comunica/query-sparql"


def modules(project: Path) -> Path | None:
    """Where npm put the client, if it did."""
    places = [project / "tests" / "comunica" / "node_modules", *map(Path, filter(None, [os.environ.get("NODE_PATH")]))]
    return next((place for place in places if (place / COMUNICA).is_dir()), None)


def test_comunica_joins_fragments_to_the_answer_of_the_endpoint(publication: Publication, project: Path) -> None:
    place = modules(project)
    if shutil.which("node") is None or place is None:
        pytest.skip(f"node with {COMUNICA} is not here; `npm ci` in tests/comunica brings it")
    query = (
        f"SELECT ?incident ?name WHERE {{ ?incident <{HG.deployer.value}> ?who ; <{HG.technology.value}> ?what . "
        f"?who <{RDFS.label.value}> ?name }} ORDER BY ?incident ?name"
    )
    source = f"{publication.served.address}/fragments"
    script = project / "tests" / "comunica" / "ask.js"
    run = subprocess.run(
        ["node", str(script), source, query],
        capture_output=True, text=True, timeout=120, check=True, env={**os.environ, "NODE_PATH": str(place)},
    )  # fmt: skip
    expected = publication.client.get("/sparql", params={"query": query, "format": "json"}).json()
    rows: list[Any] = [[row["incident"]["value"], row["name"]["value"]] for row in expected["results"]["bindings"]]
    assert len(rows) > 100
    assert json.loads(run.stdout) == rows


def test_what_links_to_a_thing_is_a_fragment_and_its_document_stays_short(
    publication: Publication, held: set[Triple]
) -> None:
    acme = mint("organisation", "acme")
    linking, total = pages(publication.client, object=acme.value)
    assert total == len({t for t in held if t.object == acme}) > 100
    document = publication.client.get("/doc/organisation/acme.nt").content
    assert not any(
        quad.object == acme
        for quad in parse(input=document, format=RdfFormat.N_TRIPLES)
        if quad.predicate != FOAF.primaryTopic
    )
    assert len(document) < 2_000
    assert {t.subject for t in linking} > {mint("incident", "TEST-0007")}
