"""Measures three servers side by side over one release: ours, `oxigraph serve-read-only` and `rdflib-endpoint`.

    python benchmarks/serving.py RELEASES [SERVER …]

``RELEASES`` is a folder of releases whose ``current`` is served: a link to what `graph.py` makes will do. Servers:
``ours``, ``oxigraph``, ``rdflib-endpoint``; their programs stand beside this Python. Eight connections, one process;
what the client itself costs is in every figure.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

import httptools
import uvloop
from pyoxigraph import DefaultGraph, RdfFormat, Store

from harmgraph.iris import BASE

CONNECTIONS: Final = 8
SECONDS: Final = 4.0
"""For which lookups are sent: fewer, and the fastest server is done before the machine shows what it has."""
THINGS: Final = 20_000  # of those there are
DESCRIBE: Final = f"DESCRIBE <{BASE}id/incident/S{{:06}}>"
SELECT: Final = f"SELECT ?p ?o {{{{ <{BASE}id/incident/S{{:06}}> ?p ?o }}}} LIMIT 10"
EXPORT: Final = "SELECT ?s ?p ?o { ?s ?p ?o } LIMIT 100000"
RUNAWAY: Final = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f }"
DEADLINE: Final = 5.0
TICK: Final = os.sysconf("SC_CLK_TCK")
PAGE: Final = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Server:
    """A server that is measured: its process, and where it answers queries."""

    process: int
    port: int
    path: str


class Client(asyncio.Protocol):
    """One connection that sends a request and waits for its answer."""

    def __init__(self, path: str) -> None:
        self.status = 0
        self.first = 0.0
        self.size = 0
        self.tag = ""
        self._path = path
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._answer: asyncio.Future[None] | None = None

    @classmethod
    async def open(cls, server: Server) -> Client:
        """A connection to this server."""
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(lambda: cls(server.path), "127.0.0.1", server.port)
        return client

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop."""
        self._transport = transport  # type: ignore[assignment]  # TCP; uvloop's class is none of asyncio's

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        self._parser.feed_data(data)

    def connection_lost(self, error: Exception | None) -> None:
        """Called by the loop; whoever waits hears of it."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error or ConnectionError("the server closed the connection"))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser."""
        if name.lower() == b"etag":
            self.tag = value.decode()

    def on_body(self, data: bytes) -> None:
        """Called by the parser."""
        self.first = self.first or time.perf_counter()
        self.size += len(data)

    def on_message_complete(self) -> None:
        """Called by the parser."""
        self.status = self._parser.get_status_code()
        self._parser = httptools.HttpResponseParser(self)
        assert self._answer is not None
        self._answer.set_result(None)

    async def ask(self, text: str, accept: str, more: str = "") -> None:
        """Send a query, and more headers, and wait for the whole answer, of which `status`, `first` and `size` tell."""
        assert self._transport is not None
        self.first, self.size = 0.0, 0
        self._answer = asyncio.get_running_loop().create_future()
        request = f"GET {self._path}?query={quote(text)} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: {accept}\r\n{more}\r\n"
        self._transport.write(request.encode())
        await self._answer

    def close(self) -> None:
        """Go away, whatever is still to come."""
        assert self._transport is not None
        self._transport.abort()


async def lookups(server: Server, template: str, accept: str) -> tuple[float, float, float]:
    """Answers a second, median and 99th percentile in milliseconds."""
    taken: list[float] = []

    numbers = itertools.count()

    async def client(seconds: float) -> None:
        connection = await Client.open(server)
        end = time.perf_counter() + seconds
        while (begun := time.perf_counter()) < end:
            number = next(numbers)
            # Each text is sent once only, so that no server answers from a cache.
            again = f"PREFIX n: <urn:{number // THINGS}> " if number >= THINGS else ""
            await connection.ask(again + template.format(number % THINGS), accept)
            taken.append(time.perf_counter() - begun)
            assert connection.status == 200, f"{server.path}: {connection.status}"
        connection.close()

    await client(0.5)  # warm
    taken.clear()
    begun = time.perf_counter()
    await asyncio.gather(*(client(SECONDS) for _ in range(CONNECTIONS)))
    rate = len(taken) / (time.perf_counter() - begun)
    return rate, statistics.median(taken) * 1e3, statistics.quantiles(taken, n=100)[98] * 1e3


async def again(server: Server, text: str, accept: str) -> str:
    """Answers a second to the same question again and again, and to clients that hold the answer already."""
    connection = await Client.open(server)
    for _ in range(3):
        await connection.ask(text, accept)
    told = {"whole": ""} | ({"304": f"If-None-Match: {connection.tag}\r\n"} if connection.tag else {})
    connection.close()
    shown = []
    for name, header in told.items():
        answers = itertools.count()

        async def client(header: str, answers: itertools.count[int]) -> None:
            connection = await Client.open(server)
            end = time.perf_counter() + SECONDS / 2
            while time.perf_counter() < end:
                await connection.ask(text, accept, header)
                next(answers)
            assert connection.status == (304 if header else 200)
            connection.close()

        await asyncio.gather(*(client(header, answers) for _ in range(CONNECTIONS)))
        shown.append(f"{name} {next(answers) / (SECONDS / 2):,.0f}/s")
    return ", ".join(shown)


