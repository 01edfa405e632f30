"""What a publisher of linked data owes the Web besides documents: a catalogue, dumps, dates, ways for crawlers."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import re
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest
import zstandard
from pyoxigraph import NamedNode, Quad, RdfFormat, Triple, parse
from pyshacl import validate
from rdflib import Graph

from harmgraph.iris import BASE, DCAT, RDF, SPDX, VCARD, VOID
from harmgraph.service.linked_data import catalog_page, dumps, packing
from harmgraph.service.linked_data.catalog import CONTACT, _contact
from harmgraph.settings import Settings

from .conftest import Publication, Served
from .published import described

SEED = "/doc/incident/AIAAIC0850"
DATASET = NamedNode(f"{BASE}#dataset")


def triples(response: httpx.Response) -> set[Triple]:
    """The graph in a response, whatever RDF format it is in."""
    media_type = response.headers["Content-Type"].partition(";")[0]
    return {quad.triple for quad in parse(input=response.content, format=RdfFormat.from_media_type(media_type))}


def objects(graph: set[Triple], predicate: NamedNode, subject: NamedNode = DATASET) -> set[str]:
    """The values of one property."""
    return {t.object.value for t in graph if (t.subject, t.predicate) == (subject, predicate)}  # type: ignore[union-attr]  # no quoted triples here


def test_the_well_known_address_has_the_description_in_void(publication: Publication) -> None:
    response = publication.client.get("/.well-known/void")
    assert response.status_code == 200
    assert response.headers["Content-Location"] == "/catalog.ttl"
    graph = triples(response)
    assert Triple(DATASET, RDF.type, VOID.Dataset) in graph
    query = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    count = publication.client.get("/sparql", params={"query": query, "format": "csv"}).text.split()[1]
    assert objects(graph, VOID.triples) == {count}
    assert objects(graph, VOID.sparqlEndpoint) == {f"{BASE}sparql"}
    assert objects(graph, VOID.uriSpace) == {f"{BASE}id/"}


@pytest.mark.parametrize("suffix", ["ttl", "jsonld", "nt", "rdf"])
def test_the_catalogue_comes_in_every_format(publication: Publication, suffix: str) -> None:
    graph = triples(publication.client.get(f"/catalog.{suffix}"))
    assert Triple(NamedNode(f"{BASE}id/catalog/harmgraph"), DCAT.dataset, DATASET) in graph
    assert Triple(NamedNode(f"{BASE}id/dataset/aiaaic-sheet"), RDF.type, DCAT.DatasetSeries) in graph
    assert graph == triples(publication.client.get("/catalog"))


def test_the_catalogue_as_a_page_leads_to_the_downloads(publication: Publication) -> None:
    accept, prefix = {"Accept": "text/html"}, {"X-Forwarded-Prefix": "/graph"}
    page = publication.client.get("/catalog", headers=accept | prefix).text
    addresses = re.findall(r'href="(/graph/(?:dump|linkset|doc)/[^"]+)"', page)
    assert {each.rpartition("/")[2] for each in addresses} >= {
        *("harmgraph.nq", "harmgraph.nq.gz", "harmgraph.nq.zst", "SHA256SUMS", "aiaaic-sheet", "aiaaic"),
    }
    for each in addresses:
        assert publication.client.get(each, headers=prefix).status_code == 200, each
    assert hashlib.sha256(publication.releases[0].dump.read_bytes()).hexdigest() in page
    assert publication.client.get("/catalog.html").text == publication.client.get("/catalog", headers=accept).text
    links = publication.client.get("/catalog").headers["Link"]
    assert '</catalog.html>; rel="alternate"; type="text/html"' in links
    assert publication.client.get("/.well-known/void", headers=accept).status_code == 406


def test_the_page_lists_the_dump_of_this_release_and_parts_below_their_whole() -> None:
    dump, series = NamedNode(f"{BASE}#dump"), NamedNode(f"{BASE}id/dataset/a")
    part = NamedNode(f"{BASE}id/dataset/a/1")
    addresses = [f"{BASE}dump/data.nq", *(f"{BASE}dump/{release}/harmgraph.nq" for release in ("00", "ff"))]
    for address in addresses[1:]:
        graph = [
            Triple(DATASET, DCAT.distribution, dump),
            Triple(dump, RDF.type, DCAT.Distribution),
            *(Triple(dump, DCAT.downloadURL, NamedNode(each)) for each in (addresses[0], address)),
            *(Triple(each, RDF.type, VOID.Dataset) for each in (part, series)),
        ]
        shown = catalog_page.Catalogue(graph, "/graph")
        assert [(each.name, each.href) for each in shown.files] == [
            ("harmgraph.nq", address.replace(BASE, "/graph/")),
        ]
        assert [each.href for each in shown.datasets] == ["/graph/", "/graph/doc/dataset/a", "/graph/doc/dataset/a/1"]


def test_a_catalogue_in_no_format_of_ours_is_404_or_406(publication: Publication) -> None:
    assert publication.client.get("/catalog.pdf").status_code == 404
    assert publication.client.get("/catalog", headers={"Accept": "image/png"}).status_code == 406


# DCAT-AP 3, what it calls mandatory (violations) and recommended (warnings), as far as any of it can be had offline.
DCAT_AP = """
PREFIX sh: <http://www.w3.org/ns/shacl#>
PREFIX dcat: <http://www.w3.org/ns/dcat#>
PREFIX dct: <http://purl.org/dc/terms/>
PREFIX foaf: <http://xmlns.com/foaf/0.1/>
PREFIX spdx: <http://spdx.org/rdf/terms#>
PREFIX vcard: <http://www.w3.org/2006/vcard/ns#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>

