"""The form to improve a page in Chromium: without a script, by the keyboard alone, and with faults to mend."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.conftest import needs_chromium
from tests.service.conftest import Served, awkward_quads, model_quads, ontology_quads

from harmgraph.inbox.folder import Inbox
from harmgraph.settings import Settings

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Iterator[Served]:
    """A service with the graph of the service tests and an inbox of its own."""
    quads = dict.fromkeys([*model_quads(project), *ontology_quads(project), *awkward_quads()])
    with Served(tmp_path_factory.mktemp("improving"), quads, Settings(store="memory", workers=1)) as served:
        yield served


@pytest.fixture
def page(browser: Browser, served: Served) -> Iterator[Page]:
    """The page of an incident in a browser that runs no script; no request of it leaves loopback."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    hosts: set[str | None] = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    page.set_default_timeout(20_000)
    page.goto(f"{served.address}/doc/incident/AIAAIC0850")
    yield page
    context.close()
    assert hosts == {"127.0.0.1"}


def kept(served: Served) -> list[str]:
    """The names of all that was kept."""
    return Inbox(Path(served.settings.inbox)).names("new")


def newest(served: Served, before: list[str]) -> str:
    """The name of the one that was kept since."""
    (name,) = set(kept(served)) - set(before)
    return name


def test_a_fact_is_corrected_without_a_script(page: Page, served: Served) -> None:
    before = kept(served)
    page.get_by_role("link", name="Correct: Occurred").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Improve this page")
    chosen = page.get_by_label("Which statement is it about?").locator("option[selected]")
    expect(chosen).to_contain_text("Occurred: ")
    page.get_by_label("What is wrong, or what should be known?").fill("It was in April: <b>see</b> there.")
    page.get_by_label("What should it say instead?").fill("2022-04")
    page.get_by_label("Where can that be read?").fill("https://example.org/report")
    page.get_by_role("button", name="Send the suggestion").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    name = newest(served, before)
    expect(page.locator("main")).to_contain_text(name)
    found = Inbox(Path(served.settings.inbox)).suggestion("new", name)
    assert found.text == "It was in April: <b>see</b> there." and found.statement is not None
    page.get_by_role("link", name="Back to the page").click()
    assert page.url.endswith("/doc/incident/AIAAIC0850")
    expect(page.locator("body")).not_to_contain_text("It was in April")


def test_the_keyboard_is_enough(page: Page, served: Served) -> None:
    before = kept(served)
    page.get_by_role("link", name="Improve this page").focus()
    page.keyboard.press("Enter")
    page.get_by_role("radio", name="A correction").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="An insight")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("Something that the reader should know.")
    for _ in range(5):  # what it should say, where to read it, name, language; the trap is passed over; the button
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Send the suggestion")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    found = Inbox(Path(served.settings.inbox)).suggestion("new", newest(served, before))
    assert (found.kind, found.text) == ("insight", "Something that the reader should know.")


def test_faults_lead_to_their_fields_and_nothing_written_is_lost(page: Page, served: Served) -> None:
    before = kept(served)
    page.get_by_role("link", name="Improve this page").click()
    page.get_by_label("What is wrong, or what should be known?").fill("Kept “as it was”.")
    page.get_by_label("Your name").fill("jo@example.org")
    page.get_by_role("button", name="Send the suggestion").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("no e-mail address")
    name = page.get_by_label("Your name")
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("What is wrong, or what should be known?")).to_have_value("Kept “as it was”.")
    alert.get_by_role("link").click()
    assert page.url.endswith("#creator")
    name.fill("Jo")
    page.get_by_role("button", name="Send the suggestion").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    assert newest(served, before)


def test_the_trap_is_not_seen(page: Page) -> None:
    page.get_by_role("link", name="Improve this page").click()
    expect(page.get_by_role("textbox", name="Leave this empty")).to_have_count(0)
    box = page.locator(".trap").bounding_box()
    assert box is not None and box["width"] <= 1 and box["height"] <= 1
