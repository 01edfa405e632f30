"""Frames: how a query goes to its worker and the answer comes back over one stream socket.

A frame is a kind (one byte), a length (four bytes) and a payload. An answer is BEGIN, any number of CHUNK, then
END or LAST; a socket that closes before that has brought a broken answer, however well it reads. FAILED takes
the place of whatever was still to come.
"""

from __future__ import annotations

import json
import marshal
import struct
from dataclasses import fields
from operator import attrgetter
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

Frame = tuple[bytes, bytes]
"""A kind and a payload."""

_HEADER: Final = struct.Struct("!cI")
_values: Final = attrgetter(*(field.name for field in fields(Query)))


def frame(kind: bytes, payload: bytes = b"") -> bytes:
    """The bytes of one frame."""
    return _HEADER.pack(kind, len(payload)) + payload


def whole(data: bytes | bytearray | memoryview) -> int | None:
    """How many bytes the frame takes with which the data begins; None where its header is not whole."""
    return _HEADER.size + int(_HEADER.unpack_from(data)[1]) if len(data) >= _HEADER.size else None


class Frames:
    """Cuts a stream of bytes, however it arrives, back into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        """What came of a frame that is not whole yet."""

    def feed(self, data: memoryview) -> list[Frame]:
        """The frames that ``data`` completes."""
        if not self._buffer:  # as good as always: an answer that is small comes in one piece
            found, end = _cut(data)
            self._buffer += data[end:]
            return found
        self._buffer += data
        with memoryview(self._buffer) as view:
            found, end = _cut(view)
        del self._buffer[:end]
        return found


def _cut(data: memoryview) -> tuple[list[Frame], int]:
    """The whole frames with which the data begins, and where they end."""
    found: list[Frame] = []
    start, size = 0, len(data)
    while size - start >= _HEADER.size:
        kind, length = _HEADER.unpack_from(data, start)
        end = start + _HEADER.size + length
        if end > size:
            break
        found.append((kind, bytes(data[start + _HEADER.size : end])))
        start = end
    return found, start


def pack_query(query: Query, deadline: float) -> bytes:
    """The frame of a query. ``deadline`` is by the monotonic clock, which all processes of a machine share.

    In the form of `marshal`, for both ends are the same Python and the worker has reason to trust the service.
    """
    return frame(QUERY, marshal.dumps((deadline, *_values(query))))


def unpack_query(framed: bytes | bytearray) -> tuple[Query, float]:
    """The query and its deadline, from the whole frame."""
    deadline, *values = marshal.loads(memoryview(framed)[_HEADER.size :])
    return Query(*values), deadline


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
