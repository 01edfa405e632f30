"""What crawlers are told: where they may go, and every document that there is."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree

import httpx
import pytest
from pyoxigraph import NamedNode, Quad

from harmgraph.iris import BASE, DCT, RDF, mint
from harmgraph.service.linked_data import sitemap
from harmgraph.service.pages import manual

from .conftest import Publication
from .published import described

NAMES = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}


def locations(client: httpx.Client, path: str, **headers: str) -> list[str]:
    """The addresses that a sitemap or an index of sitemaps lists."""
    response = client.get(path, headers=headers)
    assert response.headers["Content-Type"] == "application/xml"
    return [each.text or "" for each in ElementTree.fromstring(response.content).iterfind(".//s:loc", NAMES)]


def test_robots_may_read_documents_and_not_ask_queries(publication: Publication) -> None:
    robots = RobotFileParser()
    robots.parse(publication.client.get("/robots.txt").text.splitlines())
    assert robots.can_fetch("*", "/doc/incident/AIAAIC0850")
    for path in ("/sparql?query=ASK%7B%7D", "/improve/incident/AIAAIC0850", "/inbox", "/reconcile/preview?id=x"):
        assert not robots.can_fetch("*", path), path
    assert robots.site_maps() == [f"{publication.served.address}/sitemap.xml"]


def test_the_sitemaps_list_every_thing_once_and_each_address_answers(
    publication: Publication, quads: list[Quad], tmp_path: Path
) -> None:
    address = publication.served.address
    found = [
        each for part in locations(publication.client, "/sitemap.xml") for each in locations(publication.client, part)
    ]
    assert len(found) == len(set(found))
    replaced = {q.subject for q in quads if q.predicate == DCT.isReplacedBy}
    things = {
        q.subject.value
        for q in [*quads, *described(quads, tmp_path)]
        if q.predicate == RDF.type and isinstance(q.subject, NamedNode) and q.subject not in replaced
        if q.subject.value.startswith(f"{BASE}id/") and "#" not in q.subject.value
    }
    assert len(things) > 500
    assert {iri.split("/")[5] for iri in things} >= {"catalog", "agent", "dataset", "record"}
    assert {address + "/doc/" + iri.removeprefix(f"{BASE}id/") for iri in things} <= set(found)
    withdrawn = mint("incident", "INC-00004").value.removeprefix(f"{BASE}id/")
    assert f"{address}/doc/{withdrawn}" not in found
    for url in [*found[:20], *found[20::100]]:
        assert publication.client.get(url, headers={"Accept": "text/html, text/turtle;q=0.5"}).status_code == 200


def test_pages_are_listed_that_are_about_no_one_thing(
    publication: Publication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "reference").mkdir()
    for name in ("index.html", "404.html", "reference/http.html"):
        (tmp_path / name).write_text("<!doctype html>")
        os.utime(tmp_path / name, (1_767_225_600, 1_767_225_600))
    monkeypatch.setattr(manual, "FOLDER", tmp_path)
    address = publication.served.address
    found = locations(publication.client, "/sitemaps/pages.xml")
    assert {f"{address}/{name}" for name in ("", "search", "incidents", "sparql", "ns", "problems")} <= set(found)
    assert [each for each in found if "/docs/" in each] == [f"{address}/docs/", f"{address}/docs/reference/http.html"]
    text = publication.client.get("/sitemaps/pages.xml").text
    assert f"<loc>{address}/docs/</loc><lastmod>2026-01-01T00:00:00+00:00</lastmod>" in text
    for url in found:
        assert publication.client.get(url).status_code == 200, url


def test_sitemaps_come_compressed(publication: Publication) -> None:
    index = publication.client.get("/sitemap.xml.gz")
    assert index.headers["Content-Type"] == "application/gzip"
    assert "Content-Encoding" not in index.headers
    parts = [each.text or "" for each in ElementTree.fromstring(gzip.decompress(index.content)).iter() if each.text]
    assert all(part.endswith(".xml.gz") for part in parts if "/sitemaps/" in part)
    packed = publication.client.get("/sitemaps/incidents-1.xml.gz")
    assert gzip.decompress(packed.content) == publication.client.get("/sitemaps/incidents-1.xml").content
    assert publication.client.get("/sitemaps/nothing-1.xml.gz").status_code == 404


def test_sitemaps_date_their_addresses_and_answer_304(publication: Publication) -> None:
    first = publication.client.get("/sitemaps/incidents-1.xml")
    assert "<lastmod>2026-01-01T12:30:00+00:00</lastmod>" in first.text
    tag = {"If-None-Match": first.headers["ETag"]}
    assert publication.client.get("/sitemaps/incidents-1.xml", headers=tag).status_code == 304


@pytest.mark.parametrize(
    "part", ["incidents-0", "incidents-2", "incidents", "incidents-x", "nothing-1", "incidents-01"]
)
def test_a_sitemap_that_there_is_not_is_404(publication: Publication, part: str) -> None:
    assert publication.client.get(f"/sitemaps/{part}.xml").status_code == 404


def test_many_things_are_listed_in_parts(publication: Publication, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitemap, "PER_PART", 50)
    parts = [
        each for each in locations(publication.client, "/sitemap.xml", Host="example.org") if "/incidents-" in each
    ]
    assert parts == [f"http://example.org/sitemaps/incidents-{n}.xml" for n in (1, 2, 3)]
    counts = [len(locations(publication.client, f"/sitemaps/incidents-{n}.xml", Host="example.org")) for n in (1, 2, 3)]
    assert counts[:2] == [50, 50]
    assert 0 < counts[2] <= 50


def test_a_host_cannot_write_into_a_sitemap(publication: Publication) -> None:
    response = publication.client.get("/sitemap.xml", headers={"Host": "a<b>&c"})
    assert response.status_code in (200, 400)
    if response.status_code == 200:
        assert ElementTree.fromstring(response.content) is not None
