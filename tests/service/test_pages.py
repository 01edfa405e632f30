"""Pages for people: names instead of IRIs, who says so, what links here; and hostile text that stays text."""

from __future__ import annotations

import json
import re
from html import unescape
from html.parser import HTMLParser

import httpx
import pytest

from harmgraph.catalogue import catalogue
from harmgraph.iris import BASE, RDFS
from harmgraph.service.pages.editor import is_built

PAGES = (
    "/",
    "/sparql",
    "/sparql?query=SELECT * { ?s ?p ?o } LIMIT 5",
    "/sparql?query=oops",
    "/ns",
    "/incidents",
    "/organisations",
    "/systems",
    "/countries",
    "/search",
    "/search?q=synthetic&technology=biometrics&year=2001&page=1",
    "/search?organisation=o.reilly&all=organisation",
    "/search?country=NOWHERE",
    "/search?q=---",
    "/compare",
    "/compare?a=acme&b=Clearview+AI",
    "/compare?a=o.reilly&b=nobody",
    "/problems",
    "/doc/incident/AIAAIC0850",
    "/doc/incident/AIID-412",
    "/doc/organisation/acme",
    "/doc/organisation/acme?by=hg:deployer&page=2",
    "/doc/record/aiaaic-page/2024-02/AIAAIC0850",
    "/doc/concept/technology/facial-recognition",
    "/doc/scheme/technology",
    "/doc/country/UKR",
    "/doc/claim/AIAAIC0850-faces",
    "/doc/snapshot/aiaaic-page/2024-02",
    "/doc/graph/consolidation",
    "/nowhere",
)


