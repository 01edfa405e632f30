"""Tokens lose nothing, and SERVICE clauses are found where the engine sees them."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Store

from harmgraph.errors import QueryRefused
from harmgraph.store.query_text.groups import Groups, Unclear
from harmgraph.store.query_text.prologue import Prologue
from harmgraph.store.query_text.service_check import refuse_service
from harmgraph.store.query_text.service_clauses import clauses, federates
from harmgraph.store.query_text.tokens import as_evaluated, significant, tokens

from .test_service_check import CLAUSES

PIECES = [
    *("SERVICE", "service", "SILENT", "{", "}", "(", ")", "[", "]", "<", ">", "<=", ".", ";", ",", "?", "$", "^", "/"),
    *("*", "+", "|", "@en", "^^", "'", '"', "'''", '"""', "\\", r"\u0053", r"\"", "#", "\n", "\r", " ", "\t", "_:b"),
    *(
        "?SERVICE",
        "a:b",
        "a:",
        ":",
        "a:b.c",
        r"a:b\#c",
        "<http://a/#b>",
        "1",
        "1.5e3",
        ".",
        "true",
        "é",
        "%20",
        "\u2028",
    ),
]
soups = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


@given(text=st.one_of(soups, st.text()))
def test_tokens_joined_are_the_text(text: str) -> None:
    found = tokens(text)
    assert "".join(token.text for token in found) == text
    assert [token.start for token in found] == [sum(len(t.text) for t in found[:n]) for n in range(len(found))]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("SERVICE<http://a/>{", "word iri bracket"),
        ("?SERVICE$service a:SERVICE", "variable variable name"),
        ("1SERVICE ?o", "number word variable"),
        ('\'SERVICE\' "a\\"SERVICE" \'\'\'it\'s\'\'\' """a"b\\""""', "string string string string"),
        ("# SERVICE\rASK", "word"),
        ("<http://a/#SERVICE>#SERVICE", "iri"),
        ("?a<?b&& ?c>?d", "variable other variable other variable other variable"),
        (r"a:b\#c a:%20 a:b.c. :", "name name name other name"),
        ("_:b.c. 'x'@en-GB 1.5e3 .5", "blank other string language number number"),
    ],
)
def test_what_looks_alike_is_told_apart(text: str, kinds: str) -> None:
    assert " ".join(token.kind for token in significant(text)) == kinds


HARMLESS = [
    "VALUES ?{n} {{ 'SERVICE <{e}> {{ }}' }}",
    'VALUES ?{n} {{ """a " SERVICE <{e}> {{ " \\" """ }}',
    "VALUES ?{n} {{ <http://a/SERVICE#x> }} # SERVICE <{e}> {{\n",
    "BIND('it\\'s #' AS ?{n}) # '\n",
    "FILTER(1 < 2&&'<'!='>')",
    "FILTER(?SERVICE<?b || true)",
    "OPTIONAL {{ ?SERVICE <SERVICE> service:x\\# }}",
    "OPTIONAL {{ ?s a:SERVICE 1 , 'x'@service }}",
    "{{ SELECT (1 AS ?{n}) {{}} }}",
]
CALLING = [
    "SERVICE <{e}> {{ ?s ?p ?o }}",
    "service<{e}>{{}}",
    "SERVICE #>\n<{e}> # {{\n {{ ?s ?p '}}' }}",
    "SERVICE e: {{ ?s ?p <}}> }}".replace("<}}>", "'<'"),
    "{{ SERVICE <{e}> {{ ?s ?p ?o }} }}",
    "OPTIONAL {{ SERVICE <{e}> {{ ?s ?p ?o }} }}",
    "{{}} UNION {{ SERVICE <{e}> {{ ?s ?p ?o }} }}",
    "FILTER(1<2&&EXISTS{{SERVICE<{e}>{{?s ?p ?o}}}}||1>'y')",
    "S\\u0045RVICE <{e}> {{ ?s ?p ?o }}",
]


@pytest.fixture(scope="module")
def calls() -> Iterator[tuple[str, list[object]]]:
    """An address on loopback that hangs up on whoever connects, and who did."""
    connected: list[object] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            connection, client = listener.accept()
            connected.append(client)
            connection.close()
            if ended.is_set():
                return

    ended = threading.Event()
    thread = threading.Thread(target=accept)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/", connected
    ended.set()
    socket.create_connection(listener.getsockname()).close()
    thread.join()
    listener.close()


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from([*HARMLESS, *CALLING]), min_size=1, max_size=5), st.sampled_from([" ", "\n", "#'\n"]))
def test_clauses_are_found_where_the_engine_calls(
    calls: tuple[str, list[object]], elements: list[str], between: str
) -> None:
    address, connected = calls
    body = between.join(element.format(e=address, n=f"n{n}") for n, element in enumerate(elements))
    declared = f"PREFIX e: <{address}> PREFIX a: <http://a/> PREFIX service: <http://b/> BASE <http://c/>"
    text = f"{declared} SELECT * {{ {body} }}"
    evaluated, found = as_evaluated(text)
    before = len(connected)
    with suppress(OSError, RuntimeError):  # how the engine tells that a call failed
        list(Store().query(evaluated))  # type: ignore[arg-type]  # SELECT gives rows
    called = len(connected) > before
    assert called == any(element in CALLING for element in elements)
    assert len(clauses(Groups(found))) == sum(element in CALLING for element in elements)
    assert federates(text) or not called


