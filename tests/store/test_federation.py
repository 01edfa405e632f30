"""SERVICE clauses are followed to listed endpoints alone, mean what they mean elsewhere, and fail as they should."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Protocol

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harmgraph.errors import HarmgraphError, LimitExceeded, QueryFailed, QueryRefused, ServiceFailed
from harmgraph.iris import BASE, PREFIXES
from harmgraph.service.app import create_app
from harmgraph.service.running.server import web_server
from harmgraph.settings import Settings
from harmgraph.store.base import Answer, Query
from harmgraph.store.federation.rewriting import Federation
from harmgraph.store.local.embedded import EmbeddedStore

from .conftest import Served
from .test_service_check import CLAUSES

HARMLESS = {
    "string": 'SELECT * { VALUES ?x { "SERVICE" \'service <\' """a "SERVICE" b""" } }',
    "IRI": "SELECT * { VALUES ?x { <http://service.example/SERVICE> } }",
    "variable": "SELECT ?SERVICE { VALUES ?SERVICE { 1 } OPTIONAL { ?SERVICE a hg:Service } }",
    "prefix": "PREFIX SERVICE: <http://a.example/> SELECT * { VALUES ?x { SERVICE:x hg:SERVICE } }",
    "comment": "SELECT * # SERVICE\n{ VALUES ?x { 1 } }",
    "language": 'SELECT * { VALUES ?x { "a"@service } }',
}


class ScriptedEndpoint(Protocol):
    """What the fixture ``scripted`` gives."""

    asked: list[str]
    hosts: list[str]
    port: int
    address: str
    script: Callable[[BaseHTTPRequestHandler], None]

    def sends(self, body: bytes, status: int = 200, media_type: str = ..., **headers: str) -> None: ...


def table(*rows: dict[str, Any], variables: tuple[str, ...] = ("a",)) -> bytes:
    """An answer in JSON; a plain string stands for an IRI."""
    bindings = [{k: {"type": "uri", "value": v} if isinstance(v, str) else v for k, v in row.items()} for row in rows]
    return json.dumps({"head": {"vars": variables}, "results": {"bindings": bindings}}).encode()


def solutions(answer: bytes) -> Counter[str]:
    """The solutions of a table in JSON, as a bag."""
    return Counter(json.dumps(row, sort_keys=True) for row in json.loads(answer)["results"]["bindings"])


@pytest.fixture(scope="module")
def remote(release: Path) -> Iterator[str]:
    """The address of another service over the same release."""
    started: list[Any] = []
    listener = socket.create_server(("127.0.0.1", 0))

    async def serve() -> None:
        configuration = Settings(store="disk", federation="")
        server = web_server(create_app(await EmbeddedStore.open(release, configuration), configuration))
        started.append(server)
        await server.serve(sockets=[listener])

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    while not started or not started[0].started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/sparql"
    started[0].should_exit = True
    thread.join(20)


@pytest.fixture(scope="module")
def local(release: Path, remote: str) -> Iterator[Served]:
    """A store that may ask the other service, and nobody else."""
    with asyncio.Runner() as runner:
        store = runner.run(EmbeddedStore.open(release, Settings(store="disk", federation=remote)))
        yield Served(store, runner)
        runner.run(store.close())


@pytest.fixture
def asks(serve: Callable[..., Served], scripted: ScriptedEndpoint) -> Callable[..., Served]:
    """Opens a store that may ask the scripted endpoint."""
    return lambda **changes: serve(**{"federation": scripted.address, **changes})


def inlined(text: str, resolve: Any = None, **configuration: Any) -> Query:
    """The query as a worker would get it."""

    async def ask(_: Query) -> Answer:
        raise AssertionError("nothing is asked here")

    async def work() -> Query:
        given_settings = Settings(**configuration)
        federation = Federation(given_settings, resolve) if resolve else Federation(given_settings)
        try:
            return await federation.inlined(Query(text, 10), time.monotonic() + 10, ask)
        finally:
            await federation.close()

    return asyncio.run(work())


# What a clause means.

SHAPES = {
    "alone": "SELECT * { SERVICE <E> { ?i hg:deployer ?o ; a hg:Incident } }",
    "joined": "SELECT * { ?i hg:issue ?x . SERVICE <E> { ?i hg:deployer hgo:o1461 } }",
    "before": "SELECT * { SERVICE <E> { ?i hg:deployer hgo:o1461 } ?i hg:issue ?x }",
    "optional": "SELECT * { ?i hg:deployer hgo:o1461 OPTIONAL { SERVICE <E> { ?i hg:jurisdiction country:C87 } } }",
    "union": "SELECT * { { ?i hg:deployer hgo:o1461 } UNION { SERVICE <E> { ?i hg:deployer hgo:o1216 } } }",
    "minus": "SELECT * { ?i hg:deployer ?o MINUS { SERVICE <E> { ?i hg:jurisdiction ?c FILTER(?c != country:C87) } } }",
    "exists": "SELECT * { ?i a hg:Incident FILTER EXISTS { SERVICE <E> { ?i hg:deployer hgo:o1461 } } }",
    "not exists": "SELECT * { ?i hg:deployer ?o FILTER NOT EXISTS { SERVICE <E> { ?i hg:jurisdiction country:C8 } } }",
    "sub-select": "SELECT ?i { { SELECT DISTINCT ?i { SERVICE <E> { ?i hg:issue ?x ; hg:deployer hgo:o1461 } } } }",
    "select inside": "SELECT * { SERVICE <E> { SELECT ?o (COUNT(?i) AS ?n) { ?i hg:deployer ?o } GROUP BY ?o } }",
    "graph": "SELECT * { ?i hg:deployer hgo:o1461 GRAPH ?g { ?i a ?t SERVICE <E> { ?i hg:jurisdiction ?c } } }",
    "unbound": "SELECT * { SERVICE <E> { hgi:S000001 hg:issue ?x OPTIONAL { ?x hg:issue ?none } } }",
    "no variable": "SELECT (COUNT(*) AS ?n) { SERVICE <E> { hgi:S000001 a hg:Incident } }",
    "nothing": "SELECT * { SERVICE <E> { hgi:S000001 a hg:Nothing ; hg:issue ?x } }",
    "literals": "SELECT * { SERVICE <E> { hgi:S000001 ?p ?o FILTER isLiteral(?o) } }",
    "relative": "BASE <id/incident/> SELECT * { SERVICE <E> { <S000001> hg:issue ?x } }",
    "prefix": "PREFIX x: <id/incident/> PREFIX hgi: <id/> SELECT * { SERVICE <E> { x:S000001 ?p ?o . ?o ?q hgi:x } }",
    "two": "SELECT * { SERVICE <E> { ?i hg:deployer hgo:o1461 } SERVICE <E> { ?i hg:jurisdiction ?c } }",
    "bind": "SELECT * { SERVICE <E> { ?i hg:deployer hgo:o1461 } BIND(STR(?i) AS ?s) FILTER(?s != '') }",
    "aggregate": "SELECT ?c (SUM(1) AS ?n) { SERVICE <E> { ?i hg:jurisdiction ?c } } GROUP BY ?c HAVING(SUM(1) > 9)",
    "silent": "SELECT * { service\tSilent\n<E> { ?i hg:deployer hgo:o1461 } }",
    "no space": "SELECT*{SERVICE<E>{?i hg:deployer hgo:o1461}}",
    "after a number": "SELECT * { ?i hg:deployer ?o MINUS{?i hg:x 1SERVICE<E>{ ?i hg:deployer hgo:o1461 }} }",
    "comments": "SELECT * { SERVICE # <E> {\n <E> # } \n { ?i # }\n hg:deployer hgo:o1461 } }",
    "escapes": r"SELECT * { S\u0045RVICE <E> \u007B ?i hg:deployer hgo:o1461 } }",
    "declared": "PREFIX e: <E> SELECT * { SERVICE e: { ?i hg:deployer hgo:o1461 } }",
}


def without_service(text: str) -> str:
    """The same query with the pattern of each clause as a group."""
    text = (
        text.replace(r"S\u0045RVICE <E> \u007B", "{").replace("service\tSilent\n<E>", "").replace("PREFIX e: <E>", "")
    )
    text = text.replace("SERVICE # <E> {\n <E> # } \n", "").replace("SERVICE e:", "")
    return text.replace("SERVICE <E>", "").replace("SERVICE<E>", "")


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES)
def test_a_clause_answers_like_its_pattern_when_the_graph_is_the_same(local: Served, remote: str, text: str) -> None:
    federated = local.ask(text.replace("<E>", f"<{remote}>"), base_iri=BASE)
    plain = local.ask(without_service(text), base_iri=BASE)
    assert solutions(federated) == solutions(plain)
    assert solutions(plain) or "hg:Nothing" in text or "hgi:x" in text
    assert set(json.loads(federated)["head"]["vars"]) == set(json.loads(plain)["head"]["vars"])


_triples = st.sampled_from(
    [
        "?i hg:deployer ?o .",
        "?i hg:jurisdiction ?c .",
        "?i hg:deployer hgo:o1461 .",
        "?i hg:issue <https://w3id.org/harmgraph/id/concept/issue/i3> .",
        "VALUES ?c { country:C87 country:C114 UNDEF }",
        "FILTER(BOUND(?c))",
    ]
)
_few = "VALUES ?i { hgi:S000451 hgi:S001343 hgi:S001594 hgi:S000007 }"


def _bigger(group: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    elements = st.one_of(
        _triples,
        group.map(lambda g: f"SERVICE <E> {{ {_few} {g} }}"),
        group.map(lambda g: f"SERVICE <E> {{ ?i hg:deployer ?o . {g} }}"),
        # The pattern of a clause is matched with the other endpoint's default graph, within GRAPH too.
        group.map(lambda g: f"{{ {g} }}" if "SERVICE" in g else f"GRAPH ?g {{ {g} }}"),
        group.map(lambda g: f"OPTIONAL {{ {g} }}"),
        group.map(lambda g: f"MINUS {{ {g} }}"),
        group.map(lambda g: f"FILTER EXISTS {{ {g} }}"),
        st.tuples(group, group).map(lambda both: f"{{ {both[0]} }} UNION {{ {both[1]} }}"),
        group.map(lambda g: f"{{ SELECT ?i ?c {{ {g} }} }}"),
    )
    return st.lists(elements, min_size=1, max_size=3).map(" ".join)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(group=st.recursive(_triples, _bigger, max_leaves=6), last=st.booleans())
def test_any_query_answers_as_if_its_clauses_were_groups(local: Served, remote: str, group: str, last: bool) -> None:
    if group.count("SERVICE <E>") != 1:  # one within another is the other endpoint's to follow
        group = f"SERVICE <E> {{ {_few} {group.replace('SERVICE <E>', '')} }} ?i a hg:Incident"
    text = f"SELECT * {{ {group} {_few} }}" if last else f"SELECT * {{ {_few} {group} }}"
    assert solutions(local.ask(text.replace("<E>", f"<{remote}>"))) == solutions(local.ask(without_service(text)))


@pytest.mark.parametrize("form", ["ASK", "CONSTRUCT { ?i a hg:Incident } WHERE", "DESCRIBE ?i"])
def test_every_form_of_query_may_hold_a_clause(local: Served, remote: str, form: str) -> None:
    answers = [local.ask(f"{form} {{ {s} {{ ?i hg:deployer hgo:o1461 }} }}") for s in (f"SERVICE <{remote}>", "")]
    assert sorted(answers[0].split(b"\n")) == sorted(answers[1].split(b"\n"))


def test_blank_nodes_of_an_answer_are_different_things_in_each(
    asks: Callable[..., Served], scripted: ScriptedEndpoint
) -> None:
    scripted.sends(table({"a": {"type": "bnode", "value": "b0"}}, {"a": {"type": "bnode", "value": "b0"}}))
    clause = f"SERVICE <{scripted.address}> {{ ?a a ?t }}"
    count = "SELECT (COUNT(*) AS ?n) (COUNT(DISTINCT ?a) AS ?d) (SUM(IF(isIRI(?a), 1, 0)) AS ?i)"
    answer = asks().ask(f"{count} {{ {{ {clause} }} UNION {{ {clause} }} }}", results_format="text/csv")
    assert answer.split() == [b"n,d,i", b"4,2,4"]


def test_terms_come_through_as_they_are(asks: Callable[..., Served], scripted: ScriptedEndpoint) -> None:
    terms: list[dict[str, str]] = [
        {"type": "literal", "value": 'a "b" \\ \n \t } { \' é 𝄞 ?x SERVICE'},
        {"type": "literal", "value": "chat", "xml:lang": "fr"},
        {"type": "literal", "value": "1.5", "datatype": PREFIXES["xsd"] + "decimal"},
        {"type": "literal", "value": "", "datatype": "http://a.example/type"},
        {"type": "uri", "value": "http://a.example/é?q=%20#f"},
    ]
    scripted.sends(table(*({"a": term} for term in terms)))
    answer = json.loads(asks().ask(f"SELECT ?a {{ SERVICE <{scripted.address}> {{ ?a a ?t }} }}"))
    assert [row["a"] for row in answer["results"]["bindings"]] == terms


def test_an_error_behind_a_clause_keeps_its_line(asks: Callable[..., Served], scripted: ScriptedEndpoint) -> None:
    scripted.sends(table({"a": "http://a.example/"}))
    text = f"SELECT * {{\nSERVICE <{scripted.address}>\n{{ ?a\n a ?t }}\n ?a % ?b }}"
    with pytest.raises(QueryRefused, match="line 5, column 10"):
        asks().ask(text)


# What the endpoint is asked.


def test_the_endpoint_gets_the_declarations_that_the_pattern_uses(
    asks: Callable[..., Served], scripted: ScriptedEndpoint
) -> None:
    scripted.sends(table())
    declared = "PREFIX x: <http://x.example/> PREFIX y: <http://y.example/>"
    text = f"{declared} SELECT * {{ y:a y:b y:c SERVICE <E> {{ x:a wdt:P31 ?a }} }}"
    asks().ask(text.replace("<E>", f"<{scripted.address}>"))
    wdt = "PREFIX wdt: <http://www.wikidata.org/prop/direct/>"
    assert scripted.asked == [f"{wdt}\nPREFIX x: <http://x.example/>\nSELECT * WHERE {{ x:a wdt:P31 ?a }}"]


def test_the_label_service_of_wikidata_may_stand_within_a_clause(
    asks: Callable[..., Served], scripted: ScriptedEndpoint
) -> None:
    label = {"type": "literal", "value": "human", "xml:lang": "en"}
    scripted.sends(table({"a": "http://a.example/", "aLabel": label}, variables=("a", "aLabel")))
    pattern = "{ ?a wdt:P31 wd:Q5 SERVICE wikibase:label { bd:serviceParam wikibase:language 'en' } }"
    answer = asks().ask(f"SELECT ?aLabel {{ SERVICE <{scripted.address}> {pattern} }}", results_format="text/csv")
    assert answer.split() == [b"aLabel", b"human"]
    assert f"SELECT ?a ?aLabel WHERE {pattern}" in scripted.asked[0]


# With which values.

TWO = "VALUES ?i { hgi:S000451 hgi:S001343 }"
ASKED = "SERVICE <E> { ?i hg:issue ?x }"
SENT = {
    "values before": (f"{TWO} {ASKED}", "?i", 2),
    "values behind": (f"{ASKED} {TWO}", "?i", 2),
    "triples before": (f"?i hg:deployer hgo:o1461 . {ASKED}", "?i", 5),
    "triples behind": (f"{ASKED} ?i hg:deployer hgo:o1461", "?i", 5),
    "triples around": (f"?i hg:jurisdiction country:C87 {ASKED} ?i hg:deployer ?o", "?i", None),
    "two variables": (f"{TWO} ?i hg:issue ?x . SERVICE <E> {{ ?i hg:issue ?x }}", "?i ?x", 12),
    "in an OPTIONAL": (f"{TWO} OPTIONAL {{ {ASKED} }}", "?i", 2),
    "in a MINUS": (f"{TWO} MINUS {{ {ASKED} }}", "?i", 2),
    "in an EXISTS": (f"{TWO} FILTER(1 > 2 || EXISTS {{ {ASKED} }})", "?i", 2),
    "in a union": (f"{{ ?i hg:deployer ?o }} UNION {{ {ASKED} }} {TWO}", "?i", 2),
    "in a graph": (f"GRAPH ?g {{ {TWO} ?i hg:deployer ?o {ASKED} }}", "?i", 2),
    "with a filter": (f"?i hg:deployer ?o {ASKED} FILTER(?i IN (hgi:S000451))", "?i", 1),
    "behind an OPTIONAL": (f"{TWO} OPTIONAL {{ ?i hg:none ?x }} {ASKED}", "?i", 2),
    "with nothing to join": (f"?i a hg:Nothing . {ASKED}", "", 0),
    "of a clause before": (f"SERVICE <E> {{ ?x a ?t }} {TWO} {ASKED}", "?i ?x", 2),
    "of a sub-select": (f"{{ SELECT DISTINCT ?i {{ {TWO} ?i a ?t }} }} {ASKED}", "?i", 2),
    "not of a LIMIT": (f"{{ SELECT ?i {{ {TWO} }} LIMIT 1 }} {ASKED}", None, 1),
    "not beside a LIMIT": (f"{{ SELECT ?y {{ ?y a ?t }} LIMIT 1 }} OPTIONAL {{ ?y a ?i }} {TWO} {ASKED}", "?i", 2),
    "not of a computed value": (f"{{ SELECT (SAMPLE(?y) AS ?i) {{ ?y a ?t }} }} {ASKED}", None, 1),
    "not to a LIMIT": (f"{TWO} SERVICE <E> {{ ?i hg:issue ?x {{ SELECT ?x {{ ?x a ?t }} LIMIT 9 }} }}", None, 1),
    "not of an OPTIONAL": (f"OPTIONAL {{ {TWO} }} {ASKED}", None, 1),
    "not of behind an OPTIONAL": (f"?i hg:jurisdiction ?c OPTIONAL {{ {ASKED} }} {TWO}", "?i", 2_000),
    "not of a filter on what comes back": (f"{TWO} {ASKED} FILTER(?x = ?i)", "?i", 2),
    "not of around a sub-select": (f"{TWO} {{ SELECT ?x {{ {ASKED} }} }}", None, 1),
    "not with UNDEF": (f"VALUES ?i {{ hgi:S000001 UNDEF }} {ASKED}", None, 1),
    "not of literals": ("?i dct:identifier ?n . SERVICE <E> { ?x dct:identifier ?n }", None, 1),
    "not where it may be unbound": (f"{TWO} SERVICE <E> {{ OPTIONAL {{ ?i hg:issue ?x }} }}", None, 1),
    "not of too many": ("?i hg:issue ?x . SERVICE <E> { ?x a ?i }", None, 1),
}


@pytest.mark.parametrize(("group", "variables", "count"), SENT.values(), ids=SENT)
def test_values_that_matter_are_sent(
    asks: Callable[..., Served], scripted: ScriptedEndpoint, group: str, variables: str | None, count: int | None
) -> None:
    scripted.sends(table({"x": "http://x.example/"}, variables=("i", "x")))
    asks().ask(f"SELECT * {{ {group.replace('<E>', f'<{scripted.address}>')} }}")
    blocks = [match for text in scripted.asked if (match := re.search(r"VALUES \((\?[^)]*)\) { (.*?) }", text))]
    if variables is None:
        assert (blocks, len(scripted.asked)) == ([], count)
    elif not variables:
        assert scripted.asked == []
    else:
        assert {block[1] for block in blocks} == {variables}
        assert count is None or sum(block[2].count("(") for block in blocks) == count


def test_values_of_a_dataset_clause_come_from_its_graphs(
    asks: Callable[..., Served], scripted: ScriptedEndpoint
) -> None:
    scripted.sends(table(variables=("i",)))
    record = f"{BASE}id/record/synthetic/2024-02/S000007"
    text = f"SELECT * FROM <{record}> {{ ?i a hg:Incident SERVICE <{scripted.address}> {{ ?i a ?t }} }}"
    store = asks()
    store.ask(text)
    store.ask(text.replace(f"FROM <{record}>", ""), default_graphs=(record,))
    assert [text.count("S000007") for text in scripted.asked] == [1, 1]
    assert [text.count("id/incident/") for text in scripted.asked] == [1, 1]


def test_what_may_be_unbound_keeps_a_group_of_its_own(asks: Callable[..., Served], scripted: ScriptedEndpoint) -> None:
    scripted.sends(table(variables=("i",)))
    pattern = "{ OPTIONAL { ?i hg:none ?x } ?i hg:issue ?x }"
    asks().ask(f"SELECT * {{ {TWO} SERVICE <{scripted.address}> {pattern} }}")
    assert f"}} {pattern}\n}}" in scripted.asked[0]


# Whom nobody gets called.


@pytest.mark.parametrize("text", CLAUSES.values(), ids=CLAUSES)
def test_no_disguise_gets_an_unlisted_endpoint_called(local: Served, scripted: ScriptedEndpoint, text: str) -> None:
    for address in ("http://a.example/", "http://a.example", "http://a"):
        text = text.replace(f"<{address}>", f"<{scripted.address}>")
    with pytest.raises(QueryRefused, match="SERVICE"):
        local.ask(text)
    assert scripted.asked == []


@pytest.mark.parametrize(
    "place",
    [
        "SERVICE <R> { ?s ?p ?o SERVICE <X> { ?s ?p ?o } }",
        "SERVICE <R> { ?s ?p ?o OPTIONAL { SERVICE SILENT <X> { ?s ?p ?o } } }",
        "SERVICE <R> { ?s ?p ?o SERVICE ?o { ?s ?p ?o } }",
        "SERVICE <R> { ?s ?p 1 } SERVICE <X> { ?s ?p ?o }",
        "SERVICE <X#> { ?s ?p ?o }",
        "SERVICE <X/> { ?s ?p ?o }",
        "SERVICE <X?query=ASK{}> { ?s ?p ?o }",
        "SERVICE <R/../sparql> { ?s ?p ?o }",
        "SERVICE wikibase:label { ?s ?p ?o }",
        "SERVICE undeclared:x { ?s ?p ?o }",
        "SERVICE <sparql> { ?s ?p ?o }",
    ],
)
def test_what_is_not_listed_is_refused_before_anything_is_called(
    asks: Callable[..., Served], scripted: ScriptedEndpoint, place: str
) -> None:
    scripted.sends(table())
    other = f"http://localhost:{scripted.port}/sparql"
    text = place.replace("<R", f"<{scripted.address}").replace("<X", f"<{other}")
    with pytest.raises(QueryRefused, match="SERVICE"):
        asks().ask(f"SELECT * {{ {text} }}")
    assert scripted.asked == []


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS)
def test_the_word_alone_is_answered(local: Served, text: str) -> None:
    assert local.ask(text)


def test_the_refusal_of_a_variable_says_what_to_do(local: Served) -> None:
    with pytest.raises(QueryRefused, match=r"the variable \?o; name the endpoint by its IRI"):
        local.ask("SELECT * { ?s ?p ?o SERVICE ?o { ?s ?p ?x } }")


def test_the_refusal_of_an_endpoint_names_those_that_are_listed(local: Served, remote: str) -> None:
    with pytest.raises(QueryRefused, match=f"<http://a.example/>.* it calls <{remote}>"):
        local.ask("SELECT * { SERVICE SILENT <http://a.example/> { ?s ?p ?x } }")


def test_an_empty_list_refuses_every_clause(serve: Callable[..., Served], scripted: ScriptedEndpoint) -> None:
    with pytest.raises(QueryRefused, match="SERVICE clause"):
        serve(federation="").ask(f"SELECT * {{ SERVICE <{scripted.address}> {{ ?s ?p ?x }} }}")
    assert scripted.asked == []


@pytest.mark.parametrize(
    "listed", ["ftp://a.example/", "a.example/sparql", "http://u:p@a.example/", "http://a.example/#"]
)
def test_a_list_that_holds_no_address_is_refused(listed: str) -> None:
    with pytest.raises(HarmgraphError, match="HARMGRAPH_FEDERATION lists"):
        Federation(Settings(federation=listed))


def test_more_clauses_than_allowed_are_refused(asks: Callable[..., Served], scripted: ScriptedEndpoint) -> None:
    clause = f"SERVICE <{scripted.address}> {{ ?s ?p ?o }} "
    with pytest.raises(QueryRefused, match="3 SERVICE clauses, and this endpoint follows 2"):
        asks(federation_clauses=2).ask(f"SELECT * {{ {clause * 3} }}")
    assert scripted.asked == []


def test_a_graph_that_a_query_names_is_not_fetched(local: Served, scripted: ScriptedEndpoint) -> None:
    address = scripted.address
    text = f"SELECT * FROM <{address}> FROM NAMED <{address}#> {{ {{ ?s ?p ?o }} UNION {{ GRAPH <{address}> {{}} }} }}"
    local.ask(text)
    local.ask("SELECT * { ?s ?p ?o } LIMIT 1", default_graphs=(address,), named_graphs=(address,))
    assert scripted.hosts == []


# To which addresses.


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "::1", "::ffff:127.0.0.1",
     "64:ff9b::7f00:1", "fe80::1", "fc00::1", "2002:7f00:1::", "ff02::1", "::127.0.0.1", "255.255.255.255"],
)  # fmt: skip
def test_a_listed_name_with_an_address_that_is_not_public_is_not_called(
    scripted: ScriptedEndpoint, address: str
) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return [address]

    endpoint = f"http://a.example:{scripted.port}/sparql"
    with pytest.raises(ServiceFailed, match=r"a\.example has no public address"):
        inlined(f"SELECT * {{ SERVICE <{endpoint}> {{ ?a a ?t }} }}", resolve, federation=endpoint)
    assert scripted.asked == []


def test_a_host_is_resolved_once_and_called_at_that_address(scripted: ScriptedEndpoint) -> None:
    resolved = []

    async def resolve(host: str, port: int) -> list[str]:
        resolved.append(host)
        return ["127.0.0.1"] if len(resolved) == 1 else ["192.0.2.1"]

    scripted.sends(table({"a": "http://a.example/x"}))
    endpoint = f"http://a.example:{scripted.port}/sparql"
    query = inlined(
        f"SELECT * {{ SERVICE <{endpoint}> {{ ?a a ?t }} }}",
        resolve,
        federation=endpoint,
        federation_private="b.example A.example",
    )
    assert "(<http://a.example/x> UNDEF)" in query.text
    assert (resolved, scripted.hosts) == (["a.example"], [f"a.example:{scripted.port}"])


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_to_what_is_not_listed_is_not_followed(
    asks: Callable[..., Served], scripted: ScriptedEndpoint, status: int
) -> None:
    store = asks()
    for target in (
        f"http://localhost:{scripted.port}/sparql",
        "/other",
        "http://169.254.169.254/",
        "file:///etc/passwd",
        "http://[",
    ):
        scripted.asked.clear()
        scripted.sends(b"", status, Location=target)
        with pytest.raises(ServiceFailed, match=r"redirects to .* not listed"):
            store.ask(f"SELECT * {{ SERVICE <{scripted.address}> {{ ?a a ?t }} }}")
        assert len(scripted.asked) == 1


def test_a_redirect_to_a_listed_endpoint_is_followed_three_times(
    asks: Callable[..., Served], scripted: ScriptedEndpoint
) -> None:
    scripted.sends(b"", 307, Location="/sparql")
    store = asks()
    with pytest.raises(ServiceFailed, match="redirects more than 3 times"):
        store.ask(f"SELECT * {{ SERVICE <{scripted.address}> {{ ?a a ?t }} }}")
    assert len(scripted.asked) == 4


# How a call may fail.


def _slow(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/sparql-results+json")
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)


def _endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/sparql-results+json")
    handler.end_headers()
    while True:
        handler.wfile.write(b" " * 65536)


table_term = {"type": "uri", "value": "http://a.example/"}
HOSTILE = [
    {"type": "uri", "value": "http://a.example/> } SERVICE <http://b.example/> {"},
    {"type": "literal", "value": "x", "xml:lang": "en } SERVICE"},
    {"type": "literal", "value": "x", "datatype": "http://a.example/> } {"},
    {"type": "triple", "value": dict.fromkeys(("subject", "predicate", "object"), table_term)},
]  # fmt: skip

FAILURES: dict[str, tuple[dict[str, Any], str]] = {
    "error": (
        {"body": b"Bad aggregate\nat Foo.java", "status": 500, "media_type": "text/plain"},
        "500: Bad aggregate$",
    ),
    "HTML": ({"body": b"<html>", "media_type": "text/html"}, "answered in 'text/html'"),
    "cut JSON": ({"body": table({"a": "http://a.example/"})[:-3]}, "is not SPARQL results in JSON"),
    "cut body": ({"body": table(), "Content_Length": "9999"}, "cannot be asked"),
    "no table": ({"body": b'{"head":{},"boolean":true}'}, "a boolean"),
    "compressed": ({"body": b"x", "Content_Encoding": "gzip"}, "compressed its answer"),
    "see other": ({"body": b"", "status": 303, "Location": "/sparql"}, "status 303"),
    "too many bytes": ({"body": b" " * 20_000}, "more than the 10000 bytes"),
    "too many rows": ({"body": table({"a": "http://a.example/"}, {}, {}, {})}, "more than 3 solutions"),
    **{f"hostile {n}": ({"body": table({"a": term})}, "cannot be used") for n, term in enumerate(HOSTILE)},
}


@pytest.mark.parametrize(("answer", "said"), FAILURES.values(), ids=FAILURES)
def test_an_answer_that_is_none_fails_the_query_unless_silent(
    asks: Callable[..., Served], scripted: ScriptedEndpoint, answer: dict[str, Any], said: str
) -> None:
    scripted.sends(**answer)
    store = asks(federation_bytes=10_000, federation_rows=3)
    with pytest.raises(ServiceFailed, match=said) as raised:
        store.ask(f"SELECT * {{ SERVICE <{scripted.address}> {{ ?a a ?t }} }}")
    assert raised.value.endpoint == scripted.address
    silent = f"SELECT ?x ?a ?t {{ VALUES ?x {{ 1 2 }} SERVICE SILENT <{scripted.address}> {{ ?a a ?t }} }}"
    assert store.ask(silent, results_format="text/csv").split() == [b"x,a,t", b"1,,", b"2,,"]


def test_an_endpoint_that_does_not_listen_fails_the_query(serve: Callable[..., Served]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    with pytest.raises(ServiceFailed, match="cannot be asked"):
        serve(federation=closed).ask(f"SELECT * {{ SERVICE <{closed}> {{ ?a a ?t }} }}")


def test_a_slow_answer_is_given_up_and_silent_goes_on(asks: Callable[..., Served], scripted: ScriptedEndpoint) -> None:
    scripted.script = _slow
    store = asks(federation_timeout=0.3)
    with pytest.raises(ServiceFailed, match=r"within 0\.3 s"):
        store.ask(f"SELECT * {{ SERVICE <{scripted.address}> {{ ?a a ?t }} }}")
    assert store.ask(f"ASK {{ SERVICE SILENT <{scripted.address}> {{ ?a a ?t }} }}")


def test_the_deadline_of_the_query_ends_a_call_even_a_silent_one(
    asks: Callable[..., Served], scripted: ScriptedEndpoint
) -> None:
    scripted.script = _slow
    with pytest.raises(LimitExceeded, match="another endpoint was asked") as raised:
        asks().ask(f"SELECT * {{ SERVICE SILENT <{scripted.address}> {{ ?a a ?t }} }}", timeout=0.3)
    assert raised.value.limit == "time"


def test_an_endless_answer_is_cut_off(asks: Callable[..., Served], scripted: ScriptedEndpoint) -> None:
    scripted.script = _endless
    with pytest.raises(ServiceFailed, match="more than the 1000000 bytes"):
        asks(federation_bytes=1_000_000).ask(f"SELECT * {{ SERVICE <{scripted.address}> {{ ?a a ?t }} }}")


def test_an_endpoint_that_asks_for_a_pause_gets_it(asks: Callable[..., Served], scripted: ScriptedEndpoint) -> None:
    scripted.sends(b"", 429, Retry_After="40")
    store = asks()
    for said in ("status 429", "asked not to be called for a while"):
        with pytest.raises(ServiceFailed, match=said) as raised:
            store.ask(f"SELECT * {{ SERVICE <{scripted.address}> {{ ?a a ?t }} }}")
        assert raised.value.retry_after == 40
    assert len(scripted.asked) == 1


def test_no_more_calls_run_at_once_than_are_allowed(asks: Callable[..., Served], scripted: ScriptedEndpoint) -> None:
    running, most, lock = 0, 0, threading.Lock()
    scripted.sends(table())
    answering = scripted.script

    def counting(handler: BaseHTTPRequestHandler) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.1)
        with lock:
            running -= 1
        answering(handler)

    scripted.script = counting
    store = asks(federation_concurrency=2)
    text = f"ASK {{ SERVICE <{scripted.address}> {{ ?a a ?t }} }}"

    async def several() -> None:
        await asyncio.gather(*(store.read(text) for _ in range(6)))

    store.run(several())
    assert (most, len(scripted.asked)) == (2, 6)


def test_more_waiting_queries_than_the_queue_holds_are_turned_away(
    asks: Callable[..., Served], scripted: ScriptedEndpoint
) -> None:
    scripted.script = _slow
    store = asks(federation_concurrency=1, queue=1)
    text = f"ASK {{ SERVICE <{scripted.address}> {{ ?a a ?t }} }}"

    async def several() -> list[object]:
        return await asyncio.gather(*(store.read(text, timeout=0.5) for _ in range(3)), return_exceptions=True)

    limits = [error.limit for error in store.run(several()) if isinstance(error, LimitExceeded)]
    assert sorted(limits) == ["queue", "time", "time"]


def test_a_query_that_is_left_hangs_up_on_the_endpoint(asks: Callable[..., Served], scripted: ScriptedEndpoint) -> None:
    ended = threading.Event()

    def watched(handler: BaseHTTPRequestHandler) -> None:
        try:
            _endless(handler)
        except OSError:
            ended.set()

    scripted.script = watched
    store = asks(federation_bytes=1 << 40)

    async def leave() -> None:
        task = asyncio.create_task(store.read(f"ASK {{ SERVICE <{scripted.address}> {{ ?a a ?t }} }}"))
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    store.run(leave())
    assert ended.wait(5)


@pytest.mark.parametrize(
    "text", ["SELECT * { SERVICE <E> { ?a ?b } }", "SELECT * { SERVICE <E> { ?a a ?t }", "SERVICE <E> {"]
)
def test_a_text_that_is_no_query_is_an_error_of_the_query(
    asks: Callable[..., Served], scripted: ScriptedEndpoint, text: str
) -> None:
    scripted.sends(b"", 400)
    with pytest.raises(QueryFailed):
        asks().ask(text.replace("<E>", f"<{scripted.address}>"))


_WORDS = r"""SELECT * ?i { } ( ) SERVICE FILTER EXISTS VALUES GRAPH UNION OPTIONAL BIND AS a . ; UNDEF <http://[> BASE
    PREFIX x: WHERE FROM NAMED LIMIT 1 ' \u007B {| # <E> SILENT"""