[] a sh:NodeShape ; sh:targetClass dcat:Catalog ;
  sh:property [ sh:path dct:title ; sh:minCount 1 ; sh:nodeKind sh:Literal ],
    [ sh:path dct:description ; sh:minCount 1 ; sh:nodeKind sh:Literal ],
    [ sh:path dct:publisher ; sh:minCount 1 ; sh:maxCount 1 ; sh:class foaf:Agent ],
    [ sh:path dcat:dataset ; sh:minCount 1 ; sh:class dcat:Dataset ],
    [ sh:path dcat:service ; sh:minCount 1 ; sh:class dcat:DataService ],
    [ sh:path dct:license ; sh:minCount 1 ; sh:maxCount 1 ; sh:nodeKind sh:IRI ],
    [ sh:path dct:language ; sh:minCount 1 ; sh:nodeKind sh:IRI ],
    [ sh:path foaf:homepage ; sh:minCount 1 ; sh:maxCount 1 ; sh:nodeKind sh:IRI ] .
[] a sh:NodeShape ; sh:targetClass dcat:Dataset ;
  sh:property [ sh:path dct:title ; sh:minCount 1 ; sh:nodeKind sh:Literal ],
    [ sh:path dct:description ; sh:minCount 1 ; sh:nodeKind sh:Literal ],
    [ sh:path dct:publisher ; sh:minCount 1 ; sh:maxCount 1 ; sh:class foaf:Agent ],
    [ sh:path dcat:keyword ; sh:minCount 1 ; sh:nodeKind sh:Literal ],
    [ sh:path dcat:theme ; sh:minCount 1 ; sh:nodeKind sh:IRI ],
    [ sh:path dcat:contactPoint ; sh:minCount 1 ; sh:class vcard:Organization ],
    [ sh:path dcat:distribution ; sh:class dcat:Distribution ] .
[] a sh:NodeShape ; sh:targetClass dcat:Distribution ;
  sh:property [ sh:path dcat:accessURL ; sh:minCount 1 ; sh:nodeKind sh:IRI ],
    [ sh:path dct:license ; sh:minCount 1 ; sh:maxCount 1 ; sh:nodeKind sh:IRI ],
    [ sh:path dct:format ; sh:minCount 1 ; sh:maxCount 1 ; sh:nodeKind sh:IRI ],
    [ sh:path dcat:mediaType ; sh:minCount 1 ; sh:maxCount 1 ; sh:nodeKind sh:IRI ],
    [ sh:path dcat:byteSize ; sh:maxCount 1 ; sh:datatype xsd:nonNegativeInteger ],
    [ sh:path spdx:checksum ; sh:maxCount 1 ; sh:class spdx:Checksum ] .
