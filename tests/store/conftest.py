"""A synthetic release after the RDF model, stores over it, and a look at the processes that serve them."""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import KW_ONLY, dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import pytest
from tests.store.engines import DIFFERENCES, ENGINES, Engine

from harmgraph.iris import BASE, PREFIXES
from harmgraph.settings import Settings
from harmgraph.store.base import Answer, Query, Store
from harmgraph.store.local.embedded import EmbeddedStore
from harmgraph.store.other_engines.publishing import publish
from harmgraph.store.other_engines.remote import RemoteStore
from harmgraph.store.preparing import prepare
from harmgraph.store.releases.release import Release
from harmgraph.store.releases.seal import seal

T = TypeVar("T")

INCIDENTS = 2_000
FEW_INCIDENTS = 150
MEMORY = 64 << 20
_VERSIONS = ("2024-02", "2026-06")
_WORDS = ("system", "camera", "model", "bank", "police", "failed", "face", "car", "name", "school")


def synthetic_lines(incidents: int) -> Iterator[str]:
    """N-Quads lines of this many incidents, each told by two versions of its record and consolidated.

    About 45 quads an incident, 16 of them the same in both versions. The same number gives the same lines.
    """
    hg, dct, rdf = PREFIXES["hg"], PREFIXES["dct"], PREFIXES["rdf"]
    for number in range(incidents):
        choice = random.Random(number)
        name = f"S{number:06}"
        incident = f"<{BASE}id/incident/{name}>"
        both = [(rdf + "type", f"<{hg}Incident>"), (dct + "identifier", f'"{name}"')]
        both += [(hg + "issue", f"<{BASE}id/concept/issue/i{n}>") for n in choice.sample(range(40), 6)]
        both += [(hg + "technology", f"<{BASE}id/concept/technology/t{n}>") for n in choice.sample(range(60), 4)]
        both += [(hg + "deployer", f"<{BASE}id/organisation/o{choice.randrange(incidents)}>")]
        both += [(hg + "jurisdiction", f"<{BASE}id/country/C{choice.randrange(200):02}>")]
        text = " ".join(choice.choices(_WORDS, k=30))
        both += [
            (dct + "description", f'"{text}"@en'),
            (hg + "occurred", f'"20{10 + number % 15}"^^<{PREFIXES["xsd"]}gYear>'),
        ]
        for version in _VERSIONS:
            graph = f"<{BASE}id/record/synthetic/{version}/{name}>"
            for predicate, term in [*both, (dct + "title", f'"Incident {number} as of {version}"@en')]:
                yield f"{incident} <{predicate}> {term} {graph} .\n"
            for field in range(4):
                value = f'"raw {choice.randrange(1000)}"'
                yield f"{graph} <{BASE}id/field/synthetic/f{field}> {value} {graph} .\n"
        label = f'"Incident {number}"@en'
        for predicate in (PREFIXES["skos"] + "prefLabel", PREFIXES["rdfs"] + "label"):
            yield f"{incident} <{predicate}> {label} <{BASE}id/graph/consolidation> .\n"


def make_release(directory: Path, incidents: int) -> Path:
    """A release directory of this many synthetic incidents."""
    directory.mkdir(parents=True)
    (directory / "data.nq").write_text("".join(sorted(synthetic_lines(incidents))), encoding="utf-8")
    (directory / "release.json").write_text(json.dumps({"id": f"synthetic-{incidents}"}), encoding="utf-8")
    prepare(directory)
    seal(directory)
    return directory


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release that the store tests share."""
    return make_release(tmp_path_factory.mktemp("releases") / "synthetic", INCIDENTS)


@dataclass
class Served:
    """A store together with the event loop it lives in."""

    store: Store
    runner: asyncio.Runner | None = None
    """None where a test has a loop of its own."""
    keeper: int = 0
    """The process id of its keeper."""
    _: KW_ONLY
    differences: tuple[str, ...] = ()
    """In what its engine is known to differ."""

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the store's loop."""
        assert self.runner is not None
        return self.runner.run(work)

    def ask(self, text: str, *, timeout: float = 30.0, **asked: Any) -> bytes:
        """The whole answer to a query."""
        return self.run(self.read(text, timeout=timeout, **asked))

    async def begin(self, text: str, *, timeout: float = 30.0, **asked: Any) -> Answer:
        """The answer to a query, begun."""
        return await self.store.query(Query(text, timeout, **asked))

    async def read(self, text: str, *, timeout: float = 30.0, **asked: Any) -> bytes:
        """The whole answer to a query, for use inside a coroutine."""
        return await (await self.begin(text, timeout=timeout, **asked)).read()