async def export(server: Server) -> tuple[float, float, float]:
    """Seconds to the first byte and to the last, and MiB by which the server's processes grew at most."""
    before = most = resident(server.process)
    connection = await Client.open(server)
    begun = time.perf_counter()
    asked = asyncio.ensure_future(connection.ask(EXPORT, "text/csv"))
    while not asked.done():
        await asyncio.wait({asked}, timeout=0.02)
        most = max(most, resident(server.process))
    await asked
    total = time.perf_counter() - begun
    assert connection.size > 1_000_000
    connection.close()
    return connection.first - begun, total, (most - before) / (1 << 20)


async def runaway(server: Server) -> str:
    """How a query without an end ends, and what it still costs two seconds after its client went away."""
    connection = await Client.open(server)
    begun = time.perf_counter()
    try:
        async with asyncio.timeout(DEADLINE + 3):
            await connection.ask(RUNAWAY, "text/csv")
        ended = f"answered {connection.status} after {time.perf_counter() - begun:.2f} s"
    except TimeoutError:
        ended = "not answered"
    connection.close()
    await asyncio.sleep(2)
    used = cpu(server.process)
    await asyncio.sleep(1)
    return f"{ended}, CPU afterwards {(cpu(server.process) - used) * 100:.0f} %"


def family(process: int) -> list[int]:
    """A process and all that it has started."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, rest = int(stat.parent.name), stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(rest[1]), []).append(pid)
    found = [process]
    for each in found:
        found += parents.get(each, [])
    return found


def resident(process: int) -> int:
    """Bytes that they hold together; pages that they share count for each."""
    total = 0
    for each in family(process):
        try:
            total += int(Path(f"/proc/{each}/statm").read_text().split()[1]) * PAGE
        except OSError:
            continue
    return total


def cpu(process: int) -> float:
    """Seconds of processor that they have used, of those that still run."""
    total = 0
    for each in family(process):
        try:
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / TICK


@contextmanager
def served(name: str, releases: Path, port: int, folder: Path) -> Iterator[Server]:
    """A server that answers on this port."""
    programs = Path(sys.executable).parent
    release = releases / "current"
    environment = dict(os.environ)
    paths = {"ours": "/sparql", "ours-2": "/sparql", "oxigraph": "/query", "rdflib-endpoint": "/"}
    if name.startswith("ours"):
        command = [sys.executable, "-m", "harmgraph", "serve", "--port", str(port)]
        command += ["--processes", name.removeprefix("ours-")] if "-" in name else []
        environment |= {"HARMGRAPH_RELEASES": str(releases), "HARMGRAPH_QUERY_TIMEOUT": str(DEADLINE)}
    elif name == "oxigraph":
        command = [str(programs / "oxigraph"), "serve-read-only", "--location", str((release / "store").resolve())]
        # Without --timeout-s: a thread for each query sleeps until its deadline then, and after 16,000 queries in 5 s
        # there are no more threads and every answer is 500 (0.5.13).
        command += ["--bind", f"127.0.0.1:{port}"]
    else:
        triples = folder / "default.nt"
        if not triples.exists():
            store = Store.read_only(str(release / "store"))
            store.dump(triples, RdfFormat.N_TRIPLES, from_graph=DefaultGraph())
        command = [str(programs / "rdflib-endpoint"), "serve", "--host", "127.0.0.1", "--port", str(port), str(triples)]
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        wait_for(port, process)
        if name.startswith("ours"):  # which begins on disk, and is what it is once it has moved to memory
            moved = int(name.partition("-")[2] or 1)
            while (folder / f"{name}.log").read_text().count("is served from memory") < moved:
                time.sleep(0.2)
        wait_until_idle(process.pid)
        yield Server(process.pid, port, paths[name])
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Return when something answers on the port."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended"
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise TimeoutError("the server does not answer")


def wait_until_idle(process: int) -> None:
    """Return when the server has done what it does at its start: ours finds what its pages begin with, for instance."""
    used = -1.0
    while (now := cpu(process)) - used > 0.05:
        used = now
        time.sleep(1)


async def measure(server: Server) -> list[str]:
    """A row of the table."""
    row = []
    for template, accept in ((DESCRIBE, "text/turtle"), (SELECT, "application/sparql-results+json")):
        rate, median, late = await lookups(server, template, accept)
        row.append(f"{rate:,.0f}/s, {median:.1f} ms, p99 {late:.1f} ms")
    row.append(await again(server, SELECT.format(1), "application/sparql-results+json"))
    first, total, grown = await export(server)
    row.append(f"{total:.2f} s, first byte {first * 1e3:.1f} ms, +{grown:.0f} MiB")
    row.append(await runaway(server))
    return row


def main() -> None:
    """Measure one server after another and print a table."""
    releases, names = Path(sys.argv[1]).resolve(), sys.argv[2:] or ["ours", "oxigraph", "rdflib-endpoint"]
    heads = ("server", "DESCRIBE", "small SELECT", "the same again", "export of 100 k rows", "runaway")
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            with socket.create_server(("127.0.0.1", 0)) as free:
                port = free.getsockname()[1]
            with served(name, releases, port, Path(folder)) as server:
                print(f"| {name} | {' | '.join(uvloop.run(measure(server)))} |", flush=True)


if __name__ == "__main__":
    main()