class Outline(HTMLParser):
    """The elements of a page, with the check that they nest."""

    VOID = frozenset({"meta", "link", "br", "input", "hr", "img"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def page(client: httpx.Client, path: str) -> str:
    """The HTML of a page."""
    response = client.get(path, headers={"Accept": "text/html"})
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    return response.text


def words(html: str) -> str:
    """The text of a page."""
    html = re.sub(r"<script.*?</script>", " ", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_well_formed_and_can_be_found_ones_way_in(client: httpx.Client, path: str) -> None:
    outline = Outline(page(client, path))
    assert len(outline.all("h1")) == 1
    assert outline.all("html") == [{"lang": "en-GB"}]
    assert len(outline.all("main")) == 1
    assert len(outline.all("nav")) >= 1
    ids = [attributes["id"] for _, attributes in outline.elements if "id" in attributes]
    assert len(ids) == len(set(ids)), [each for each in ids if ids.count(each) > 1]
    named = {each["for"] for each in outline.all("label")}
    assert {
        each["id"]
        for tag in ("textarea", "select", "input")
        for each in outline.all(tag)
        if each.get("type") != "hidden"
    } <= named


@pytest.mark.parametrize("path", PAGES)
def test_no_page_runs_a_script_or_loads_anything_from_elsewhere(client: httpx.Client, path: str) -> None:
    response = client.get(path, headers={"Accept": "text/html"})
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    outline = Outline(response.text)
    data = ({"type": "application/ld+json"}, {"type": "application/json", "id": "answer-lines"})  # these do not run
    scripts = [each for each in outline.all("script") if each not in data]
    if path.startswith("/sparql"):  # the editor, where it has been built, is a file of our own
        assert all((script["src"] or "").startswith("/static/editor/") for script in scripts)
    elif path.startswith("/search"):
        assert [(script["src"] or "").partition("?")[0] for script in scripts] == ["/static/search.js"]
    else:
        assert not scripts
        assert "script-src" not in policy
    assert not outline.all("style")
    for _, attributes in outline.elements:
        assert "style" not in attributes
        assert not any(name.startswith("on") for name in attributes)
        assert not (attributes.get("src") or "").startswith("http")
    for link in outline.all("link"):
        if link["rel"] in ("stylesheet", "icon"):
            assert client.get(link["href"] or "").status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_links_are_web_links_and_those_within_lead_somewhere(client: httpx.Client, path: str) -> None:
    targets = {link["href"] or "" for link in Outline(page(client, path)).all("a")}
    for target in {t.partition("#")[0] if t.startswith("/") else t for t in targets}:
        if target.startswith("/"):
            # 301 is another name of an incident, 410 the page that says why one was withdrawn.
            assert client.head(target).status_code in (200, 301, 303, 400, 410), target
        else:
            assert target.startswith(("#", "http://", "https://")), target


def test_hostile_text_is_shown_and_not_obeyed(client: httpx.Client) -> None:
    for path in (
        "/doc/incident/AIID-412",
        "/doc/organisation/acme",
        f"/sparql?query=SELECT * {{ ?s <{RDFS.label.value}> ?o }}",
    ):
        html = page(client, path)
        assert "<script>" not in html
        assert "\u202e" not in html
    html = page(client, "/doc/incident/AIID-412")
    assert "&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;" in html
    assert '<span class="control">U+202E</span>' in html
    assert "javascript:alert(1)" in words(html)
    assert not any("javascript" in (link["href"] or "") for link in Outline(html).all("a"))
    assert 'href="https://example.org/a?b=%22c&amp;d=e"' in html


def test_hostile_text_in_a_query_stays_in_the_form(client: httpx.Client) -> None:
    query = "</textarea><script>alert(1)</script>"
    response = client.get("/sparql", params={"query": query}, headers={"Accept": "text/html"})
    assert response.status_code == 400
    assert "<script>" not in response.text
    assert "&lt;/textarea&gt;&lt;script&gt;" in response.text


def test_a_page_names_things_by_their_labels(client: httpx.Client) -> None:
    html = page(client, "/doc/incident/AIAAIC0850")
    text = words(html)
    assert "Ministry of Defence of Ukraine" in text
    assert "Facial recognition" in text
    assert "March 2022" in text
    assert text.count(f"{BASE}id/") == 2  # its own IRI, below the heading and in the citation
    assert 'href="/doc/organisation/clearview-ai"' in html


def test_a_page_says_who_says_so_and_where_sources_differ(client: httpx.Client) -> None:
    html = page(client, "/doc/incident/AIAAIC0850")
    deployer = html[html.index(">Ministry of Defence of Ukraine<") :]
    assert re.findall(r'href="#source-(\d)"', deployer[: deployer.index("</dd>")]) == ["1", "2"]
    occurred = html[html.index(">Occurred<") : html.index(">Deployer<")]
    assert "sources differ" in occurred
    assert "sources differ" not in html[html.index(">Deployer<") : html.index(">Developer<")]
    assert "AIAAIC sheet, AIAAIC0850 (2026-06)" in words(html[html.index('id="sources"') :])


def test_what_sources_differ_about_stands_side_by_side(client: httpx.Client) -> None:
    html = page(client, "/doc/incident/AIAAIC0850")
    table = html[html.index('<table class="differing">') :].partition("</table>")[0]
    rows = [
        [words(cell) for cell in re.findall(r"(?s)<t[dh][ >].*?</t[dh]>", row)] for row in table.split("</tr>") if row
    ]
    assert rows[0][0] == ""
    assert rows[0][2] == "AIAAIC sheet, AIAAIC0850 (2026-06)"
    told = {name: cells for name, *cells in filter(None, rows[1:])}
    assert told["Occurred"] == ["March 2022", "2022"]
    assert "Dual use" in told["Issue"][1]
    assert "Deployer" not in told, "of which they say the same"
    assert 'class="differing"' not in page(client, "/doc/organisation/acme")


@pytest.mark.parametrize("name", ["incidents", "organisations", "systems", "countries"])
def test_a_list_is_exported_whole_and_in_its_order(client: httpx.Client, name: str) -> None:
    html = page(client, f"/{name}")
    csv_address, json_address = re.findall(r'<a href="(/sparql[^"]+&amp;format=(?:csv|json))"', html)
    exported = client.get(csv_address.replace("&amp;", "&"))
    assert exported.headers["Content-Type"].startswith("text/csv")
    lines = exported.text.splitlines()
    (total,) = re.findall(r'<h1>[^<]* <span class="count">([\d,]+)</span>', html)
    assert len(lines) == int(total.replace(",", "")) + 1
    rows = client.get(json_address.replace("&amp;", "&")).json()["results"]["bindings"]
    shown = [unescape(each) for each in re.findall(r'<li>(?:<a href="([^"]*)">)?<bdi>', html)]
    assert [row["thing"]["value"].replace(f"{BASE}id/", "/doc/") for row in rows[: len(shown)]] == shown


def test_a_claim_is_told_with_its_claimant(client: httpx.Client) -> None:
    text = words(page(client, "/doc/incident/AIAAIC0850"))
    claims = text[text.index("Claims") :]
    assert "The company holds more than ten billion images of faces." in claims
    assert "Chief executive of Clearview AI" in claims


def test_a_record_shows_its_strings_and_where_it_names_things(client: httpx.Client) -> None:
    html = page(client, "/doc/record/aiaaic-page/2024-02/AIAAIC0850")
    assert "Ministry of Defenсe of Ukraine" in html  # with the Cyrillic letter of the source
    assert 'id="char=52,59"' in html


def test_what_links_to_a_busy_thing_is_paged(client: httpx.Client) -> None:
    first = page(client, "/doc/organisation/acme")
    assert "All 120" in first
    assert first.count("Synthetic incident") == 15
    seen: list[str] = []
    for number in (1, 2, 3):
        seen += re.findall(
            r"Synthetic incident \d+", page(client, f"/doc/organisation/acme?by=hg:deployer&page={number}")
        )
    assert len(seen) == len(set(seen)) == 120
    for query in (
        "by=hg:deployer&page=4",
        "by=hg:deployer&page=x",
        "by=hg:system",
        "by=%3Cx%3E",
        "by=hg:deployer&page=0",
    ):
        assert client.get(f"/doc/organisation/acme?{query}", headers={"Accept": "text/html"}).status_code == 404


def test_the_start_page_counts_what_the_store_holds(client: httpx.Client) -> None:
    text = words(page(client, "/"))
    for count in ("122 incidents", "8 organisations", "1 AI systems", "1 countries"):
        assert count in text
    assert "AIAAIC Repository, incident pages 1 CC BY-SA 4.0" in text


def test_the_three_examples_run(client: httpx.Client) -> None:
    cards = re.findall(r'<h3><a href="(/sparql\?[^"]+)"', page(client, "/"))
    examples = {address.replace("&amp;", "&") for address in cards}
    assert len(examples) == 3
    answers = [words(page(client, example)) for example in examples]
    assert all(re.search(r"Answer (\d+|No) rows?\.", answer) for answer in answers)
    assert any("Acme 120" in answer for answer in answers)


def test_lists_are_paged(client: httpx.Client) -> None:
    first, third = page(client, "/incidents"), page(client, "/incidents?page=3")
    assert 'rel="next"' in first
    assert 'rel="prev"' not in first
    assert 'rel="next"' not in third
    assert client.get("/incidents?page=4").status_code == 404


def test_the_query_page_shows_a_table_with_links(client: httpx.Client) -> None:
    query = "SELECT ?i ?d { ?i <https://w3id.org/harmgraph/ns#earliestDate> ?d } ORDER BY ?i LIMIT 2"
    html = client.get("/sparql", params={"query": query}, headers={"Accept": "text/html"}).text
    assert '<a href="/doc/incident/AIAAIC0850">hgi:AIAAIC0850</a>' in html
    assert "2 rows." in html


def test_the_query_page_never_passes_off_a_part_for_the_whole(client: httpx.Client) -> None:
    html = client.get("/sparql", params={"query": "SELECT * { ?s ?p ?o }"}, headers={"Accept": "text/html"}).text
    assert "Only the first 500 rows are shown; there are more." in html
    assert html.count("<tr>") == 501


def test_the_query_page_shows_yes_no_and_graphs(client: httpx.Client) -> None:
    for query, shown in (
        ("ASK { ?s ?p ?o }", "Yes"),
        ("ASK { ?s <x:y> ?o }", "No"),
        ("SELECT * { ?s <x:y> ?o }", "No rows."),
        ("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } LIMIT 3", "3 rows."),
    ):
        html = client.get("/sparql", params={"query": query}, headers={"Accept": "text/html"}).text
        assert shown in words(html)


def test_a_competency_query_comes_into_the_form_by_number_or_by_name(client: httpx.Client) -> None:
    for name in ("4", "04-who-deploys-a-developers-systems"):
        html = page(client, f"/sparql?example={name}")
        assert "PREFIX rdfs: &lt;http://www.w3.org/2000/01/rdf-schema#&gt;" in html
        assert "# parameter: developer = &#34;Clearview AI&#34;@en" in html
        assert 'id="answer"' not in html
    unknown = client.get("/sparql?example=nothing", headers={"Accept": "text/html"})
    assert unknown.status_code == 404
    assert "there is no query" in unknown.text


def test_the_query_page_shows_every_competency_query_with_its_question(client: httpx.Client) -> None:
    outline = Outline(html := page(client, "/sparql"))
    linked = [link["href"] or "" for link in outline.all("a") if "?example=" in (link["href"] or "")]
    assert [link.partition("=")[2] for link in linked] == [query.name for query in catalogue()]
    assert len(linked) == 36
    assert "Which organisations are named in most incidents, as deployer and as developer?" in words(html)


def test_only_the_query_page_allows_a_script_and_only_where_the_editor_is_built(client: httpx.Client) -> None:
    for path in ("/sparql", "/sparql?query=ASK{}", "/sparql?query=oops"):
        response = client.get(path, headers={"Accept": "text/html"})
        assert ("script-src 'self';" in response.headers["Content-Security-Policy"]) == is_built()
        assert ("/static/editor/editor.js" in response.text) == is_built()
    for path in ("/", "/sparql?query=ASK{}&format=json"):
        assert "script-src" not in client.get(path).headers["Content-Security-Policy"]


@pytest.mark.skipif(not is_built(), reason="the editor is not built; make editor, which needs npm")
def test_the_page_holds_a_whole_answer_for_its_script_and_no_part_of_one(client: httpx.Client) -> None:
    def held(query: str) -> dict[str, object] | None:
        html = client.get("/sparql", params={"query": query}, headers={"Accept": "text/html"}).text
        assert "<script>alert" not in html
        found = re.search(r'<script type="application/json" id="answer-lines">(.*?)</script>', html, re.DOTALL)
        return json.loads(found[1]) if found else None

    query = "SELECT ?label { ?i rdfs:label ?label FILTER (CONTAINS(?label, 'script')) }"
    answer = client.get("/sparql", params={"query": query}, headers={"Accept": "text/tab-separated-values"})
    table = held(query)
    assert table is not None
    assert (table["kind"], table["lines"]) == ("rows", answer.text)
    assert "<script>alert" in answer.text
    graph = held("CONSTRUCT { hgo:acme rdfs:label ?l } { hgo:acme rdfs:label ?l }")
    assert graph is not None
    assert graph["kind"] == "graph"
    assert held("SELECT * { ?s ?p ?o }") is None


def test_what_was_found_related_shares_more_than_a_country(client: httpx.Client) -> None:
    html = page(client, "/doc/incident/TEST-0007")
    related = words(html[html.index('id="related"') : html.index('id="cite"')])
    assert related.count("Synthetic incident") == 6
    assert "Acme, Facial recognition" in related
    assert 'id="related"' not in page(client, "/doc/organisation/acme")


def test_a_timeline_tells_what_occurred_and_what_was_reported_in_order(client: httpx.Client) -> None:
    html = page(client, "/doc/incident/AIAAIC0850")
    timeline = words(html[html.index('id="timeline"') : html.index('id="claims"')])
    assert "Timeline March 2022 Occurred 14 March 2022 Reported: Reuters: …" in timeline
    assert '<time datetime="2022-03-14">' in html
    assert 'id="timeline"' not in page(client, "/doc/incident/TEST-0007")


def test_an_incident_page_is_small(client: httpx.Client) -> None:
    for path in ("/doc/incident/AIAAIC0850", "/doc/incident/AIID-412", "/doc/incident/TEST-0001"):
        assert len(page(client, path).encode()) < 100_000
