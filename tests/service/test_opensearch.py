"""OpenSearch: a browser finds the description, the addresses in it work, and suggestions lead to pages."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import httpx
import pytest
from tests.service.conftest import HOSTILE

from harmgraph.service.pages.facets import FACETS, build
from harmgraph.service.pages.naming import called, names_in

from .test_pages import Outline, page, words

NS = {"os": "http://a9.com/-/spec/opensearch/1.1/"}


def suggested(client: httpx.Client, text: str) -> list[list[str]]:
    """The names, remarks and addresses."""
    response = client.get("/suggest", params={"q": text})
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/x-suggestions+json"
    asked, *rest = response.json()
    assert asked == text
    assert len({len(each) for each in rest}) == 1
    return list(rest)


def test_every_page_names_the_description(client: httpx.Client) -> None:
    for path in ("/", "/search", "/doc/incident/AIAAIC0850", "/sparql"):
        (link,) = [each for each in Outline(page(client, path)).all("link") if each.get("rel") == "search"]
        assert link["type"] == "application/opensearchdescription+xml"
        assert client.get(link["href"] or "").headers["Content-Type"] == link["type"]


def test_the_addresses_of_the_description_answer(client: httpx.Client) -> None:
    root = ElementTree.fromstring(client.get("/opensearch.xml").text)
    assert len(root.findtext("os:ShortName", "", NS)) <= 16
    assert len(root.findtext("os:Description", "", NS)) <= 1024
    urls = root.findall("os:Url", NS)
    assert len(urls) == 4
    for url in urls:
        template = url.get("template", "").replace("{searchTerms}", "synthetic").replace("{startPage?}", "1")
        answer = client.get(template, headers={"Accept": "*/*"})
        assert answer.status_code == 200, template
        assert answer.headers["Content-Type"].partition(";")[0] == url.get("type")


def test_the_description_has_the_address_that_the_client_knows(client: httpx.Client) -> None:
    text = client.get("/opensearch.xml", headers={"Host": 'h"&<>'}).text
    ElementTree.fromstring(text)


def test_suggestions_are_names_with_what_and_where(client: httpx.Client) -> None:
    names, remarks, addresses = suggested(client, "acm")
    assert (names, remarks) == (["Acme"], ["Organisation, 121 incidents"])
    assert client.get(addresses[0], headers={"Accept": "text/html"}).status_code == 200
    assert suggested(client, "CREDIT")[0] == ["Crédit"]
    assert suggested(client, "recognition")[0][0].endswith("recognition")
    assert suggested(client, "a") == [[], [], []], "one letter begins everything"
    assert suggested(client, HOSTILE) == [[], [], []]


def test_what_begins_with_the_words_comes_before_what_has_a_word_that_does() -> None:
    facet = FACETS["organisation"]
    labels = {"a": "Palo Alto", "b": "Alto", "c": "Altopia", "d": "Altogether", "e": "Balto"}
    index = build(
        [{"incident": f"x:{n}", "label": "x"} for n in range(2)],
        [{"incident": "x:0", "property": facet.properties[0], "value": facet.base + key} for key in labels]
        + [{"incident": "x:1", "property": facet.properties[0], "value": facet.base + "d"}],
        [],
        [{"value": facet.base + key, "label": label} for key, label in labels.items()],
        [],
    )
    found = called(names_in(index), "ALTO")
    assert [each.label for each in found] == ["Alto", "Altogether", "Altopia", "Palo Alto"]


def test_a_text_that_is_too_long_is_refused(client: httpx.Client) -> None:
    assert client.get("/suggest", params={"q": "x" * 501}).status_code == 400


@pytest.mark.parametrize("text", ["acm", "ACME"])
def test_the_search_page_leads_to_things_of_the_name(client: httpx.Client, text: str) -> None:
    html = page(client, f"/search?q={text}")
    assert "Things of this name: Acme Organisation, 121 incidents" in words(html)
    assert '<a href="/doc/organisation/acme"><bdi>Acme</bdi></a>' in html


def test_only_the_search_page_runs_its_script(client: httpx.Client) -> None:
    policy = client.get("/search", headers={"Accept": "text/html"}).headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in client.get("/compare").headers["Content-Security-Policy"]
    (script,) = [each for each in Outline(page(client, "/search")).all("script") if "src" in each]
    assert client.get(script["src"] or "").headers["Content-Type"].startswith("text/javascript")