@pytest.mark.parametrize("text", CLAUSES.values(), ids=CLAUSES)
def test_a_query_with_a_clause_federates(text: str) -> None:
    assert federates(text)


@given(soups)
def test_what_the_second_line_refuses_is_never_said_not_to_federate(text: str) -> None:
    try:
        refuse_service(text)
    except QueryRefused:
        assert federates(text)


def test_a_query_without_the_word_does_not_federate() -> None:
    assert not federates(r"SELECT * { ?s ?p '\u0041 \\ serve ice' }")


@pytest.mark.parametrize("filler", ["#", " ", "a-", "a.", "a:.", "<", "'''", '"', "SERVICE ", "{", "}{", "\\u0053"])
def test_a_long_text_is_read_in_time(filler: str) -> None:
    begun = time.monotonic()
    found = as_evaluated("SERVICE " + filler * (200_000 // len(filler)))[1]
    with suppress(Unclear):
        clauses(Groups(found))
    assert time.monotonic() - begun < 5


def groups_of(pattern: str) -> Groups:
    return Groups(significant(pattern))


@pytest.mark.parametrize(
    ("pattern", "in_scope", "certain"),
    [
        ("{ ?a :p [ :q ?b ; :r (?c) ] . ?d :p+/^:q ?e }", "abcde", "abcde"),
        ("{ ?a :p ?b OPTIONAL { ?b :p ?c } MINUS { ?b :p ?d } FILTER(?e > 1) }", "abc", "ab"),
        ("{ { ?a :p ?b } UNION { ?b :p ?c } }", "abc", ""),
        ("{ { ?a :p ?b } GRAPH ?c { ?d :p ?e } SERVICE ?f { ?g :p ?h } }", "abcdefgh", "abcde"),
        ("{ VALUES ?a { 1 } VALUES (?b ?c) { (1 UNDEF) } BIND(?d AS ?e) }", "abce", "a"),
        ("{ SELECT ?a (COUNT(?b) AS ?c) { ?a :p ?b ; :q ?d } GROUP BY ?a }", "ac", ""),
        ("{ { SELECT DISTINCT * { ?a :p ?b FILTER NOT EXISTS { ?c :p ?a } } } }", "ab", "ab"),
        ("{ { SELECT ?a ?d (STR(?b) AS ?c) { ?a :p ?b OPTIONAL { ?b :p ?d } } GROUP BY ?a } }", "acd", "a"),
        ("{ { SELECT (EXISTS { ?a :p ?b } AS ?c) ?d WHERE { ?d :p ?e } } }", "cd", "d"),
        ("{ FILTER regex(?a, 'x') FILTER :f(?b) FILTER(?c) ?d a true . }", "d", "d"),
        ("{ }", "", ""),
    ],
)
def test_variables_are_in_scope_and_bound_as_the_grammar_has_it(pattern: str, in_scope: str, certain: str) -> None:
    groups = groups_of(pattern)
    assert groups.in_scope(0) == set(in_scope)
    bound = set() if groups.is_subselect(0) else groups.certain(groups.elements(0))
    assert bound == set(certain)


@pytest.mark.parametrize(
    "pattern", ["{ LATERAL { ?a :p ?b } }", "{ ?a :p ?b {| :q ?c |} }", "{ FILTER }", "{ GRAPH ?g ?x }"]
)
def test_what_is_not_known_is_unclear(pattern: str) -> None:
    with pytest.raises(Unclear):
        groups_of(pattern).in_scope(0)


@pytest.mark.parametrize("pattern", ["{ ( }", "{ ) ( }", "{", "} {"])
def test_brackets_that_do_not_pair_up_are_unclear(pattern: str) -> None:
    with pytest.raises(Unclear):
        groups_of(pattern)


def test_terms_mean_what_the_prologue_declares_where_they_stand() -> None:
    text = r"BASE <http://a/b/> PREFIX x: <c#> BASE <../d/> PREFIX hg: <e\u0066#> SELECT * { }"
    prologue = Prologue.of(significant(text), "http://z/")
    written = [r"x:a\-b", "hg:y", "<f>", "<urn:g>", "skos:h"]
    assert [prologue.iri(significant(term)[0]) for term in written] == [
        *("http://a/b/c#a-b", "http://a/d/ef#y", "http://a/d/f", "urn:g", "http://www.w3.org/2004/02/skos/core#h")
    ]