[] a sh:NodeShape ; sh:targetClass dcat:DataService ;
  sh:property [ sh:path dct:title ; sh:minCount 1 ; sh:nodeKind sh:Literal ],
    [ sh:path dcat:endpointURL ; sh:minCount 1 ; sh:nodeKind sh:IRI ],
    [ sh:path dcat:contactPoint ; sh:minCount 1 ; sh:class vcard:Organization ],
    [ sh:path dcat:endpointDescription ; sh:minCount 1 ; sh:nodeKind sh:IRI ],
    [ sh:path dcat:servesDataset ; sh:minCount 1 ; sh:class dcat:Dataset ] .
[] a sh:NodeShape ; sh:targetClass vcard:Organization ;
  sh:property [ sh:path vcard:fn ; sh:minCount 1 ; sh:nodeKind sh:Literal ],
    [ sh:path [ sh:alternativePath ( vcard:hasEmail vcard:hasURL ) ] ; sh:minCount 1 ; sh:nodeKind sh:IRI ] .
[] a sh:NodeShape ; sh:targetClass dcat:DatasetSeries ;
  sh:property [ sh:path dct:title ; sh:minCount 1 ], [ sh:path dct:description ; sh:minCount 1 ] .
[] a sh:NodeShape ; sh:targetClass spdx:Checksum ;
  sh:property [ sh:path spdx:algorithm ; sh:minCount 1 ; sh:maxCount 1 ; sh:nodeKind sh:IRI ],
    [ sh:path spdx:checksumValue ; sh:minCount 1 ; sh:maxCount 1 ; sh:datatype xsd:hexBinary ] .
[] a sh:NodeShape ; sh:targetObjectsOf dct:publisher ;
  sh:property [ sh:path foaf:name ; sh:minCount 1 ; sh:nodeKind sh:Literal ] .
