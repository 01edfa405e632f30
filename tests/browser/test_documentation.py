"""The documentation and the report on quality in a browser: nothing is kept from them, and they fit a phone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser
from tests.browser.conftest import needs_chromium
from tests.service.conftest import Served, model_quads, ontology_quads
from tests.service.test_quality import MEASURED
from tools.documentation.building import build

from harmgraph.quality import FILE
from harmgraph.service.pages import manual
from harmgraph.settings import Settings

SIZES = {"desktop": (1200, 900), "phone": (390, 844)}

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Iterator[str]:
    """A service with the documentation, over a release that carries measurements."""
    site = tmp_path_factory.mktemp("site") / "manual"
    build(project / "docs", site, project / "src" / "harmgraph" / "service" / "static")
    quads = dict.fromkeys([*model_quads(project), *ontology_quads(project)])
    server = Served(tmp_path_factory.mktemp("releases"), quads, Settings(store="memory", workers=1))
    (server.release.path / FILE).write_text(json.dumps(MEASURED), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manual, "FOLDER", site)
        with server:
            yield server.address


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "path", ["", "tutorial.html", "reference/http.html", "notebooks/three-questions.html", "/quality"]
)
def test_a_page_is_whole_and_fits(browser: Browser, address: str, path: str, size: str) -> None:
    width, height = SIZES[size]
    page = browser.new_page(viewport={"width": width, "height": height})
    hosts: set[str | None] = set()
    failed: list[str] = []
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    page.on("response", lambda response: failed.append(response.url) if response.status >= 400 else None)
    page.on("console", lambda message: failed.append(message.text))
    page.goto(f"{address}{path}" if path.startswith("/") else f"{address}/docs/{path}")
    assert page.get_by_role("heading", level=1).count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "the page itself scrolls sideways"
    assert page.evaluate("[...document.images].every((image) => image.naturalWidth > 100)")
    page.close()
    assert (failed, hosts) == ([], {"127.0.0.1"})


def test_navigation_leads_from_page_to_page_without_a_script(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/docs")
    contents = page.get_by_role("navigation", name="Documentation")
    contents.get_by_role("link", name="Settings", exact=True).click()
    assert page.url == f"{address}/docs/reference/settings.html"
    assert contents.locator("[aria-current=page]").inner_text() == "Settings"
    page.get_by_role("navigation", name="Site").get_by_role("link", name="Incidents").click()
    assert page.url == f"{address}/incidents"
    context.close()
