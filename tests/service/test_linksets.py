"""Typed links: in headers, and all of them as link sets, so that machines find their way without reading pages."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from requests.utils import parse_header_links

from harmgraph.iris import BASE

from .conftest import Publication

PATH = "incident/AIAAIC0850"
LICENCE = "https://creativecommons.org/licenses/by-sa/4.0/"


def relations(response: httpx.Response) -> dict[str, set[str]]:
    """The links of a response: relation → targets."""
    found: dict[str, set[str]] = {}
    for link in parse_header_links(response.headers["Link"]):
        found.setdefault(link["rel"], set()).add(link["url"])
    return found


def linkset(publication: Publication, path: str) -> dict[str, Any]:
    """The links of a document, from its link set in JSON."""
    response = publication.client.get(f"/linkset/{path}")
    assert response.headers["Content-Type"] == "application/linkset+json"
    anchor = f"{publication.served.address}/doc/{path}"
    (context,) = [each for each in response.json()["linkset"] if each["anchor"] == anchor]
    return context  # type: ignore[no-any-return]  # JSON


def test_a_document_has_the_links_of_signposting(publication: Publication) -> None:
    found = relations(publication.client.get(f"/doc/{PATH}", headers={"Accept": "text/html"}))
    assert found["cite-as"] == {f"{BASE}id/{PATH}"}
    assert found["describedby"] == {f"/doc/{PATH}.{suffix}" for suffix in ("ttl", "jsonld", "nt", "rdf")}
    assert found["license"] == {LICENCE}
    assert found["author"] == {f"{BASE}id/publisher/aiaaic"}
    assert found["collection"] == {f"{BASE}#dataset"}
    assert f"{BASE}id/record/aiaaic-page/2024-02/AIAAIC0850" in found["item"]
    assert found["linkset"] == {f"/linkset/{PATH}"}


def test_the_link_set_says_the_same_as_the_header(publication: Publication) -> None:
    header = relations(publication.client.get(f"/doc/{PATH}"))
    context = linkset(publication, PATH)
    address = publication.served.address
    for name, targets in header.items():
        if name != "linkset":
            expected = {address + target if target.startswith("/") else target for target in targets}
            assert {target["href"] for target in context[name]} == expected, name
    assert {"href": f"{address}/doc/{PATH}.ttl", "type": "text/turtle"} in context["describedby"]


def test_every_format_links_back_to_the_document(publication: Publication) -> None:
    contexts = publication.client.get(f"/linkset/{PATH}").json()["linkset"]
    address = publication.served.address
    back = {each["anchor"]: each["describes"][0]["href"] for each in contexts if each["anchor"].endswith(".jsonld")}
    assert back == {f"{address}/doc/{PATH}.jsonld": f"{address}/doc/{PATH}"}


def test_the_link_set_comes_as_a_header_has_it_too(publication: Publication) -> None:
    response = publication.client.get(f"/linkset/{PATH}", headers={"Accept": "application/linkset"})
    assert response.headers["Content-Type"] == "application/linkset"
    assert response.headers["Vary"].startswith("Accept")
    links = parse_header_links(response.text.replace("\n", " "))
    expected = {(name, t["href"]) for name, ts in linkset(publication, PATH).items() if name != "anchor" for t in ts}
    anchor = f"{publication.served.address}/doc/{PATH}"
    assert {(link["rel"], link["url"]) for link in links if link["anchor"] == anchor} == expected
    refused = publication.client.get(f"/linkset/{PATH}", headers={"Accept": "text/turtle"})
    assert refused.json()["offers"] == ["application/linkset+json", "application/linkset"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("incident/NOPE", 404),
        ("incident/AIAAIC0850/", 404),
        ("", 404),
        ("incident/INC-05349", 301),
        ("incident/INC-00004", 410),
        ("organisation/o'neil-%26-sons-(uk)", 301),
        ("organisation/o%27neil-&-sons-%28uk%29", 200),
    ],
)
def test_a_link_set_is_there_where_the_document_is(publication: Publication, path: str, status: int) -> None:
    assert publication.client.get(f"/linkset/{path}").status_code == status


def test_a_link_set_that_is_held_already_is_not_sent_again(publication: Publication) -> None:
    tag = publication.client.get(f"/linkset/{PATH}").headers["ETag"]
    assert publication.client.get(f"/linkset/{PATH}", headers={"If-None-Match": tag}).status_code == 304


def test_the_data_set_links_to_its_description_and_dump(publication: Publication) -> None:
    found = relations(publication.client.get("/"))
    assert found["cite-as"] == {BASE}
    for target in found["describedby"] | found["item"]:
        assert publication.client.get(target, follow_redirects=True).status_code == 200


def test_links_stay_few_in_a_header(publication: Publication) -> None:
    for path in (PATH, "organisation/acme", "record/aiaaic-sheet/2026-06/AIAAIC0850"):
        assert len(publication.client.get(f"/doc/{path}").headers["Link"]) < 4_000
