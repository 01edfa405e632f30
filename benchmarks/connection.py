"""One HTTP/1.1 connection of a client under measurement: a request goes out, a `Reply` with times comes back.

For `soak.py`. Thin, so that the client takes little of the processors that it shares with the service, and able to
hang up in the middle of an answer. What it does not do: redirects, retries, compression.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from dataclasses import dataclass, field

import httptools

_READ = 256 << 10
_SHOWN = 4 << 20
"""Bytes of a body that are kept to be looked at; of what follows only the hash is."""


class Unanswered(Exception):
    """The connection closed before the answer had begun."""


@dataclass(slots=True)
class Reply:
    """An answer, or as much of one as came."""

    began: float
    ended: float = 0.0
    status: int = 0
    content_type: str = ""
    size: int = 0
    head: bytearray = field(default_factory=bytearray, repr=False)
    whole: bool = False
    keep_alive: bool = True
    _hash: hashlib._Hash = field(default_factory=hashlib.sha256, repr=False)

    @property
    def seconds(self) -> float:
        """From the request to the last byte."""
        return self.ended - self.began

    @property
    def digest(self) -> str:
        """What tells this answer from another one."""
        return f"{self.status} {self.content_type} {self.size} {self._hash.hexdigest()[:16]}"

    # What follows is called by the parser.

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        if name.lower() == b"content-type":
            self.content_type = value.decode("latin-1")

    def on_body(self, data: bytes) -> None:
        """Some bytes of the body."""
        self.size += len(data)
        self._hash.update(data)
        if len(self.head) < _SHOWN:
            self.head += data

    def on_message_complete(self) -> None:
        """The end, with its last chunk or to its length."""
        self.whole = True


class Connection:
    """A connection that is opened when it is needed and kept as long as the server keeps it."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, target: str, accept: str) -> Reply:
        """The answer; not `whole` where the connection broke in the middle, `Unanswered` where it broke before."""
        fresh = self._streams is None
        reply = await self._exchange(target, accept)
        if reply.status == 0 and not fresh:  # the server had closed a connection that stood idle
            reply = await self._exchange(target, accept)
        if reply.status == 0:
            raise Unanswered(target)
        return reply

    async def hang_up(self, target: str, accept: str, after: float | None) -> None:
        """Send a request and close: ``after`` so many seconds, or with None when the answer has begun."""
        reader, writer = await self._open()
        writer.write(self._request(target, accept))
        if after is None:
            await reader.read(1)
        else:
            await asyncio.sleep(after)
        self.close()

    def close(self) -> None:
        """Close without ceremony: what was not sent yet, or not read yet, is dropped."""
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None

    async def _exchange(self, target: str, accept: str) -> Reply:
        reader, writer = await self._open()
        reply = Reply(time.perf_counter())
        parser = httptools.HttpResponseParser(reply)
        try:
            writer.write(self._request(target, accept))
            while not reply.whole and (data := await reader.read(_READ)):
                parser.feed_data(data)
                reply.status = reply.status or parser.get_status_code()
        except OSError:
            pass
        reply.ended = time.perf_counter()
        if not reply.whole or not parser.should_keep_alive():
            self.close()
        return reply

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port, limit=_READ)
        return self._streams

    def _request(self, target: str, accept: str) -> bytes:
        return f"GET {target} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\nAccept: {accept}\r\n\r\n".encode()
