"""The map of the world: shades by number, dots for what is small, and the numbers of the query behind it as a table."""

from __future__ import annotations

import csv
import io
import re

import httpx
import pytest

from harmgraph.service.pages.facets import FACETS, FacetIndex, build
from harmgraph.service.pages.rendering import environment
from harmgraph.service.pages.world import Shapes, shapes, shapes_of, world_map

from .test_pages import Outline, page, words

DRAWN = shapes_of(
    {
        "width": 100,
        "height": 50,
        "shapes": {"804": "M1 1l2 2z", "840": "M5 5l2 2z", "276": "M8 8l1 1z"},
        "dots": {"702": [9, 9]},
        "elsewhere": ["M7 7l1 1z"],
    }
)


def index_of(**numbers: int) -> FacetIndex:
    """An index with so many incidents in each country."""
    facet = FACETS["country"]
    pairs = [(f"x:{code}-{each}", code) for code, number in numbers.items() for each in range(number)]
    return build(
        [{"incident": iri, "label": iri, "date": "2020-01-01"} for iri, _ in pairs],
        [{"incident": i, "property": facet.properties[0], "value": facet.base + code} for i, code in pairs],
        [],
        [{"value": facet.base + "USA", "label": "<script>x</script>"}],
        [],
    )


def test_codes_of_iso_name_the_shapes() -> None:
    assert DRAWN.paths == {"UKR": "M1 1l2 2z", "USA": "M5 5l2 2z", "DEU": "M8 8l1 1z"}
    assert DRAWN.dots == {"SGP": (9, 9)}


def test_a_country_is_as_dark_as_its_incidents_are_many() -> None:
    found = world_map(index_of(USA=40, UKR=3, SGP=1, ATL=2), DRAWN, "/graph")
    assert found is not None
    assert [(each.href, each.count, each.path, each.dot) for each in found.countries] == [
        ("/graph/doc/country/USA", 40, "M5 5l2 2z", None),
        ("/graph/doc/country/UKR", 3, "M1 1l2 2z", None),
        ("/graph/doc/country/SGP", 1, "", (9, 9)),
    ]
    levels = [each.level for each in found.countries]
    assert levels == sorted(levels, reverse=True)
    assert levels[0] == 5
    assert [(each.label, each.count) for each in found.unplaced] == [("ATL", 2)], "on no map, but in the table"
    assert found.land == "M8 8l1 1zM7 7l1 1z"
    assert [shade.least for shade in found.shades][1:] == [shade.most + 1 for shade in found.shades][:-1]


@pytest.mark.parametrize("drawn", [None, DRAWN])
def test_without_shapes_or_countries_there_is_no_map(drawn: Shapes | None) -> None:
    assert world_map(index_of(**({"USA": 1} if drawn is None else {})), drawn, "") is None


def test_the_map_leads_to_countries_and_says_its_numbers_in_a_table() -> None:
    found = world_map(index_of(USA=2, SGP=1), DRAWN, "")
    macro = environment().get_template("charts.html").module.world  # type: ignore[attr-defined]  # its macros are attributes
    html = str(macro(found, "map", "Incidents by country"))
    assert "<script" not in html
    assert html.count("&lt;script&gt;x&lt;/script&gt;") == 2  # in the picture and in the table
    assert re.findall(r'<a class="h[1-5]" href="([^"]+)" tabindex="-1"', html) == [
        "/doc/country/USA",
        "/doc/country/SGP",
    ]
    assert '<circle cx="9" cy="9"' in html
    assert "Country Incidents" in words(html)
    assert Outline(html).all("svg")[0]["aria-labelledby"] == "map-title"


@pytest.mark.skipif(shapes() is None, reason="the shapes of countries are not made; make editor, which needs npm")
def test_the_map_of_the_start_page_shows_what_its_query_answers(client: httpx.Client) -> None:
    html = page(client, "/")
    section = html[html.index('<section aria-labelledby="world"') :].partition("</section>")[0]
    (query,) = re.findall(r'<p class="behind"><a href="(/sparql[^"]+)"', section)
    answer = client.get(query.replace("&amp;", "&"), headers={"Accept": "text/csv"}).text
    rows = {row["name"]: row["incidents"] for row in csv.DictReader(io.StringIO(answer))}
    assert rows == {"Ukraine": "1"}
    assert "Country Incidents Ukraine 1" in words(section)
    assert re.findall(r'class="h5" href="([^"]+)"', section) == ["/doc/country/UKR"]
    assert len(html) < 150_000