"""


def test_the_catalogue_has_what_dcat_ap_makes_mandatory_and_recommends(publication: Publication) -> None:
    text = publication.client.get("/catalog.ttl").text
    catalogue, shapes = Graph().parse(data=text, format="turtle"), Graph().parse(data=DCAT_AP, format="turtle")
    conforms, _, report = validate(catalogue, shacl_graph=shapes)
    assert conforms, report
    without = Graph().parse(data=text.replace("dcat:endpointURL", "dct:relation"), format="turtle")
    assert not validate(without, shacl_graph=shapes)[0]


@pytest.mark.parametrize(
    ("contact", "statement"),
    [
        ("", (VCARD.hasURL, BASE)),
        ("graph@example.org", (VCARD.hasEmail, "mailto:graph@example.org")),
        ("mailto:graph@example.org", (VCARD.hasEmail, "mailto:graph@example.org")),
        ("https://example.org/contact?a=b", (VCARD.hasURL, "https://example.org/contact?a=b")),
        ('"><script>@x', (VCARD.hasEmail, "mailto:%22%3E%3Cscript%3E@x")),
    ],
)
def test_the_contact_is_the_one_that_is_set(contact: str, statement: tuple[NamedNode, str]) -> None:
    graph = set(_contact(contact, [Triple(DATASET, RDF.type, DCAT.Dataset)]))
    assert Triple(DATASET, DCAT.contactPoint, CONTACT) in graph
    predicate, value = statement
    assert objects(graph, predicate, CONTACT) == {value}


def test_the_dump_is_what_the_catalogue_says(publication: Publication) -> None:
    graph = triples(publication.client.get("/catalog"))
    node = NamedNode(f"{BASE}#dump")
    url = f"/dump/{publication.releases[0].id}/harmgraph.nq"
    assert BASE + url[1:] in objects(graph, DCAT.downloadURL, node)
    body = publication.client.get(url).content
    assert objects(graph, DCAT.byteSize, node) == {str(len(body))}
    (checksum,) = objects(graph, SPDX.checksum, node)
    assert objects(graph, SPDX.checksumValue, NamedNode(checksum)) == {hashlib.sha256(body).hexdigest()}
    distributions = objects(graph, DCAT.distribution)
    assert len(distributions) == 3
    for each in distributions:
        for address in objects(graph, DCAT.downloadURL, NamedNode(each)):
            assert publication.client.get("/" + address.removeprefix(BASE), follow_redirects=True).status_code == 200


def test_the_dump_holds_as_many_triples_as_the_description_says(publication: Publication) -> None:
    response = publication.client.get("/dump/data.nq", follow_redirects=True)
    assert response.headers["Content-Type"] == "application/n-quads"
    loaded = {quad.triple for quad in parse(input=response.content, format=RdfFormat.N_QUADS)}
    assert objects(loaded, VOID.triples) == {str(len(loaded))}


def test_every_release_in_the_folder_has_its_dump(publication: Publication) -> None:
    for release in publication.releases:
        response = publication.client.get(f"/dump/{release.id}/harmgraph.nq")
        assert response.content == release.dump.read_bytes()
        assert "immutable" in response.headers["Cache-Control"]
        sums = publication.client.get(f"/dump/{release.id}/SHA256SUMS").text
        assert sums.startswith(f"{hashlib.sha256(response.content).hexdigest()}  harmgraph.nq\n")


def test_compressed_dumps_have_checksums_once_they_are_kept(tmp_path: Path, quads: list[Quad]) -> None:
    (tmp_path / "described").mkdir()
    with (
        Served(tmp_path / "releases", described(quads, tmp_path / "described"), Settings(store="memory")) as server,
        httpx.Client(base_url=server.address, timeout=30) as client,
    ):
        place = f"/dump/{server.release.id}"
        before = client.get("/catalog.nt")
        assert "catalog#checksum>" in before.text
        assert "catalog#checksum-" not in before.text
        sums = client.get(f"{place}/SHA256SUMS")
        assert "immutable" not in sums.headers["Cache-Control"], "it will have more lines"
        assert server.app is not None
        asyncio.run(dumps.pack(server.app.state.serving.current))  # as `running.warming` does
        lines = client.get(f"{place}/SHA256SUMS").text.splitlines()
        assert [line.partition("  ")[2] for line in lines] == ["harmgraph.nq", "harmgraph.nq.gz", "harmgraph.nq.zst"]
        graph = triples(after := client.get("/catalog.nt", headers={"If-None-Match": before.headers["ETag"]}))
        assert after.status_code == 200, "the catalogue says more than before"
        for line in lines:
            checksum, _, name = line.partition("  ")
            body = client.get(f"{place}/{name}").content
            assert hashlib.sha256(body).hexdigest() == checksum
            (node,) = {t.subject for t in graph if t.predicate == DCAT.downloadURL and t.object.value.endswith(name)}  # type: ignore[union-attr]
            assert objects(graph, DCAT.byteSize, node) == {str(len(body))}  # type: ignore[arg-type]  # an IRI
            (digest,) = objects(graph, SPDX.checksum, node)  # type: ignore[arg-type]
            assert objects(graph, SPDX.checksumValue, NamedNode(digest)) == {checksum}


def test_one_process_makes_compressed_dumps_at_once(tmp_path: Path) -> None:
    with packing.alone(tmp_path) as first, packing.alone(tmp_path) as second:
        assert (first, second) == (True, False)
    with packing.alone(tmp_path) as again:
        assert again
    with packing.alone(tmp_path / "nowhere") as elsewhere:
        assert not elsewhere


def test_a_dump_is_sent_as_it_lies_there(publication: Publication) -> None:
    """In a content coding it would have neither a length nor ranges, and another digest (RFC 9530 §3)."""
    path = f"/dump/{publication.releases[0].id}/harmgraph.nq"
    for method in ("GET", "HEAD"):
        response = publication.client.request(method, path, headers={"Accept-Encoding": "gzip, zstd"})
        assert "Content-Encoding" not in response.headers
        assert response.headers["Content-Length"] == str(publication.releases[0].dump.stat().st_size)
        assert response.headers["Accept-Ranges"] == "bytes"


def test_dumps_come_compressed_the_same_each_time(publication: Publication) -> None:
    path = f"/dump/{publication.releases[0].id}/harmgraph.nq"
    plain = publication.client.get(path).content
    zipped = publication.client.get(f"{path}.gz")
    assert zipped.headers["Content-Type"] == "application/gzip"
    assert "Content-Encoding" not in zipped.headers
    assert gzip.decompress(zipped.content) == plain
    assert publication.client.get(f"{path}.gz").content == zipped.content
    packed = publication.client.get(f"{path}.zst").content
    assert zstandard.ZstdDecompressor().decompressobj().decompress(packed) == plain
    for suffix in (".gz", ".zst"):
        head = publication.client.head(path + suffix)
        assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_compressed_dump_that_was_sent_once_has_a_length_and_ranges(publication: Publication, suffix: str) -> None:
    path = f"/dump/{publication.releases[0].id}/harmgraph.nq{suffix}"
    whole = publication.client.get(path).content
    again = publication.client.get(path)
    assert again.content == whole
    assert again.headers["Content-Length"] == str(len(whole))
    digest = base64.b64encode(hashlib.sha256(whole).digest()).decode()
    assert again.headers["Repr-Digest"] == f"sha-256=:{digest}:"
    head = publication.client.head(path)
    assert head.headers["Content-Length"] == str(len(whole))
    part = publication.client.get(path, headers={"Range": "bytes=10-19", "If-Range": again.headers["ETag"]})
    assert (part.status_code, part.content) == (206, whole[10:20])


def test_the_dump_says_its_checksum_itself(publication: Publication) -> None:
    response = publication.client.get(f"/dump/{publication.releases[0].id}/harmgraph.nq")
    digest = base64.b64encode(hashlib.sha256(response.content).digest()).decode()
    assert response.headers["Repr-Digest"] == f"sha-256=:{digest}:"


def test_a_dump_is_kept_only_when_it_is_whole(tmp_path: Path) -> None:
    kept = packing.place(tmp_path, "a", "x.gz")
    gone = packing.place(tmp_path, "gone", "x.gz")
    gone.parent.mkdir(parents=True)
    broken = packing.Keeping(kept, lambda name: name == "a")
    broken.write(b"half")
    broken.drop()
    assert packing.checksum(kept) is None
    assert list(kept.parent.iterdir()) == []
    whole = packing.Keeping(kept, lambda name: name == "a")
    whole.write(b"the ")
    whole.write(b"whole")
    whole.finish()
    whole.drop()
    assert kept.read_bytes() == b"the whole"
    assert packing.checksum(kept) == hashlib.sha256(b"the whole").hexdigest()
    assert not gone.parent.exists(), "of a release that is gone"


def test_a_folder_that_cannot_be_written_to_keeps_nothing_and_breaks_nothing(tmp_path: Path) -> None:
    (tmp_path / packing.FOLDER).write_text("in the way")
    kept = packing.place(tmp_path, "a", "x.gz")
    keeping = packing.Keeping(kept, lambda _: True)
    keeping.write(b"part")
    keeping.finish()
    keeping.drop()
    assert packing.checksum(kept) is None


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("bytes=0-99", 0, 99), ("bytes=100-", 100, None), ("bytes=-50", -50, None)],
)
def test_a_range_of_a_dump_is_206(publication: Publication, asked: str, first: int, last: int | None) -> None:
    path = f"/dump/{publication.releases[0].id}/harmgraph.nq"
    whole = publication.releases[0].dump.read_bytes()
    response = publication.client.get(path, headers={"Range": asked})
    assert response.status_code == 206
    assert response.content == whole[first : None if last is None else last + 1]
    start = first if first >= 0 else len(whole) + first
    end = len(whole) - 1 if last is None else last
    assert response.headers["Content-Range"] == f"bytes {start}-{end}/{len(whole)}"
    assert "Content-Encoding" not in response.headers


@pytest.mark.parametrize("asked", ["bytes=9-5", "items=0-5", "bytes=0-5,9-12", "bytes=-", "bytes", "bytes=a-b"])
def test_a_range_that_is_none_or_several_gets_the_whole(publication: Publication, asked: str) -> None:
    path = f"/dump/{publication.releases[0].id}/harmgraph.nq"
    response = publication.client.get(path, headers={"Range": asked, "Accept-Encoding": "identity"})
    assert response.status_code == 200
    assert len(response.content) == publication.releases[0].dump.stat().st_size


def test_a_range_behind_the_end_is_416(publication: Publication) -> None:
    size = publication.releases[0].dump.stat().st_size
    path = f"/dump/{publication.releases[0].id}/harmgraph.nq"
    response = publication.client.get(path, headers={"Range": f"bytes={size}-"})
    assert response.status_code == 416
    assert response.headers["Content-Range"] == f"bytes */{size}"
    assert response.headers["Content-Type"] == "application/problem+json"
    assert str(size) in response.json()["detail"]


def test_a_range_counts_only_if_the_dump_is_still_the_same(publication: Publication) -> None:
    path = f"/dump/{publication.releases[0].id}/harmgraph.nq"
    tag = publication.client.head(path, headers={"Accept-Encoding": "identity"}).headers["ETag"]
    for condition, status in ((tag, 206), ('"another"', 200), (f"W/{tag}", 200)):
        response = publication.client.get(path, headers={"Range": "bytes=0-9", "If-Range": condition})
        assert response.status_code == status
    assert publication.client.get(path, headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize(
    "path",
    [
        "/dump/{id}/data.nq",
        "/dump/{id}/release.json",
        "/dump/{id}/store",
        "/dump/{id}/..%2f..%2frelease.json",
        "/dump/{id}/%2e%2e",
        "/dump/current/harmgraph.nq",
        "/dump/..%2f{id}/harmgraph.nq",
        "/dump/0000000000000000/harmgraph.nq",
        "/dump/%2e/harmgraph.nq",
        "/dump/{id}/",
        "/dump/",
    ],
)
def test_nothing_but_dumps_of_releases_is_sent(publication: Publication, path: str) -> None:
    assert publication.client.get(path.format(id=publication.releases[0].id)).status_code == 404


def test_a_document_says_since_when_it_is_so(publication: Publication) -> None:
    for path in (SEED, f"{SEED}.html", "/ns", "/catalog"):
        date = publication.client.get(path).headers["Last-Modified"]
        assert publication.client.get(path, headers={"If-Modified-Since": date}).status_code == 304
        assert publication.client.head(path, headers={"If-Modified-Since": date}).status_code == 304
        for earlier in ("Thu, 01 Jan 1970 00:00:00 GMT", "yesterday", "", "Sat, 99 Foo 2026 00:00:00 GMT"):
            assert publication.client.get(path, headers={"If-Modified-Since": earlier}).status_code == 200
        both = {"If-Modified-Since": date, "If-None-Match": '"another"'}
        assert publication.client.get(path, headers=both).status_code == 200  # RFC 9110 §13.1.3


def test_last_modified_is_when_the_release_became_current(publication: Publication) -> None:
    date = parsedate_to_datetime(publication.client.get(SEED).headers["Last-Modified"])
    link = publication.releases[0].path.parent / "current"
    assert date.timestamp() >= int(link.lstat().st_mtime)


def test_behind_a_proxy_every_link_has_its_path(publication: Publication) -> None:
    prefix = {"X-Forwarded-Prefix": "/graph"}
    address = f"{publication.served.address}/graph"
    links = publication.client.get(SEED, headers=prefix).headers["Link"]
    for path in ("/timegate/doc/", "/timemap/doc/", "/linkset/"):
        assert f"</graph{path}" in links
        assert f"<{path}" not in links
    assert f"Sitemap: {address}/sitemap.xml" in publication.client.get("/robots.txt", headers=prefix).text
    assert f"{address}/sitemaps/incidents-1.xml" in publication.client.get("/sitemap.xml", headers=prefix).text
    assert f"{address}/doc/incident/" in publication.client.get("/sitemaps/incidents-1.xml", headers=prefix).text
    assert f"{address}/fragments?page=2" in publication.client.get("/fragments", headers=prefix).text
    assert f"{address}/doc/incident/" in publication.client.get("/feed.atom", headers=prefix).text
    gate = publication.client.get(f"/timegate{SEED}", headers=prefix).headers["Location"]
    assert gate.startswith("/graph/memento/")
    page = publication.client.get(f"{gate}.html", headers=prefix).text
    assert f'href="{gate.removesuffix(SEED)}/doc/organisation/' in page
    dump = publication.client.get("/dump/data.nq", headers=prefix).headers["Location"]
    assert dump == f"/graph/dump/{publication.releases[0].id}/harmgraph.nq"


def test_every_iri_of_the_catalogue_leads_to_where_it_is_described(publication: Publication) -> None:
    subjects = {
        t.subject.value for t in triples(publication.client.get("/catalog.nt")) if isinstance(t.subject, NamedNode)
    }
    documents: dict[str, set[str]] = {}
    for iri in sorted(each for each in subjects if each.startswith(BASE)):
        path = "/" + iri.removeprefix(BASE).partition("#")[0]
        if path not in documents:
            response = publication.client.get(path, headers={"Accept": "application/n-triples"}, follow_redirects=True)
            assert response.status_code == 200, iri
            documents[path] = {t.subject.value for t in triples(response) if isinstance(t.subject, NamedNode)}
        if "#class=" not in iri and "#property=" not in iri:
            assert iri in documents[path], iri
