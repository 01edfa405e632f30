"""The views of an answer: what a table, a chart, a map and a graph show is what the query answers."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.conftest import editor, needs_chromium, needs_editor, write

from harmgraph.catalogue import called, catalogue

pytestmark = [needs_chromium, needs_editor]

YEARS = """SELECT ?year (COUNT(?i) AS ?incidents) { ?i hg:deployer hgo:acme ; hg:earliestDate ?from }
GROUP BY (YEAR(?from) AS ?year) ORDER BY ?year"""
PLACES = """SELECT ?place ?n { VALUES (?place ?n) {
  (country:USA 40) (country:FRA 7) (country:SGP 3) (country:XKX 2) (<https://w3id.org/harmgraph/id/place/EU> 5) } }"""
CLASSES = "[class~=h1], [class~=h2], [class~=h3], [class~=h4], [class~=h5]"


def run(page: Page, query: str) -> None:
    """Write a query and wait for its answer."""
    write(page, query)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status")).to_contain_text("Answered in")


def rows(page: Page, query: str) -> list[list[str]]:
    """The answer as anybody gets it, without its heading."""
    address = page.evaluate("document.querySelector('form.query').action")
    text = page.request.get(f"{address}?{urlencode({'query': query, 'format': 'csv'})}").text()
    return [line.split(",") for line in text.splitlines()[1:]]


def values(page: Page, marks: str) -> list[float]:
    """The numbers behind the marks of a picture."""
    found = page.locator(marks).evaluate_all("all => all.map((each) => Number(each.dataset.value))")
    return sorted(found)


def show(page: Page, view: str) -> None:
    """Change to a view."""
    page.get_by_role("button", name=view, exact=True).click()
    expect(page.get_by_role("button", name=view, exact=True)).to_have_attribute("aria-pressed", "true")


def urlpath(page: Page, link: str) -> str:
    """Where a link leads on its own site."""
    return str(page.locator(link).evaluate("each => new URL(each.href).pathname"))


def urlpath_of_svg(page: Page) -> str:
    """Where the first link of a picture leads."""
    return str(page.locator(".plot a").first.evaluate("each => new URL(each.href.baseVal, location.href).pathname"))


def labels(page: Page) -> int:
    """How many labels the incidents with a developer have."""
    return len(rows(page, "SELECT DISTINCT ?l { ?i hg:developer ?o ; rdfs:label ?l }"))


def test_a_table_has_pages_and_its_links_stay_inside(page: Page) -> None:
    query = "SELECT ?i ?label { ?i hg:deployer hgo:acme ; rdfs:label ?label } ORDER BY ?i"
    run(page, query)
    body = page.locator(".panel tbody tr")
    assert len(rows(page, query)) == 120
    expect(body).to_have_count(50)
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Next").click()
    expect(body).to_have_count(20)
    assert re.fullmatch("/doc/incident/.+", urlpath(page, ".panel tbody a >> nth=0"))


def test_a_table_is_sorted_by_value_and_narrowed(page: Page) -> None:
    run(page, "SELECT ?n ?word { VALUES (?n ?word) { (9 'nine') (10 'ten') (2 'two') (UNDEF 'none') } }")
    first = page.locator(".panel tbody tr td:first-child")
    page.get_by_role("button", name="n", exact=True).click()
    expect(first).to_have_text(["2", "9", "10", ""])
    page.get_by_role("button", name="n", exact=True).click()
    expect(first).to_have_text(["10", "9", "2", ""])
    expect(page.get_by_role("columnheader", name="n", exact=True)).to_have_attribute("aria-sort", "descending")
    page.get_by_role("searchbox", name="Filter").fill("N")
    expect(first).to_have_text(["10", "9", ""])
    assert "sort=n" in page.url
    assert "filter=N" in page.url


def test_hostile_text_is_text_and_control_characters_are_named(page: Page) -> None:
    run(page, 'SELECT ?a ?b ?c { VALUES (?a ?b ?c) { ("<b>\\t\\u202E" <javascript:alert(1)> "line\\nbreak") } }')
    cells = page.locator(".panel tbody td")
    expect(cells.nth(0)).to_have_text("<b>\tU+202E", use_inner_text=False)
    expect(cells.nth(1).locator("a")).to_have_count(0)
    assert cells.nth(2).text_content() == "line\nbreak"


def test_more_than_a_page_holds_is_never_passed_off_as_the_whole(page: Page) -> None:
    run(page, "SELECT ?a ?b { ?a a ?x . ?b a ?y }")
    expect(page.locator("#answer-section")).to_contain_text("Only the first 10,000 are here; there are more.")
    page.get_by_role("searchbox", name="Filter").fill("hgi:AIAAIC0850")
    expect(page.locator("#answer-section")).to_contain_text("of 10,000 rows")


def test_a_line_shows_each_year(page: Page) -> None:
    run(page, YEARS)
    show(page, "Chart")
    answer = [float(count) for _, count in rows(page, YEARS)]
    assert sum(answer) == 120
    expect(page.locator(".plot .dot")).to_have_count(len(answer))
    assert values(page, ".plot .dot") == sorted(answer)
    expect(page.get_by_role("img")).to_have_attribute("aria-label", re.compile("incidents by year"))
    page.get_by_label("Draw").select_option("bar")
    expect(page.locator(".plot .bar")).to_have_count(len(answer))
    assert values(page, ".plot .bar") == sorted(answer)
    page.get_by_text("The numbers").click()
    expect(page.locator(".numbers-of tbody tr")).to_have_count(len(answer))


@pytest.mark.parametrize("name", ["leading-deployers-and-developers", "who-deploys-a-technology"])
def test_bars_of_a_competency_query_add_up_to_its_answer(page: Page, name: str) -> None:
    query = called(name, catalogue()).runnable
    run(page, query)
    show(page, "Chart")
    expect(page.locator(".plot .bar").first).to_be_visible()
    assert values(page, ".plot .bar") == sorted(float(row[-1]) for row in rows(page, query))
    assert urlpath_of_svg(page).startswith("/doc/organisation/"), "a name leads to its thing"


def test_a_chart_counts_rows_where_there_is_no_number(page: Page) -> None:
    run(page, "SELECT ?i ?technology { ?i hg:deployer hgo:acme ; hg:technology ?technology }")
    show(page, "Chart")
    page.get_by_label("by", exact=True).select_option("technology")
    expect(page.locator(".plot .bar").first).to_have_attribute("data-value", "120")


def test_a_map_shows_each_country_and_names_what_is_none(page: Page) -> None:
    run(page, PLACES)
    show(page, "Map")
    expect(page.locator(".world .country").first).to_be_visible()
    assert values(page, ".world path[data-value]") == [2, 7, 40]
    assert values(page, ".world circle[data-value]") == [3], "the coarse shapes leave Singapore out"
    assert page.locator(f".world :is({CLASSES})").count() == 4
    title = page.locator(".world path[data-value='40'] title").text_content()
    assert title == "United States of America: 40" or title == "United States: 40"
    expect(page.locator(".panel")).to_contain_text("Not on the map: https://w3id.org/harmgraph/id/place/EU (5).")


def test_a_map_knows_codes_names_and_points(page: Page) -> None:
    run(page, "SELECT ?c { VALUES ?c { 'FR' 'DEU' 'Ivory Coast' 'The Bahamas' 'Türkiye'@en 'Nowhere' } }")
    show(page, "Map")
    expect(page.locator(".world path[data-value]")).to_have_count(5)
    expect(page.locator(".panel")).to_contain_text("Not on the map: Nowhere (1).")
    run(page, "SELECT ?at ?n { VALUES (?at ?n) { ('POINT(2.35 48.86)' 4) ('Point (-0.1 51.5)' 1) } }")
    show(page, "Map")
    assert values(page, ".world circle[data-value]") == [1, 4]


def test_the_map_of_a_competency_query_adds_up_to_its_answer(page: Page) -> None:
    query = called("incidents-by-country-and-year", catalogue()).runnable
    answer = rows(page, query)
    run(page, query)
    show(page, "Map")
    expect(page.locator(".world [data-value]").first).to_be_visible()
    assert sum(values(page, ".world [data-value]")) == sum(float(row[-1]) for row in answer) > 0


def test_a_graph_shows_the_triples(page: Page) -> None:
    query = "CONSTRUCT { ?i hg:developer ?o . ?i rdfs:label ?l } { ?i hg:developer ?o ; rdfs:label ?l }"
    run(page, query)
    show(page, "Graph")
    expect(page.locator(".network .node").first).to_be_visible()
    asked = "SELECT DISTINCT ?i ?o { ?i hg:developer ?o ; rdfs:label ?l }"
    links = rows(page, asked)
    assert page.locator(".network line").count() == len(links)
    assert page.locator(".network .node").count() == len({end for link in links for end in link})
    expect(page.locator(".panel")).to_contain_text("triples with literals are not drawn")
    expect(page.locator(".network .node", has_text="O'Neil & Sons")).to_have_count(1)
    page.get_by_label("Literals too").check()
    expect(page.locator(".network .node")).to_have_count(len({end for link in links for end in link}) + labels(page))


def test_a_graph_of_two_columns_has_a_limit_and_says_so(page: Page) -> None:
    run(page, "SELECT ?i ?o { ?i a hg:Incident . VALUES ?p { hg:deployer hg:technology } ?i ?p ?o }")
    show(page, "Graph")
    expect(page.locator(".network .node").first).to_be_visible()
    nodes = page.locator(".network .node").count()
    assert 100 < nodes <= 150
    expect(page.locator(".panel")).to_contain_text(f"{nodes} nodes,")
    run(page, "SELECT ?a ?b { ?a a ?b } LIMIT 400")
    show(page, "Graph")
    expect(page.locator(".network .node")).to_have_count(150)
    expect(page.locator(".panel")).to_contain_text("These are the best connected of")


def test_a_link_shows_what_its_sender_saw(page: Page, browser: Browser) -> None:
    run(page, called("leading-deployers-and-developers", catalogue()).runnable)
    show(page, "Chart")
    page.get_by_label("split by").select_option("")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == page.url
    other = browser.new_page()
    asked: list[str] = []
    other.on("request", lambda request: asked.append(request.url))
    other.goto(link)
    expect(other.get_by_label("split by")).to_have_value("")
    expect(other.locator(".plot .bar").first).to_be_visible()
    assert values(other, ".plot .bar") == values(page, ".plot .bar")
    assert sum("/sparql" in each for each in asked) == 1, "the answer came with the page and is not asked for again"
    other.close()


def test_a_changed_query_is_shown_in_the_same_view(page: Page) -> None:
    run(page, YEARS)
    show(page, "Chart")
    expect(page.locator(".plot .dot")).to_have_count(25)
    run(page, YEARS.replace("hg:earliestDate ?from", "hg:earliestDate ?from FILTER (YEAR(?from) > 2019)"))
    expect(page.locator(".plot .dot")).to_have_count(5)
    assert "#view=chart" in page.url


def test_back_and_forward_move_between_answers(page: Page) -> None:
    run(page, "ASK {}")
    run(page, YEARS)
    show(page, "Chart")
    page.go_back()
    expect(page.locator("#answer-section .boolean")).to_have_text("Yes")
    expect(editor(page)).to_contain_text("ASK {}")
    page.go_forward()
    expect(page.locator(".plot .dot").first).to_be_visible()


def test_a_picture_is_saved_as_svg_that_needs_no_style_sheet(page: Page, tmp_path: Path) -> None:
    run(page, YEARS)
    show(page, "Chart")
    expect(page.locator(".plot .dot").first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save SVG").click()
    assert download.value.suggested_filename == "chart.svg"
    download.value.save_as(tmp_path / "chart.svg")
    text = (tmp_path / "chart.svg").read_text("utf-8")
    assert 'stroke="rgb(' in text
    assert "class=" not in text
    assert "var(" not in text


@pytest.mark.parametrize("view", ["chart", "map", "graph"])
def test_a_view_is_fetched_when_somebody_looks_at_it_and_fits_a_phone(page: Page, address: str, view: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    lines = "(country:USA hgi:AIAAIC0850 3) (country:FRA hgi:AIID-412 4)"
    query = f"SELECT ?country ?i ?n {{ VALUES (?country ?i ?n) {{ {lines} }} }}"
    page.goto(f"{address}/sparql?{urlencode({'query': query})}")
    expect(page.locator(".panel tbody tr")).to_have_count(2)
    fetched = "() => performance.getEntriesByType('resource').map((each) => each.name).join()"
    assert f"/{view}-" not in page.evaluate(fetched)
    show(page, view.capitalize())
    expect(page.locator(".plot").first).to_be_visible()
    assert f"/{view}-" in page.evaluate(fetched)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_views_are_chosen_by_keyboard(page: Page) -> None:
    run(page, YEARS)
    page.get_by_role("button", name="Table").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".plot .dot").first).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.localName") == "select"
    page.keyboard.press("ArrowUp")
    expect(page.locator(".plot .bar").first).to_be_visible()
    assert page.evaluate("document.activeElement.value") == "bar", "what has been changed keeps the focus"
