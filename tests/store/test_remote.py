"""What a remote store makes of engines that fail, stall, cut off or lie, and what it sends and does not send."""

from __future__ import annotations

import asyncio
import base64
import socket
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from harmgraph.errors import AnswerBroken, HarmgraphError, LimitExceeded, QueryFailed, QueryRefused
from harmgraph.iris import BASE
from harmgraph.settings import Settings
from harmgraph.store.base import Query
from harmgraph.store.other_engines.dialects import DIALECTS, MERGE, PUBLICATION
from harmgraph.store.other_engines.phrasing import form
from harmgraph.store.other_engines.remote import RemoteStore

from .conftest import Served, remote
from .engines import Engine, free_port, oxigraph
from .scripted import RELEASE, TRUE, Scripted, response, scripted

SELECT = "SELECT ?s { ?s ?p ?o }"
ROWS = b'{"head":{"vars":["s"]},"results":{"bindings":[{"s":{"type":"uri","value":"http://a/"}}]}}'
OPENED = (TRUE, RELEASE)


def ask(server: Scripted, text: str = SELECT, *, timeout: float = 20.0, **asked: str) -> bytes:
    """The whole answer that a store over this server gives."""

    async def asking() -> bytes:
        store = await RemoteStore.open(Settings(store=server.address, workers=1))
        try:
            return await (await store.query(Query(text, timeout, **asked))).read()  # type: ignore[arg-type]  # formats
        finally:
            await store.close()

    return asyncio.run(asking())


def test_the_release_is_the_one_that_was_published() -> None:
    async def opening() -> str:
        store = await RemoteStore.open(Settings(store=server.address, workers=1))
        await store.close()
        return store.release

    with scripted(*OPENED) as server:
        assert asyncio.run(opening()) == "of a script"
    with scripted(TRUE, response(b'{"head":{"vars":["release"]},"results":{"bindings":[]}}')) as server:
        names = {asyncio.run(opening()), asyncio.run(opening())}
        assert len(names) == 2, "without a name, what one service has cached is of no use to the next"


def test_a_store_that_does_not_answer_is_named_without_its_password() -> None:
    place = f"127.0.0.1:{free_port()}"
    with pytest.raises(HarmgraphError, match=f"http://{place}/sparql cannot be reached") as caught:
        asyncio.run(RemoteStore.open(Settings(store=f"http://ann:secret@{place}/sparql", workers=1)))
    assert "secret" not in str(caught.value)
    assert "secret" not in repr(Settings(store_password="secret"))


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        (response(b"<p>no   such\nindex</p>", "400 Bad Request", "text/html"), QueryRefused, ": no such index$"),
        (response(b"", "504 Gateway Timeout"), LimitExceeded, "deadline"),
        (response(b"busy", "503 Service Unavailable"), LimitExceeded, "busy"),
        (response(b"", "429 Too Many Requests"), LimitExceeded, "try again later"),
        (response(b"Query timed out", "500 Internal Server Error"), LimitExceeded, "timed out"),
        (response(b"a fault", "500 Internal Server Error"), AnswerBroken, "failed .500.: a fault"),
        (response(b"", "401 Unauthorized"), AnswerBroken, "HARMGRAPH_STORE_USER"),
        (response(b"", "301 Moved", Location="https://elsewhere.example/"), AnswerBroken, "https://elsewhere.example/"),
        (response(b"<html>", content_type="text/html"), AnswerBroken, "sent text/html"),
    ],
)
def test_each_failure_of_an_engine_is_told_apart(answer: bytes, error: type[QueryFailed], message: str) -> None:
    with scripted(*OPENED, answer) as server, pytest.raises(error, match=message):
        ask(server)


@pytest.mark.parametrize(
    "answer",
    [
        response(ROWS).replace(f"Content-Length: {len(ROWS)}".encode(), b"Content-Length: 500"),
        b"HTTP/1.1 200 OK\r\nContent-Type: application/sparql-results+json\r\nTransfer-Encoding: chunked\r\n\r\n"
        + f"{len(ROWS):x}\r\n".encode()
        + ROWS
        + b"\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Type: application/sparql-results+json\r\n\r\n" + ROWS[:-1],
        response(ROWS[:-3] + b"\nERROR: out of memory"),
    ],
    ids=["short of its length", "without the last chunk", "without its last brace", "with an error at its end"],
)
@pytest.mark.parametrize("wanted", ["application/sparql-results+json", "text/csv"])
def test_a_part_is_never_passed_off_as_the_whole(answer: bytes, wanted: str) -> None:
    with scripted(*OPENED, answer) as server, pytest.raises(AnswerBroken):
        ask(server, results_format=wanted)


