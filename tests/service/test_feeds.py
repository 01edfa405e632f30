"""What changed with a release, for those who follow: an Atom feed of incidents."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest
from pyoxigraph import Literal, Quad

from harmgraph.iris import BASE, DCT, HG, RDF, mint, record_iri
from harmgraph.settings import Settings

from .conftest import Publication, Served, publish
from .published import NEWER

ATOM = {"a": "http://www.w3.org/2005/Atom"}
OLD, NEW = "20250701100000", "20260101123000"


def feed(client: httpx.Client, path: str = "/feed.atom") -> ElementTree.Element:
    """The feed, with what RFC 4287 §4.1 wants of it."""
    response = client.get(path)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/atom+xml"
    root = ElementTree.fromstring(response.content)
    for element in (root, *root.iterfind("a:entry", ATOM)):
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"a:{name}", ATOM)) == 1
        assert datetime.fromisoformat(element.findtext("a:updated", "", ATOM)).tzinfo is not None
    assert root.find("a:author/a:name", ATOM) is not None
    return root


def links(element: ElementTree.Element) -> dict[str, str]:
    """Relation → address."""
    return {each.attrib["rel"]: each.attrib["href"] for each in element.iterfind("a:link", ATOM)}


def test_the_feed_says_which_incidents_are_new_and_changed(publication: Publication) -> None:
    root = feed(publication.client)
    assert root.findtext("a:updated", "", ATOM) == NEWER
    entries = {each.findtext("a:id", "", ATOM): each for each in root.iterfind("a:entry", ATOM)}
    kinds = {key: each.find("a:category", ATOM).attrib["term"] for key, each in entries.items()}  # type: ignore[union-attr]  # each has one
    new = f"{BASE}memento/{NEW}/doc/incident/TEST-0001"
    changed = f"{BASE}memento/{NEW}/doc/incident/AIAAIC0850"
    assert kinds == {new: "added", changed: "changed"}
    assert "Title" in entries[changed].findtext("a:summary", "", ATOM)
    assert entries[changed].findtext("a:title", "", ATOM) == "Ukraine war Clearview AI prisoner facial recognition"
    for key, entry in entries.items():
        for address in (links(entry)["alternate"], "/" + key.removeprefix(BASE)):
            assert publication.client.get(address).status_code == 200
    assert links(root)["self"] == f"{publication.served.address}/feed.atom"


def test_the_start_page_leads_to_the_feed_and_304_spares_it(publication: Publication) -> None:
    page = publication.client.get("/", headers={"Accept": "text/html"}).text
    assert '<link rel="alternate" type="application/atom+xml" href="/feed.atom"' in page
    tag = publication.client.get("/feed.atom").headers["ETag"]
    assert publication.client.get("/feed.atom", headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("page", ["2", "0", "x", "-1"])
def test_a_page_that_the_feed_has_not_is_404(publication: Publication, page: str) -> None:
    assert publication.client.get(f"/feed.atom?page={page}").status_code == 404


def test_many_changes_come_in_pages_and_none_is_left_out(tmp_path: Path) -> None:
    def release(numbers: range, title: str) -> list[Quad]:
        record = record_iri("aiaaic-sheet", "2026-06", "X")
        things = [mint("incident", f"X{number:03}") for number in numbers]
        return [
            *(Quad(thing, RDF.type, HG.Incident, record) for thing in things),
            *(Quad(thing, DCT.title, Literal(title, language="en"), record) for thing in things),
        ]

    publish(tmp_path, release(range(150), "<b>\x01&"), "2025-01-01T00:00:00Z")
    with (
        Served(tmp_path, release(range(100, 250), "<i>\x01&"), Settings(store="memory", workers=1), NEWER) as server,
        httpx.Client(base_url=server.address, timeout=30) as client,
    ):
        found, path = {}, "/feed.atom"
        while path:
            root = feed(client, path)
            for entry in root.iterfind("a:entry", ATOM):
                category = entry.find("a:category", ATOM)
                assert category is not None
                found[links(entry)["alternate"]] = category.attrib["term"]
                assert entry.findtext("a:title", "", ATOM) in ("<b>\ufffd&", "<i>\ufffd&")
            path = links(root).get("next", "")
        assert sorted(found.values()) == ["added"] * 100 + ["changed"] * 50 + ["removed"] * 100
        gone = f"{server.address}/memento/20250101000000/doc/incident/X000"
        assert found[gone] == "removed"
        assert client.get(gone).status_code == 200
        assert client.get("/feed.atom?page=4").status_code == 404


def test_the_first_release_has_an_empty_feed(served: Served, client: httpx.Client) -> None:
    assert not feed(client).findall("a:entry", ATOM)
