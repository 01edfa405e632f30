"""An answer whose first bytes are awaited before the rest, so that an early failure is an exception of whoever asks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self


class FirstBytes(ABC):
    """An asynchronous iterator over the chunks of an answer; `begin` awaits the first of them."""

    _first: bytes | None = None

    async def begin(self) -> None:
        """Return when the first bytes are there; raises what is wrong until then."""
        self._first = await self._next()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        chunk, self._first = self._first, None
        if chunk is None:
            chunk = await self._next()
        if not chunk:
            raise StopAsyncIteration
        return chunk

    @abstractmethod
    async def _next(self) -> bytes:
        """The next bytes; empty at the end."""
