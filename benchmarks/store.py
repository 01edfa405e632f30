"""Measures the embedded store: lookups, an export, a runaway and what runs beside it, from memory and from disk.

    python benchmarks/store.py [INCIDENTS]

The release is synthetic, the one of the store tests. Bars stand in the last column. Lookups have medians, slips the
worst of five; an export and what runs beside a runaway are measured once, so run it again before you believe them.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from types import ModuleType

import uvloop

from harmgraph.errors import LimitExceeded
from harmgraph.settings import Settings
from harmgraph.store.base import Query
from harmgraph.store.local.embedded import EmbeddedStore
from harmgraph.store.releases.loading import load_memory

PROJECT = Path(__file__).resolve().parents[1]
DESCRIBE = "DESCRIBE hgi:S{:06}"
SELECT = "SELECT ?p ?o {{ hgi:S{:06} ?p ?o }} LIMIT 10"
EXPORT = "SELECT ?s ?p ?o {{ ?s ?p ?o }} LIMIT {}"
RUNAWAY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f }"
DEADLINE = 1.0

Row = tuple[str, str, str]


def synthetic() -> ModuleType:
    """The module that makes the release of the store tests."""
    sys.path.insert(0, str(PROJECT))  # for what that module takes from others of the tests
    spec = importlib.util.spec_from_file_location("synthetic", PROJECT / "tests" / "store" / "conftest.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["synthetic"] = module
    spec.loader.exec_module(module)
    return module


async def once(store: EmbeddedStore, text: str, timeout: float = 120.0, results_format: str = "text/csv") -> int:
    """The size of the answer."""
    answer = await store.query(Query(text, timeout, results_format=results_format))
    return sum([len(chunk) async for chunk in answer.chunks])


async def cost(store: EmbeddedStore, template: str, look: ModuleType) -> tuple[float, float]:
    """Milliseconds of a processor that a lookup takes of this process and of a worker, eight at once."""

    def used() -> float:
        (keeper,) = look.keepers()
        ticks: int = sum(worker.ticks for worker in look.workers(keeper).values())
        return ticks / os.sysconf("SC_CLK_TCK")

    ours, theirs = time.process_time(), used()
    await lookups(store, template, 8, each=2_500)
    return (time.process_time() - ours) / 20, (used() - theirs) / 20


async def lookups(store: EmbeddedStore, template: str, clients: int, each: int = 400) -> tuple[float, float, float]:
    """Answers a second, median and 99th percentile in milliseconds."""
    taken: list[float] = []

    async def client(first: int) -> None:
        for number in range(first, first + each):
            begun = time.perf_counter()
            await once(store, template.format(number))
            taken.append(time.perf_counter() - begun)

    begun = time.perf_counter()
    await asyncio.gather(*(client(n * each % 1000) for n in range(clients)))
    rate = clients * each / (time.perf_counter() - begun)
    return rate, statistics.median(taken) * 1e3, statistics.quantiles(taken, n=100)[98] * 1e3


async def export(store: EmbeddedStore, rows: int) -> tuple[float, float, float]:
    """Seconds to the first byte and to the last, and MiB by which this process grew."""
    before = resident()
    most = before
    begun = time.perf_counter()
    answer = await store.query(Query(EXPORT.format(rows), 120.0, results_format="text/csv"))
    first = 0.0
    async for _ in answer.chunks:
        first = first or time.perf_counter() - begun
        most = max(most, resident())
    return first, time.perf_counter() - begun, (most - before) / (1 << 20)


async def replaced(store: EmbeddedStore, look: ModuleType) -> float:
    """Seconds past the deadline after which the worker of a runaway is gone and all places have idle workers."""
    (keeper,) = look.keepers()
    await runaway(store)
    begun = time.perf_counter()
    while len(now := look.workers(keeper)) != Settings().workers or any(p.nice for p in now.values()):
        await asyncio.sleep(0.005)
    return time.perf_counter() - begun


async def runaway(store: EmbeddedStore) -> float:
    """Seconds past the deadline at which a runaway was ended."""
    begun = time.perf_counter()
    try:
        await once(store, RUNAWAY, DEADLINE)
    except LimitExceeded:
        return time.perf_counter() - begun - DEADLINE
    raise AssertionError("the runaway came to an end")


def resident() -> int:
    """Bytes that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def measure(store: EmbeddedStore, look: ModuleType) -> list[Row]:
    """All rows of the table for one store."""
    rows: list[Row] = []
    for name, template in (("DESCRIBE", DESCRIBE), ("small SELECT", SELECT)):
        for clients in (1, 8):
            rate, median, late = await lookups(store, template, clients)
            rows.append((f"{name}, {clients} at once", f"{rate:,.0f}/s, {median:.2f} ms, p99 {late:.1f} ms", ""))
        ours, theirs = await cost(store, template, look)
        rows.append((f"{name}, processor", f"{ours:.3f} ms here, {theirs:.3f} ms in a worker", "≤ 0.03, 0.1 ms"))
    for limit in (100_000, 1_000_000):
        first, total, grown = await export(store, limit)
        rows.append(
            (
                f"export of {limit:,} rows",
                f"{total:.2f} s, first byte {first * 1e3:.1f} ms, +{grown:.1f} MiB",
                "≤ 20 ms, flat",
            )
        )
    slips = [await runaway(store) for _ in range(5)]
    rows.append(("runaway past its deadline", f"{max(slips) * 1e3:.1f} ms at most", "≤ 150 ms"))
    gone = [await replaced(store, look) for _ in range(5)]
    rows.append(("its process gone and replaced", f"{max(gone) * 1e3:.1f} ms later at most", "≤ 150 ms"))
    free, *_ = await lookups(store, DESCRIBE, 1)
    beside = asyncio.ensure_future(runaway(store))
    await asyncio.sleep(0.3)
    busy, *_ = await lookups(store, DESCRIBE, 1, each=200)
    await beside
    rows.append(("DESCRIBE beside a runaway", f"{busy / free:.2f} × unloaded", "≥ 0.7"))
    ten = [asyncio.ensure_future(runaway(store)) for _ in range(10)]
    await asyncio.sleep(0)
    begun = time.perf_counter()
    await once(store, DESCRIBE.format(1))
    waited = time.perf_counter() - begun
    slip = max(await asyncio.gather(*ten))
    rows.append(("lookup right behind ten runaways", f"{waited * 1e3:.0f} ms", ""))
    rows.append(("ten runaways past their deadline", f"{slip * 1e3:.1f} ms at most", "≤ 150 ms"))
    return rows


