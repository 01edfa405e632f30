"""Charts: the numbers that the queries behind them give, as text for those who do not see them, and links to search."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter

import httpx
import pytest

from harmgraph.service.pages.charts_by_year import parted, years
from harmgraph.service.pages.facets import FACETS, build
from harmgraph.service.pages.network import network
from harmgraph.service.pages.selection import Selection

from .test_pages import Outline, page, words

CHARTED = (
    "/",
    "/doc/organisation/acme",
    "/doc/country/UKR",
    "/doc/concept/technology/facial-recognition",
    "/doc/concept/issue/dual-use",
)


def rows(client: httpx.Client, address: str) -> list[dict[str, str]]:
    """The answer to the query that a link leads to."""
    answer = client.get(address, headers={"Accept": "text/csv"})
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


def behind(client: httpx.Client, path: str) -> list[str]:
    """The links to the queries behind the charts of a page."""
    found = re.findall(r'<p class="behind"><a href="(/sparql[^"]+)"', page(client, path))
    return [address.replace("&amp;", "&") for address in found]


@pytest.mark.parametrize("path", CHARTED)
def test_a_chart_of_years_says_its_numbers_in_a_table(client: httpx.Client, path: str) -> None:
    html = page(client, path)
    pictures = [each for each in Outline(html).all("svg") if each.get("role") == "group"]
    assert pictures
    assert all(each["aria-labelledby"] for each in pictures)
    assert html.count(", as a table</summary>") == len(pictures)


def test_the_charts_of_the_start_page_show_what_the_queries_behind_them_answer(client: httpx.Client) -> None:
    queries = list(dict.fromkeys(behind(client, "/")))  # the map and the bars of countries have one query
    by_year, by_technology, countries, deployers, developers, together = (rows(client, query) for query in queries)
    text = words(page(client, "/"))
    assert {row["year"]: int(row["incidents"]) for row in by_year}["2022"] == 5
    assert "2022 5" in text
    counts = Counter[str]()
    for row in by_technology:
        counts[row["technology"]] += int(row["incidents"])
    assert counts["Facial recognition"] == 121
    assert [(row["name"], row["incidents"]) for row in countries] == [("Ukraine", "1")]
    assert "Countries Name Bar Incidents Ukraine 1" in text
    assert deployers[0]["name"] == "Acme"
    assert "Leading deployers Name Bar Incidents Acme 120" in text
    assert len(developers) == 6
    assert {row["issue"]: row["incidents"] for row in together} == {
        "Accuracy/reliability": "1",
        "Dual use": "1",
        "Ethics/values": "1",
    }


def test_a_bar_leads_to_the_search_for_what_it_counts(client: httpx.Client) -> None:
    links = dict(re.findall(r'<a href="([^"]+)"><bdi>([^<]+)</bdi>', page(client, "/doc/organisation/acme")))
    address = next(a for a, text in links.items() if text == "Facial recognition" and a.startswith("/search"))
    found = client.get(address.replace("&amp;", "&").replace("/search?", "/search.json?")).json()
    assert found["total"] == 120
    text = words(page(client, "/doc/organisation/acme"))
    assert "Incidents 121 Search these incidents" in text


@pytest.mark.parametrize("path", CHARTED[1:])
def test_the_years_of_a_thing_are_those_of_the_query(client: httpx.Client, path: str) -> None:
    query = behind(client, path)[0]
    table = re.search(r"as a table</summary>.*?<tbody>(.*?)</tbody>", page(client, path), flags=re.DOTALL)
    assert table is not None
    shown = {w.split()[0]: int(w.split()[1]) for w in map(words, table[1].split("</tr>")) if w}
    assert {row["year"]: int(row["incidents"]) for row in rows(client, query)} == {y: n for y, n in shown.items() if n}


def test_a_thing_by_which_no_incident_is_found_has_no_charts(client: httpx.Client) -> None:
    for path in ("/doc/incident/AIAAIC0850", "/doc/organisation/reuters", "/doc/scheme/technology"):
        assert 'id="charts"' not in page(client, path)


def test_every_incident_is_in_one_part_of_a_bar() -> None:
    base = FACETS["technology"].base
    property_ = FACETS["technology"].properties[0]
    stated = {"x:1": "a", "x:2": "b", "x:3": "ab", "x:4": "cdefg", "x:5": "h", "x:6": ""}
    index = build(
        [{"incident": iri, "label": iri, "date": "2020-01-01"} for iri in stated],
        [{"incident": i, "property": property_, "value": base + key} for i, keys in stated.items() for key in keys],
        [],
        [],
        [],
    )
    parts = parted(index, "technology", index.all)
    assert sum(bits.bit_count() for _, bits in parts) == 5  # not the one that states none
    chart = years(index, parts, "", Selection())
    assert chart is not None
    assert [year.total for year in chart.years] == [5]
    assert sum(segment.height for segment in chart.years[0].segments) == pytest.approx(
        chart.lines[0].y - min(s.y for s in chart.years[0].segments), abs=0.5
    )


def test_two_organisations_are_compared_on_one_scale(client: httpx.Client) -> None:
    html = page(client, "/compare?a=acme&b=clearview+ai")
    text = words(html)
    assert "Incidents 121 1" in text
    assert "as deployer 120 0" in text
    assert "as developer 1 1" in text
    assert "Facial recognition 120 1" in text
    assert "No incident names both." in text
    scales = [re.findall(r'<text class="scale"[^>]*text-anchor="end">(\d+)', each) for each in html.split("<svg")]
    assert len({tuple(scale) for scale in scales if scale}) == 1


def test_organisations_named_together_share_incidents(client: httpx.Client) -> None:
    html = page(client, "/compare?a=acme&b=o.reilly")
    assert "In the same incidents 1" in words(html)
    assert "<script" not in html


def test_an_organisation_that_nobody_knows_is_named_as_text(client: httpx.Client) -> None:
    html = page(client, '/compare?a=acme&b="><script>x</script>')
    assert "<script" not in html
    assert "No organisation in an incident is called" in words(html)


def test_what_comes_together_is_what_the_query_behind_it_answers(client: httpx.Client) -> None:
    path = "/doc/concept/technology/facial-recognition"
    html = page(client, path)
    section = html[html.index('<h3 id="together">') :].partition("</section>")[0]
    (query,) = re.findall(r'<p class="behind"><a href="(/sparql[^"]+)"', section)
    told = {
        frozenset((row["first"], row["second"])): row["incidents"]
        for row in rows(client, query.replace("&amp;", "&").replace("LIMIT%20100", ""))
    }
    table = re.search(r"as a table</summary>.*?<tbody>(.*?)</tbody>", section, flags=re.DOTALL)
    assert table is not None
    shown = [
        [words(cell) for cell in re.findall(r"<td.*?</td>", row)] for row in table[1].split("</tr>") if "<td" in row
    ]
    assert len(shown) > 10
    for first, second, count in shown:
        assert told[frozenset((first, second))] == count
    for address in re.findall(r'<td class="number"><a href="([^"]+)">1</a>', table[1]):
        found = client.get(address.replace("&amp;", "&").replace("/search?", "/search.json?")).json()
        assert found["total"] == 1


def test_a_network_joins_what_incidents_state_together() -> None:
    index = build(
        [{"incident": "x:1", "label": "x"}, {"incident": "x:2", "label": "x"}],
        [
            {"incident": iri, "property": FACETS[name].properties[0], "value": FACETS[name].base + key}
            for iri, name, keys in (
                ("x:1", "issue", "ij"),
                ("x:1", "country", "c"),
                ("x:1", "technology", "t"),
                ("x:1", "harm", "h"),
                ("x:2", "country", "c"),
                ("x:2", "technology", "t"),
                ("x:2", "issue", "i"),
            )
            for key in keys
        ],
        [],
        [],
        [],
    )
    found = network(index, "country", "c", "/graph")
    assert found is not None
    assert network(index, "harm", "h", "") is not None
    assert network(index, "technology", "nothing", "") is None
    assert [(node.label, node.count) for node in found.nodes] == [("t", 2), ("i", 2), ("j", 1), ("h", 1)]
    assert next((line.first.label, line.second.label, line.count) for line in found.lines) == ("i", "t", 2)
    assert len(found.lines) == 6
    by_pair = {(line.first.label, line.second.label): line.href for line in found.lines}
    assert by_pair["i", "t"] == "/graph/search?country=c&technology=t&issue=i"
    assert by_pair["i", "j"] == "", "a search for two issues finds either"
    assert all(0 < node.x < found.width and 0 < node.y < found.height for node in found.nodes)
