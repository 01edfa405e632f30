"""A server of loopback that is Wikidata, as well or badly as the test has it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.fetching.site import Site


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loopback is reached directly whatever proxy this machine has."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()
