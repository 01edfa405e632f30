"""Queries by GET go past the application's routes, and are answered from memory when they come again: nobody can tell.

Each request is sent to two applications over one store, one of them without both; see ``docs/decisions/``.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import SimpleNamespace
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.types import ASGIApp

from harmgraph.errors import HarmgraphError
from harmgraph.service.app import Application, create_app
from harmgraph.service.http.access import Access, Accesses, AccessLog
from harmgraph.service.http.compression import Compression
from harmgraph.service.http.middleware import CommonHeaders
from harmgraph.service.http.proxies import BasePath
from harmgraph.service.serving import OneRelease
from harmgraph.settings import Settings
from harmgraph.store.base import Store
from harmgraph.store.opening import open_store

from .bare import Asked, Response, accesses, asked
from .conftest import Served

SELECT = "SELECT ?p ?o { <https://w3id.org/harmgraph/id/incident/AIAAIC0850> ?p ?o } ORDER BY ?p ?o"
QUERIES = (
    SELECT,
    f"  {SELECT}  # again, written otherwise\n",
    SELECT.replace("SELECT", r"\u0053ELECT"),
    "SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o LIMIT 100",
    "ASK {}",
    "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } ORDER BY ?s ?p ?o LIMIT 30",
    "DESCRIBE <https://w3id.org/harmgraph/id/incident/AIAAIC0850>",
    "SELECT (RAND() * 0 AS ?zero) {}",
    "SELECT ('ünïcode' AS ?word) {}",
    "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
    "INSERT DATA { <urn:a> <urn:b> <urn:c> }",
    "SELECT nonsense",
    "   ",
    "",
)
ACCEPTS = (
    b"application/sparql-results+json",
    b"text/csv",
    b"text/turtle, application/json;q=0.5",
    b'application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"',
    b"text/html,application/xhtml+xml,*/*;q=0.8",
    b"*/*",
    b"image/png",
    b"text/csv;q=nonsense",
    b"",
)
CODINGS = (b"gzip", b"gzip, deflate, br, zstd", b"identity", b"gzip;q=0, *;q=0.1", b"nonsense;;", b"")
OTHERS = (
    (b"range", b"bytes=0-10"),
    (b"cache-control", b"no-cache"),
    (b"origin", b"https://example.org"),
    (b"x-forwarded-prefix", b"/below"),
    (b"x-forwarded-for", b"203.0.113.7"),
    (b"if-modified-since", b"Thu, 01 Jan 2026 00:00:00 GMT"),
)
PARAMETERS = (
    "&format=json",
    "&format=csv",
    "&format=turtle",
    "&format=html",
    "&format=nonsense",
    "&format=text/csv",
    "&format=text%2Fcsv&output=csv&results=csv",
    "&timeout=1e3",
    "&timeout=never",
    "&default-graph-uri=urn:none",
    "&named-graph-uri=nonsense",
    "&query=ASK%7B%7D",
    "&update=x",
    "&unknown",
    "&",
)
NOT_UTF8 = b"query=SELECT%20('%ff'%20AS%20?x)%20%7B%7D"


@dataclass
class Pair:
    """Two applications over one store, which share nothing else."""

    runner: asyncio.Runner
    usual: Application
    long: ASGIApp
    other: Application

    def both(self, requests: list[Asked]) -> tuple[list[Response], list[Access]]:
        """What both answer to the requests, one after another, and log of them."""
        ends = [self.answers(app, requests) for app in (self.usual, self.long)]
        assert ends[0] == ends[1]
        return ends[0]

    def answers(self, app: ASGIApp, requests: list[Asked]) -> tuple[list[Response], list[Access]]:
        """What one of them answers, and logs."""

        async def each() -> list[Response]:
            return [await asked(app, request) for request in requests]

        with accesses() as logged:
            return self.runner.run(each()), logged


def long_way(app: Application) -> ASGIApp:
    """The application behind the layers that are for every request, and without a short way."""
    whole = AccessLog(CommonHeaders(Compression(app.routed)), Accesses(app.state.metrics))
    return BasePath(OneRelease(whole, app.state.serving), "", "127.0.0.1")


@pytest.fixture(scope="module")
def pair(served: Served) -> Iterator[Pair]:
    """Both, over a store of their own."""
    configuration = replace(served.settings, workers=2, inbox="off")
    with asyncio.Runner() as runner, pytest.MonkeyPatch.context() as patch:
        # The page with a table says how long the query took.
        patch.setattr("harmgraph.service.sparql.endpoint.time", SimpleNamespace(monotonic=lambda: 0.0))
        store: Store = runner.run(open_store(configuration))
        usual, other = create_app(store, configuration), create_app(store, configuration)
        yield Pair(runner, usual, long_way(other), other)
        runner.run(store.close())


def counts(app: Application) -> list[str]:
    """The metrics of requests and queries, without times and sizes of buckets."""
    lines = app.state.metrics.text().decode().splitlines()
    kept = "harmgraph_(?:requests|queries)_total|harmgraph_response_bytes_total|harmgraph_query_seconds_count"
    return sorted(line for line in lines if re.match(kept, line))


@st.composite
def requests(draw: st.DrawFn) -> Asked:
    """A request of a query, plain or not."""
    query = draw(st.sampled_from(QUERIES))
    encode = draw(st.sampled_from((quote, quote_plus)))
    raw = f"query={encode(query)}" + "".join(draw(st.lists(st.sampled_from(PARAMETERS), max_size=2)))
    headers = [(b"accept", value) for value in draw(st.lists(st.sampled_from(ACCEPTS), max_size=2))]
    headers += [(b"accept-encoding", value) for value in draw(st.lists(st.sampled_from(CODINGS), max_size=2))]
    headers += draw(st.lists(st.sampled_from(OTHERS), max_size=2, unique=True))
    method = draw(st.sampled_from(("GET", "GET", "GET", "HEAD", "OPTIONS")))
    path = draw(st.sampled_from(("/sparql", "/sparql", "/sparql", "/sparql/", "/below/sparql")))
    return Asked(raw.encode(), tuple(headers), method, path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(request=requests(), held=st.sampled_from((b"%s", b'"x", W/%s', b"*", b'"none"', b'"torn')))
def test_both_ways_answer_alike_again_and_again(pair: Pair, request: Asked, held: bytes) -> None:
    responses, _ = pair.both([request] * 4)
    tag = responses[0].header("ETag")
    if tag is not None:
        condition = (b"if-none-match", held.replace(b"%s", tag.encode()))
        pair.both([replace(request, headers=(*request.headers, condition))] * 3)
    assert counts(pair.usual) == counts(pair.other)


@pytest.mark.parametrize(
    "raw", [b"query=%", b"query=%zz&", NOT_UTF8, NOT_UTF8 + b"&format=csv", b"query=\xff", b"query"]
)
def test_both_ways_refuse_alike_what_is_no_text(pair: Pair, raw: bytes) -> None:
    responses, _ = pair.both([Asked(raw), Asked(raw, ((b"accept", b"text/html"),))])
    assert {response.status for response in responses} == {400}


def test_what_comes_again_is_answered_from_memory(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    request = Asked(f"query={quote(SELECT + ' LIMIT 77')}".encode(), ((b"accept-encoding", b"gzip"),))
    first, logged = pair.both([request] * 2)
    assert [access.outcome for access in logged] == ["whole", "cached"]
    held = replace(request, headers=(*request.headers, (b"if-none-match", (first[0].header("ETag") or "").encode())))
    before = pair.both([held])[0]

    async def unreachable(*_: object) -> None:
        raise AssertionError("this request should not have come here")

    monkeypatch.setattr(pair.usual, "routed", unreachable)
    monkeypatch.setattr("harmgraph.service.sparql.endpoint.sparql", unreachable)
    (again, same), known = pair.answers(pair.usual, [request, held])
    assert again == first[1]
    assert again.header("Content-Encoding") == "gzip"
    assert same == before[0]
    assert same.status == 304
    assert [access.outcome for access in known] == ["cached", "not-modified"]
    assert known[0] == logged[1]


def test_the_same_path_below_another_base_is_another_request(pair: Pair) -> None:
    below = Asked(f"query={quote(SELECT)}".encode(), ((b"x-forwarded-prefix", b"/below"),), path="/below/sparql")
    responses, _ = pair.both([below] * 3 + [replace(below, headers=())])
    assert [response.status for response in responses] == [200, 200, 200, 404]


def test_a_query_that_fails_is_asked_once(pair: Pair) -> None:
    async def killed() -> int:
        store = pair.usual.state.serving.current.store
        before: int = store.vitals().kills
        slow = quote("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }")
        response = await asked(pair.usual, Asked(f"query={slow}&timeout=0.3".encode()))
        assert (response.status, response.header("Cache-Control")) == (503, "no-store")
        return int(store.vitals().kills) - before

    assert pair.runner.run(killed()) == 1


def test_a_fault_that_nobody_expected_is_a_500_and_in_the_log(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(type(pair.usual.state.serving.current.store), "query", broken)
    responses, logged = pair.both([Asked(b"query=ASK%7B?s%20?p%20?unasked%7D")])
    assert (responses[0].status, logged[0].status) == (500, 500)
    assert caplog.text.count("GET /sparql failed") == 2, "one for each application"


def test_the_limit_of_a_client_holds_on_both_ways(pair: Pair) -> None:
    async def limited() -> int:
        clients = pair.usual.state.serving.current.clients
        held = [clients.begin("203.0.113.7") for _ in range(Settings().client_queries)]
        refused = await asked(pair.usual, Asked(b"query=ASK%7B?s%20?p%20?limited%7D", client="203.0.113.7"))
        assert refused.header("Retry-After") == "1"
        for each in held:
            clients.end(each)
        assert (
            await asked(pair.usual, Asked(b"query=ASK%7B?s%20?p%20?limited%7D", client="203.0.113.7"))
        ).status == 200
        return refused.status

    assert pair.runner.run(limited()) == 429
    with pytest.raises(HarmgraphError):  # and every query that was begun has ended
        clients = pair.usual.state.serving.current.clients
        for _ in range(Settings().client_queries + 1):
            clients.begin("203.0.113.7")
