"""Time for queries that come by the thousand: one ticker for all that run or wait, a timer only where one ends soon.

A timer in the loop costs a tenth of a lookup, and most lookups are done before the first tick.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

TICK: Final = 0.025
"""Seconds from one look at the queries to the next."""
_SOON: Final = 4 * TICK
"""Seconds before a deadline from which it has a timer of its own: more than ticks are late on a busy machine."""


@dataclass(slots=True, eq=False)
class Limited:
    """What has to end by a deadline."""

    deadline: float
    expire: Callable[[], None]
    """Called at the deadline unless it was ended before."""
    _timer: asyncio.TimerHandle | None = field(default=None, init=False)

    def approach(self, now: float) -> None:
        """To be called at the beginning and at each tick: sees to it that it expires in time."""
        if self._timer is None and self.deadline - now < _SOON:
            self._timer = asyncio.get_running_loop().call_later(max(self.deadline - now, 0.0), self.expire)

    def end(self) -> None:
        """It has ended."""
        if self._timer is not None:
            self._timer.cancel()


class Ticker:
    """Calls a function at each tick, from `start` on and as long as it returns True."""

    def __init__(self, look: Callable[[], bool]) -> None:
        self._look = look
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Tick, if it does not yet."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(TICK, self._tick)

    @property
    def is_ticking(self) -> bool:
        """Whether there is something to look at."""
        return self._timer is not None

    def _tick(self) -> None:
        self._timer = None
        if self._look():
            self.start()
