"""Frames: how a query goes to its worker and the answer comes back over one stream socket.

A frame is a kind (one byte), a length (four bytes) and a payload. An answer is BEGIN, any number of CHUNK, then
END or LAST; a socket that closes before that has brought a broken answer, however well it reads. FAILED takes
the place of whatever was still to come.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import fields
from typing import Final

from harmgraph.errors import (
    AnswerBroken,
    LimitExceeded,
    NotAcceptable,
    QueryFailed,
    QueryRefused,
    StoreUnavailable,
    UpdateRefused,
)
from harmgraph.store.base import Query

QUERY: Final = b"Q"
BEGIN: Final = b"B"
CHUNK: Final = b"C"
END: Final = b"E"
LAST: Final = b"L"
"""The end of the answer and of its worker, which has grown and makes way for a fresh one."""
FAILED: Final = b"F"

_HEADER: Final = struct.Struct("!cI")
_FIELDS: Final = tuple(field.name for field in fields(Query))


def frame(kind: bytes, payload: bytes = b"") -> bytes:
    """The bytes of one frame."""
    return _HEADER.pack(kind, len(payload)) + payload


class Frames:
    """Cuts a stream of bytes, however it arrives, back into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """The frames that ``data`` completes, as kind and payload."""
        buffer = self._buffer
        buffer += data
        start = 0
        while len(buffer) - start >= _HEADER.size:
            kind, length = _HEADER.unpack_from(buffer, start)
            end = start + _HEADER.size + length
            if end > len(buffer):
                break
            yield kind, bytes(memoryview(buffer)[start + _HEADER.size : end])
            start = end
        del buffer[:start]


def pack_query(query: Query, deadline: float) -> bytes:
    """The frame of a query. ``deadline`` is by the monotonic clock, which all processes of a machine share."""
    return frame(QUERY, json.dumps({"deadline": deadline} | {name: getattr(query, name) for name in _FIELDS}).encode())


def unpack_query(payload: bytes) -> tuple[Query, float]:
    """The query and its deadline."""
    values = json.loads(payload)
    deadline = float(values.pop("deadline"))
    for name in ("default_graphs", "named_graphs"):
        values[name] = tuple(values[name])
    return Query(**values), deadline


def pack_beginning(media_type: str, *, truncated: bool, at_hand: bool) -> bytes:
    """The frame that opens an answer; ``at_hand`` where all the others follow at once."""
    return frame(BEGIN, (b"t" if truncated else b"w") + (b"a" if at_hand else b"l") + media_type.encode())


def unpack_beginning(payload: bytes) -> tuple[str, bool, bool]:
    """The media type, whether the answer is truncated, and whether all of it is at hand."""
    return payload[2:].decode(), payload[:1] == b"t", payload[1:2] == b"a"


def pack_failure(error: QueryFailed) -> bytes:
    """The frame of a failure, which `unpack_failure` makes the same exception again."""
    values: dict[str, object] = {"error": type(error).__name__, "message": str(error)}
    if isinstance(error, NotAcceptable):
        values["offers"] = error.offers
    elif isinstance(error, LimitExceeded):
        values |= {"limit": error.limit, "value": error.value}
    return frame(FAILED, json.dumps(values).encode())


def unpack_failure(payload: bytes) -> QueryFailed:
    """The exception that a FAILED frame carries."""
    values = json.loads(payload)
    message = values["message"]
    match values["error"]:
        case "NotAcceptable":
            return NotAcceptable(message, tuple(values["offers"]))
        case "LimitExceeded":
            return LimitExceeded(message, values["limit"], values["value"])
        case "QueryRefused":
            return QueryRefused(message)
        case "UpdateRefused":
            return UpdateRefused(message)
        case "StoreUnavailable":
            return StoreUnavailable(message)
        case _:
            return AnswerBroken(message)
