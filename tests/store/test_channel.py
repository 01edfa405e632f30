"""Between the service and a worker: frames in pieces, long queries, slow readers, and time."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import uvloop
from tests.waiting import eventually

from harmgraph.errors import LimitExceeded, QueryRefused
from harmgraph.settings import Settings
from harmgraph.store.base import Query
from harmgraph.store.local import framing, isolation, ticking
from harmgraph.store.local.embedded import EmbeddedStore
from harmgraph.store.local.framing import CHUNK, END, Frames, frame

from .conftest import Served, keepers, workers

LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
LOOKUP = "ASK { hgi:S000007 a hg:Incident }"
LONG = "SELECT * { ?s ?p ?o }"
SLOW = "SELECT (COUNT(*) AS ?n) { ?a hg:issue ?c . ?d hg:technology ?f . ?g hg:issue ?i }"
PADDED = LOOKUP + "#" + "x" * (4 << 20)
"""More than a socket takes at once."""


@pytest.fixture(params=LOOPS)
def live(request: pytest.FixtureRequest, release: Path) -> Callable[[Callable[[Served], Awaitable[None]]], None]:
    """Runs a test in a store of its own, in the loop of the service and in that of Python."""

    def run(test: Callable[[Served], Awaitable[None]], **settings: object) -> None:
        async def main() -> None:
            before = keepers()
            store = await EmbeddedStore.open(release, Settings(**{"store": "disk", **settings}))  # type: ignore[arg-type]
            try:
                await test(Served(store, None, *(keepers() - before)))
            finally:
                await store.close()

        with asyncio.Runner(loop_factory=LOOPS[request.param]) as runner:
            runner.run(main())

    return run


@pytest.mark.parametrize("size", [1, 2, 4, 5, 6, 7, 100, 1 << 20])
def test_frames_are_the_same_in_pieces_of_any_size(size: int) -> None:
    sent = [(CHUNK, b"a"), (CHUNK, b""), (CHUNK, bytes(range(256)) * 40), (END, b"")]
    data = b"".join(frame(*each) for each in sent)
    frames = Frames()
    found = []
    for start in range(0, len(data), size):
        found += frames.feed(memoryview(data[start : start + size]))
    assert found == sent
    assert frames.feed(memoryview(frame(END))) == [(END, b"")], "nothing is left over"


@pytest.mark.parametrize(
    "query",
    [
        Query("ASK {}", 1.5),
        Query(
            "ASK { ?s ?p 'é 北 \ud800' }", 30.0, None, None, None, ("http://a/",), ("http://b/", "c"), "http://d/", 5, 6
        ),
    ],
)
def test_a_query_comes_to_its_worker_as_it_was(query: Query) -> None:
    packed = framing.pack_query(query, 12.25)
    assert framing.whole(packed) == len(packed)
    assert framing.unpack_query(packed) == (query, 12.25)


def test_a_text_that_is_no_unicode_is_refused(served: Served) -> None:
    with pytest.raises(QueryRefused, match="surrogates"):
        served.ask("ASK { ?s ?p '\ud800' }")
    assert served.ask(LOOKUP).endswith(b"true}")


def test_a_query_that_no_socket_takes_at_once_is_sent_whole(live: Callable[..., None]) -> None:
    async def ask(one: Served) -> None:
        answers = await asyncio.gather(*(one.read(PADDED) for _ in range(6)), *(one.read(LOOKUP) for _ in range(6)))
        assert {answer[-5:] for answer in answers} == {b"true}"}

    live(ask)


def test_a_query_can_be_left_while_it_is_sent(live: Callable[..., None]) -> None:
    async def leave(one: Served) -> None:
        await one.read(LOOKUP)
        (worker,) = workers(one.keeper)
        os.kill(worker, signal.SIGSTOP)  # so that it reads nothing
        asked = asyncio.ensure_future(one.read(PADDED))
        await asyncio.sleep(0.1)
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        assert asked.cancelled()
        assert (await one.read(LOOKUP)).endswith(b"true}")
        assert eventually(lambda: worker not in workers(one.keeper), 1.0)

    live(leave, workers=1)


def test_the_deadline_holds_while_a_query_is_sent(live: Callable[..., None]) -> None:
    async def wait(one: Served) -> None:
        await one.read(LOOKUP)
        for worker in workers(one.keeper):
            os.kill(worker, signal.SIGSTOP)
        begun = time.monotonic()
        with pytest.raises(LimitExceeded, match=r"deadline of 0\.3 s"):
            await one.read(PADDED, timeout=0.3)
        assert 0.29 < time.monotonic() - begun < 0.45
        assert (await one.read(LOOKUP)).endswith(b"true}")

    live(wait, workers=1)


def test_what_is_not_read_waits_in_the_socket_and_then_comes_whole(live: Callable[..., None]) -> None:
    async def sip(one: Served) -> None:
        expected = await one.read(LONG)
        answer = await one.begin(LONG)
        received = [await anext(answer.chunks)]
        await asyncio.sleep(0.3)
        held = answer.chunks._held  # type: ignore[attr-defined]
        assert 0 < held < 512 << 10, "some of it was received ahead, not all of it"
        async for chunk in answer.chunks:
            received.append(chunk)
            if len(received) % 50 == 0:
                await asyncio.sleep(0.01)
        assert b"".join(received) == expected

    live(sip)


def test_a_worker_is_free_before_its_answer_is_read(live: Callable[..., None]) -> None:
    async def hoard(one: Served) -> None:
        answers = [await one.begin(LOOKUP, timeout=0.3) for _ in range(20)]
        await asyncio.sleep(0.4)
        pages = [await answer.read() for answer in answers]
        assert {page[-5:] for page in pages} == {b"true}"}, "the deadline is that of the query, not of its reader"
        assert len(workers(one.keeper)) == 1

    live(hoard, workers=1)


def test_deadlines_hold_whether_near_or_far(live: Callable[..., None]) -> None:
    async def wait(one: Served) -> None:
        async def slip(timeout: float) -> float:
            begun = time.monotonic()
            with pytest.raises(LimitExceeded):
                await one.read(SLOW, timeout=timeout)
            return time.monotonic() - begun - timeout

        await one.read(LOOKUP)
        for timeout in (0.005, ticking.TICK, 4 * ticking.TICK, 0.3):
            assert -0.01 < await slip(timeout) < 0.15
        slips = await asyncio.gather(*(slip(0.1 + n / 20) for n in range(12)))  # most of them have to wait
        assert all(-0.01 < each < 0.15 for each in slips)

    live(wait)


def test_the_ticker_stops_with_the_last_query_and_starts_with_the_next(live: Callable[..., None]) -> None:
    async def pulse(one: Served) -> None:
        assert isinstance(one.store, EmbeddedStore)
        ticker = one.store._pool._ticker
        for _ in range(2):
            running = asyncio.ensure_future(one.read(SLOW, timeout=0.2))
            await asyncio.sleep(0.1)
            assert ticker.is_ticking
            await asyncio.gather(running, return_exceptions=True)
            await asyncio.sleep(3 * ticking.TICK)
            assert not ticker.is_ticking, "nothing runs, so nothing is looked at"

    live(pulse)


def in_a_child(act: Callable[[socket.socket], object]) -> tuple[int, float]:
    """How a forked process ended, as a wait status, and after how long."""
    ours, theirs = socket.socketpair()
    begun = time.monotonic()
    pid = os.fork()
    if pid == 0:
        try:
            ours.close()
            act(theirs)
        finally:
            os._exit(0)
    with ours:
        theirs.close()
        _, status = os.waitpid(pid, 0)
    return status, time.monotonic() - begun


def test_a_worker_ends_itself_after_its_deadline() -> None:
    def overrun(channel: socket.socket) -> None:
        alarm = isolation.Alarm(0.1, channel)
        for number in range(100):
            alarm.set(time.monotonic() + 60 - number / 10)
            alarm.rest()
        alarm.set(time.monotonic() + 0.1)
        time.sleep(10)

    status, taken = in_a_child(overrun)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGALRM
    assert 0.2 <= taken < 1.5


def test_the_alarm_ends_no_worker_that_waits() -> None:
    def wait(channel: socket.socket) -> None:
        alarm = isolation.Alarm(0.1, channel)
        for remaining in (1.0, 0.0):  # the timer that runs on after the first would go off while the second read waits
            alarm.set(time.monotonic() + remaining)
            alarm.rest()
            try:
                channel.recv(1)
            except BlockingIOError:
                alarm.stop()
        channel.settimeout(1.5)
        try:
            channel.recv(1)
        except TimeoutError:
            os._exit(7)

    status, taken = in_a_child(wait)
    assert os.waitstatus_to_exitcode(status) == 7
    assert taken > 2.4
