"""Which query runs when: a fixed number of young queries at once, old ones aside, the rest in a bounded queue.

A query is young for a quarter of a second. Then it is old: its place goes to the next query, as long as no more than
twice the number of places are old. So a lookup waits for young queries only, which is not long, and runaways do not
hold up the rest until their deadline. A worker yields the processor (nice) by the time for which its query has had
one, not by its age: on a busy machine a lookup grows old while it waits, and must not wait behind the runaways then.
Workers are forked ahead: for every place there is one that runs a query or waits for one.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import Final

from harmgraph.errors import LimitExceeded, StoreUnavailable
from harmgraph.store.local.channel import Storage, Worker
from harmgraph.store.local.control import KeeperProcess
from harmgraph.store.local.ticking import Limited, Ticker

_YOUTH: Final = 0.25
"""Seconds: most lookups are done in a fiftieth of it, and ten runaways at once hold up the next query for two."""
_OLD_PER_PLACE: Final = 2
_ALLOTMENTS: Final = (0.1, 1.0)
"""Seconds of a processor after which a query yields it, first to all others, then to those of the first kind too."""
_RESPITE: Final = 0.25
"""Seconds before a worker that ended while it was idle is replaced, so that a fault does not fork in a loop."""


@dataclass(slots=True, eq=False)
class _Run(Limited):
    """A query that runs."""

    begun: float
    used_before: float
    """Seconds of a processor that its worker had had before it."""


@dataclass(slots=True, eq=False)
class _Turn(Limited):
    """A query that waits."""

    worker: asyncio.Future[Worker]


class Pool:
    """The workers of one store and the queries that wait for one."""

    def __init__(self, places: int, queue: int) -> None:
        self._places = places
        self._queue = queue
        self._keeper: KeeperProcess | None = None
        self._fault: str | None = None
        self._idle: list[Worker] = []
        """The one that was at work last comes first: the processor's caches hold what it needs."""
        self._young: dict[Worker, _Run] = {}
        self._old: dict[Worker, _Run] = {}
        self._waiting: deque[_Turn] = deque()
        self._ticker = Ticker(self._look)
        self.kills = 0
        """How many workers were killed in the middle of a query."""

    async def acquire(self, deadline: float, timeout: float) -> Worker:
        """A worker for one query, by the deadline; to be given to `release` or `discard` afterwards.

        It is killed at the deadline, unless it was given back before, and knows that it `expired`.
        """
        if self._fault is not None:
            raise StoreUnavailable(self._fault)
        now = time.monotonic()
        if self._idle and not self._waiting and deadline > now:
            return self._take(deadline, now)
        if len(self._waiting) >= self._queue:
            message = f"{self._queue} queries are waiting already; try again later"
            raise LimitExceeded(message, "queue", self._queue)
        coming: asyncio.Future[Worker] = asyncio.get_running_loop().create_future()
        turn = _Turn(deadline, partial(_give_up, coming, timeout), coming)
        self._waiting.append(turn)
        self._watch(turn, now)
        try:
            return await coming
        except BaseException:
            if turn in self._waiting:
                self._waiting.remove(turn)
            elif not coming.cancelled() and coming.exception() is None:
                self.release(coming.result())  # its turn came in the same moment
            raise
        finally:
            turn.end()

    def release(self, worker: Worker) -> None:
        """The worker has answered. It is free, or makes way for a fresh one if it was reniced: niceness sticks.

        It also makes way where its place went to another query, and has a worker for that already.
        """
        if not self._leave(worker):
            return
        is_needed = worker.keeper is self._keeper and len(self._idle) + len(self._young) < self._places
        if worker.niceness == 0 and is_needed and not worker.exit.done():
            self._idle.append(worker)
        else:
            worker.close()
        self._fill()

    def discard(self, worker: Worker) -> None:
        """End the worker, whatever it does; nothing if it was given back already."""
        if not self._leave(worker):
            return
        self.kills += not worker.exit.done()
        worker.kill()
        self._fill()

    def use(self, keeper: KeeperProcess | None) -> None:
        """Take fresh workers from this keeper. What runs elsewhere runs on; None while there is no keeper."""
        self._keeper = keeper
        while self._idle:
            self._idle.pop().close()
        if keeper is not None:
            self._fault = None
        self._fill()

    def lose(self, keeper: KeeperProcess) -> None:
        """This keeper has ended. Queries wait for another one."""
        if keeper is self._keeper:
            self.use(None)

    def fail(self, fault: str) -> None:
        """Fail the queries that wait, and those that come, until there is a keeper to use."""
        self.use(None)
        self._fault = fault
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.worker.done():
                turn.worker.set_exception(StoreUnavailable(fault))

    def close(self) -> None:
        """End what runs and fail what waits."""
        self.fail("the store was closed")
        self.end_all()

    def end_all(self) -> None:
        """End every query that runs."""
        for worker in (*self._young, *self._old):
            self.discard(worker)

    def forget(self, worker: Worker) -> None:
        """A worker has ended. If it was idle, something outside ended it, and it is replaced."""
        if worker in self._idle:
            self._idle.remove(worker)
            worker.close()
            asyncio.get_running_loop().call_later(_RESPITE, self._fill)

    @property
    def storage(self) -> Storage | None:
        """Where the next query runs; None while there is no keeper."""
        return self._keeper.storage if self._keeper is not None else None

    @property
    def busy(self) -> int:
        """How many queries run or wait."""
        return len(self._young) + len(self._old) + len(self._waiting)

    @property
    def fault(self) -> str | None:
        """Why no query is answered; None while they are."""
        return self._fault

    @property
    def counts(self) -> dict[str, int]:
        """How many queries wait, and how many workers are idle, young and old."""
        return {
            "waiting": len(self._waiting),
            "idle": len(self._idle),
            "young": len(self._young),
            "old": len(self._old),
        }

    def _fill(self) -> None:
        """Fork what is missing, then let queries have their turn."""
        while self._keeper is not None and len(self._idle) + len(self._young) < self._places:
            self._idle.insert(0, self._keeper.fork())  # which may find that the keeper has ended
        while self._idle and self._waiting:
            turn = self._waiting.popleft()
            if not turn.worker.done():
                turn.worker.set_result(self._take(turn.deadline, time.monotonic()))

    def _take(self, deadline: float, now: float) -> Worker:
        worker = self._idle.pop()
        run = _Run(deadline, partial(self._expire, worker), now, worker.processor_seconds or 0.0)
        self._young[worker] = run
        self._watch(run, now)
        return worker

    def _leave(self, worker: Worker) -> bool:
        """Whether a query ran there, which now does no more."""
        run = self._young.pop(worker, None) or self._old.pop(worker, None)
        if run is not None:
            run.end()
        return run is not None

    def _expire(self, worker: Worker) -> None:
        worker.expired = True
        self.discard(worker)

    def _watch(self, query: Limited, now: float) -> None:
        query.approach(now)
        self._ticker.start()

    def _look(self) -> bool:
        now = time.monotonic()
        for query in (*self._waiting, *self._young.values(), *self._old.values()):
            query.approach(now)
        for worker, run in (*self._young.items(), *self._old.items()):
            self._judge(worker, run, now)
        return bool(self.busy)

    def _judge(self, worker: Worker, run: _Run, now: float) -> None:
        """Have a query yield the processor of which it has had its share, and its place when its youth is over."""
        age, used = now - run.begun, worker.processor_seconds
        share = age if used is None else used - run.used_before
        if worker.niceness < sum(share >= allotment for allotment in _ALLOTMENTS):
            worker.renice()
        if worker in self._young and age >= _YOUTH and len(self._old) < _OLD_PER_PLACE * self._places:
            self._old[worker] = self._young.pop(worker)
            self._fill()


def _give_up(turn: asyncio.Future[Worker], timeout: float) -> None:
    if not turn.done():
        message = f"no worker was free for {timeout:g} s; try again later"
        turn.set_exception(LimitExceeded(message, "time", timeout))
