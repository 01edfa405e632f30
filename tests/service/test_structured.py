"""schema.org in pages: search engines read what the graph says, browsers run none of it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
from pyld import jsonld as pyld
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from harmgraph.iris import BASE, DCAT, DCT, HG, RDFS, mint

from .conftest import HOSTILE, Publication

SCRIPT = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)
SCHEMA = "https://schema.org/"
PAGES = ("/doc/incident/AIAAIC0850", "/doc/organisation/acme", "/doc/record/aiaaic-page/2024-02/AIAAIC0850", "/ns", "/")


def page(client: httpx.Client, path: str) -> str:
    """The page for people."""
    return client.get(path, headers={"Accept": "text/html"}).text


def embedded(client: httpx.Client, path: str) -> dict[str, Any]:
    """The one JSON-LD script of a page."""
    (text,) = SCRIPT.findall(page(client, path))
    return json.loads(text)  # type: ignore[no-any-return]  # JSON


def graph(client: httpx.Client, path: str) -> set[Triple]:
    """The document as a graph."""
    body = client.get(path, headers={"Accept": "application/n-triples"}).content
    return {quad.triple for quad in parse(input=body, format=RdfFormat.N_TRIPLES)}


def as_schema_org(found: dict[str, Any]) -> set[Triple]:
    """The triples of the JSON-LD as it stands, read without the network."""
    text = pyld.to_rdf(found, {"format": "application/n-quads", "documentLoader": _refused})
    return {quad.triple for quad in parse(input=text, format=RdfFormat.N_QUADS)}


def _refused(url: str, _: object) -> None:
    raise AssertionError(f"{url} was to be fetched")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_read_without_the_network_and_says_what_the_graph_says(
    publication: Publication, path: str
) -> None:
    found = embedded(publication.client, path)
    values, said = as_schema_org(found), graph(publication.client, path)
    assert len(values) > 3
    texts = {t.object.value for t in said if isinstance(t.object, Literal)}
    for name in ("name", "description", "identifier"):
        for t in values:
            if t.predicate.value == SCHEMA + name and isinstance(t.object, Literal):
                assert t.object.value in texts, t
    addresses = {t.object for t in said} | {t.subject for t in said}
    for name in ("license", "sameAs", "contentUrl", "isBasedOn"):
        for t in values:
            if t.predicate.value == SCHEMA + name:
                assert t.object in addresses, t


def test_an_incident_is_an_event_with_what_the_graph_says(publication: Publication) -> None:
    path = "/doc/incident/AIAAIC0850"
    said, thing = graph(publication.client, path), mint("incident", "AIAAIC0850")
    found = embedded(publication.client, path)
    assert found["@type"] == "Event"
    values = as_schema_org(found)

    def of(name: str) -> set[str]:
        terms = (t.object for t in values if (t.subject, t.predicate) == (thing, NamedNode(SCHEMA + name)))
        return {term.value for term in terms if isinstance(term, NamedNode | Literal)}

    def ours(predicate: NamedNode) -> set[str]:
        terms = (t.object for t in said if (t.subject, t.predicate) == (thing, predicate))
        return {term.value for term in terms if isinstance(term, NamedNode | Literal)}

    for name, predicate in (
        ("name", RDFS.label),
        ("startDate", HG.earliestDate),
        ("endDate", HG.latestDate),
        ("organizer", HG.deployer),
        ("location", HG.jurisdiction),
        ("description", DCT.description),
    ):
        assert of(name) == ours(predicate) != set(), name
    ukraine = next(each for each in [found["location"]] if each["@id"].endswith("/UKR"))
    assert ukraine == {"@type": "Country", "@id": f"{BASE}id/country/UKR", "name": "Ukraine"}
    assert found["mainEntityOfPage"]["license"] == "https://creativecommons.org/licenses/by-sa/4.0/"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/doc/organisation/acme", "Organization"),
        ("/doc/system/clearview-ai", "SoftwareApplication"),
        ("/doc/country/UKR", "Country"),
        ("/doc/concept/technology/facial-recognition", "DefinedTerm"),
        ("/doc/record/aiaaic-page/2024-02/AIAAIC0850", "CreativeWork"),
        ("/doc/snapshot/aiaaic-page/2024-02", "Thing"),
    ],
)
def test_each_kind_of_thing_has_its_class(publication: Publication, path: str, kind: str) -> None:
    found = embedded(publication.client, path)
    assert found["@type"] == kind
    assert found["@id"] == BASE + path.replace("/doc/", "id/")


def test_the_start_page_is_about_the_data_set(publication: Publication) -> None:
    found = embedded(publication.client, "/")
    said = graph(publication.client, "/")
    dataset = NamedNode(f"{BASE}#dataset")
    assert found["@type"] == "Dataset"
    assert found["@id"] == dataset.value
    assert {found["name"]} == {t.object.value for t in said if (t.subject, t.predicate) == (dataset, DCT.title)}  # type: ignore[union-attr]  # a literal
    addresses = {t.object.value for t in said if t.predicate == DCAT.downloadURL}  # type: ignore[union-attr]  # an IRI
    assert {found["distribution"]["contentUrl"]} == addresses
    assert found["distribution"]["encodingFormat"] == "application/n-quads"


def test_hostile_text_stays_text(publication: Publication) -> None:
    text = page(publication.client, "/doc/incident/AIID-412")
    assert text.count("<script") == 1
    assert embedded(publication.client, "/doc/incident/AIID-412")["name"] == HOSTILE


@pytest.mark.parametrize("path", PAGES)
def test_a_page_names_its_address_its_language_and_its_other_formats(publication: Publication, path: str) -> None:
    text = page(publication.client, path)
    assert '<html lang="en-GB">' in text
    assert f'<link rel="canonical" href="{BASE}{path[1:]}">' in text
    alternates = re.findall(r'<link rel="alternate" type="([^"]+)" href="([^"]+)"', text)
    assert {"text/turtle", "application/ld+json"} <= {media_type for media_type, _ in alternates}
    for media_type, address in alternates:
        assert publication.client.get(address).headers["Content-Type"].startswith(media_type)


def test_chromium_shows_the_page_and_complains_of_nothing(publication: Publication, tmp_path: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("there is no Chromium on this machine")
    switches = (
        *("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"),
        *("--enable-logging=stderr", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
        *(f"--user-data-dir={tmp_path}", "--dump-dom"),
    )
    address = f"{publication.served.address}/doc/incident/AIID-412"
    run = subprocess.run([chromium, *switches, address], capture_output=True, text=True, timeout=120, check=True)
    assert len(SCRIPT.findall(run.stdout)) == 1
    assert "CONSOLE" not in run.stderr  # where it says what a Content-Security-Policy kept it from
