"""A web server on loopback that answers as it is told to, well or badly, and remembers what it was asked."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import urlsplit

from webob.byterange import Range

Framing = Literal["length", "chunked", "none"]


@dataclass(frozen=True)
class Answer:
    """One answer: ``cut`` bytes of the body are sent before it hangs up, half of it before a ``pause``."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    framing: Framing = "length"
    cut: int | None = None
    pause: float = 0.0


Asked = Mapping[str, str]
"""The headers of a request, and ":method", ":target" and ":body"."""
Answering = Callable[[Asked], Answer]


def served(body: bytes, etag: str = '"v1"', **headers: str) -> Answering:
    """A file on a server that does conditions and ranges as RFC 9110 says."""

    def answering(asked: Asked) -> Answer:
        validators = {"ETag": etag, "Content-Type": "application/octet-stream", **headers}
        if etag and etag in asked.get("If-None-Match", ""):
            return Answer(status=304, headers={"ETag": etag})
        wanted = Range.parse(asked.get("Range", ""))
        if wanted is None or asked.get("If-Range", etag) not in (etag, headers.get("Last-Modified")):
            return Answer(body, headers=validators)
        if wanted.start >= len(body):
            return Answer(status=416, headers={"Content-Range": f"bytes */{len(body)}"})
        given = f"bytes {wanted.start}-{len(body) - 1}/{len(body)}"
        return Answer(body[wanted.start :], 206, {**validators, "Content-Range": given})

    return answering


def packed(body: bytes) -> Answer:
    """The file as a server sends it that encodes although nobody asked for it."""
    return Answer(gzip.compress(body), headers={"Content-Encoding": "gzip", "ETag": '"v1"', "Content-Type": "text/csv"})


class Site:
    """The server. What a path answers is a list: each request takes one of it, and the last one stays."""

    def __init__(self) -> None:
        self.paths: dict[str, list[Answer | Answering]] = {}
        self.asked: list[tuple[str, Asked]] = []
        self.goes_on = threading.Event()
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._answer(b"")

            def do_POST(self) -> None:
                self._answer(self.rfile.read(int(self.headers["Content-Length"])))

            def _answer(self, body: bytes) -> None:
                asked = {**self.headers, ":method": self.command, ":target": self.path, ":body": body.decode()}
                site.asked.append((self.path, asked))
                script = site.paths.get(urlsplit(self.path).path, [Answer(b"not here", 404)])
                step = script.pop(0) if len(script) > 1 else script[0]
                with suppress(ConnectionError):  # the client may hang up, which is what some tests are about
                    self._send(step if isinstance(step, Answer) else step(asked))

            def _send(self, answer: Answer) -> None:
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if answer.framing == "chunked":
                    self.send_header("Transfer-Encoding", "chunked")
                elif answer.framing == "length" and answer.status != 304:
                    self.send_header("Content-Length", str(len(answer.body)))
                self.close_connection = answer.cut is not None or answer.framing == "none"
                self.end_headers()
                body = answer.body if answer.cut is None else answer.body[: answer.cut]
                if answer.framing == "chunked":
                    body = b"%x\r\n%s\r\n" % (len(body), body) + (b"0\r\n\r\n" if answer.cut is None else b"")
                half = len(body) // 2 if answer.pause else len(body)
                self.wfile.write(body[:half])
                if answer.pause:
                    site.goes_on.wait(answer.pause)
                    self.wfile.write(body[half:])

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def at(self, path: str, *answers: Answer | Answering) -> str:
        """The URL of a path that gives these answers, one after the other."""
        self.paths[path] = list(answers)
        return self.url + path

    def headers(self, number: int) -> Asked:
        """What the request of this number asked with."""
        return self.asked[number][1]

    def close(self) -> None:
        """End the server."""
        self.goes_on.set()
        self._server.shutdown()
        self._server.server_close()


def until(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait until this holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.01)
