"""An application without a server before it: requests as ASGI has them, and all that comes back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.types import ASGIApp, Message

from harmgraph.service.http.access import Access

Headers = tuple[tuple[bytes, bytes], ...]
_HOSTS: Final = {"server": ("127.0.0.1", 80), "scheme": "http", "http_version": "1.1"}


@dataclass(frozen=True)
class Asked:
    """A request, as far as clients differ."""

    query: bytes = b""
    headers: Headers = ()
    method: str = "GET"
    path: str = "/sparql"
    client: str = "127.0.0.1"


@dataclass
class Response:
    """A response, whole."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    is_whole: bool = False

    def header(self, name: str) -> str | None:
        """The value of the header."""
        return next((value.decode() for key, value in self.headers if key.decode() == name.lower()), None)


async def asked(app: ASGIApp, request: Asked) -> Response:
    """The response to the request of a client that stays until it is there."""
    response = Response()

    async def receive() -> Message:
        if not response.is_whole:
            await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            response.status, response.headers = message["status"], list(message["headers"])
        else:
            response.body += message.get("body", b"")
            response.is_whole = not message.get("more_body", False)

    await app(scope_of(request), receive, send)
    return response


def scope_of(request: Asked) -> dict[str, Any]:
    """The request as uvicorn passes it on."""
    return {
        **_HOSTS,
        "type": "http",
        "method": request.method,
        "path": request.path,
        "raw_path": request.path.encode(),
        "query_string": request.query,
        "root_path": "",
        "headers": [(b"host", b"127.0.0.1"), *request.headers],
        "client": (request.client, 50_000),
        "state": {},
    }


@contextmanager
def accesses() -> Iterator[list[Access]]:
    """What the access log has of each request that ends meanwhile, but for the seconds that it took."""
    found: list[Access] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            access: Access = record.access  # type: ignore[attr-defined]  # it comes by `extra`
            found.append(access._replace(seconds=0.0))

    logger, handler = logging.getLogger("harmgraph.service.access"), Handler()
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    yield found
    logger.removeHandler(handler)
    logger.setLevel(level)
