"""How many suggestions each client has sent within the hour, in the memory of this process alone.

The limit over all clients is not here but in the folder, where it holds for all processes together.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Final

from cachetools import TTLCache

from harmgraph.errors import TooManySuggestions
from harmgraph.service.http.clients import counted_client

_HOUR: Final = 3600
_CLIENTS: Final = 10_000
"""Clients that are remembered: when more come within the hour, the oldest are forgotten. About 2 MB."""


class Rates:
    """The counts of the clients; addresses are forgotten after an hour and written nowhere."""

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._sent: TTLCache[str, tuple[int, float]] = TTLCache(_CLIENTS, _HOUR, timer=clock)

    def count(self, host: str | None) -> None:
        """One more of this client, good or bad; raises `TooManySuggestions` where it has sent its share."""
        client = counted_client(host)
        if client is None or self._limit == 0:
            return
        now = self._clock()
        number, since = self._sent.get(client, (0, now))
        if now - since >= _HOUR:
            number, since = 0, now
        if number >= self._limit:
            wait = max(1, math.ceil(since + _HOUR - now))
            raise TooManySuggestions(f"{self._limit} suggestions came from your address within the hour", wait)
        self._sent[client] = (number + 1, since)
