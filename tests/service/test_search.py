"""Search: words and facets, counts under what is chosen, links that take a choice back, and exports."""

from __future__ import annotations

import csv
import io
import re

import httpx
import pytest

from harmgraph.service.pages.facets import FACETS, build, positions_of
from harmgraph.service.pages.search_exports import harmless
from harmgraph.service.pages.selection import selected

from .test_pages import Outline, page, words


def found(client: httpx.Client, query: str) -> dict[str, object]:
    """What ``/search.json`` finds."""
    response = client.get(f"/search.json?{query}")
    assert response.status_code == 200
    answer: dict[str, object] = response.json()
    return answer


def counts(client: httpx.Client, query: str, facet: str) -> dict[str, int]:
    """The counts of one facet by key."""
    facets = found(client, query)["facets"]
    assert isinstance(facets, dict)
    return {each["value"]: each["count"] for each in facets[facet]}


def links(client: httpx.Client, path: str) -> dict[str, str]:
    """Text → address of the links of a page."""
    found = re.findall(r'<a href="([^"]*)"[^>]*>(.*?)</a>', page(client, path), flags=re.DOTALL)
    return {words(text): address.replace("&amp;", "&") for address, text in found}


def test_without_a_choice_everything_is_found_and_counted(client: httpx.Client) -> None:
    assert found(client, "")["total"] == 122
    assert counts(client, "", "organisation")["acme"] == 121  # deployer of 120, developer of the hostile one
    assert counts(client, "", "country") == {"UKR": 1}
    assert counts(client, "", "source") == {"aiaaic-page": 1}
    assert counts(client, "", "year")["2022"] == 5
    assert "122 incidents" in words(page(client, "/search"))


def test_a_broader_concept_counts_the_incidents_of_narrower_ones(client: httpx.Client) -> None:
    assert counts(client, "", "technology")["facial-recognition"] == 121
    assert counts(client, "", "technology")["biometrics"] == 121
    assert found(client, "technology=biometrics")["total"] == 121


def test_values_of_one_facet_add_up_and_facets_narrow_each_other(client: httpx.Client) -> None:
    assert found(client, "year=2001&year=2002")["total"] == 10
    assert found(client, "year=2022&country=UKR")["total"] == 1
    assert found(client, "year=2001&country=UKR")["total"] == 0


def test_counts_stand_under_what_is_chosen_in_the_other_facets(client: httpx.Client) -> None:
    assert counts(client, "country=UKR", "organisation") == {"clearview-ai": 1, "ministry-of-defence-of-ukraine": 1}
    assert counts(client, "country=UKR", "country") == {"UKR": 1}
    assert len(counts(client, "year=2001", "year")) == 25  # further years would add


def test_the_live_store_counts_the_same(client: httpx.Client) -> None:
    query = """SELECT ?key (COUNT(DISTINCT ?i) AS ?n) {
      ?i a hg:Incident ; hg:earliestDate ?d ; hg:technology/skos:broader* ?t .
      FILTER (STRSTARTS(STR(?d), "2001")) BIND (STRAFTER(STR(?t), "concept/technology/") AS ?key) } GROUP BY ?key"""
    answer = client.get("/sparql", params={"query": query}, headers={"Accept": "text/csv"}).text
    live = {row["key"]: int(row["n"]) for row in csv.DictReader(io.StringIO(answer))}
    assert live
    assert counts(client, "year=2001", "technology") == live


def test_words_are_looked_for_in_names_and_narratives(client: httpx.Client) -> None:
    incidents = found(client, "q=synthetic+incident+7")["incidents"]
    assert isinstance(incidents, list)
    assert [each["label"] for each in incidents] == ["Synthetic incident 7"]
    assert found(client, "q=synthetic&year=2001")["total"] == 5
    assert counts(client, "q=synthetic", "country") == {}


def test_without_words_the_newest_come_first(client: httpx.Client) -> None:
    incidents = found(client, "q=synthetic&sort=date")["incidents"]
    assert isinstance(incidents, list)
    dates = [each["earliestDate"] for each in incidents]
    assert dates == sorted(dates, reverse=True)
    assert "Sorted by: best match · newest" in words(page(client, "/search?q=synthetic"))


def test_a_choice_is_a_chip_that_takes_itself_back(client: httpx.Client) -> None:
    before = links(client, "/search?q=synthetic&technology=biometrics")
    assert before["Words: synthetic × , remove"] == "/search?technology=biometrics"
    assert before["Technology: Biometrics × , remove"] == "/search?q=synthetic"
    assert before["Clear all"] == "/search"
    assert before["☐ 2001"] == "/search?q=synthetic&year=2001&technology=biometrics"
    after = links(client, before["☐ 2001"])
    assert after["☑ 2001"] == "/search?q=synthetic&technology=biometrics"


