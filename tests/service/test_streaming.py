"""Answers as they flow, and as they end: whole, at a limit, or because the client has left."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from pyoxigraph import Quad

from harmgraph.settings import Settings

from .conftest import Served

COUNTLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
ENDLESS = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
LAST_CHUNK = b"\r\n0\r\n\r\n"


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory, quads: list[Quad]) -> Iterator[Served]:
    """A service of its own, whose workers these tests keep busy."""
    with Served(tmp_path_factory.mktemp("busy"), quads, Settings(store="memory", workers=2)) as each:
        yield each


def sent(served: Served, target: str, method: str = "GET") -> socket.socket:
    """A connection on which the request has been sent."""
    connection = socket.create_connection(("127.0.0.1", served.port), timeout=20)
    connection.sendall(f"{method} {target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n".encode())
    return connection


def received(connection: socket.socket) -> bytes:
    """Everything that comes until the server closes."""
    with connection:
        return b"".join(iter(lambda: connection.recv(1 << 16), b""))


def target(query: str, **parameters: object) -> str:
    """The path and query string that ask this."""
    return f"/sparql?query={quote(query)}" + "".join(f"&{name}={value}" for name, value in parameters.items())


def processor_seconds() -> float:
    """The processor time that the descendants of this process have used, those of the dead left out."""
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        parents[int(stat.parent.name)] = int(fields[1])
        ticks[int(stat.parent.name)] = int(fields[11]) + int(fields[12])
    ours = {os.getpid()}
    while True:
        more = {pid for pid, parent in parents.items() if parent in ours} - ours
        if not more:
            break
        ours |= more
    return sum(ticks[pid] for pid in ours - {os.getpid()}) / os.sysconf("SC_CLK_TCK")


def wait_until_idle() -> None:
    """Return when no worker uses the processor any more; fail if that takes more than five seconds."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        before = processor_seconds()
        time.sleep(0.4)
        if abs(processor_seconds() - before) < 0.1:
            return
    pytest.fail("a query went on after it should have ended")


def test_a_whole_answer_ends_with_its_last_chunk(busy: Served) -> None:
    answer = received(sent(busy, target("SELECT * { ?s ?p ?o }", format="csv")))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"transfer-encoding: chunked" in head.lower()
    assert body.endswith(LAST_CHUNK)


def test_a_runaway_without_rows_is_ended_with_503_that_names_the_limit(busy: Served) -> None:
    began = time.monotonic()
    response = httpx.get(f"{busy.address}{target(COUNTLESS, timeout=1)}", timeout=20)
    assert 0.9 < time.monotonic() - began < 5
    assert response.status_code == 503
    problem = response.json()
    assert problem["title"] == "The query ran into its time limit"
    assert (problem["limit"], problem["value"]) == ("time", 1.0)
    assert "LIMIT" in problem["remedy"]
    wait_until_idle()


def test_an_answer_that_breaks_off_is_never_passed_off_as_whole(busy: Served) -> None:
    answer = received(sent(busy, target(ENDLESS, timeout=1)))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert len(body) > 100_000
    assert not body.endswith(b"0\r\n\r\n")
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"{busy.address}{target(ENDLESS, timeout=1)}", timeout=20)
    wait_until_idle()


def test_the_query_page_reports_a_limit_above_the_query(busy: Served) -> None:
    response = httpx.get(f"{busy.address}{target(COUNTLESS, timeout=1)}", headers={"Accept": "text/html"}, timeout=20)
    assert response.status_code == 503
    assert "The query ran into its time limit" in response.text
    assert COUNTLESS.replace("&", "&amp;") in response.text


def test_the_query_page_takes_no_more_of_an_endless_answer_than_it_shows(busy: Served) -> None:
    began = time.monotonic()
    response = httpx.get(f"{busy.address}{target(ENDLESS)}", headers={"Accept": "text/html"}, timeout=20)
    assert response.status_code == 200
    assert time.monotonic() - began < 10  # and not 30, when the query would end
    assert "Only the first 500 rows are shown; there are more." in response.text
    wait_until_idle()


def test_the_first_rows_come_long_before_the_last(busy: Served) -> None:
    began = time.monotonic()
    with httpx.stream("GET", f"{busy.address}{target(ENDLESS, timeout=5)}", timeout=20) as response:
        next(response.iter_raw())
        assert time.monotonic() - began < 2.5
    wait_until_idle()


@pytest.mark.parametrize("query", [COUNTLESS, ENDLESS])
def test_a_query_ends_when_its_client_leaves(busy: Served, query: str) -> None:
    before = processor_seconds()
    with sent(busy, target(query)) as connection:
        if query == ENDLESS:
            assert connection.recv(1000)  # it runs no faster than it is read
        else:
            deadline = time.monotonic() + 10
            while processor_seconds() - before < 0.2:
                assert time.monotonic() < deadline, "the query never began"
                time.sleep(0.05)
    wait_until_idle()


def test_head_of_an_endless_answer_ends_the_query(busy: Served) -> None:
    answer = received(sent(busy, target(ENDLESS), "HEAD"))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert body == b""
    wait_until_idle()


def test_lookups_answer_at_once_beside_ten_runaways_and_the_pool_is_whole_again(busy: Served) -> None:
    with ThreadPoolExecutor(10) as threads, httpx.Client(base_url=busy.address, timeout=20) as client:
        runaways = [
            threads.submit(httpx.get, f"{busy.address}{target(COUNTLESS, timeout=6)}", timeout=30) for _ in range(10)
        ]
        time.sleep(2.5)
        assert not any(runaway.done() for runaway in runaways)
        times = []
        for _ in range(20):
            began = time.monotonic()
            assert client.get("/doc/incident/AIAAIC0850.ttl").status_code == 200
            times.append(time.monotonic() - began)
        assert sorted(times)[10] < 1
        assert {runaway.result().status_code for runaway in runaways} == {503}
        for _ in range(10):
            assert client.get(target("ASK { ?s ?p ?o }")).json()["boolean"] is True
    wait_until_idle()


def test_the_log_says_how_requests_ended_and_not_who_sent_what(busy: Served, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "harmgraph.service.access")
    httpx.get(f"{busy.address}{target('SELECT * { ?s ?p ?o } LIMIT 1')}")
    httpx.get(f"{busy.address}{target('ASK { ?secret ?p ?o }')}")
    httpx.get(f"{busy.address}/doc/incident/a%0Ab")
    received(sent(busy, target(ENDLESS, timeout=0.5)))
    with sent(busy, target(ENDLESS)) as connection:
        connection.recv(1000)
    with sent(busy, target(COUNTLESS)):
        time.sleep(0.3)
    wait_until_idle()
    lines = [r.getMessage() for r in caplog.records if r.name == "harmgraph.service.access"]
    assert [line.split()[-1] for line in lines] == ["whole", "whole", "whole", "broken", "left", "left"]
    assert [line.split()[2] for line in lines] == ["200", "200", "404", "200", "200", "499"]
    assert all("\n" not in line and "127.0.0.1" not in line and "secret" not in line for line in lines)
    hashes = [line.partition("query=")[2].split()[0] for line in lines]
    assert hashes[2] == "-"
    assert hashes[3] == hashes[4] != hashes[0]
