"""No query holds up the others: deadlines, memory, the queue, clients that leave."""

from __future__ import annotations

import asyncio
import os
import signal
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import uvloop
from tests.waiting import eventually

from harmgraph.errors import AnswerBroken, LimitExceeded, StoreUnavailable
from harmgraph.settings import Settings
from harmgraph.store.local.embedded import EmbeddedStore

from .conftest import MEMORY, Served, keepers, workers

PRODUCT = "{ ?a hg:issue ?c . ?d hg:technology ?f . ?g hg:issue ?i }"
ALL = "CONCAT(STR(?a), STR(?f), STR(?i))"
"""A filter over it can only be applied to whole rows of the product."""
RUNAWAYS = {
    "count of a cross product": f"SELECT (COUNT(*) AS ?n) {PRODUCT}",
    "one row at last": f"SELECT ?a {{ {PRODUCT} FILTER(STRLEN({ALL}) = 0) }}",
    "GROUP_CONCAT": f"SELECT (GROUP_CONCAT(SUBSTR(STR(?c), 1, 0); separator='') AS ?all) {PRODUCT}",
    "grouping": f"SELECT ?c (SUM(STRLEN(STR(?f))) AS ?n) {PRODUCT} GROUP BY ?c",
    "path": "SELECT (COUNT(*) AS ?n) { ?a (hg:issue|^hg:issue|hg:technology|^hg:technology)+ ?b }",
    "regular expression": f"ASK {{ {PRODUCT} FILTER regex({ALL}, '(x+x+)+y$') }}",
    "construction": f"CONSTRUCT {{ ?a ?f ?i }} {{ {PRODUCT} FILTER(STRLEN({ALL}) = 0) }}",
}
LOOKUP = "DESCRIBE hgi:S000007"
LONG = "SELECT * { ?s ?p ?o }"
"""Begins at once, and its 20 MB fit into no buffer."""


def whole(served: Served) -> bool:
    """Four idle workers, none of them reniced, none at work."""
    served.run(asyncio.sleep(0.01))  # the pool lives in the loop of the store
    before = workers(served.keeper)
    time.sleep(0.05)
    after = workers(served.keeper)
    return (
        before.keys() == after.keys()
        and len(after) == 4
        and all(p.nice == 0 and p.ticks - before[p.pid].ticks <= 1 for p in after.values())
    )


@pytest.mark.parametrize("text", RUNAWAYS.values(), ids=RUNAWAYS)
def test_a_runaway_is_ended_at_its_deadline(served: Served, text: str) -> None:
    begun = time.monotonic()
    with pytest.raises(LimitExceeded) as caught:
        served.ask(text, timeout=0.6)
    slip = time.monotonic() - begun - 0.6
    assert (caught.value.limit, caught.value.value) == ("time", 0.6)
    assert -0.01 < slip < 0.15
    assert eventually(lambda: whole(served), 1.0), "its worker is replaced and no processor is kept busy"


def test_ten_runaways_at_once_leave_the_pool_whole_and_lookups_quick(served: Served) -> None:
    served.ask(LOOKUP)
    waits: list[float] = []

    async def runaway() -> float:
        begun = time.monotonic()
        with pytest.raises(LimitExceeded):
            await served.read(RUNAWAYS["count of a cross product"], timeout=2.5)
        return time.monotonic() - begun - 2.5

    async def look_up_meanwhile() -> None:
        await asyncio.sleep(0.05)
        while len(waits) < 60:
            begun = time.monotonic()
            await served.read(LOOKUP)
            waits.append(time.monotonic() - begun)
            await asyncio.sleep(0.02)

    async def both() -> list[float]:
        *slips, _ = await asyncio.gather(*(runaway() for _ in range(10)), look_up_meanwhile())
        return slips  # type: ignore[return-value]  # gather mixes the types of what it gathers

    slips = served.run(both())
    assert max(slips) < 0.15
    assert waits[0] < 1.0, "the first lookup waits until some of the runaways ahead of it are old"
    assert statistics.median(waits[1:]) < 0.05
    assert max(waits[1:]) < 0.5
    assert eventually(lambda: whole(served), 1.0)


def test_an_old_query_yields_the_processor(served: Served) -> None:
    async def meanwhile() -> list[int]:
        answer = asyncio.ensure_future(served.read(RUNAWAYS["grouping"], timeout=20))
        niceness: list[int] = []
        while not answer.done() and not (len(niceness) == 5 and any(niceness)):
            await asyncio.sleep(0.02)
            niceness = sorted(p.nice for p in workers(served.keeper).values())
        answer.cancel()
        await asyncio.gather(answer, return_exceptions=True)
        return niceness

    *others, old = served.run(meanwhile())
    assert others == [0, 0, 0, 0], "its place has a fresh worker"
    assert old in (10, 15)
    assert eventually(lambda: whole(served), 1.0)


