"""From an IRI by 303 to a document: formats, suffixes, caching, odd names, and that no IRI is a dead end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Triple, parse
from rdflib import Graph
from rdflib.compare import isomorphic

from harmgraph.errors import HarmgraphError
from harmgraph.iris import BASE, DCT, FOAF, HG, RDF, RDFS, VOID, XSD, mint, record_iri
from harmgraph.service.app import create_app
from harmgraph.service.terms import href
from harmgraph.settings import Settings

from .conftest import Served

SEED = "/doc/incident/AIAAIC0850"
MEDIA_TYPES = {
    "ttl": "text/turtle",
    "jsonld": "application/ld+json",
    "nt": "application/n-triples",
    "rdf": "application/rdf+xml",
}
QUADS = {"trig": "application/trig", "nq": "application/n-quads"}


def triples(response: httpx.Response) -> set[Triple]:
    """The graph in a response, whatever RDF format it is in."""
    media_type = response.headers["Content-Type"].partition(";")[0]
    return {quad.triple for quad in parse(input=response.content, format=RdfFormat.from_media_type(media_type))}


def test_a_thing_redirects_to_the_document_about_it(client: httpx.Client) -> None:
    for method in ("GET", "HEAD"):
        response = client.request(method, "/id/incident/AIAAIC0850", headers={"Accept": "text/turtle"})
        assert response.status_code == 303
        assert response.headers["Location"] == SEED
        assert response.headers["Vary"] == "Accept"
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert '</doc/incident/AIAAIC0850.ttl>; rel="describedby"; type="text/turtle"' in response.headers["Link"]


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "text/turtle"),
        ("text/turtle", "text/turtle"),
        ("application/ld+json", "application/ld+json"),
        ("application/n-triples", "application/n-triples"),
        ("application/rdf+xml", "application/rdf+xml"),
        ("text/html", "text/html"),
        ("text/turtle;q=0.1, application/ld+json", "application/ld+json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
    ],
)
def test_a_document_comes_as_it_is_wanted(client: httpx.Client, accept: str | None, media_type: str) -> None:
    response = client.get(SEED, headers={"Accept": accept} if accept else {})
    assert response.status_code == 200
    assert response.headers["Content-Type"].partition(";")[0] == media_type
    assert response.headers["Vary"] == "Accept, Accept-Datetime, Accept-Encoding"
    assert response.headers["ETag"].startswith('"')
    assert response.headers["Content-Location"].startswith(f"{SEED}.")


@pytest.mark.parametrize(
    ("asked", "location"),
    [
        ("/id/incident/INC-05349", "/id/incident/AIAAIC0850"),
        ("/doc/incident/INC-05349", SEED),
        ("/doc/incident/INC-05349.jsonld", f"{SEED}.jsonld"),
    ],
)
def test_another_name_of_an_incident_leads_to_its_own(client: httpx.Client, asked: str, location: str) -> None:
    response = client.get(asked)
    assert (response.status_code, response.headers["Location"]) == (301, location)


@pytest.mark.parametrize("suffix", ["", ".ttl", ".html"])
def test_a_withdrawn_incident_keeps_its_iri_and_says_that_it_is_gone(client: httpx.Client, suffix: str) -> None:
    for response in (client.get("/id/incident/INC-00004"), client.get(f"/doc/incident/INC-00004{suffix}")):
        assert response.status_code == 410
        assert "out of scope" in response.text
        assert response.headers["Content-Location"].startswith("/doc/incident/INC-00004.")
        assert "ETag" not in response.headers, "with it, a client would be told 304"


def test_a_thing_may_be_answered_with_its_document_at_once(tmp_path: Path, quads: list[Quad]) -> None:
    with (
        Served(tmp_path / "releases", quads, Settings(store="memory", workers=2, thing_status=200)) as server,
        httpx.Client(base_url=server.address, timeout=30) as client,
    ):
        accept = {"Accept": "application/n-triples"}
        response = client.get("/id/incident/AIAAIC0850", headers=accept)
        assert response.status_code == 200
        assert response.content == client.get(SEED, headers=accept).content
        assert response.headers["Content-Location"] == f"{SEED}.nt"
        tag = {"If-None-Match": response.headers["ETag"]}
        assert client.get("/id/incident/AIAAIC0850", headers=accept | tag).status_code == 304
        assert client.get("/id/incident/NOPE").status_code == 404
        assert client.get("/id/incident/INC-05349").status_code == 301


def test_a_status_that_no_thing_can_have_is_refused(client: httpx.Client, served: Served) -> None:
    store = served.app.state.serving.current.store  # type: ignore[union-attr]  # it was started
    with pytest.raises(HarmgraphError, match="HARMGRAPH_THING_STATUS=302"):
        create_app(store, replace(served.settings, thing_status=302))


def test_406_lists_the_alternatives(client: httpx.Client) -> None:
    response = client.get(SEED, headers={"Accept": "image/png"})
    assert response.status_code == 406
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["offers"] == [*MEDIA_TYPES.values(), *QUADS.values(), "text/html"]


def test_every_format_and_suffix_gives_the_same_graph(client: httpx.Client) -> None:
    expected = Graph().parse(data=client.get(f"{SEED}.nt").content, format="nt")
    assert len(expected) > 80
    for suffix, media_type in MEDIA_TYPES.items():
        suffixed = client.get(f"{SEED}.{suffix}")
        assert suffixed.headers["Content-Location"] == f"{SEED}.{suffix}"
        assert suffixed.headers["Vary"] == "Accept-Datetime, Accept-Encoding"
        negotiated = client.get(SEED, headers={"Accept": media_type})
        assert negotiated.headers["Content-Location"] == f"{SEED}.{suffix}"
        assert negotiated.content == suffixed.content
        assert isomorphic(Graph().parse(data=suffixed.content, format=media_type), expected), suffix
    assert client.get(f"{SEED}.html").headers["Content-Type"] == "text/html; charset=utf-8"


def test_quads_say_who_says_what(client: httpx.Client, quads: list[Quad]) -> None:
    everything = set(quads)
    about = NamedNode(f"{BASE}doc/incident/AIAAIC0850")
    bodies = {}
    for suffix, media_type in QUADS.items():
        suffixed = client.get(f"{SEED}.{suffix}")
        negotiated = client.get(SEED, headers={"Accept": media_type})
        assert negotiated.headers["Content-Location"] == f"{SEED}.{suffix}"
        assert negotiated.content == suffixed.content
        bodies[suffix] = set(parse(input=suffixed.content, format=RdfFormat.from_media_type(media_type)))
    assert bodies["trig"] == bodies["nq"]
    told = {quad for quad in bodies["nq"] if not isinstance(quad.graph_name, DefaultGraph)}
    assert told <= everything
    assert {q.triple for q in bodies["nq"]} == triples(client.get(f"{SEED}.nt"))
    assert {q.subject for q in bodies["nq"] - told} == {about}
    seed = mint("incident", "AIAAIC0850")
    assert {q for q in told if q.subject == seed} == {q for q in everything if q.subject == seed}
    assert len({q.graph_name for q in told if q.subject == seed}) == 4


def test_a_suffix_wins_over_the_accept_header(client: httpx.Client) -> None:
    response = client.get(f"{SEED}.ttl", headers={"Accept": "text/html"})
    assert response.headers["Content-Type"] == "text/turtle;charset=utf-8"


def test_a_document_is_readable_by_one_request(client: httpx.Client) -> None:
    graph = triples(client.get(f"{SEED}.ttl"))
    seed, organisation = mint("incident", "AIAAIC0850"), mint("organisation", "clearview-ai")
    assert Triple(seed, HG.developer, organisation) in graph
    assert Triple(organisation, RDFS.label, Literal("Clearview AI", language="en")) in graph
    assert Triple(organisation, RDF.type, HG.Organisation) in graph
    claim = mint("claim", "AIAAIC0850-faces")
    assert Triple(claim, HG.claimant, organisation) in graph
    assert any(t.predicate == RDF.type and t.object == HG.Mention for t in graph)


def test_a_document_says_where_it_comes_from(client: httpx.Client) -> None:
    graph = triples(client.get(f"{SEED}.ttl"))
    document, seed = NamedNode(f"{BASE}doc/incident/AIAAIC0850"), mint("incident", "AIAAIC0850")
    licence = NamedNode("https://creativecommons.org/licenses/by-sa/4.0/")
    record = record_iri("aiaaic-page", "2024-02", "AIAAIC0850")
    assert Triple(document, FOAF.primaryTopic, seed) in graph
    assert Triple(document, VOID.inDataset, NamedNode(f"{BASE}#dataset")) in graph
    assert Triple(document, DCT.license, licence) in graph
    assert Triple(record, DCT.license, licence) in graph
    assert Triple(record, DCT.rightsHolder, mint("publisher", "aiaaic")) in graph


def test_a_record_says_all_that_its_graph_says(client: httpx.Client, quads: list[Quad]) -> None:
    record = record_iri("aiaaic-page", "2024-02", "AIAAIC0850")
    graph = triples(client.get("/doc/record/aiaaic-page/2024-02/AIAAIC0850.ttl"))
    said = {(q.subject, q.predicate) for q in quads if q.graph_name == record}
    assert len(said) > 20
    assert said <= {(t.subject, t.predicate) for t in graph}


def test_links_lead_to_formats_licence_and_type(client: httpx.Client) -> None:
    link = client.get(SEED).headers["Link"]
    assert f'<{SEED}.jsonld>; rel="alternate"; type="application/ld+json"' in link
    assert f'<{BASE}doc/incident/AIAAIC0850>; rel="canonical"' in link
    assert f'<{BASE}id/incident/AIAAIC0850>; rel="cite-as"' in link
    assert f'<{BASE}ns#Incident>; rel="type"' in link
    assert '<https://creativecommons.org/licenses/by-sa/4.0/>; rel="license"' in link


def test_a_client_that_holds_the_document_gets_304(client: httpx.Client) -> None:
    first = client.get(SEED, headers={"Accept": "text/turtle"})
    for tags in (first.headers["ETag"], f'"other", W/{first.headers["ETag"]}'):
        again = client.get(SEED, headers={"Accept": "text/turtle", "If-None-Match": tags})
        assert again.status_code == 304
        assert again.content == b""
        assert again.headers["ETag"] == first.headers["ETag"]
        assert again.headers["Vary"] == "Accept, Accept-Datetime, Accept-Encoding"


def test_an_etag_belongs_to_one_url_and_one_format(client: httpx.Client) -> None:
    urls = (SEED, f"{SEED}.ttl", f"{SEED}.nt", "/doc/organisation/acme", "/doc/organisation/acme?by=hg:deployer")
    tags = [client.get(url, headers={"Accept": accept}).headers["ETag"] for url in urls for accept in ("text/turtle",)]
    tags += [client.get(SEED, headers={"Accept": f}).headers["ETag"] for f in ("text/html", "application/ld+json")]
    assert len(set(tags)) == len(tags)
    turtle = client.get(SEED, headers={"Accept": "text/turtle"}).headers["ETag"]
    assert client.get(SEED, headers={"Accept": "text/html", "If-None-Match": turtle}).status_code == 200


def test_head_has_the_headers_of_get_and_no_body(client: httpx.Client) -> None:
    got, head = client.get(SEED), client.head(SEED)
    assert head.content == b""
    for name in ("Content-Type", "ETag", "Link", "Content-Location", "Content-Length"):
        assert head.headers[name] == got.headers[name]


@pytest.mark.parametrize(
    "path",
    [
        "/id/incident/NOPE",
        "/id/%1C%F1%8F%A7%9CI",
        "/doc/a%7Cb|c",
        "/doc/incident/NOPE",
        "/doc/incident/NOPE.ttl",
        "/id/incident/AIAAIC0850/",
        "/doc/incident/AIAAIC0850/",
        "/doc/incident/AIAAIC0850.exe",
        "/id/",
        "/doc/",
        "/id/incident/%FF",
        "/id/incident/a%3Eb",
        "/id/incident/%0A",
        "/ns/9.9.9",
        "/nowhere",
    ],
)
def test_what_does_not_exist_is_404(client: httpx.Client, path: str) -> None:
    problem = client.get(path)
    assert problem.status_code == 404
    assert problem.headers["Content-Type"] == "application/problem+json"
    assert problem.json()["status"] == 404
    page = client.get(path, headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert "<h1>Not Found</h1>" in page.text


def test_a_name_keeps_its_percent_encoding(client: httpx.Client) -> None:
    path = "organisation/o%27neil-&-sons-%28uk%29"
    assert mint("organisation", "o'neil-&-sons-(uk)").value == f"{BASE}id/{path}"
    redirect = client.get(f"/id/{path}")
    assert (redirect.status_code, redirect.headers["Location"]) == (303, f"/doc/{path}")
    graph = triples(client.get(f"/doc/{path}.nt"))
    assert Triple(NamedNode(f"{BASE}id/{path}"), RDF.type, HG.Organisation) in graph


@pytest.mark.parametrize("spelling", ["cr%c3%a9dit", "cr%C3%A9di%74", "crédit", "cre%CC%81dit"])
def test_another_spelling_of_a_name_leads_to_its_own(client: httpx.Client, spelling: str) -> None:
    assert client.get(f"/id/organisation/{spelling}").headers["Location"] == "/doc/organisation/cr%C3%A9dit"
    moved = client.get(f"/doc/organisation/{spelling}.ttl")
    if moved.status_code != 200:  # httpx writes "crédit" the way the name is minted
        assert (moved.status_code, moved.headers["Location"]) == (301, "/doc/organisation/cr%C3%A9dit.ttl")


def test_a_name_that_ends_like_a_suffix_is_a_name(client: httpx.Client) -> None:
    accept = {"Accept": "application/n-triples"}
    whole = triples(client.get("/doc/organisation/o.reilly.ttl", headers=accept))
    assert Triple(mint("organisation", "o.reilly.ttl"), RDF.type, HG.Organisation) in whole
    suffixed = client.get("/doc/organisation/o.reilly.nt")
    assert Triple(mint("organisation", "o.reilly"), RDF.type, HG.Organisation) in triples(suffixed)
    assert client.get("/doc/organisation/o.reilly.ttl.ttl").headers["Content-Type"] == "text/turtle;charset=utf-8"


def test_the_ontology_is_one_document(client: httpx.Client, quads: list[Quad]) -> None:
    graph = triples(client.get("/ns", headers={"Accept": "text/turtle"}))
    assert Triple(HG.Incident, RDF.type, NamedNode("http://www.w3.org/2002/07/owl#Class")) in graph
    assert graph == triples(client.get("/ns.jsonld"))
    terms = {q.predicate for q in quads if q.predicate.value.startswith(HG.iri)}
    page = client.get("/ns", headers={"Accept": "text/html"}).text
    missing = [t.value for t in terms if f'id="{t.value.removeprefix(HG.iri)}"' not in page]
    assert not missing


def test_the_version_iri_of_the_ontology_answers_the_same(client: httpx.Client) -> None:
    version = client.get("/ns/0.1.0", headers={"Accept": "application/n-triples"})
    assert triples(version) == triples(client.get("/ns.nt"))
    assert triples(client.get("/ns/0.1.0.ttl")) == triples(version)


def test_the_start_page_as_rdf_describes_the_data_set(client: httpx.Client) -> None:
    graph = triples(client.get("/", headers={"Accept": "text/turtle"}))
    dataset = NamedNode(f"{BASE}#dataset")
    assert Triple(dataset, RDF.type, VOID.Dataset) in graph
    (count,) = (t.object for t in graph if t.predicate == VOID.triples)
    answer = client.get("/sparql", params={"query": "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", "format": "csv"})
    assert isinstance(count, Literal)
    assert count.datatype == XSD.integer
    assert answer.text.split()[1] == count.value


def minted(quads: list[Quad]) -> list[str]:
    """Every IRI of ours that these quads describe, use as a property or have as a graph, less its fragment."""
    terms = {term for q in quads for term in (q.subject, q.predicate, q.graph_name)}
    return sorted({t.value.partition("#")[0] for t in terms if isinstance(t, NamedNode) and t.value.startswith(BASE)})


def dead(client: httpx.Client, iris: list[str]) -> list[tuple[str, int]]:
    """Those of the IRIs that do not lead to a document, each with the status that they got.

    The document of a withdrawn incident comes with 410, and has to say why.
    """

    def status(iri: str) -> int | None:
        response = client.get(
            "/" + iri.removeprefix(BASE), headers={"Accept": "application/n-triples"}, follow_redirects=True
        )
        is_withdrawn = response.status_code == 410 and HG.retractionReason.value in response.text
        alive = (response.status_code == 200 or is_withdrawn) and response.content
        return None if alive else response.status_code

    with ThreadPoolExecutor(4) as pool:  # one at a time, most of the minutes go by in waiting for the workers
        return [(iri, found) for iri, found in zip(iris, pool.map(status, iris), strict=True) if found is not None]


def test_iris_of_ours_dereference(client: httpx.Client, quads: list[Quad]) -> None:
    iris = minted(quads)
    concepts = [iri for iri in iris if "/id/concept/" in iri or "/id/incident/TEST-" in iri]
    others = sorted(set(iris) - set(concepts))
    assert len(others) > 30
    assert dead(client, others + concepts[::25]) == []


@pytest.mark.slow
def test_every_iri_of_ours_dereferences(client: httpx.Client, quads: list[Quad]) -> None:
    assert dead(client, minted(quads)) == []


def test_links_in_pages_stay_here() -> None:
    assert href(f"{BASE}id/incident/AIAAIC0850", "/graph") == "/graph/doc/incident/AIAAIC0850"
    assert href(f"{BASE}ns#Incident", "/graph") == "/graph/ns#Incident"
    assert href("https://example.org/") == "https://example.org/"
    assert href("data:text/html,<script>") is None
