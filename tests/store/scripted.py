"""A server on loopback that answers with the very bytes it is given, well or badly, and keeps what it is asked."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser

JSON = "application/sparql-results+json"


@dataclass(frozen=True)
class Asked:
    """One request."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Scripted:
    """The server: each request takes the next step of the script, and the last one stays."""

    port: int
    script: list[Callable[[socket.socket], None] | bytes]
    asked: list[Asked] = field(default_factory=list)
    hung_up: threading.Event = field(default_factory=threading.Event)
    """Set when a client has closed its connection while a step waits for that."""

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}/sparql"

    def wait_for_the_client_to_leave(self, channel: socket.socket) -> None:
        """A step of a script, after its bytes: return when the client has closed the connection."""
        channel.settimeout(10)
        with suppress(OSError):
            while channel.recv(1024):
                pass
            self.hung_up.set()

    def serve(self, listener: socket.socket) -> None:
        """Answer until the listener is closed."""
        with suppress(OSError):
            while True:
                channel, _ = listener.accept()
                threading.Thread(target=self._answer, args=(channel,), daemon=True).start()

    def _answer(self, channel: socket.socket) -> None:
        with channel, channel.makefile("rb") as reader, suppress(ConnectionError):
            line = reader.readline().decode().strip()
            head = b"".join(iter(reader.readline, b"\r\n"))
            headers = {name.lower(): value for name, value in BytesHeaderParser().parsebytes(head).items()}
            body = reader.read(int(headers.get("content-length", "0")))
            if not line:
                return
            self.asked.append(Asked(line, headers, body))
            step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
            if isinstance(step, bytes):
                channel.sendall(step)
            else:
                step(channel)


@contextmanager
def scripted(*script: Callable[[socket.socket], None] | bytes) -> Iterator[Scripted]:
    """A server with this script."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Scripted(listener.getsockname()[1], list(script))
        thread = threading.Thread(target=server.serve, args=(listener,), daemon=True)
        thread.start()
        yield server
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def response(body: bytes, status: str = "200 OK", content_type: str = JSON, **headers: str) -> bytes:
    """A whole response that closes the connection."""
    fields = {"Content-Type": content_type, "Content-Length": str(len(body)), "Connection": "close", **headers}
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body


TRUE = response(b'{"head":{},"boolean":true}')
RELEASE = response(
    b'{"head":{"vars":["release"]},"results":{"bindings":[{"release":{"type":"literal","value":"of a script"}}]}}'
)
"""What the two requests are answered with that a store makes when it is opened."""
