"""A server of loopback that is Wikidata, as well or badly as the test has it: the fixtures of those that fetch."""

from __future__ import annotations

from tests.fetching.conftest import no_proxy, site

__all__ = ["no_proxy", "site"]