def test_a_deadline_that_passes_between_two_reads_is_told_as_one(release: Path) -> None:
    async def read_slowly() -> None:
        store = await EmbeddedStore.open(release, Settings(store="disk"))
        answer = await Served(store).begin(LONG, timeout=0.5)
        await asyncio.sleep(0.8)
        with pytest.raises(LimitExceeded, match="deadline"):
            await answer.read()
        await store.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:  # the loop of the service
        runner.run(read_slowly())


def test_a_query_that_goes_on_yields_the_processor_to_other_old_ones_too(serve: Callable[..., Served]) -> None:
    one = serve()

    async def meanwhile() -> bool:
        answer = asyncio.ensure_future(one.read(RUNAWAYS["grouping"], timeout=20))
        lowest = False
        while not lowest and not answer.done():
            await asyncio.sleep(0.05)
            lowest = 15 in [p.nice for p in workers(one.keeper).values()]
        answer.cancel()
        await asyncio.gather(answer, return_exceptions=True)
        return lowest

    assert one.run(meanwhile())


def test_a_query_that_grows_old_without_a_processor_does_not_yield_it(serve: Callable[..., Served]) -> None:
    one = serve(workers=1)
    one.ask(LOOKUP)
    (worker,) = workers(one.keeper)

    async def meanwhile() -> list[int]:
        os.kill(worker, signal.SIGSTOP)
        answer = asyncio.ensure_future(one.read(LOOKUP))
        await asyncio.sleep(0.6)
        niceness = [p.nice for p in workers(one.keeper).values()]
        os.kill(worker, signal.SIGCONT)
        assert b"Incident 7" in await answer
        return niceness

    assert one.run(meanwhile()) == [0, 0], "and its place has another worker"
    assert eventually(lambda: len(workers(one.keeper)) == 1, 1.0), "of the two, one is enough now"


def test_the_deadline_counts_the_wait_for_a_worker(serve: Callable[..., Served]) -> None:
    one = serve(workers=1)

    async def four_at_once() -> list[object]:
        texts = [RUNAWAYS["count of a cross product"]] * 4
        return await asyncio.gather(*(one.read(t, timeout=0.4) for t in texts), return_exceptions=True)

    begun = time.monotonic()
    errors = one.run(four_at_once())
    assert time.monotonic() - begun < 0.55
    assert [e.limit for e in errors if isinstance(e, LimitExceeded)] == ["time"] * 4
    assert any("no worker was free" in str(e) for e in errors)


def test_a_full_queue_answers_at_once(serve: Callable[..., Served]) -> None:
    one = serve(workers=1, queue=2)

    async def flood() -> list[object]:
        texts = [RUNAWAYS["count of a cross product"]] * 6
        return await asyncio.gather(*(one.read(t, timeout=0.5) for t in texts), return_exceptions=True)

    limits = sorted(e.limit for e in one.run(flood()) if isinstance(e, LimitExceeded))
    assert limits == ["queue", "queue", "queue", "time", "time", "time"]
    assert one.ask("ASK {}")


def test_a_deadline_that_has_passed_is_exceeded(served: Served) -> None:
    with pytest.raises(LimitExceeded):
        served.ask("ASK {}", timeout=0.0)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { ?a hg:issue ?c . ?d hg:issue ?f } ORDER BY ?f ?c",
        "SELECT (COUNT(*) AS ?n) { SELECT DISTINCT * { ?a hg:issue ?c . ?d hg:issue ?f } }",
        "SELECT (GROUP_CONCAT(STR(?c)) AS ?all) { ?a hg:issue ?c . ?d hg:issue ?f }",
    ],
)
def test_a_query_that_takes_too_much_memory_is_ended(served: Served, text: str) -> None:
    with pytest.raises(LimitExceeded) as caught:
        served.ask(text, timeout=60)
    assert (caught.value.limit, caught.value.value) == ("memory", MEMORY)
    assert eventually(lambda: whole(served), 1.0)


def test_queries_within_the_memory_cap_do_not_add_up(served: Served) -> None:
    text = "SELECT (COUNT(*) AS ?n) { SELECT DISTINCT * { ?a hg:issue ?c . ?d hg:issue ?f } LIMIT 150000 }"
    assert {served.ask(text, results_format="text/csv").split()[1] for _ in range(5)} == {b"150000"}
    assert eventually(lambda: whole(served), 1.0)


@pytest.mark.parametrize("read", [0, 1, 3])
def test_closing_an_answer_ends_its_query(served: Served, read: int) -> None:
    async def leave() -> None:
        answer = await served.begin(LONG)
        for _ in range(read):
            await anext(answer.chunks)
        await answer.close()
        await answer.close()
        with pytest.raises(StopAsyncIteration):
            await anext(answer.chunks)

    before = set(workers(served.keeper))
    served.run(leave())
    assert eventually(lambda: whole(served), 0.5)
    assert len(before - set(workers(served.keeper))) == 1