_soup = st.lists(
    st.sampled_from([*_WORDS.split(), "SERVICE <E>", "{ ?i hg:deployer hgo:o1461 }", "{ SELECT"]), max_size=8
).map(" ".join)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(before=_soup, inside=_soup, behind=_soup)
def test_no_text_is_a_fault_of_the_service(local: Served, remote: str, before: str, inside: str, behind: str) -> None:
    text = f"SELECT * {{ {before} SERVICE <E> {{ {inside} }} {behind} }}".replace("<E>", f"<{remote}>")
    with suppress(QueryFailed):
        local.ask(text)


@pytest.mark.parametrize(
    "text",
    [
        "BASE <http://[> SELECT * { SERVICE <sparql> { ?s ?p ?o } }",
        "SERVICE <http://[/> { ?s ?p ?o }",
        "{ SERVICE <http://a.example:port/> { ?s ?p ?o } }",
        "SELECT * { SERVICE <http://\\uD800/> { ?s ?p ?o } }",
        "SELECT * { SERVICE <> { ?s ?p ?o } }",
    ],
)
def test_an_address_that_is_none_is_refused(local: Served, text: str) -> None:
    with pytest.raises(QueryRefused):
        local.ask(text)


@pytest.mark.parametrize("form", ["", "SELECT", "ASK { GRAPH } SELECT * {", "SELECT (1 AS ?x) { FILTER"])
def test_a_clause_in_what_is_no_query_is_an_error_of_the_query(local: Served, remote: str, form: str) -> None:
    closed = "}" * (form.count("{") - form.count("}"))
    with pytest.raises(QueryFailed):
        local.ask(f"{form} ?i a hg:Incident SERVICE <{remote}> {{ ?i hg:deployer hgo:o1461 }} {closed}")


