"""The page of the ontology in a browser: its policy forbids nothing that it has, and names in diagrams lead on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.conftest import needs_chromium
from tests.service.conftest import Served, ontology_quads

from harmgraph.settings import Settings

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Iterator[str]:
    """A service with the ontology."""
    settings = Settings(store="memory", workers=1)
    with Served(tmp_path_factory.mktemp("releases"), ontology_quads(project), settings) as served:
        yield served.address


@pytest.fixture(params=[(1100, "light"), (1100, "dark"), (360, "light")], ids=["light", "dark", "phone"])
def page(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Page]:
    """The page without JavaScript; what its policy kept from it is checked at the end."""
    width, scheme = request.param
    complaints: list[str] = []
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=False)
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(f"{address}/ns")
    yield page
    page.close()
    assert complaints == []


def test_the_page_is_no_wider_than_the_window(page: Page) -> None:
    width = page.viewport_size["width"] if page.viewport_size else 0
    for selector in ("main", "#Incident table", "#Incident figure", "#hierarchy-drawn"):
        box = page.locator(selector).bounding_box()
        assert box is not None
        assert box["x"] >= 0, selector
        assert box["x"] + box["width"] <= width, selector


def test_a_name_in_a_diagram_leads_to_its_term(page: Page) -> None:
    page.locator("#Organisation-diagram-drawn").locator("text", has_text="home country").click()
    assert page.url.endswith("/ns#country")
    expect(page.locator("#country h3")).to_be_in_viewport()
