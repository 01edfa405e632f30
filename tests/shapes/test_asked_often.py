"""The graph of the reference engine: it parses a query once, and each binding still has an answer of its own."""

from __future__ import annotations

from typing import Any

import pytest
import rdflib
from rdflib.plugins.sparql import prepareQuery

from harmgraph.validation import asked_often

DATA = "<a:1> <a:p> 1 . <a:2> <a:p> 2 . <a:3> <a:q> 3 ."
QUERY = "SELECT ?v { $this <a:p> ?v FILTER EXISTS { $this ?p ?v } }"


def test_a_query_is_parsed_once_and_answered_for_each_binding(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []

    def noting(text: str, initNs: dict[str, str]) -> object:  # noqa: N803  # rdflib's name
        parsed.append(text)
        return prepareQuery(text, initNs)

    monkeypatch.setattr(asked_often, "prepareQuery", noting)
    usual, graph = rdflib.Graph().parse(data=DATA), asked_often.AskedOften().parse(data=DATA)
    for text in (QUERY, QUERY.replace("EXISTS", "NOT EXISTS"), "ASK { $this a:p ?v }", "SELECT * { ?s ?p ?o }"):
        for prefix in ("a:", "b:"):
            for node in map(rdflib.URIRef, ("a:1", "a:2", "a:3", "a:1")):
                given: dict[str, Any] = {"initBindings": {"this": node}}
                if "ASK" in text:
                    given["initNs"] = {"a": rdflib.Namespace(prefix)}
                assert sorted(map(str, graph.query(text, **given))) == sorted(map(str, usual.query(text, **given)))
    assert parsed == [QUERY, QUERY.replace("EXISTS", "NOT EXISTS"), "SELECT * { ?s ?p ?o }"]