def test_deep_nesting_without_a_clause_is_the_engines_affair(local: Served) -> None:
    text = "ASK " + "{" * 210 + "BIND('service' AS ?x)" + "}" * 210
    assert b"true" in local.ask(text)


def test_deep_nesting_is_refused(local: Served, remote: str) -> None:
    text = "SELECT * { " + "{" * 300 + f"SERVICE <{remote}> {{ ?s ?p ?o }}" + "}" * 300 + "}"
    with pytest.raises(QueryRefused, match="nest 200 brackets"):
        local.ask(text)


def test_a_query_that_is_too_long_is_not_followed(local: Served, remote: str) -> None:
    filler = "# a long comment\n" * 20_000
    with pytest.raises(QueryRefused, match="not followed"):
        local.ask(f"SELECT * {{ {filler} SERVICE <{remote}> {{ ?s ?p ?o }} }}")


def test_a_store_is_drained_when_no_query_waits_for_another_endpoint(
    asks: Callable[..., Served], scripted: ScriptedEndpoint
) -> None:
    store = asks()
    sent = threading.Event()
    scripted.sends(table({"a": "http://a.example/"}))
    answering = scripted.script

    def late(handler: BaseHTTPRequestHandler) -> None:
        sent.set()
        time.sleep(0.3)
        answering(handler)

    scripted.script = late

    async def drained_while_asking() -> bytes:
        answer = asyncio.create_task(store.read(f"ASK {{ SERVICE <{scripted.address}> {{ ?a a ?t }} }}"))
        await asyncio.to_thread(sent.wait)
        await store.store.drain()  # type: ignore[attr-defined]  # it is an embedded one
        assert answer.done()
        return await answer

    assert b"true" in store.run(drained_while_asking())


def test_closing_a_store_ends_the_calls_of_its_queries(asks: Callable[..., Served], scripted: ScriptedEndpoint) -> None:
    scripted.script = _slow
    store = asks()

    async def closed_while_asking() -> None:
        answer = asyncio.create_task(store.read(f"ASK {{ SERVICE SILENT <{scripted.address}> {{ ?a a ?t }} }}"))
        await asyncio.sleep(0.3)
        await store.store.close()
        with pytest.raises(QueryFailed):
            await answer

    begun = time.monotonic()
    store.run(closed_while_asking())
    assert time.monotonic() - begun < 4