@contextmanager
def embedded(kind: str, release: Path) -> Iterator[Served]:
    """An embedded store that holds the release in memory or on disk."""
    settings = Settings(store=kind, queue=16, query_memory=MEMORY)
    with asyncio.Runner() as runner:
        before = keepers()
        store = runner.run(EmbeddedStore.open(release, settings))
        yield Served(store, runner, *(keepers() - before))
        runner.run(store.close())


@contextmanager
def remote(engine: Engine, **settings: Any) -> Iterator[Served]:
    """A remote store over an engine that runs."""
    with asyncio.Runner() as runner:
        store = runner.run(RemoteStore.open(engine.settings(queue=16, **settings)))
        yield Served(store, runner, differences=DIFFERENCES.get(store.dialect.name, ()))
        runner.run(store.close())


@pytest.fixture(scope="session", params=["memory", "disk"])
def served(request: pytest.FixtureRequest, release: Path) -> Iterator[Served]:
    """Every kind of embedded store, over the same release; tests leave it as they found it."""
    with embedded(request.param, release) as each:
        yield each


@pytest.fixture(scope="session")
def small_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release that is loaded into an engine in a few seconds."""
    return make_release(tmp_path_factory.mktemp("releases") / "small", FEW_INCIDENTS)


@pytest.fixture(scope="session")
def published(small_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Engine]]:
    """An engine by its name, started once and with the small release published to it."""
    with ExitStack() as running:

        @cache
        def start(name: str) -> Engine:
            engine = running.enter_context(ENGINES[name](tmp_path_factory.mktemp(name)))
            with engine.target() as target:
                publish(as_release(small_release), target, ignore)
            return engine

        yield start


def as_release(directory: Path) -> Release:
    """A release directory as what is published."""
    return Release(directory, json.loads((directory / "release.json").read_bytes()))


def ignore(stage: str, done: int, total: int | None) -> None:
    """Progress that nobody looks at."""


@pytest.fixture
def serve(release: Path) -> Iterator[Callable[..., Served]]:
    """Opens a store of its own for a test that harms it."""
    opened: list[Served] = []

    def open_store(directory: Path = release, **settings: Any) -> Served:
        runner, before = asyncio.Runner(), keepers()
        store = runner.run(EmbeddedStore.open(directory, Settings(**{"store": "disk", **settings})))
        opened.append(Served(store, runner, *(keepers() - before)))
        return opened[-1]

    yield open_store
    for one in opened:
        one.run(one.store.close())
        assert one.runner is not None
        one.runner.close()


@dataclass(frozen=True)
class Process:
    """A process as /proc shows it."""

    pid: int
    parent: int
    group: int
    state: str
    ticks: int
    nice: int


def processes() -> dict[int, Process]:
    """All processes that are not zombies."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        pid, ticks = int(entry.name), int(fields[11]) + int(fields[12])
        if fields[0] != "Z":
            found[pid] = Process(pid, int(fields[1]), int(fields[2]), fields[0], ticks, int(fields[16]))
    return found


def keepers(service: int | None = None) -> set[int]:
    """The keeper processes of a service, by default this process: each leads a group of its own."""
    service = service or os.getpid()
    return {p.pid for p in processes().values() if p.parent == service and p.group == p.pid}


def workers(keeper: int) -> dict[int, Process]:
    """The worker processes of a keeper."""
    return {p.pid: p for p in processes().values() if p.parent == keeper}
