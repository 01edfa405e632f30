"""Suggestions to begin with: a correction of one statement with everything it may have, and an inbox for it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Triple

from harmgraph.inbox.folder import Inbox
from harmgraph.inbox.keeping import kept
from harmgraph.inbox.suggestion import Suggestion, triples_of
from harmgraph.iris import HG, XSD, mint

NAME = "2026-12-01-0123456789abcdef"
NOW = datetime(2026, 12, 1, 12, 30, tzinfo=UTC)
INCIDENT = mint("incident", "AIAAIC0850")
DOCUMENT = NamedNode("https://w3id.org/harmgraph/doc/incident/AIAAIC0850")
CORRECTION = Suggestion(
    kind="correction",
    about=DOCUMENT,
    text="The ministry said so in April.",
    language="en",
    statement=(INCIDENT, HG.occurred, Literal("2022-03", datatype=XSD.gYearMonth)),
    proposal=Literal("2022-04"),
    evidence=NamedNode("https://example.org/report"),
    creator="Jo Bloggs",
)


def kept_triples(suggestion: Suggestion = CORRECTION, name: str = NAME) -> list[Triple]:
    """What is kept of the suggestion."""
    return kept(triples_of(suggestion), name, NOW)


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    """An empty inbox with room for three."""
    return Inbox(tmp_path / "inbox", count=3, size=20_000, rate=0)
