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
from typing import Final

from harmgraph.errors import LimitExceeded, StoreUnavailable
from harmgraph.store.local.control import KeeperProcess, Storage, Worker

_YOUTH: Final = 0.25
"""Seconds: most lookups are done in a fiftieth of it, and ten runaways at once hold up the next query for two."""
_OLD_PER_PLACE: Final = 2
_ALLOTMENTS: Final = (0.1, 1.0)
"""Seconds of a processor after which a query yields it, first to all others, then to those of the first kind too."""
_LOOK: Final = 0.05
"""Seconds between looks at what a query has used."""
_RESPITE: Final = 0.25
"""Seconds before a worker that ended while it was idle is replaced, so that a fault does not fork in a loop."""


class Pool:
    """The workers of one store and the queries that wait for one."""

    def __init__(self, places: int, queue: int) -> None:
        self._places = places
        self._queue = queue
        self._keeper: KeeperProcess | None = None
        self._fault: str | None = None
        self._idle: deque[Worker] = deque()
        self._young: set[Worker] = set()
        self._old: set[Worker] = set()
        self._looks: dict[Worker, asyncio.TimerHandle] = {}
        self._waiting: deque[asyncio.Future[Worker]] = deque()
        self.kills = 0
        """How many workers were killed in the middle of a query."""

    async def acquire(self, deadline: float, timeout: float) -> Worker:
        """A worker for one query, by the deadline; to be given to `release` or `discard` afterwards."""
        if self._fault is not None:
            raise StoreUnavailable(self._fault)
        remaining = deadline - time.monotonic()
        if self._idle and not self._waiting and remaining > 0:
            return self._take()
        if len(self._waiting) >= self._queue:
            message = f"{self._queue} queries are waiting already; try again later"
            raise LimitExceeded(message, "queue", self._queue)
        turn: asyncio.Future[Worker] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(remaining):
                return await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.release(turn.result())  # its turn came in the same moment
            if isinstance(error, TimeoutError):
                raise LimitExceeded(f"no worker was free for {timeout:g} s; try again later", "time", timeout) from None
            raise
        finally:
            if turn in self._waiting:
                self._waiting.remove(turn)

    def release(self, worker: Worker) -> None:
        """The worker has answered. It is free, or makes way for a fresh one if it was reniced: niceness sticks.

        It also makes way where its place went to another query, and has a worker for that already.
        """
        self._leave(worker)
        is_needed = worker.keeper is self._keeper and len(self._idle) + len(self._young) < self._places
        if worker.niceness == 0 and is_needed and not worker.exit.done():
            self._idle.append(worker)
        else:
            worker.close()
        self._fill()

    def discard(self, worker: Worker) -> None:
        """End the worker, whatever it does."""
        self._leave(worker)
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
            if not turn.done():
                turn.set_exception(StoreUnavailable(fault))

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
            self._idle.append(self._keeper.fork())  # which may find that the keeper has ended
        while self._idle and self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(self._take())

    def _take(self) -> Worker:
        worker = self._idle.popleft()
        self._young.add(worker)
        self._look_later(worker, 1, worker.processor_seconds or 0.0)
        return worker

    def _leave(self, worker: Worker) -> None:
        if (timer := self._looks.pop(worker, None)) is not None:
            timer.cancel()
        self._young.discard(worker)
        self._old.discard(worker)

    def _look_later(self, worker: Worker, number: int, before: float) -> None:
        self._looks[worker] = asyncio.get_running_loop().call_later(_LOOK, self._look, worker, number, before)

    def _look(self, worker: Worker, number: int, before: float) -> None:
        """Have a query yield the processor of which it has had its share, and its place when its youth is over."""
        age = number * _LOOK
        now = worker.processor_seconds
        share = age if now is None else now - before
        if worker.niceness < sum(share >= allotment for allotment in _ALLOTMENTS):
            worker.renice()
        if worker in self._young and age >= _YOUTH and len(self._old) < _OLD_PER_PLACE * self._places:
            self._young.remove(worker)
            self._old.add(worker)
            self._fill()
        self._look_later(worker, number + 1, before)
