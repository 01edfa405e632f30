"""What the tests of pages in Chromium share: the service with the graph of the service tests, and the browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, sync_playwright
from tests.service.conftest import Served, awkward_quads, model_quads, ontology_quads

from harmgraph.settings import Settings

CHROMIUM: Final = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


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
