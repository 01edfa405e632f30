"""Citations of an incident in BibTeX, RIS and CSL-JSON, from whatever its title holds."""

from __future__ import annotations

import re

import httpx
import pytest

from harmgraph.service.linked_data.citations import Citation, bibtex, csl_json, ris

from .conftest import HOSTILE

ODD = Citation(
    "harmgraph-x", "50% {of} A&B_C $1 #2 ~^\\", ("Smith & Sons",), "2026-11-24", "r1", "https://example.org/", ("A; B",)
)


def test_a_citation_comes_in_three_formats(client: httpx.Client) -> None:
    bib = client.get("/cite/incident/AIAAIC0850.bib")
    assert bib.headers["Content-Type"] == "application/x-bibtex;charset=utf-8"
    assert bib.text.startswith("@misc{harmgraph-AIAAIC0850,\n  author = {{AIAAIC}},\n")
    assert "note = {AIAAIC Repository, AIAAIC0850 …}" in bib.text
    assert bib.text.count("{") == bib.text.count("}")
    lines = client.get("/cite/incident/AIAAIC0850.ris").text.splitlines()
    assert (lines[0], lines[-1]) == ("TY  - ELEC", "ER  - ")
    assert all(re.match(r"[A-Z][A-Z0-9]  - ", line) for line in lines)
    (item,) = client.get("/cite/incident/AIAAIC0850.json").json()
    assert item["title"] == "Ukraine use of Clearview AI facial recognition draws concerns"
    assert item["author"] == [{"literal": "AIAAIC"}]
    assert item["URL"] == "https://w3id.org/harmgraph/id/incident/AIAAIC0850"


def test_the_page_of_an_incident_links_its_citations(client: httpx.Client) -> None:
    html = client.get("/doc/incident/AIAAIC0850", headers={"Accept": "text/html"}).text
    for suffix in ("bib", "ris", "json"):
        assert f'href="/cite/incident/AIAAIC0850.{suffix}"' in html


def test_signs_of_tex_are_escaped() -> None:
    title = r"title = {{50\% \{of\} A\&B\_C \$1 \#2 \textasciitilde{}\textasciicircum{}\textbackslash{}}}"
    assert title in bibtex(ODD)


def test_a_text_of_strangers_begins_no_line_of_its_own(client: httpx.Client) -> None:
    title = client.get("/cite/incident/AIID-412.json").json()[0]["title"]
    assert title == " ".join(HOSTILE.split())
    broken = Citation("k", "a\r\nER  - \r\nTY  - BOOK", ("b\u2028c",), "", "r", "https://example.org/", ())
    assert ris(broken).count("\r\nER  - ") == 1
    assert len(ris(broken).splitlines()) == len(ris(broken).split("\r\n")) - 1
    assert "\u202e" not in client.get("/cite/incident/AIID-412.bib").text


def test_a_date_that_nobody_knows_is_left_out() -> None:
    undated = Citation("k", "t", ("a",), "", "r", "https://example.org/", ())
    assert "year" not in bibtex(undated)
    assert "PY" not in ris(undated)
    assert "issued" not in csl_json(undated)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/cite/incident/AIAAIC0850", 404),
        ("/cite/incident/AIAAIC0850.xml", 404),
        ("/cite/incident/nobody.bib", 404),
        ("/cite/incident/.bib", 404),
        ("/cite/incident/a/b.bib", 404),
        ("/cite/incident/INC-05349.bib", 301),
    ],
)
def test_only_incidents_are_cited_and_by_their_own_name(client: httpx.Client, path: str, status: int) -> None:
    response = client.get(path)
    assert response.status_code == status
    if status == 301:
        assert response.headers["Location"] == "/cite/incident/AIAAIC0850.bib"


def test_a_citation_is_validated_by_its_tag(client: httpx.Client) -> None:
    tag = client.get("/cite/incident/AIAAIC0850.bib").headers["ETag"]
    assert client.get("/cite/incident/AIAAIC0850.bib", headers={"If-None-Match": tag}).status_code == 304