def test_cancelling_the_call_ends_its_query(served: Served) -> None:
    async def leave() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await served.begin(RUNAWAYS["grouping"])

    served.run(leave())
    assert eventually(lambda: whole(served), 0.5)


def test_cancelling_a_call_that_waits_leaves_the_queue(serve: Callable[..., Served]) -> None:
    one = serve(workers=1, queue=1)

    async def leave() -> None:
        runaway = asyncio.ensure_future(one.read(RUNAWAYS["grouping"], timeout=0.2))
        await asyncio.sleep(0)
        for _ in range(5):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await one.begin("ASK {}")
        with pytest.raises(LimitExceeded):
            await runaway

    one.run(leave())
    assert one.ask("ASK {}").endswith(b"true}")


def test_an_answer_that_nobody_reads_holds_its_worker_until_the_deadline(served: Served) -> None:
    async def dawdle() -> None:
        answer = await served.begin(LONG, timeout=0.5)
        await asyncio.sleep(0.7)
        assert eventually(lambda: len(workers(served.keeper)) == 4, 0.5)
        with pytest.raises(LimitExceeded):
            await answer.read()

    served.run(dawdle())
    assert eventually(lambda: whole(served), 0.5)


def test_an_error_after_the_first_rows_is_no_end_of_the_answer(served: Served) -> None:
    """DISTINCT sends rows as it finds them, and remembers them until memory is at its end."""
    text = "SELECT DISTINCT * { ?a hg:issue ?c . ?d hg:issue ?f }"

    async def read() -> int:
        answer = await served.begin(text, results_format="text/csv", timeout=60)
        size = 0
        with pytest.raises(LimitExceeded):
            async for chunk in answer.chunks:
                size += len(chunk)
        return size

    assert served.run(read()) > 100_000


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize("limit", [100_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_an_export_passes_through_without_being_held(served: Served, limit: int) -> None:
    async def export() -> tuple[int, float, float, int]:
        begun = time.monotonic()
        answer = await served.begin(
            f"SELECT ?a ?c ?f {{ ?a hg:issue ?c . ?d hg:issue ?f }} LIMIT {limit}",
            timeout=120,
            results_format="text/csv",
        )
        first, rows, most = 0.0, 0, resident()
        async for chunk in answer.chunks:
            first = first or time.monotonic() - begun
            rows += chunk.count(b"\r\n")
            most = max(most, resident())
        return rows, first, time.monotonic() - begun, most

    before = resident()
    for _ in range(5):  # 100,000 rows take 60 ms, of which a busy machine may let the first wait for half
        rows, first, whole, most = served.run(export())
        assert rows == limit + 1
        assert most - before < 8 << 20
        if first < whole / 2:
            break
    else:
        pytest.fail("the first row waits for the last")


def test_a_slow_reader_slows_the_query_and_not_the_memory(served: Served) -> None:
    async def sip() -> list[int]:
        answer = await served.begin(LONG)
        await anext(answer.chunks)
        await asyncio.sleep(0.3)
        before = {p.pid: p.ticks for p in workers(served.keeper).values()}
        await asyncio.sleep(0.3)
        idle = [p.ticks - before.get(p.pid, p.ticks) for p in workers(served.keeper).values()]
        await answer.close()
        return idle

    assert max(served.run(sip())) <= 1, "the worker waits until its answer is read on"


def test_queries_after_the_store_was_closed_fail(serve: Callable[..., Served]) -> None:
    one = serve()
    before = keepers()

    async def close_midway() -> None:
        answer = await one.begin(LONG)
        await one.store.close()
        with pytest.raises(AnswerBroken):
            await answer.read()
        with pytest.raises(StoreUnavailable, match="closed"):
            await one.read("ASK {}")

    one.run(close_midway())
    assert len(before - keepers()) == 1


def test_a_drained_store_has_answered_everything(serve: Callable[..., Served]) -> None:
    one = serve()
    assert isinstance(one.store, EmbeddedStore)
    store = one.store

    async def drain() -> None:
        reading = asyncio.ensure_future(one.read("SELECT * { ?s ?p ?o }", results_format="text/csv"))
        await asyncio.sleep(0)
        await store.drain()
        assert reading.done()
        assert len(await reading) > 1 << 20

    one.run(drain())


def test_a_drain_waits_for_the_reader(serve: Callable[..., Served]) -> None:
    one = serve()
    assert isinstance(one.store, EmbeddedStore)
    store = one.store

    async def drain() -> None:
        answer = await one.begin(LONG)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(store.drain(), 0.2)
        await answer.close()
        await asyncio.wait_for(store.drain(), 0.2)

    one.run(drain())
