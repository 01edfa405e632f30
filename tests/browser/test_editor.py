"""The query page in a browser: the editor where it is built, by keyboard alone too, and the plain form without it."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, Page, expect
from tests.browser.conftest import EDITOR, editor, needs_chromium, needs_editor, write

pytestmark = needs_chromium


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
def test_a_concept_is_completed_with_its_definition(page: Page) -> None:
    write(page, "SELECT * { ?i hg:technology ")
    page.keyboard.type("hgc-technology:acceler")
    expect(page.locator(".cm-tooltip-autocomplete li").first).to_contain_text("Accelerometer")
    expect(page.locator(".cm-completionInfo")).to_contain_text("A sensor of changes of speed.")


@needs_editor
def test_a_name_in_a_bracket_becomes_the_iri_of_its_thing(page: Page) -> None:
    write(page, "SELECT * { ?i hg:deployer ")
    page.keyboard.type("<ministry of def")
    page.get_by_role("option").filter(has_text="hgo:ministry-of-defence-of-ukraine").first.click()
    expect(editor(page)).to_contain_text("?i hg:deployer hgo:ministry-of-defence-of-ukraine")
    expect(editor(page)).to_contain_text("PREFIX hgo: <https://w3id.org/harmgraph/id/organisation/>")


@needs_editor
def test_a_query_that_runs_can_be_stopped(page: Page) -> None:
    write(page, "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }")
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("status")).to_contain_text("Stopped after")
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


@needs_editor
def test_the_gallery_is_searched_by_titles_and_questions(page: Page) -> None:
    page.get_by_role("searchbox", name="Search in these").fill("black boxes")
    expect(page.locator("ol.gallery li:visible")).to_have_count(1)
    expect(page.locator("ol.gallery li:visible")).to_contain_text("Which incidents in a government sector")


@needs_editor
def test_a_parameter_is_replaced_wherever_it_stands(page: Page, address: str) -> None:
    page.goto(f"{address}/sparql?example=who-deploys-a-technology")
    field = page.get_by_role("combobox", name="technology")
    expect(field).to_have_value("hgc-technology:facial-recognition")
    field.fill("chatbot")
    field.press("Tab")
    expect(field).to_have_value("hgc-technology:chatbot")
    assert (editor(page).text_content() or "").count("hgc-technology:chatbot") == 2
    expect(editor(page)).not_to_contain_text("facial-recognition")
    field.fill("no > name")
    field.press("Tab")
    assert (editor(page).text_content() or "").count("hgc-technology:chatbot") == 2, "what is no term changes nothing"
    assert page.evaluate("() => !document.querySelector('.parameters input').validity.valid")


@needs_editor
def test_a_parameter_that_is_a_literal_keeps_its_language_and_is_escaped(page: Page, address: str) -> None:
    page.goto(f"{address}/sparql?example=04")
    field = page.get_by_role("combobox", name="developer")
    expect(field).to_have_value("Clearview AI")
    field.fill('O"Neil \\ Sons } #')
    field.press("Tab")
    expect(editor(page)).to_contain_text(r'rdfs:label "O\"Neil \\ Sons } #"@en')
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#answer-section")).to_contain_text("No rows.")
    expect(field).to_have_value('O"Neil \\ Sons } #')


def test_without_scripts_the_form_works(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/sparql")
    page.locator("#query").fill("SELECT ?i { ?i hg:deployer hgo:acme } LIMIT 4")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#answer-section tbody tr")).to_have_count(4)
    context.close()
