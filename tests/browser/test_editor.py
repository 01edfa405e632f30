"""The query page in a browser: the editor where it is built, by keyboard alone too, and the plain form without it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright
from tests.service.conftest import Served, awkward_quads, model_quads, ontology_quads

from harmgraph.settings import Settings

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
EDITOR = Path(__file__).resolve().parents[2] / "src/harmgraph/service/static/editor/editor.js"

# Chromium wraps what is typed over coloured text in elements with the style of that text. The policy takes the style
# from them and the editor replaces them; any other violation counts.
NOTING_VIOLATIONS = """addEventListener("securitypolicyviolation", (event) => {
  const typed = event.effectiveDirective === "style-src-attr" && event.target.className === "editor";
  if (!typed) console.error(`policy: ${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}`);
})"""
HARMLESS = ("Applying inline style violates", "Failed to load resource: the server responded with a status of 400")

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="there is no Chromium on this machine; apt-get install chromium"
)
needs_editor = pytest.mark.skipif(not EDITOR.is_file(), reason="the editor is not built; make editor, which needs npm")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Iterator[str]:
    """A service with the graph of the service tests."""
    quads = dict.fromkeys([*model_quads(project), *ontology_quads(project), *awkward_quads()])
    with Served(tmp_path_factory.mktemp("releases"), quads, Settings(store="memory", workers=2)) as served:
        yield served.address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window. Its sandbox is off, since tests run as root in containers."""
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


@needs_editor
def test_a_query_that_is_written_is_answered_in_the_same_page(page: Page) -> None:
    write(page, "SELECT ?i { ?i hg:deployer hgo:acme } ORDER BY ?i LIMIT 7")
    page.evaluate("window.same = true")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#answer-section tbody tr")).to_have_count(7)
    expect(page.get_by_role("status")).to_contain_text("7 rows")
    assert page.evaluate("window.same"), "the page was loaded anew"


@needs_editor
def test_the_keyboard_is_enough(page: Page) -> None:
    page.keyboard.press("Tab")
    for _ in range(20):
        if page.evaluate("document.activeElement.className") == "editor":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Control+a")
    page.keyboard.type("ASK { ?i hg:deployer hgo:acme }")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#answer-section .boolean")).to_have_text("Yes")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "format", "Tab leaves the editor"


@needs_editor
def test_the_address_of_an_answer_can_be_shared(page: Page, browser: Browser) -> None:
    query = 'SELECT ?i { ?i hg:deployer hgo:acme } # "é" & +\nORDER BY ?i LIMIT 2'
    write(page, query)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#answer-section tbody tr")).to_have_count(2)
    assert parse_qs(urlsplit(page.url).query)["query"] == [query]
    other = browser.new_page()
    other.goto(page.url)
    expect(other.locator("#answer-section tbody tr")).to_have_count(2)
    expect(editor(other)).to_contain_text('# "é" & +')
    other.close()


@needs_editor
def test_the_place_of_an_error_is_marked_in_the_text(page: Page) -> None:
    write(page, "SELECT * {\n  ?s hg:deployer ?o .\n  ?s nonsense ?p\n}")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("line 3")
    mark = page.locator(".cm-lintRange-error")
    expect(mark).to_have_count(1)
    expect(page.locator(".cm-line", has=mark)).to_contain_text("nonsense")
    write(page, "ASK {}")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#answer-section .boolean")).to_have_text("Yes")
    expect(mark).to_have_count(0)
    expect(page.get_by_role("alert")).to_have_count(0)


@needs_editor
def test_a_term_is_completed_with_its_label_and_its_prefix_is_declared(page: Page) -> None:
    write(page, "SELECT * { ?i ")
    page.keyboard.type("hg:deplo")
    option = page.get_by_role("option").filter(has_text="hg:deployer").first
    expect(option).to_contain_text("deployer")
    option.click()
    expect(editor(page)).to_contain_text("PREFIX hg: <https://w3id.org/harmgraph/ns#>")
    expect(editor(page)).to_contain_text("SELECT * { ?i hg:deployer")


@needs_editor
def test_a_concept_is_completed(page: Page) -> None:
    write(page, "SELECT * { ?i hg:technology ")
    page.keyboard.type("hgc-technology:facial-re")
    option = page.get_by_role("option").filter(has_text="hgc-technology:facial-recognition")
    expect(option.first).to_contain_text("Facial recognition")


@needs_editor
def test_a_query_that_runs_can_be_stopped(page: Page) -> None:
    write(page, "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }")
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("status")).to_have_text("Stopped.")
    write(page, "ASK {}")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#answer-section .boolean")).to_have_text("Yes")


@needs_editor
def test_an_answer_can_be_downloaded_and_the_editor_is_no_obstacle(page: Page) -> None:
    write(page, "SELECT ?i { ?i hg:deployer hgo:acme } LIMIT 3")
    page.keyboard.press("Control+Enter")
    link = page.get_by_role("link", name="CSV")
    expect(link).to_be_visible()
    answer = page.request.get(page.evaluate("e => e.href", link.element_handle()))
    assert answer.headers["content-type"].startswith("text/csv")
    assert len(answer.text().split()) == 4


def test_a_competency_query_is_shown_from_the_gallery(page: Page) -> None:
    page.get_by_role("link", name="Who deploys a developer's systems").click()
    assert "example=04-" in page.url
    text = page.locator("#query").input_value() if not EDITOR.is_file() else editor(page).text_content()
    assert "Clearview AI" in (text or "")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#answer-section")).to_be_visible()


def test_without_scripts_the_form_works(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/sparql")
    page.locator("#query").fill("SELECT ?i { ?i hg:deployer hgo:acme } LIMIT 4")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#answer-section tbody tr")).to_have_count(4)
    context.close()
