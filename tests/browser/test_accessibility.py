"""axe-core finds nothing serious on any kind of page, light or dark, wide or on a phone, and no page is cut off.

axe-core comes from npm (`npm ci` in this folder, which `.ci/run` does). It is put into the page from outside, past the
page's policy; that the policy holds is what `test_budgets` looks at.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page
from pyoxigraph import NamedNode, Quad
from tests.service.conftest import Served

from harmgraph.settings import Settings

AXE: Final = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
RUN: Final = """() => axe.run({exclude: [[[".editor", ".cm-scroller"]]]}, {resultTypes: ["violations"]}).then(
  found => found.violations.filter(each => ["serious", "critical"].includes(each.impact)).map(each =>
    `${each.id}: ${each.nodes.map(node => node.html.slice(0, 160) + " " + node.failureSummary).join("; ")}`))"""
"""What axe finds that is serious. CodeMirror's scroller is left out: its text box, which has the focus, scrolls it."""

PAGES: Final = {
    "start": "/",
    "list": "/organisations?page=1",
    "search": "/search?q=synthetic&technology=facial-recognition",
    "search that finds nothing": "/search?q=nothing+of+the+kind",
    "incident": "/doc/incident/AIAAIC0850",
    "incident of hostile text": "/doc/incident/AIID-412",
    "organisation": "/doc/organisation/acme",
    "country": "/doc/country/UKR",
    "technology": "/doc/concept/technology/facial-recognition",
    "issue": "/doc/concept/issue/dual-use",
    "record": "/doc/record/aiaaic-page/2024-02/AIAAIC0850",
    "compare": "/compare?a=acme&b=clearview+ai",
    "query": "/sparql",
    "answer": "/sparql?query=SELECT%20*%20%7B%20%3Fi%20hg:deployer%20%3Fo%20%7D%20LIMIT%2050",
    "query that fails": "/sparql?query=SELECT%20nonsense",
    "no such page": "/doc/incident/NOWHERE",
    "withdrawn": "/doc/incident/INC-00004",
    "problems": "/problems",
    "ontology": "/ns",
}
WIDTHS: Final = {"wide": 1280, "phone": 360}

pytestmark = pytest.mark.skipif(
    not AXE.is_file(), reason="axe-core is not here; `npm ci` in tests/browser brings it, which needs npm"
)


@pytest.fixture(scope="module", params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    """The colours that the reader prefers."""
    return str(request.param)


@pytest.fixture(scope="module", params=WIDTHS)
def context(browser: Browser, scheme: str, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """A reader's browser."""
    size = {"width": WIDTHS[request.param], "height": 800}
    context = browser.new_context(color_scheme=scheme, viewport=size, bypass_csp=True)  # type: ignore[arg-type]  # plain dicts and strings do
    yield context
    context.close()


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service over some graph that was loaded, with no incident in it."""
    names = [NamedNode(f"http://example.org/{name}") for name in "spog"]
    with Served(tmp_path_factory.mktemp("loaded"), [Quad(*names)], Settings(store="memory", workers=1)) as served:
        yield served.address


def serious(page: Page) -> list[str]:
    """What axe finds on the page, with everything that can be opened open."""
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    page.add_script_tag(path=AXE)
    found: list[str] = page.evaluate(RUN)
    return found


def cut_off(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    over: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return over


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_a_page_keeps_nobody_out(context: BrowserContext, address: str, name: str) -> None:
    page = context.new_page()
    page.goto(f"{address}{PAGES[name]}")
    assert cut_off(page) <= 0
    assert not serious(page)
    page.close()


@pytest.mark.slow
def test_the_page_of_a_loaded_graph_keeps_nobody_out(context: BrowserContext, loaded: str) -> None:
    page = context.new_page()
    page.goto(f"{loaded}/")
    assert page.locator("h1").inner_text() == "An RDF dataset"
    assert not serious(page)
    page.close()


def test_axe_would_find_what_keeps_people_out(browser: Browser, address: str) -> None:
    """The tests above can fail: a field without a name and pale text are found."""
    page = browser.new_page(bypass_csp=True)
    page.goto(f"{address}/problems")
    page.locator("main").evaluate("main => { main.innerHTML += '<input><p style=\"color: #ccc\">pale</p>'; }")
    rules = [each.partition(":")[0] for each in serious(page)]
    assert "color-contrast" in rules
    assert "label" in rules
    page.close()


def test_the_keyboard_goes_through_a_page_and_is_seen(browser: Browser, address: str) -> None:
    """The first stop leads past the navigation, and every stop has an outline."""
    page = browser.new_page()
    page.goto(f"{address}/doc/organisation/acme")
    page.keyboard.press("Tab")
    assert focused(page).inner_text() == "Skip to the content"
    seen = set()
    for _ in range(30):
        page.keyboard.press("Tab")
        style = focused(page).evaluate("e => [getComputedStyle(e).outlineStyle, getComputedStyle(e).outlineWidth]")
        assert style[0] != "none", focused(page).evaluate("e => e.outerHTML")
        seen.add(focused(page).evaluate("e => e.outerHTML"))
    assert len(seen) > 20
    page.close()


def focused(page: Page) -> Locator:
    """Where the keyboard is."""
    return page.locator(":focus")
