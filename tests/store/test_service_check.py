"""SERVICE is found in every disguise, and only where there is a clause."""

from __future__ import annotations

import time

import pytest

from harmgraph.errors import QueryRefused
from harmgraph.store.query_text.service_check import refuse_service

CLAUSES = {
    "plain": "SELECT * { SERVICE <http://a.example/> { ?s ?p ?o } }",
    "lower case": "SELECT * { service <http://a.example/> { ?s ?p ?o } }",
    "silent": "SELECT * { SERVICE SILENT <http://a.example/> { ?s ?p ?o } }",
    "variable": "SELECT * { ?s ?p ?o . SERVICE ?o { ?s ?p ?x } }",
    "dollar variable": "SELECT * { ?s ?p ?o . SERVICE $o { ?s ?p ?x } }",
    "prefixed name": "PREFIX a: <http://a.example/> SELECT * { SERVICE a: { ?s ?p ?o } }",
    "escaped prefixed name": r"PREFIX a: <http://a.example/> SELECT * { SERVICE a:b\#c { ?s ?p ?o } }",
    "no white space": "SELECT*{SERVICE<http://a.example/>{?s ?p ?o}}",
    "silent without white space": "SELECT * { SERVICESILENT<http://a.example/>{?s ?p ?o}}",
    "after a number": "SELECT * { ?s ?p 1SERVICE<http://a.example/>{ ?s ?p ?o } }",
    "after a boolean": "SELECT * { ?s ?p trueSERVICE<http://a.example/>{ ?s ?p ?o } }",
    "after a string": "SELECT * { ?s ?p 'service?'SERVICE <http://a.example/> { ?s ?p ?o } }",
    "comments between": "SELECT * { SERVICE # one {\n # two\r<http://a.example/#x> # three\n { ?s ?p ?o } }",
    "comment after a name": "SELECT * { SERVICE ?o#comment with {\n{ ?s ?p ?x } }",
    "in a sub-select": "SELECT * { { SELECT ?s { OPTIONAL { SERVICE <http://a.example/> { ?s ?p ?o } } } } }",
    "in a filter": "SELECT * { ?s ?p ?o FILTER NOT EXISTS { SERVICE <http://a.example/> { ?s ?p ?o } } }",
    "beside what looks like a string": "SELECT * { FILTER(?a<'x>'||EXISTS{SERVICE<http://a>{?s ?p ?o}}||?b='y') }",
    "codepoint escape": r"SELECT * { \u0053ERVICE <http://a.example/> { ?s ?p ?o } }",
    "long codepoint escapes": r"SELECT * { S\U00000045RVIC\u0045 <http://a.example/> { ?s ?p ?o } }",
    "escape of an escape": r"SELECT * { \u005Cu0053ERVICE <http://a.example/> { ?s ?p ?o } }",
    "escaped white space and brace": r"SELECT * { SERVICE\u0020<http://a.example/>\u007B ?s ?p ?o } }",
    "decoy before": "SELECT * { ?service ?p ?o . ?s a:service ?o . SERVICE <http://a.example/> { ?s ?p ?o } }",
    "template": "CONSTRUCT { ?s ?p ?o } WHERE { SERVICE <http://a.example/> { ?s ?p ?o } }",
}

HARMLESS = {
    "variable": "SELECT ?service { ?service ?p ?o }",
    "graph variable": "SELECT * { GRAPH ?service { ?s ?p ?o } }",
    "local name": "SELECT * { ?s hg:service ?o . OPTIONAL { ?o ?p ?q } }",
    "prefix": "PREFIX service: <http://a.example/> SELECT * { ?s service:x ?o }",
    "string": 'SELECT * { ?s ?p "SERVICE" FILTER CONTAINS(?o, "customer service {") }',
    "comment": "SELECT * # a SERVICE for everyone\n{ ?s ?p ?o }",
    "IRI": "SELECT * { GRAPH <http://service.example/> { ?s ?p ?o } }",
}


@pytest.mark.parametrize("text", CLAUSES.values(), ids=CLAUSES)
def test_a_service_clause_is_refused(text: str) -> None:
    with pytest.raises(QueryRefused, match="SERVICE clause"):
        refuse_service(text)


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS)
def test_the_word_alone_is_no_clause(text: str) -> None:
    refuse_service(text)


@pytest.mark.parametrize("filler", ["#", " ", "\n", "service ", "<http://a.example/> "])
def test_a_long_text_is_checked_in_time(filler: str) -> None:
    begun = time.monotonic()
    refuse_service("SERVICE " + filler * (200_000 // len(filler)))
    assert time.monotonic() - begun < 2
