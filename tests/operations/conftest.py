"""`harmgraph serve` as people run it: a process of its own, over small releases that tests switch and harm."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import httpx
import pytest
from pyoxigraph import Literal, NamedNode, Quad
from tests.waiting import eventually

from harmgraph.store.preparing import prepare
from harmgraph.store.releases.release import Release, Releases

VALUE = "SELECT ?v { <https://example.org/s> <https://example.org/version> ?v }"
RUNAWAY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
ENDLESS = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


def publish(releases: Releases, version: int, others: int = 300) -> Release:
    """A release that says which version it is, current from now on."""
    name = NamedNode("https://example.org/s")
    graph = NamedNode("https://example.org/g")
    with releases.draft() as draft:
        draft.write_dump(
            [
                Quad(name, NamedNode("https://example.org/version"), Literal(str(version)), graph),
                *(Quad(NamedNode(f"https://example.org/o{n}"), name, Literal(str(n)), graph) for n in range(others)),
            ]
        )
        prepare(draft.path)
        return draft.publish({"built": f"2026-11-24T12:00:{version:02}+00:00", "incidents": 0, "quads": 1})


class Running:
    """A service that runs, and what it has logged."""

    def __init__(
        self, releases: Path, *arguments: str, stderr: int | None = None, settings: Mapping[str, str] | None = None
    ) -> None:
        environment = {
            **os.environ,
            "HARMGRAPH_RELEASES": str(releases),
            "HARMGRAPH_WORKERS": "2",
            "HARMGRAPH_INBOX": str(releases.with_name("inbox")),
            **{f"HARMGRAPH_{name.upper()}": value for name, value in (settings or {}).items()},
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "harmgraph", "serve", *arguments],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE if stderr is None else stderr,
            text=True,
        )
        self.lines: list[str] = []
        self.address = ""
        self._reader = threading.Thread(target=self._read)
        if stderr is None:
            self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line.rstrip())

    def started(self) -> Running:
        """Return when it answers."""
        assert self.logs(r"serving release .* on http"), self.lines
        found = re.search(r"on (http://[^ /\"]+)/", self.log)
        assert found is not None
        self.address = found[1]
        assert eventually(lambda: self.ready(), 20), self.lines
        return self

    def ready(self) -> bool:
        """Whether it answers queries."""
        try:
            return self.client().get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def client(self) -> httpx.Client:
        """A client with connections of its own."""
        return httpx.Client(base_url=self.address, timeout=20, verify=False)  # no certificates to read: loopback

    def value(self) -> str:
        """The version that is served, or the status of the failure."""
        response = self.client().get("/sparql", params={"query": VALUE}, headers={"Accept": "text/csv"})
        return response.text.split()[-1] if response.status_code == 200 else str(response.status_code)

    def problem(self) -> dict[str, str] | None:
        """Why there is no answer (RFC 9457); None where there is one."""
        response = self.client().get("/sparql", params={"query": VALUE}, headers={"Accept": "text/csv"})
        problem: dict[str, str] | None = None if response.status_code == 200 else response.json()
        return problem

    @property
    def log(self) -> str:
        """Everything that was logged so far."""
        return "\n".join(self.lines)

    def logs(self, pattern: str, within: float = 20) -> bool:
        """Whether something of this kind is logged in time."""
        return eventually(lambda: re.search(pattern, self.log) is not None, within)

    def end(self) -> int:
        """Have it end as an operator would; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(20)
        if self._reader.is_alive():
            self._reader.join(5)
        if self.process.stderr is not None:
            self.process.stderr.close()
        return code


def children(pid: int) -> set[int]:
    """The processes that this process started and that have not ended."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.add(int(entry.name))
    return found


@pytest.fixture
def releases(tmp_path: Path) -> Releases:
    """A folder with one release, version 1."""
    folder = Releases(tmp_path / "releases")
    publish(folder, 1)
    return folder


@pytest.fixture
def start(releases: Releases) -> Iterator[Callable[..., Running]]:
    """Starts a service over the releases; it is ended after the test."""
    running: list[Running] = []

    def begin(*arguments: str, **settings: str) -> Running:
        running.append(Running(releases.root, "--port", "0", *arguments, settings=settings))
        return running[-1].started()

    yield begin
    for one in running:
        if one.process.poll() is None:
            one.process.kill()
        one.end()
