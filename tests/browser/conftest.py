"""What the tests of pages in Chromium share: the service with the graph of the service tests, and the browser.

What a page asks for, and what its policy keeps from it, is checked.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, sync_playwright
from tests.service.conftest import Served, awkward_quads, model_quads, ontology_quads

from harmgraph.settings import Settings

CHROMIUM: Final = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
EDITOR = Path(__file__).resolve().parents[2] / "src/harmgraph/service/static/editor/editor.js"

# Chromium wraps what is typed over coloured text in elements with the style of that text. The policy takes the style
# from them and the editor replaces them; any other violation counts.
NOTING_VIOLATIONS = """addEventListener("securitypolicyviolation", (event) => {
  const typed = event.effectiveDirective === "style-src-attr" && event.target.className === "editor";
  if (!typed) console.error(`policy: ${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}`);
})"""
HARMLESS = ("Applying inline style violates", "Failed to load resource: the server responded with a status of 400")

needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="there is no Chromium on this machine; apt-get install chromium"
)
needs_editor = pytest.mark.skipif(not EDITOR.is_file(), reason="the editor is not built; make editor, which needs npm")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Iterator[str]:
    """Where the service is."""
    quads = dict.fromkeys([*model_quads(project), *ontology_quads(project), *awkward_quads()])
    with Served(tmp_path_factory.mktemp("releases"), quads, Settings(store="memory", workers=2)) as served:
        yield served.address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window. Its sandbox is off, since tests run as root in containers."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine; apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The query page; what it asked for, and what its policy kept from it, is checked at the end."""
    page = browser.new_page()
    hosts: set[str | None] = set()
    complaints: list[str] = []
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.add_init_script(NOTING_VIOLATIONS)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.set_default_timeout(20_000)
    page.goto(f"{address}/sparql")
    yield page
    page.close()
    assert hosts == {"127.0.0.1"}, "no request leaves loopback"
    assert not [said for said in complaints if not said.startswith(HARMLESS)]


def editor(page: Page) -> Locator:
    """Where one writes."""
    return page.get_by_role("textbox", name="Query")


def write(page: Page, query: str) -> None:
    """Replace the query as people do. Brackets close themselves, so each line is pasted."""
    editor(page).focus()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(query)