def test_a_partial_answer_of_virtuoso_is_a_failure() -> None:
    head = b'<sparql xmlns="http://www.w3.org/2005/sparql-results#"><head><variable name="s"/></head>'
    xml = head + b"<results>%s</results></sparql>"
    rows = b'<result><binding name="s"><uri>http://a/</uri></binding></result>'
    virtuoso = {"Server": "Virtuoso/07.20.3229 (Linux)", "content_type": "application/sparql-results+xml"}
    opened = (response(b"", **virtuoso), response(xml % b"", **virtuoso))
    partial = response(xml % rows, X_SQL_State="S1TAT", **virtuoso)
    with scripted(*opened, partial) as server, pytest.raises(LimitExceeded, match="part of the answer"):
        ask(server)
    cut = response(xml % (rows * 3), X_SPARQL_MaxRows="3", **virtuoso)
    with scripted(*opened, cut) as server, pytest.raises(AnswerBroken, match="no more than 3 rows"):
        ask(server)
    whole = response(xml % (rows * 2), X_SPARQL_MaxRows="3", **virtuoso)
    with scripted(*opened, whole) as server:
        assert ask(server, results_format="text/csv") == b"s\r\nhttp://a/\r\nhttp://a/\r\n"


def begun(*, then: Callable[[socket.socket], None]) -> Callable[[socket.socket], None]:
    """A step that sends the first half of an answer."""

    def step(channel: socket.socket) -> None:
        head, _, body = response(ROWS).partition(b"\r\n\r\n")
        channel.sendall(head + b"\r\n\r\n" + body[:40])
        then(channel)

    return step


def test_an_answer_begins_before_it_has_ended_and_closing_it_closes_the_connection() -> None:
    async def asking() -> None:
        store = await RemoteStore.open(Settings(store=server.address, workers=1))
        answer = await store.query(Query(SELECT, 20))
        assert await anext(answer.chunks) == ROWS[:40]
        assert not server.hung_up.is_set()
        await answer.close()
        assert await asyncio.to_thread(server.hung_up.wait, 5)
        await asyncio.wait_for(store.drain(), 5)
        await store.close()

    with scripted(*OPENED) as server:
        server.script.append(begun(then=server.wait_for_the_client_to_leave))
        asyncio.run(asking())


@pytest.mark.parametrize("wanted", ["application/sparql-results+json", "text/csv"])
def test_cancelling_whoever_reads_closes_the_connection(wanted: str) -> None:
    async def asking() -> None:
        store = await RemoteStore.open(Settings(store=server.address, workers=1))

        async def reading() -> None:
            await (await store.query(Query(SELECT, 20, wanted))).read()

        task = asyncio.ensure_future(reading())
        await asyncio.sleep(0.3)
        task.cancel()
        assert await asyncio.to_thread(server.hung_up.wait, 5)
        await asyncio.wait_for(store.drain(), 5)
        await store.close()

    with scripted(*OPENED) as server:
        server.script.append(begun(then=server.wait_for_the_client_to_leave))
        asyncio.run(asking())


@pytest.mark.parametrize("silent", [True, False])
@pytest.mark.parametrize("wanted", ["application/sparql-results+json", "text/csv"])
def test_the_deadline_ends_an_engine_that_stalls(silent: bool, wanted: str) -> None:
    with scripted(*OPENED) as server:
        stall = server.wait_for_the_client_to_leave
        server.script.append(stall if silent else begun(then=stall))
        begin = time.monotonic()
        with pytest.raises(LimitExceeded, match=r"deadline of 0\.5 s"):
            ask(server, timeout=0.5, results_format=wanted)
        assert time.monotonic() - begin < 8
        assert server.hung_up.wait(5)


@pytest.mark.parametrize(
    "text", ["SELECT * {", "DROP ALL", "ASK { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }", "ASK { ?s nope:p ?o }"]
)
def test_what_is_refused_is_never_sent(text: str) -> None:
    with scripted(*OPENED) as server:
        with pytest.raises(QueryRefused):
            ask(server, text)
        assert len(server.asked) == len(OPENED)


def test_an_engine_is_told_who_asks_once_it_wants_to_know() -> None:
    wants = response(b"", "401 Unauthorized", WWW_Authenticate='Basic realm="engine"')

    async def opening() -> None:
        settings = Settings(store=server.address, store_user="ann", store_password="secret", workers=1)
        await (await RemoteStore.open(settings)).close()

    with scripted(wants, *OPENED) as server:
        asyncio.run(opening())
        sent = [asked.headers.get("authorization") for asked in server.asked]
    basic = "Basic " + base64.b64encode(b"ann:secret").decode()
    assert sent == [None, basic, basic]


