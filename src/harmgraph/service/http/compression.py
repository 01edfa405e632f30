"""Content codings: gzip and zstd for whoever accepts them, chunk by chunk, so that a stream stays one.

What each chunk gives is flushed, so first bytes are not held back. A coded answer has a strong ETag of its own.
One that breaks off stays broken: neither the coding nor the chunked encoding is brought to its end.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import lru_cache
from typing import Final, Protocol

import zstandard
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from webob.acceptparse import create_accept_encoding_header

from harmgraph.service.http.conditional import coded

_LEAST: Final = 1_000
"""Bytes of a whole body below which coding it saves nothing."""
_CODINGS: Final = ("zstd", "gzip")
_GZIP_LEVEL: Final = 4
_ZSTD_LEVEL: Final = 3
_TEXT: Final = (b"text/", b"application/", b"image/svg")
_CODED_ALREADY: Final = (b"application/gzip", b"application/zstd", b"application/zip", b"application/octet-stream")


class _Coder(Protocol):
    """Codes a body part by part."""

    def part(self, data: bytes, *, last: bool) -> bytes:
        """What this part becomes, none of it held back."""
        ...


class _Gzip:
    def __init__(self) -> None:
        self._compressor = zlib.compressobj(_GZIP_LEVEL, wbits=31)

    def part(self, data: bytes, *, last: bool) -> bytes:
        return self._compressor.compress(data) + self._compressor.flush(zlib.Z_FINISH if last else zlib.Z_SYNC_FLUSH)


class _Zstd:
    def __init__(self) -> None:
        self._compressor = zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compressobj()

    def part(self, data: bytes, *, last: bool) -> bytes:
        end = zstandard.COMPRESSOBJ_FLUSH_FINISH if last else zstandard.COMPRESSOBJ_FLUSH_BLOCK
        return self._compressor.compress(data) + self._compressor.flush(end)


_CODERS: Final[dict[str, Callable[[], _Coder]]] = {"gzip": _Gzip, "zstd": _Zstd}


class Compression:
    """Codes the bodies of responses as their clients accept it (RFC 9110 §12.5.3)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with a ``send`` that codes the body."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        else:
            lines = [value.decode("latin-1") for name, value in scope["headers"] if name == b"accept-encoding"]
            coding = _accepted(", ".join(lines)) if lines else None
            await self.app(scope, receive, _Response(send, coding, is_head=scope["method"] == "HEAD"))


class _Response:
    """One response on its way out; holds its head back until the first part of its body is there."""

    def __init__(self, send: Send, coding: str | None, *, is_head: bool) -> None:
        self._send = send
        self._coding = coding
        self._is_head = is_head
        self._head: Message | None = None
        self._coder: _Coder | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._head = message
        elif message["type"] == "http.response.body":
            await self._body(message)
        else:
            await self._send(message)

    async def _body(self, message: Message) -> None:
        body, last = message.get("body", b""), not message.get("more_body", False)
        head, self._head = self._head, None
        if head is not None and self._is_coded(head["status"], head["headers"], body, last=last):
            self._begin(MutableHeaders(raw=head["headers"]), is_bodiless=self._is_head and not body)
        if self._coder is not None and (body or last):
            body = self._coder.part(body, last=last)
            if head is not None and last:
                MutableHeaders(raw=head["headers"])["Content-Length"] = str(len(body))
        if head is not None:
            await self._send(head)
        await self._send({"type": "http.response.body", "body": body, "more_body": not last})

    def _is_coded(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes, *, last: bool) -> bool:
        """Whether the body is coded. What might be, for another client or at another length, says so in ``Vary``."""
        known = dict(headers)
        if status == 304:
            _add_vary(headers)
        kind = known.get(b"content-type", b"")
        if status in (204, 206, 304) or not kind.startswith(_TEXT) or kind.startswith(_CODED_ALREADY):
            return False
        if b"repr-digest" in known:  # a file that comes with its checksum, its length and ranges: those of these bytes
            return False
        _add_vary(headers)
        if self._coding is None or b"content-encoding" in known:
            return False
        return int(known.get(b"content-length", len(body) if last and not self._is_head else _LEAST)) >= _LEAST

    def _begin(self, headers: MutableHeaders, *, is_bodiless: bool) -> None:
        assert self._coding is not None
        headers["Content-Encoding"] = self._coding
        if tag := headers.get("etag"):
            headers["ETag"] = coded(tag, self._coding)
        if "content-length" in headers:
            del headers["content-length"]
        if not is_bodiless:
            self._coder = _CODERS[self._coding]()


def _add_vary(headers: list[tuple[bytes, bytes]]) -> None:
    for place, (name, value) in enumerate(headers):
        if name == b"vary":
            headers[place] = (name, value + b", Accept-Encoding")
            return
    headers.append((b"vary", b"Accept-Encoding"))


@lru_cache(100)
def _accepted(header: str) -> str | None:
    """The coding that the client wants most; None for none."""
    offers = create_accept_encoding_header(header).acceptable_offers((*_CODINGS, "identity"))
    return offers[0][0] if offers and offers[0][0] != "identity" else None
