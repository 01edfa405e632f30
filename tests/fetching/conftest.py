"""A server that misbehaves, a client without patience, and sheets and archives to fetch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fetching.site import Site

from harmgraph.fetching import ORIGINS, Fetched, Patience, fetch

HASTY = Patience(attempts=4, first_wait=0.01, longest_wait=3.0, connecting=2.0, silence=0.5)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loopback is reached directly whatever proxy this machine has."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


def sheet(rows: int, word: str = "Headline") -> bytes:
    """A sheet of incidents, some 100 bytes a row."""
    head = ["Incidents,,,\r\n", "AIAAIC ID#,Headline,Occurred,Links\r\n"]
    body = [f'AIAAIC{1000 + row},"{word} {row}, which has a comma in it",2024,"{"x" * 50}"\r\n' for row in range(rows)]
    return "".join(head + body).encode()


def fetch_sheet(folder: Path, url: str) -> Fetched:
    """Fetch the AIAAIC sheet from this address, without patience."""
    return fetch(ORIGINS["aiaaic"], folder, url, patience=HASTY)
