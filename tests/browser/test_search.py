"""Search in a browser: it answers while one types, facets change in place, and without a script it does the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The search page; nothing may complain."""
    page = browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.set_default_timeout(20_000)
    page.goto(f"{address}/search")
    page.evaluate("window.same = true")
    yield page
    assert page.evaluate("window.same"), "the page was loaded anew"
    page.close()
    assert not [each for each in complaints if "Failed to load resource" not in each]


def test_what_is_typed_is_looked_for_without_a_button(page: Page) -> None:
    page.get_by_label("Words").press_sequentially("synthetic incident 7")
    expect(page.locator("#results")).to_have_text("1 incident")
    expect(page.get_by_role("status")).to_have_text("1 incident")
    assert page.url.endswith("/search?q=synthetic+incident+7")
    assert page.title().startswith("synthetic incident 7")
    expect(page.get_by_label("Words")).to_be_focused()


def test_names_are_suggested_while_one_types(page: Page) -> None:
    page.get_by_label("Words").press_sequentially("acm")
    expect(page.locator("#things a")).to_have_text("Acme")


def test_a_facet_changes_in_place_and_keeps_the_focus(page: Page) -> None:
    option = page.get_by_role("group", name="Year").get_by_role("link", name="2022")
    option.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#results")).to_have_text("5 incidents")
    assert page.evaluate("document.activeElement.dataset.value") == "year 2022"
    assert page.evaluate("document.activeElement.getAttribute('aria-current')") == "true"
    page.get_by_label("Words").press_sequentially("synthetic")
    expect(page.locator("#results")).to_have_text("4 incidents")
    assert page.url.endswith("/search?q=synthetic&year=2022")


def test_the_way_back_leads_through_what_was_found(page: Page) -> None:
    page.get_by_role("group", name="Country").get_by_role("link", name="Ukraine").click()
    expect(page.locator("#results")).to_have_text("1 incident")
    page.get_by_label("Words").press_sequentially("synth")
    expect(page.locator("#results")).to_have_text("0 incidents")
    page.go_back()
    expect(page.locator("#results")).to_have_text("1 incident")
    expect(page.get_by_label("Words")).to_have_value("")
    page.go_back()
    expect(page.locator("#results")).to_have_text("122 incidents")
    page.go_forward()
    expect(page.locator("#results")).to_have_text("1 incident")


def test_an_answer_that_comes_late_does_not_take_the_place_of_a_newer_one(page: Page) -> None:
    held: list[Route] = []
    page.route("**/search?q=acme", lambda route: held.append(route))
    words = page.get_by_label("Words")
    words.fill("acme")
    page.wait_for_timeout(600)
    assert held, "the first words were asked for"
    words.fill("synthetic incident 7")
    expect(page.locator("#results")).to_have_text("1 incident")
    for route in held:
        route.continue_()
    page.wait_for_timeout(300)
    expect(page.locator("#results")).to_have_text("1 incident")


def test_words_that_cannot_be_read_are_said_to_be_so(page: Page) -> None:
    page.get_by_label("Words").fill('"')
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Words").fill("synthetic incident 7")
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator("#results")).to_have_text("1 incident")


def test_a_service_that_is_gone_is_said_to_be_so(page: Page) -> None:
    page.route("**/search?*", lambda route: route.fulfill(status=503, body="busy"))
    page.get_by_label("Words").fill("synthetic")
    expect(page.get_by_role("status")).to_have_text("That could not be looked for just now.")
    expect(page.locator("#results")).to_have_text("122 incidents")
    page.unroute("**/search?*")
    page.get_by_label("Words").fill("synthetic incident 7")
    expect(page.locator("#results")).to_have_text("1 incident")


def test_without_scripts_the_form_and_the_links_do_the_same(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/search")
    page.get_by_role("group", name="Year").get_by_role("link", name="2022").click()
    page.get_by_label("Words").fill("synthetic")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#results")).to_have_text("4 incidents")
    context.close()
