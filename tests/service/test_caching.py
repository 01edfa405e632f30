"""Answers that are kept, validators of answers, and content codings."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import logging
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import zstandard
from pyoxigraph import Quad

from harmgraph.errors import AnswerBroken, LimitExceeded
from harmgraph.service.http.caching import ResultCache, is_volatile
from harmgraph.service.http.clients import Clients
from harmgraph.settings import Settings
from harmgraph.store.base import Answer, Query

from .conftest import Served

SELECT = "SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o LIMIT 300"


@pytest.fixture
def outcomes(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """How each request ended, as the log has it."""
    ends: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            ends.append(record.getMessage().rpartition(" query=")[2].partition(" ")[2])

    logger, handler = logging.getLogger("harmgraph.service.access"), Handler()
    caplog.set_level(logging.INFO, logger.name)
    logger.addHandler(handler)
    yield ends
    logger.removeHandler(handler)


def test_an_answer_is_kept_for_the_same_query_written_otherwise(client: httpx.Client, outcomes: list[str]) -> None:
    query = "SELECT ?s { ?s ?p 'kept  here' } LIMIT 1"
    first = client.get("/sparql", params={"query": query})
    second = client.post("/sparql", data={"query": f"  {query.replace(' {', ' # a comment' + chr(10) + '{')}"})
    assert first.content == second.content
    other = client.get("/sparql", params={"query": query.replace("kept  here", "kept here")})
    assert other.status_code == 200
    assert client.get("/healthz").status_code == 200  # by now the requests before the last one are in the log
    assert outcomes[:3] == ["whole", "cached", "whole"], "white space in a string is part of the query"
    assert client.get("/sparql", params={"query": query, "format": "xml"}).content != first.content


@pytest.mark.parametrize(
    ("query", "volatile"),
    [
        ("SELECT (NOW() AS ?t) {}", True),
        ("SELECT (1+RAND() AS ?t) {}", True),
        ("SELECT (1NOW() AS ?t) {}", True),
        (r"SELECT (\u004eOW() AS ?t) {}", True),
        ("SELECT (struuid # x\n () AS ?t) {}", True),
        ("CONSTRUCT { [] ?p ?o } WHERE { ?s ?p ?o }", True),
        ("CONSTRUCT # }\n { _:b ?p ?o } WHERE { ?s ?p ?o }", True),
        ("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o FILTER(?o > 1) }", False),
        ("SELECT * { ?s <http://xmlns.com/foaf/0.1/knows> ?now_or_never }", False),
        ("SELECT * { SERVICE <http://a/> { ?s ?p ?o } }", True),
    ],
)
def test_what_depends_on_time_or_chance_is_never_kept(query: str, volatile: bool) -> None:
    assert is_volatile(query) is volatile


def test_a_random_answer_is_new_each_time(client: httpx.Client) -> None:
    answers = [client.get("/sparql", params={"query": "SELECT (UUID() AS ?u) {}"}) for _ in range(2)]
    assert answers[0].content != answers[1].content
    assert "ETag" not in answers[0].headers
    assert answers[0].headers["Cache-Control"] == "no-cache"


def test_an_answer_has_a_strong_validator_for_each_format(client: httpx.Client) -> None:
    first = client.get("/sparql", params={"query": SELECT})
    tag = first.headers["ETag"]
    assert tag.startswith('"')
    assert first.headers["Cache-Control"].startswith("public")
    again = client.get("/sparql", params={"query": SELECT}, headers={"If-None-Match": f'"x", W/{tag}'})
    assert again.status_code == 304
    assert again.headers["ETag"] == tag
    assert again.content == b""
    for changed in ({"query": SELECT, "format": "csv"}, {"query": f"{SELECT} OFFSET 1"}):
        assert client.get("/sparql", params=changed).headers["ETag"] != tag
    assert "ETag" not in client.post("/sparql", data={"query": SELECT}).headers


def test_a_coded_answer_is_the_same_under_a_tag_of_its_own(client: httpx.Client) -> None:
    plain = client.get("/sparql", params={"query": SELECT}, headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    tags = {plain.headers["ETag"]}
    for coding, decode in (
        ("gzip", gzip.decompress),
        ("zstd", zstandard.ZstdDecompressor().decompressobj().decompress),
    ):
        with client.stream("GET", "/sparql", params={"query": SELECT}, headers={"Accept-Encoding": coding}) as response:
            raw = b"".join(response.iter_raw())
            assert response.headers["Content-Encoding"] == coding
            assert response.headers["Vary"] == "Accept, Accept-Encoding"
            assert len(raw) < len(plain.content) / 2
            assert decode(raw) == plain.content
            tags.add(response.headers["ETag"])
    assert len(tags) == 3
    for tag in tags:
        assert client.get("/sparql", params={"query": SELECT}, headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        ("gzip", "gzip"),
        ("gzip, zstd", "zstd"),
        ("gzip;q=1, zstd;q=0.5", "gzip"),
        ("*", "zstd"),
        ("gzip;q=0, *", "zstd"),
        ("br", None),
        ("zstd;q=0, gzip;q=0", None),
        ("identity;q=1, gzip;q=0.5", None),
        ("", None),
    ],
)
def test_the_coding_is_the_one_the_client_wants_most(client: httpx.Client, accept: str, coding: str | None) -> None:
    for method in ("GET", "HEAD"):
        headers = {"Accept-Encoding": accept, "Accept": "text/turtle"}
        with client.stream(method, "/doc/incident/AIAAIC0850", headers=headers) as response:
            assert response.headers.get("Content-Encoding") == coding


def test_a_short_body_is_not_coded(client: httpx.Client) -> None:
    response = client.get("/healthz", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in response.headers
    assert response.headers["Vary"] == "Accept-Encoding"


def test_a_redirect_and_a_preflight_have_no_coding(client: httpx.Client) -> None:
    assert "Content-Encoding" not in client.get("/id/incident/AIAAIC0850").headers
    assert "Content-Encoding" not in client.options("/sparql").headers


async def _chunks(parts: list[bytes], *, breaks: bool) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
    if breaks:
        raise AnswerBroken("killed")


def test_only_a_whole_answer_that_fits_is_kept() -> None:
    async def read(parts: list[bytes], *, breaks: bool = False) -> bool:
        cache = ResultCache(16_000)
        key = cache.key(Query("ASK {}", 1.0), "release")
        answer = cache.keep(Answer("text/csv", _chunks(parts, breaks=breaks)), key)
        with contextlib.suppress(AnswerBroken):
            await answer.read()
        return cache.get(key) is not None

    assert asyncio.run(read([b"a", b"b"]))
    assert not asyncio.run(read([b"a", b"b"], breaks=True))
    assert not asyncio.run(read([b"a" * 2_000]))


def test_the_cache_stays_within_its_bytes() -> None:
    async def fill() -> int:
        cache = ResultCache(64_000)
        keys = [cache.key(Query(f"SELECT {n}", 1.0), "release") for n in range(100)]
        for key in keys:
            await cache.keep(Answer("text/csv", _chunks([b"x" * 1_500], breaks=False)), key).read()
        return sum(cache.get(key) is not None for key in keys)

    assert asyncio.run(fill()) == 32


def test_the_timeout_is_no_part_of_the_key() -> None:
    cache = ResultCache(1_000)
    assert cache.key(Query("ASK {}", 1.0), "a") == cache.key(Query("ASK  {}", 2.0), "a")
    assert cache.key(Query("ASK {}", 1.0), "a") != cache.key(Query("ASK {}", 1.0), "b")
    assert cache.key(Query("ASK {}", 1.0), "a") != cache.key(Query("ASK {}", 1.0, max_rows=5), "a")


def test_a_client_may_ask_only_so_much_at_once() -> None:
    clients = Clients(2)
    with clients.one_query("203.0.113.7"), clients.one_query("203.0.113.7"):
        with (
            pytest.raises(LimitExceeded, match="2 queries of your address") as caught,
            clients.one_query("203.0.113.7"),
        ):
            pass
        assert caught.value.limit == "client"
        with clients.one_query("203.0.113.8"), clients.one_query("127.0.0.1"), clients.one_query("::1"):
            pass
    with clients.one_query("2001:db8::1"), clients.one_query("2001:db8::2"):
        with pytest.raises(LimitExceeded), clients.one_query("2001:db8::3"):
            pass
        with clients.one_query("2001:db8:0:1::3"):
            pass
    with clients.one_query("203.0.113.7"), clients.one_query("203.0.113.7"):
        pass


@pytest.mark.parametrize("accept", ["application/sparql-results+json", "application/sparql-results+xml", "text/csv"])
def test_a_truncated_answer_says_so(tmp_path_factory: pytest.TempPathFactory, quads: list[Quad], accept: str) -> None:
    settings = Settings(store="memory", workers=2, max_rows=100)
    with (
        Served(tmp_path_factory.mktemp("limited"), quads, settings) as served,
        httpx.Client(base_url=served.address, timeout=30, headers={"Accept": accept}) as client,
    ):
        for limit, truncated in ((99, False), (100, False), (101, True)):
            answer = client.get("/sparql", params={"query": f"SELECT ?s {{ ?s ?p ?o }} LIMIT {limit}"})
            assert (answer.headers.get("hg-truncated") == "true") is truncated
            assert answer.text.count("http") >= min(limit, 100)
            if "+" in accept:
                assert ("problems#truncated" in answer.text) is truncated
        cached = client.get("/sparql", params={"query": "SELECT ?s { ?s ?p ?o } LIMIT 101"})
        assert cached.headers["hg-truncated"] == "true"
        graph = client.get(
            "/sparql", params={"query": "CONSTRUCT WHERE { ?s ?p ?o }"}, headers={"Accept": "text/turtle"}
        )
        assert graph.headers["hg-truncated"] == "true"
        assert graph.text.startswith("# truncated")


def test_a_trusted_proxy_says_for_whom_it_asks(tmp_path_factory: pytest.TempPathFactory, quads: list[Quad]) -> None:
    slow = {"query": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }", "timeout": "5"}
    settings = Settings(store="memory", workers=4, client_queries=1)

    async def ask(address: str) -> list[int]:
        async with httpx.AsyncClient(base_url=address, timeout=30) as client:
            first = asyncio.ensure_future(
                client.get("/sparql", params=slow, headers={"X-Forwarded-For": "203.0.113.7, 127.0.0.1"})
            )
            await asyncio.sleep(0.5)
            quick = {"query": "ASK {}"}
            answers = [
                await client.get("/sparql", params=quick, headers={"X-Forwarded-For": host} if host else {})
                for host in ("203.0.113.7", "6.6.6.6, 203.0.113.7", "203.0.113.8", "")
            ]
            assert answers[0].headers["Retry-After"] == "1"
            assert "HARMGRAPH" not in answers[0].text
            first.cancel()
            return [answer.status_code for answer in answers]

    with Served(tmp_path_factory.mktemp("proxied"), quads, settings) as served:
        assert asyncio.run(ask(served.address)) == [429, 429, 200, 200]
