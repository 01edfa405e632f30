"""Fixtures that every kind of test may use, and the guard that keeps the test run off the network."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from rdflib import Graph

PROJECT = Path(__file__).resolve().parents[1]
TESTS = Path(__file__).resolve().parent
ALONE = (
    "store",
    "operations",
    "service/test_caching.py",
    "service/test_memento.py",
    "service/test_remote.py",
    "service/test_soak.py",
    "service/test_streaming.py",
    "browser/test_budgets.py",
)
"""Where tests measure time or processor use, or start engines on ports of their choice: nothing runs beside them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what runs alone, so that `make test` can run the rest in several processes."""
    places = tuple(TESTS / each for each in ALONE)
    for item in items:
        if any(item.path.is_relative_to(place) for place in places):
            item.add_marker(pytest.mark.alone)


@pytest.fixture(scope="session")
def project() -> Path:
    """The root of the checkout."""
    return PROJECT


@pytest.fixture(scope="module")
def ontology() -> Graph:
    """The ontology with its alignments."""
    graph = Graph()
    for name in ("harmgraph.ttl", "alignments.ttl"):
        graph.parse(PROJECT / "ontology" / name)
    return graph


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real sample data beside the checkout; the test skips where it is missing."""
    folder = PROJECT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real sample data (../shared/data) are not on this machine")
    return folder


class Scripted:
    """An endpoint on loopback that answers as the test has it, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.hosts: list[str] = []
        self.script: Callable[[BaseHTTPRequestHandler], None] = lambda handler: handler.send_error(500)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.hosts.append(self.headers["Host"])
                self.send_error(500)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.asked += parse_qs(body.decode())["query"]
                outer.hosts.append(self.headers["Host"])
                outer.script(self)

            def log_message(self, *_: object) -> None:
                """Nothing: the output of a test is for its failure."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients hang up on purpose
        self.port: int = self.server.server_address[1]
        self.address = f"http://127.0.0.1:{self.port}/sparql"

    def sends(
        self, body: bytes, status: int = 200, media_type: str = "application/sparql-results+json", **headers: str
    ) -> None:
        """Answer every request with this; ``Retry_After`` is the header Retry-After."""

        def script(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            for name, value in {"Content-Type": media_type, "Content-Length": str(len(body)), **headers}.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.end_headers()
            handler.wfile.write(body)

        self.script = script


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    """A scripted endpoint; it answers 500 until it is told otherwise."""
    endpoint = Scripted()
    thread = threading.Thread(target=endpoint.server.serve_forever, args=(0.02,))
    thread.start()
    yield endpoint
    endpoint.server.shutdown()
    thread.join()
    endpoint.server.server_close()


_connect = socket.socket.connect


def _loopback_only(self: socket.socket, address: object) -> None:
    if self.family in (socket.AF_INET, socket.AF_INET6):
        host = str(address[0]) if isinstance(address, tuple) else str(address)
        if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
            pytest.fail(f"a test tried to reach {host}: tests talk to loopback only")
    _connect(self, address)  # type: ignore[arg-type]  # whatever socket.connect takes


@pytest.fixture(autouse=True, scope="session")
def no_network() -> None:
    """Make every connection to anything but loopback a failure."""
    socket.socket.connect = _loopback_only  # type: ignore[method-assign,assignment]  # the guard is the point
