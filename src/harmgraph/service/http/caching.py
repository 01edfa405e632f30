"""Answers that are kept to be sent again: by release, query and formats, within a bound of bytes.

A query that depends on time or chance, or asks another endpoint, is never kept and has no validator. Nothing is kept
that broke off.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final

from cachetools import LRUCache

from harmgraph.store.base import Answer, Query
from harmgraph.store.query_text.service_clauses import federates
from harmgraph.store.query_text.tokens import decode_codepoints, normalised

_SHARE: Final = 16
"""One answer takes at most this part of the cache."""
_OVERHEAD: Final = 500
"""Bytes about that an entry takes beside its body and its query."""

# Function names need no space before them (`1NOW()`), so only a letter before one shows that it is part of a word.
_VOLATILE: Final = re.compile(r"(?<![a-z_])(?:now|rand|uuid|struuid|bnode)(?![a-z_])", re.IGNORECASE)
# Blank nodes of a template are fresh in every answer. A string in it may hold the brace that seems to end it.
_FRESH_NODES: Final = re.compile(r"construct[^}]*?(?:_:|[\[(\"'])", re.IGNORECASE)

# One of these is in whatever the two above find, but for escapes. Only ASCII, for there lower case is a look at bytes.
_SUSPECT: Final = ("now", "rand", "uuid", "bnode", "construct", "service", "\\")

Key = tuple[str, str, *tuple[object, ...]]
"""The validator, the text of the query, and what else decides its answer."""


def is_volatile(text: str) -> bool:
    """Whether the query may answer otherwise over the same data; true as well for some that never would.

    >>> is_volatile("SELECT (NOW() AS ?t) {}"), is_volatile("SELECT * { ?knows ?p ?o }")
    (True, False)
    """
    if text.isascii():
        lower = text.lower()
        if not any(word in lower for word in _SUSPECT):
            return False
    decoded = normalised(decode_codepoints(text))
    return federates(text) or _VOLATILE.search(decoded) is not None or _FRESH_NODES.search(decoded) is not None


@dataclass(frozen=True, slots=True)
class Kept:
    """A whole answer."""

    media_type: str
    body: bytes
    truncated: bool


class ResultCache:
    """The least recently used answers go first. For one event loop."""

    def __init__(self, size: int) -> None:
        self._largest = size // _SHARE
        self._kept: LRUCache[Key, Kept] = LRUCache(size, getsizeof=lambda kept: len(kept.body) + _OVERHEAD)

    def key(self, query: Query, validator: str) -> Key:
        """What decides the answer: all of the query but its timeout, white space and comments, and the data."""
        return (
            validator,
            normalised(query.text),
            query.results_format,
            query.boolean_format,
            query.graph_format,
            query.default_graphs,
            query.named_graphs,
            query.base_iri,
            query.max_rows,
            query.max_bytes,
        )

    def get(self, key: Key) -> Kept | None:
        """The answer that was kept under this key."""
        return self._kept.get(key)

    def keep(self, answer: Answer, key: Key) -> Answer:
        """The same answer, which is kept when it has been read to its end, unless it is large."""
        if self._largest == 0:
            return answer
        chunks = _Recorded(answer, self._largest, lambda kept: self._put(key, kept))
        return Answer(answer.media_type, chunks, answer.truncated, answer.validator, answer.at_hand)

    def _put(self, key: Key, kept: Kept) -> None:
        if len(kept.body) + len(key[1]) + _OVERHEAD <= self._largest:
            self._kept[key] = kept


class _Recorded:
    """The chunks of an answer, remembered as they pass."""

    def __init__(self, answer: Answer, largest: int, whole: Callable[[Kept], None]) -> None:
        self._answer = answer
        self._left = largest
        self._parts: list[bytes] = []
        self._whole = whole

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            chunk = await anext(self._answer.chunks)
        except StopAsyncIteration:
            if self._left >= 0:
                self._whole(Kept(self._answer.media_type, b"".join(self._parts), self._answer.truncated))
                self._left = -1
            raise
        self._left -= len(chunk)
        if self._left >= 0:
            self._parts.append(chunk)
        else:
            self._parts.clear()
        return chunk

    async def aclose(self) -> None:
        """End the answer."""
        await self._answer.close()