async def start(directory: Path, storage: str, use: Callable[[EmbeddedStore], Awaitable[list[Row]]]) -> Iterator[Row]:
    """Open a store, measure how long until its first answer, and use it."""
    begun = time.perf_counter()
    store = await EmbeddedStore.open(directory, Settings(store=storage))
    await once(store, DESCRIBE.format(1))
    first = ("start to first answer", f"{time.perf_counter() - begun:.2f} s", "≤ 3 s")
    rows = await use(store)
    await store.close()
    return iter([first, *rows])


async def nothing(_: EmbeddedStore) -> list[Row]:
    """For a start alone."""
    return []


def main() -> None:
    """Make the release, measure, print."""
    incidents = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        tests = synthetic()
        directory = tests.make_release(Path(folder) / "release", incidents)
        made = time.perf_counter() - begun
        begun = time.perf_counter()
        load_memory(directory / "data.nq")
        loaded = time.perf_counter() - begun
        size = (directory / "data.nq").stat().st_size / (1 << 20)
        print(f"{incidents:,} incidents, {size:.0f} MiB of N-Quads")
        print(f"made and loaded to disk in {made:.1f} s, loaded to memory in {loaded:.1f} s")
        all_of_it = partial(measure, look=tests)
        for storage, use in (("auto", nothing), ("memory", all_of_it), ("disk", all_of_it)):
            print(f"\n{storage}")
            for name, figure, bar in uvloop.run(start(directory, storage, use)):
                print(f"  {name:36} {figure:46} {bar}")


if __name__ == "__main__":
    main()
