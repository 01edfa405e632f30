"""The linked-data bar from outside: an incident, an organisation, a concept, a record's graph, the ontology, a dataset.

Each behaviour that holds for any published resource is asked of each of them, over HTTP alone. What only one of them
has stands in the test modules of that one.
"""

from __future__ import annotations

import re
from typing import Final

import httpx
import pytest
from pyoxigraph import RdfFormat, parse
from rdflib import Graph
from rdflib.compare import isomorphic

from harmgraph.iris import BASE

from .conftest import Publication

THINGS: Final = {
    "incident": "incident/AIAAIC0850",
    "organisation": "organisation/clearview-ai",
    "concept": "concept/technology/facial-recognition",
    "graph": "record/aiaaic-page/2024-02/AIAAIC0850",
    "dataset": "dataset/aiaaic-sheet",
}
DOCUMENTS: Final = {
    **{name: f"/doc/{path}" for name, path in THINGS.items()},
    "ontology": "/ns",
    "catalogue": "/catalog",
}
FORMATS: Final = {
    "ttl": "text/turtle",
    "jsonld": "application/ld+json",
    "nt": "application/n-triples",
    "rdf": "application/rdf+xml",
}


@pytest.fixture(params=[*DOCUMENTS.values()], ids=[*DOCUMENTS])
def document(request: pytest.FixtureRequest) -> str:
    """The path of a document."""
    return str(request.param)


@pytest.fixture(params=[*THINGS.values()], ids=[*THINGS])
def thing(request: pytest.FixtureRequest) -> str:
    """The path of a thing below ``/id/``."""
    return str(request.param)