def test_the_form_keeps_what_is_chosen(client: httpx.Client) -> None:
    outline = Outline(page(client, "/search?country=UKR&year=2022"))
    kept = {(each["name"], each["value"]) for each in outline.all("input") if each.get("type") == "hidden"}
    assert kept == {("country", "UKR"), ("year", "2022")}


def test_pages_hold_twenty_and_all_of_them_everything(client: httpx.Client) -> None:
    seen: list[str] = []
    address = "/search?technology=facial-recognition&q=synthetic"
    while address:
        html = page(client, address)
        seen += re.findall(r"Synthetic incident \d+", html)
        address = next(((a["href"] or "") for a in Outline(html).all("a") if a.get("rel") == "next"), "")
    assert len(seen) == len(set(seen)) == 120
    assert client.get("/search?page=8").status_code == 404


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("page=0", 404),
        ("page=x", 404),
        ("sort=oldest", 400),
        ("all=colour", 400),
        ("q=" + "x" * 501, 400),
        ("q=---", 400),
        ("q=%ff", 400),
        ("&".join(f"year={number}" for number in range(51)), 400),
        ("country=NOWHERE", 200),
        ("colour=red", 200),
    ],
)
def test_what_cannot_be_meant_is_refused(client: httpx.Client, query: str, status: int) -> None:
    for path in ("/search", "/search.json", "/search.csv"):
        if status == 200 or "page" not in query or path == "/search":
            assert client.get(f"{path}?{query}").status_code == status


@pytest.mark.parametrize("text", ['") } #', "\\u0022 ) }", '\\" ) . ?s ?p ?o', "' OR '", "a\nb", "prisoner: facial"])
def test_words_never_become_part_of_the_query(client: httpx.Client, text: str) -> None:
    response = client.get("/search.json", params={"q": f"facial {text}"})
    assert response.status_code in (200, 400)
    if response.status_code == 400:
        assert "hg:matches" in response.json()["detail"]
    else:
        assert response.json()["total"] < 122


def test_hostile_text_is_text_in_the_list_in_chips_and_in_the_form(client: httpx.Client) -> None:
    attack = '"><script>alert(1)</script>'
    for path in ("/search?organisation=o.reilly", f"/search?country={attack}", f"/search?q={attack}&sort=date"):
        html = client.get(path, headers={"Accept": "text/html"}).text
        assert re.findall("<script[^>]*", html) == re.findall('<script type="module" src="/static/search[^>]*', html)
        assert "\u202e" not in html
    html = page(client, "/search?organisation=o.reilly")
    assert "&lt;script&gt;alert(&#34;x&#34;)" in html


def test_no_cell_of_a_csv_is_a_formula(client: httpx.Client) -> None:
    text = client.get("/search.csv?year=2001").text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 5
    assert rows[0]["technology"] == "Facial recognition"
    assert rows[0]["incident"].startswith("https://w3id.org/harmgraph/id/incident/")
    for cell in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"):
        assert harmless(cell) == f"'{cell}"
    assert harmless("1-1") == "1-1"


def test_exports_hold_all_that_is_found_whatever_the_page(client: httpx.Client) -> None:
    rows = list(csv.DictReader(io.StringIO(client.get("/search.csv?page=3").text)))
    assert len(rows) == 122
    assert {row["incident"] for row in rows} == {each["iri"] for each in client.get("/search.json").json()["incidents"]}


def test_what_was_found_is_validated_by_its_tag(client: httpx.Client) -> None:
    for path in ("/search?year=2001", "/search.csv?year=2001", "/search.json?year=2001"):
        tag = client.get(path).headers["ETag"]
        assert client.get(path, headers={"If-None-Match": tag}).status_code == 304


def test_every_page_has_the_search_box(client: httpx.Client) -> None:
    for path in ("/", "/incidents", "/doc/incident/AIAAIC0850", "/sparql", "/nowhere"):
        forms = Outline(page(client, path)).all("form")
        assert "/search" in {form["action"] for form in forms}


def test_query_strings_are_read_as_they_are_written() -> None:
    query = "q=a+b&year=2001&year=2002&country=UKR&sort=date&all=year&page=3"
    assert selected(query.encode()).url("/search") == f"/search?{query}"


def test_a_cycle_of_broader_concepts_is_no_trap() -> None:
    base = FACETS["technology"].base
    index = build(
        [{"incident": "x:1", "label": "One"}],
        [{"incident": "x:1", "property": FACETS["technology"].properties[0], "value": f"{base}a"}],
        [],
        [],
        [{"narrower": f"{base}a", "broader": f"{base}b"}, {"narrower": f"{base}b", "broader": f"{base}a"}],
    )
    assert {value.key for value in index.counts("technology", index.all)} == {"a", "b"}
    assert list(positions_of(index.chosen({"technology": frozenset({"b"})}))) == [0]
