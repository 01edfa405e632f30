"""The service ends when it is told to, after the answers that run, and needs nothing but its memory to answer."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable

import httpx
import pytest
from tests.waiting import eventually

from harmgraph.store.releases.release import Releases

from .conftest import ENDLESS, RUNAWAY, Running

Start = Callable[..., Running]


def test_the_first_signal_lets_an_answer_end(start: Start) -> None:
    service = start()
    query = f"{ENDLESS} LIMIT 150000"
    with (
        service.client() as client,
        client.stream("GET", "/sparql", params={"query": query, "format": "csv"}) as answer,
    ):
        lines = answer.iter_lines()
        next(lines)
        service.process.send_signal(signal.SIGTERM)
        assert service.logs("a second signal ends them")
        assert eventually(lambda: not service.ready(), 10), "no new connection is taken"
        assert sum(1 for _ in lines) == 150_000
    assert service.process.wait(20) == 0


def test_an_answer_that_does_not_end_is_broken_off_at_the_bound(start: Start) -> None:
    service = start(shutdown_timeout="0.5")
    with (
        pytest.raises(httpx.TransportError),
        service.client() as client,
        client.stream("GET", "/sparql", params={"query": ENDLESS, "format": "csv"}) as answer,
    ):
        lines = answer.iter_lines()
        next(lines)
        service.process.send_signal(signal.SIGTERM)
        for _ in lines:
            pass
    assert service.process.wait(20) == 0


def test_the_second_signal_ends_it_at_once(start: Start) -> None:
    service = start()
    asking = threading.Thread(target=_ask_in_vain, args=(service,))
    asking.start()
    time.sleep(0.5)
    service.process.send_signal(signal.SIGTERM)
    assert service.logs("a second signal ends them")
    assert service.process.poll() is None, "the query still runs"
    began = time.monotonic()
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(20) == 0
    assert time.monotonic() - began < 5
    asking.join()


def _ask_in_vain(service: Running) -> None:
    with pytest.raises(httpx.TransportError), service.client() as client:
        client.get("/sparql", params={"query": RUNAWAY})


def test_a_full_disk_under_the_log_fails_no_request(releases: Releases) -> None:
    """/dev/full answers every write with "no space left on device"."""
    port = _free_port()
    full = os.open("/dev/full", os.O_WRONLY)
    service = Running(releases.root, "--port", str(port), stderr=full)
    os.close(full)
    service.address = f"http://127.0.0.1:{port}"
    try:
        assert eventually(service.ready, 20)
        assert {service.value() for _ in range(20)} == {"1"}
    finally:
        code = service.end()
    assert code == 0


def _free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