def get(publication: Publication, path: str, accept: str = "text/turtle", **headers: str) -> httpx.Response:
    """The answer, without going where it leads; ``If_None_Match`` is the header If-None-Match."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return publication.client.get(path, headers={"Accept": accept, **named})


def triples_of(response: httpx.Response) -> Graph:
    """The graph as another parser than ours reads it."""
    media_type = response.headers["Content-Type"].partition(";")[0]
    name = {"text/turtle": "turtle", "application/n-triples": "nt", "application/rdf+xml": "xml"}.get(media_type)
    if name is None:  # of JSON-LD: its context is ours, which the store's parser does not fetch
        quads = parse(input=response.content, format=RdfFormat.from_media_type(media_type))
        return Graph().parse(data="".join(f"{quad.triple} .\n" for quad in quads), format="nt")
    return Graph().parse(data=response.content, format=name)


def links(response: httpx.Response) -> dict[str, list[str]]:
    """Relation → targets of the header Link."""
    found: dict[str, list[str]] = {}
    for target, relation in re.findall(r'<([^>]*)>; rel="([^"]*)"', response.headers.get("Link", "")):
        found.setdefault(relation, []).append(target)
    return found


def test_a_name_leads_to_its_document_by_303(publication: Publication, thing: str) -> None:
    for method in ("GET", "HEAD"):
        response = publication.client.request(method, f"/id/{thing}", headers={"Accept": "text/turtle"})
        assert (response.status_code, response.headers["Location"]) == (303, f"/doc/{thing}")
    assert get(publication, f"/id/{thing}/").status_code == 404
    assert get(publication, f"/doc/{thing}/").status_code == 404
    assert get(publication, f"/id/{thing}-nowhere").status_code == 404


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("text/turtle;q=0.5, application/ld+json;q=0.9", "application/ld+json"),
        ("text/turtle;q=0, application/n-triples;q=0.1", "application/n-triples"),
        ("*/*", "text/turtle"),
        ("text/*", "text/turtle"),
        ("image/png, application/rdf+xml;q=0.01", "application/rdf+xml"),
    ],
)
def test_weights_decide_the_format(publication: Publication, document: str, accept: str, media_type: str) -> None:
    response = get(publication, document, accept)
    assert response.status_code == 200
    assert response.headers["Content-Type"].partition(";")[0] == media_type


def test_what_nobody_offers_is_406_with_what_there_is(publication: Publication, document: str) -> None:
    response = get(publication, document, "image/png")
    assert response.status_code == 406
    assert "text/turtle" in response.text


@pytest.mark.parametrize(("path", "method", "status"), [("/doc/incident/NOPE", "GET", 404), ("/ns", "PUT", 405)])
def test_an_error_says_what_to_do(publication: Publication, path: str, method: str, status: int) -> None:
    response = publication.client.request(method, path, headers={"X-Forwarded-Prefix": "/graph"})
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    remedy = response.json()["remedy"]
    assert ("/graph/search" if status == 404 else "Allow") in remedy
    assert (
        remedy
        in publication.client.request(
            method, path, headers={"Accept": "text/html", "X-Forwarded-Prefix": "/graph"}
        ).text
    )


def test_every_suffix_gives_the_same_graph_as_negotiation(publication: Publication, document: str) -> None:
    expected = triples_of(get(publication, document))
    assert len(expected) > 5
    for suffix, media_type in FORMATS.items():
        named, negotiated = get(publication, f"{document}.{suffix}", "*/*"), get(publication, document, media_type)
        assert named.content == negotiated.content
        assert negotiated.headers["Content-Location"].endswith(f"{document}.{suffix}")
        if media_type.startswith("text/"):
            assert "charset=utf-8" in named.headers["Content-Type"].lower()
        assert isomorphic(triples_of(named), expected), suffix


def test_what_was_negotiated_says_so_and_is_validated(publication: Publication, document: str) -> None:
    tags = set()
    for media_type in FORMATS.values():
        response = get(publication, document, media_type)
        assert "Accept" in response.headers["Vary"].split(", ")
        assert "Cache-Control" in response.headers
        tag = response.headers["ETag"]
        assert tag.startswith('"'), "a strong one"
        tags.add(tag)
        known = get(publication, document, media_type, If_None_Match=tag)
        assert (known.status_code, known.content) == (304, b"")
        assert known.headers["ETag"] == tag
        assert "Vary" in known.headers
        since = get(publication, document, media_type, If_Modified_Since=response.headers["Last-Modified"])
        assert since.status_code == 304
    assert len(tags) == len(FORMATS)


def test_304_has_the_headers_that_the_whole_answer_would_have(publication: Publication, document: str) -> None:
    """RFC 9110 §15.4.5."""
    for path in (document, f"{document}.jsonld"):
        whole = get(publication, path)
        known = get(publication, path, If_None_Match=whole.headers["ETag"])
        assert known.status_code == 304
        for name in ("Content-Location", "ETag", "Cache-Control"):
            assert known.headers[name] == whole.headers[name], name
        assert set(known.headers["Vary"].split(", ")) == set(whole.headers["Vary"].split(", "))


def test_if_none_match_is_any_tag_of_a_list_weak_or_strong_or_whatever_there_is(
    publication: Publication, document: str
) -> None:
    tag = get(publication, document).headers["ETag"]
    for held in (f'"another", {tag}', f"W/{tag}", f'W/"a,b",W/{tag}', "*"):
        assert get(publication, document, If_None_Match=held).status_code == 304, held
    assert get(publication, document, If_None_Match='"another", W/"x"').status_code == 200
    assert get(publication, "/doc/incident/NOPE", If_None_Match="*").status_code == 404


def test_what_is_not_one_thing_has_signposts_too(publication: Publication) -> None:
    for path, type_ in (("/ns", "owl#Ontology"), ("/catalog", "dcat#Catalog"), ("/", "Dataset")):
        found = links(get(publication, path))
        assert {"cite-as", "describedby", "license", "author", "canonical"} <= set(found), path
        assert any(each.endswith(type_) for each in found["type"]), path
        assert get(publication, found["describedby"][0], "*/*").status_code == 200


def test_the_start_page_leads_into_the_service(publication: Publication) -> None:
    found = links(get(publication, "/", "text/html", X_Forwarded_Prefix="/graph"))
    for relation in ("service-desc", "api-catalog", "search", "timemap", "timegate", "item"):
        (target,) = found[relation]
        assert target.startswith("/graph/"), relation
        answer = publication.client.get(target.removeprefix("/graph"), follow_redirects=True)
        assert answer.status_code == 200, relation


def test_the_form_of_json_ld_is_a_typed_link(publication: Publication, document: str) -> None:
    compacted = "http://www.w3.org/ns/json-ld#compacted"
    assert "profile" not in links(get(publication, document))
    assert links(get(publication, document, "application/ld+json"))["profile"] == [compacted]
    plain = links(get(publication, document, "application/json"))
    assert plain["http://www.w3.org/ns/json-ld#context"] == ["/context/v1.jsonld"]
    assert "http://www.w3.org/ns/json-ld#context" not in links(get(publication, document, "application/ld+json"))


def test_head_is_get_without_the_body(publication: Publication, document: str) -> None:
    for path in (document, f"{document}.ttl"):
        got = get(publication, path)
        head = publication.client.head(path, headers={"Accept": "text/turtle"})
        assert head.content == b""
        assert {**head.headers, "date": ""} == {**got.headers, "date": ""}


def test_links_lead_to_formats(publication: Publication, document: str) -> None:
    found = links(get(publication, document))
    assert "canonical" in found
    for target in found["alternate"]:
        assert get(publication, target, "*/*").status_code == 200, target


def test_signposts_stand_at_every_thing(publication: Publication, thing: str) -> None:
    found = links(get(publication, f"/doc/{thing}"))
    assert {"cite-as", "describedby", "type", "collection", "linkset", "timegate", "timemap"} <= set(found)
    assert found["cite-as"] == [f"{BASE}id/{thing}"]
    for relation in ("linkset", "timemap"):
        assert get(publication, found[relation][0], "*/*").status_code == 200


def test_another_site_may_read_it(publication: Publication, document: str) -> None:
    headers = get(publication, document, Origin="https://example.org").headers
    assert headers["Access-Control-Allow-Origin"] == "*"
    exposed = headers["Access-Control-Expose-Headers"]
    assert {"Link", "ETag", "Content-Location", "Memento-Datetime", "Content-Range"} <= set(exposed.split(", "))
    preflight = publication.client.options(document, headers={"Access-Control-Request-Method": "GET"})
    assert preflight.status_code == 204
    assert {"If-Range", "Range"} <= set(preflight.headers["Access-Control-Allow-Headers"].split(", "))


def test_one_request_makes_it_readable(publication: Publication, thing: str) -> None:
    """The thing has a label, and so have the concepts that it points to."""
    graph = triples_of(get(publication, f"/doc/{thing}"))
    label = "http://www.w3.org/2000/01/rdf-schema#label"
    named = {str(s) for s, p, _ in graph if str(p) in (label, "http://www.w3.org/2004/02/skos/core#prefLabel")}
    told = {str(o) for s, _, o in graph if str(s) == f"{BASE}id/{thing}" and str(o).startswith(f"{BASE}id/concept/")}
    assert f"{BASE}id/{thing}" in named
    assert told <= named


@pytest.mark.parametrize("name", ["incident", "graph", "dataset"])
def test_a_document_has_a_licence_in_its_graph_and_its_links(publication: Publication, name: str) -> None:
    response = get(publication, DOCUMENTS[name])
    assert "http://purl.org/dc/terms/license" in {str(p) for _, p, _ in triples_of(response)}
    assert name == "dataset" or links(response)["license"]


def test_its_page_names_itself_and_its_formats(publication: Publication, document: str) -> None:
    page = get(publication, document, "text/html,application/xhtml+xml,*/*;q=0.8").text
    assert len(re.findall(r"<h1[ >]", page)) == 1
    assert '<html lang="en-GB">' in page
    assert "noscript" not in page
    for relation in ("alternate", "canonical"):
        assert f'rel="{relation}"' in page


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/search?q=clearview", "/sparql", "/ns", "/ns/0.1.0", "/catalog", "/problems", "/compare", "/incidents"),
        *("/doc/incident/AIAAIC0850", "/improve/incident/AIAAIC0850", "/thanks?suggestion=x&about=/doc/incident/x"),
        *("/doc/country/UKR", "/doc/concept/technology/facial-recognition", "/id/incident/INC-00004", "/nowhere"),
    ],
)
def test_behind_a_proxy_every_link_of_a_page_has_its_path(publication: Publication, path: str) -> None:
    response = get(publication, path, "text/html", X_Forwarded_Prefix="/graph")
    assert response.headers["Content-Type"].startswith("text/html"), response.status_code
    found = re.findall(r'(?:href|src|action)="(/[^"]*)"', response.text)
    assert len(found) > 5
    assert [each for each in found if not each.startswith("/graph/")] == []


def test_nothing_is_written(publication: Publication, document: str) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        response = publication.client.request(method, document)
        assert response.status_code == 405
        assert "GET" in response.headers["Allow"]
    update = publication.client.post("/sparql", data={"update": "CLEAR ALL"})
    assert update.status_code in (400, 403)


def test_robots_find_it(publication: Publication, thing: str) -> None:
    index = get(publication, "/sitemap.xml", "*/*").text
    parts = [address.partition("/sitemaps/")[2] for address in re.findall("<loc>([^<]+)</loc>", index)]
    listed = "".join(get(publication, f"/sitemaps/{part}", "*/*").text for part in parts)
    assert f"/doc/{thing}</loc>" in listed
