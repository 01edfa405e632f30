"""Several server processes on one port: any may be killed, and all end with their parent."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import httpx
from tests.waiting import eventually

from harmgraph.store.releases.release import Releases

from .conftest import VALUE, Running, children, publish
from .test_observing import metric

Start = Callable[..., Running]


def test_a_killed_server_process_is_replaced_and_a_new_release_reaches_all(releases: Releases, start: Start) -> None:
    service = start("--processes", "2", store="disk")
    first = children(service.process.pid)
    assert len(first) == 2
    assert eventually(lambda: service.log.count("serving release") == 2, 20)
    victim = min(first)
    os.kill(victim, signal.SIGKILL)
    assert service.logs(f"server process {victim} ended with code -9")
    # A connection that the killed one held is lost; each new one is answered by the other, or waits.
    assert [service.value() for _ in range(10)] == ["1"] * 10
    assert eventually(lambda: service.log.count("serving release") == 3, 20)
    publish(releases, 2)
    assert eventually(lambda: [service.value() for _ in range(10)] == ["2"] * 10, 20)
    assert service.end() == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in first)


def test_metrics_are_the_sum_of_all_processes(start: Start) -> None:
    service = start("--processes", "2")
    assert eventually(lambda: service.log.count("serving release") == 2, 20)
    for _ in range(20):
        assert service.value() == "1"
    texts = [service.client().get("/metrics").text for _ in range(8)]
    counts = {
        sum(metric(text, f'harmgraph_queries_total{{outcome="{outcome}"}}') or 0 for outcome in ("whole", "cached"))
        for text in texts
    }
    assert counts == {20.0}
    assert eventually(lambda: metric(service.client().get("/metrics").text, "harmgraph_release_info") == 2, 10)


def test_children_end_with_their_parent_however_it_ends(start: Start) -> None:
    service = start("--processes", "2")
    servers = children(service.process.pid)
    keepers = {keeper for server in servers for keeper in children(server)}
    assert keepers
    service.process.kill()
    assert eventually(lambda: not any(Path(f"/proc/{pid}/exe").exists() for pid in servers | keepers), 10)


def test_answers_that_run_end_before_the_processes_do(start: Start) -> None:
    service = start("--processes", "2")
    query = VALUE.replace("?v }", "?v . ?a ?p ?x . ?b ?q ?y . ?c ?r ?z } LIMIT 150000").replace("?v {", "* {")
    asked = {"query": query, "format": "csv"}
    with service.client() as client, client.stream("GET", "/sparql", params=asked) as answer:
        lines = answer.iter_lines()
        next(lines)
        service.process.send_signal(signal.SIGTERM)
        assert eventually(lambda: _refused(service), 10)
        assert sum(1 for _ in lines) == 150_000
    assert service.process.wait(20) == 0


def _refused(service: Running) -> bool:
    try:
        service.client().get("/healthz")
    except httpx.TransportError:
        return True
    return False