def test_an_engine_that_dies_in_the_middle_breaks_the_answer(tmp_path: Path) -> None:
    many = "SELECT ?a ?b ?c { VALUES ?a { %(v)s } VALUES ?b { %(v)s } VALUES ?c { %(v)s } }"
    text = many % {"v": " ".join(map(str, range(200)))}

    with oxigraph(tmp_path) as engine, remote(engine, workers=1) as served:

        async def reading() -> None:
            answer = await served.begin(text)
            await anext(answer.chunks)
            engine.process.kill()
            async for _ in answer.chunks:
                pass

        with pytest.raises(AnswerBroken, match="broke its answer off"):
            served.run(reading())


def test_virtuoso_never_passes_off_its_row_limit_as_the_end(published: Callable[[str], Engine]) -> None:
    text = "SELECT ?a ?b { ?a a hg:Incident . ?b a hg:Incident }"
    with remote(published("virtuoso")) as served, pytest.raises(AnswerBroken, match="10,000 rows"):
        served.ask(text)


def test_names_of_graphs_are_found_beside_variables(published: Callable[[str], Engine]) -> None:
    def count(served: Served, pattern: str) -> int:
        return int(served.ask(f"SELECT (COUNT(*) AS ?n) {{ {pattern} }}", results_format="text/csv").split()[1])

    by_name = f"GRAPH <{BASE}id/graph/consolidation> {{ hgi:S000007 ?p ?o }}"
    with remote(published("virtuoso")) as served:
        assert count(served, by_name) == 2
        assert count(served, f"{by_name} GRAPH ?g {{ hgi:S000007 ?p ?o }}") == 2
        assert count(served, f"{by_name} hgi:S000007 ?p ?o") == 2
        assert count(served, f"GRAPH <{PUBLICATION}> {{ ?s ?p ?o }}") == 1


def test_the_form_declares_what_the_query_uses_and_no_more() -> None:
    sent = form(Query("ASK { ?s hg:issue ?o . ?o skos:prefLabel ?l }", 1, base_iri=BASE), DIALECTS["standard"])
    assert [line.split(":")[0] for line in str(sent["query"]).splitlines()[1:-1]] == ["PREFIX hg", "PREFIX skos"]
    own = "PREFIX hg: <http://own.example/> ASK { ?s hg:issue ?o }"
    assert form(Query(own, 1), DIALECTS["standard"])["query"] == own


@pytest.mark.parametrize(
    ("text", "default", "named"),
    [
        ("ASK { ?s ?p ?o }", [MERGE], []),
        ("ASK { GRAPH <http://a/> { ?s ?p ?o } }", [MERGE], ["http://a/"]),
        ("ASK FROM <http://a/> { GRAPH ?g { ?s ?p ?o } }", ["http://a/"], ["urn:x-harmgraph:no-graph"]),
        ("ASK FROM NAMED <http://a/> { ?s ?p ?o }", ["urn:x-harmgraph:no-graph"], ["http://a/"]),
    ],
)
def test_virtuoso_is_told_the_dataset(text: str, default: list[str], named: list[str]) -> None:
    sent = form(Query(text, 1), DIALECTS["virtuoso"])
    assert (sent["default-graph-uri"], sent["named-graph-uri"]) == (default, named)


def test_a_graph_in_a_string_or_comment_is_left_alone() -> None:
    text = 'SELECT ?g { ?s ?p "GRAPH ?g { }" # GRAPH ?g { }\n }'
    assert form(Query(text, 1), DIALECTS["standard"])["query"] == text


def test_the_body_of_a_request_is_a_form() -> None:
    with scripted(*OPENED, response(ROWS)) as server:
        ask(server)
        sent = server.asked[-1]
    assert sent.headers["accept"] == "application/sparql-results+json"
    assert parse_qs(sent.body.decode()) == {"query": [SELECT]}


def test_virtuoso_gets_its_prologue_in_the_only_order_that_it_reads() -> None:
    text = "PREFIX a: <https://a.example/ns#> BASE <http://b.example/> PREFIX c: <d> ASK { <e> a:p c: ; hg:issue ?i }"
    sent = str(form(Query(text, 1, base_iri=BASE), DIALECTS["virtuoso"])["query"])
    assert sent.splitlines() == [
        "BASE <http://b.example/>",
        f"PREFIX hg: <{BASE}ns#>",
        "PREFIX a: <https://a.example/ns#>",
        "PREFIX c: <http://b.example/d>",
        " ASK { <e> a:p c: ; hg:issue ?i }",
    ]
