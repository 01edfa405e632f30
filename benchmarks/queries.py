"""Measures the competency queries side by side: rdflib, the engine as it is, and the store of harmgraph.

    python benchmarks/queries.py RELEASE [ENGINE …] [--limit SECONDS] [--only NN,NN]

``RELEASE`` is a release directory, such as `graph.py` makes. Engines: ``memory`` and ``disk`` (pyoxigraph in process),
``ours-memory`` and ``ours-disk`` (the store, answers in CSV included), ``rdflib``. Each query runs three times, or once
where that takes longer than two seconds; the median counts. A query that is not done at the limit is ended and told.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import statistics
import sys
import time
from collections.abc import Callable
from math import exp, log
from pathlib import Path

import rdflib
from pyoxigraph import QuerySolutions, Store

from harmgraph.errors import LimitExceeded
from harmgraph.iris import PREFIXES
from harmgraph.settings import Settings
from harmgraph.store.base import Query
from harmgraph.store.local.embedded import EmbeddedStore
from harmgraph.store.releases.loading import load_memory

QUERIES = Path(__file__).resolve().parents[1] / "queries" / "competency"
SLOW = 2.0

Run = Callable[[str], int]
"""Evaluates a query to its last row and returns the number of rows."""


def engine(store: Store) -> Run:
    """pyoxigraph as it is."""

    def run(text: str) -> int:
        solutions = store.query(text, prefixes=PREFIXES)
        assert isinstance(solutions, QuerySolutions)
        return sum(1 for _ in solutions)

    return run


def reference(dump: Path) -> Run:
    """rdflib over the same named graphs and the same default graph."""
    dataset = rdflib.Dataset()
    dataset.parse(dump, format="nquads")
    for subject, predicate, value, _ in list(dataset.quads()):
        dataset.default_graph.add((subject, predicate, value))
    return lambda text: sum(1 for _ in dataset.query(text, initNs=PREFIXES))


def in_process(run: Run, texts: dict[str, str], limit: float) -> dict[str, float | None]:
    """Seconds of each query, in a fork of this process that can be ended; the first run pays for its pages."""
    times: dict[str, float | None] = {}
    context = multiprocessing.get_context("fork")
    for name, text in texts.items():
        taken: list[float] = []
        reading, writing = context.Pipe(duplex=False)
        process = context.Process(target=_timed, args=(run, text, writing))
        process.start()
        while len(taken) < 3 and (not taken or taken[0] < SLOW) and reading.poll(limit):
            taken.append(reading.recv())
        process.kill()
        process.join()
        times[name] = statistics.median(taken) if taken else None
        _tell(name, times[name])
    return times


def _timed(run: Run, text: str, writing: multiprocessing.connection.Connection) -> None:
    while True:
        begun = time.perf_counter()
        run(text)
        writing.send(time.perf_counter() - begun)


async def in_store(release: Path, storage: str, texts: dict[str, str], limit: float) -> dict[str, float | None]:
    """Seconds of each query through the store, from the question to the last byte of the answer."""
    store = await EmbeddedStore.open(release, Settings(store=storage, query_memory=4 << 30))
    times: dict[str, float | None] = {}
    for name, text in texts.items():
        taken: list[float] = []
        try:
            while len(taken) < 3 and (not taken or taken[0] < SLOW):
                begun = time.perf_counter()
                await (await store.query(Query(text, limit, results_format="text/csv"))).read()
                taken.append(time.perf_counter() - begun)
            times[name] = statistics.median(taken)
        except LimitExceeded:
            times[name] = None
        _tell(name, times[name])
    await store.close()
    return times


def measure(name: str, release: Path, texts: dict[str, str], limit: float) -> dict[str, float | None]:
    """Seconds of each query on one engine."""
    if name.startswith("ours-"):
        return asyncio.run(in_store(release, name.removeprefix("ours-"), texts, limit))
    if name == "rdflib":
        return in_process(reference(release / "data.nq"), texts, limit)
    if name == "memory":
        return in_process(engine(load_memory(release / "data.nq")), texts, limit)
    # A fork must not share an open store on disk: each opens it for itself.
    directory = str(release / "store")
    return in_process(lambda text: engine(Store.read_only(directory))(text), texts, limit)


def _tell(name: str, seconds: float | None) -> None:
    print(f"  {name}: {'ended' if seconds is None else f'{seconds * 1e3:,.1f} ms'}", file=sys.stderr, flush=True)


def _shown(seconds: float | None, limit: float) -> str:
    return f"> {limit * 1e3:,.0f}" if seconds is None else f"{seconds * 1e3:,.1f}"


def main() -> None:
    """Measure one engine after another and print a table in milliseconds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("release", type=Path)
    parser.add_argument("engines", nargs="*", default=["rdflib", "memory", "ours-memory"])
    parser.add_argument("--limit", type=float, default=60.0)
    parser.add_argument("--only", default="", help="numbers of queries, with commas")
    given = parser.parse_args()
    only = tuple(given.only.split(","))
    files = [file for file in sorted(QUERIES.glob("*.rq")) if file.name.startswith(only)]
    texts = {file.stem: file.read_text(encoding="utf-8") for file in files}
    times = {}
    for name in given.engines:
        print(name, file=sys.stderr)
        times[name] = measure(name, given.release.resolve(), texts, given.limit)
    print(f"| query | {' | '.join(times)} |\n|---|{'---:|' * len(times)}")
    for query in texts:
        print(f"| {query} | {' | '.join(_shown(times[name][query], given.limit) for name in times)} |")
    # A query that was ended counts as its limit, which flatters the engine.
    means = {
        name: exp(statistics.fmean(log(s or given.limit) for s in taken.values())) for name, taken in times.items()
    }
    print(f"| geometric mean | {' | '.join(_shown(mean, given.limit) for mean in means.values())} |")


if __name__ == "__main__":
    main()
