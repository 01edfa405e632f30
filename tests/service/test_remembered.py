"""Whole responses that are sent again: which ones, for how long, and within which bounds."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest
from pyoxigraph import Literal, NamedNode, Quad
from starlette.types import ASGIApp, Receive, Scope, Send

from harmgraph.service.app import create_app
from harmgraph.service.http.access import Accesses, AccessLog
from harmgraph.service.http.metrics import Metrics
from harmgraph.service.http.remembered import Remembered, repeatable
from harmgraph.settings import Settings
from harmgraph.store.local.embedded import EmbeddedStore

from .bare import Asked, Response, accesses, asked
from .conftest import publish

VALUE = b"query=SELECT%20%3Fv%20%7B%20%3Curn%3As%3E%20%3Curn%3Ap%3E%20%3Fv%20%7D&format=csv"
SIZE = 160_000
STORED = 3_000
"""About what an entry takes beside its body."""


class Handler:
    """Answers every request with as many bytes as its query says, and counts the requests that come here."""

    def __init__(self, *, parts: int = 1, is_repeatable: bool = True, breaks: bool = False) -> None:
        self.calls: Counter[bytes] = Counter()
        self.store = SimpleNamespace(release="r", validator="r disk")
        self._parts = parts
        self._is_repeatable = is_repeatable
        self._breaks = breaks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = scope["query_string"]
        self.calls[query] += 1
        if self._is_repeatable:
            repeatable(scope, "r disk")
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x", b"y")]})
        for part in range(self._parts):
            await send(
                {"type": "http.response.body", "body": b"a" * int(query or 1), "more_body": part + 1 < self._parts}
            )
            if self._breaks:
                raise OSError("it broke off")


def remembering(handler: Handler, size: int = SIZE) -> ASGIApp:
    """The handler behind a memory, for requests of one service."""
    noted = Accesses(Metrics())
    app = Remembered(AccessLog(handler, noted), size, noted)

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"]["service"] = SimpleNamespace(store=handler.store)
        await app(scope, receive, send)

    return served


def ask(app: ASGIApp, *requests: Asked) -> list[Response]:
    """The responses, one after another."""

    async def each() -> list[Response]:
        return [await asked(app, request) for request in requests]

    return asyncio.run(each())


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        (Asked(b"7"), True),
        (Asked(b"7", ((b"user-agent", b"a"), (b"range", b"bytes=0-1"), (b"cookie", b"b=c"))), True),
        (Asked(b"7", client="203.0.113.7"), True),
        (Asked(b"8"), False),
        (Asked(b"7", path="/sparql/"), False),
        (Asked(b"7", ((b"accept", b"text/csv"),)), False),
        (Asked(b"7", ((b"accept-encoding", b"gzip"),)), False),
        (Asked(b"7", ((b"if-none-match", b'"a"'),)), False),
        (Asked(b"7", method="HEAD"), False),
        (Asked(b"7", method="POST"), False),
    ],
)
def test_a_request_is_the_same_by_its_url_and_the_headers_that_decide(other: Asked, is_same: bool) -> None:
    handler = Handler()
    first, second = ask(remembering(handler), Asked(b"7"), other)
    assert handler.calls.total() == (1 if is_same else 2)
    if is_same:
        assert first == second


@pytest.mark.parametrize(
    "handler", [Handler(is_repeatable=False), Handler(parts=2)], ids=["not called repeatable", "in several parts"]
)
def test_what_is_not_remembered(handler: Handler) -> None:
    app = remembering(handler)
    ask(app, Asked(b"7"), Asked(b"7"))
    assert handler.calls[b"7"] == 2


def test_what_broke_off_is_not_remembered() -> None:
    handler = Handler(parts=2, breaks=True)
    app = remembering(handler)
    for _ in range(2):
        with pytest.raises(OSError, match="broke off"):
            ask(app, Asked(b"7"))
    assert handler.calls[b"7"] == 2


def test_no_response_is_too_large_and_all_stay_within_the_bytes() -> None:
    handler = Handler()
    largest = SIZE // 16 - STORED - 1_000
    sizes = [str(largest - number).encode() for number in range(60)]
    app = remembering(handler)
    ask(app, *map(Asked, sizes))
    ask(app, *map(Asked, reversed(sizes)))
    repeated = sum(count == 1 for count in handler.calls.values())
    assert 16 <= repeated <= SIZE // (largest - 60), "as many as there is room for, the ones that were asked for last"
    ask(app, Asked(str(SIZE // 16).encode()), Asked(str(SIZE // 16).encode()))
    assert handler.calls[str(SIZE // 16).encode()] == 2
    ask(app, *[Asked(b"1", ((b"accept", b"a" * (SIZE // 16)),))] * 2)
    assert handler.calls[b"1"] == 2, "what it was asked by takes room as well"


def test_without_room_nothing_is_remembered() -> None:
    handler = Handler()
    ask(remembering(handler, size=0), Asked(b"7"), Asked(b"7"))
    assert handler.calls[b"7"] == 2


def test_all_is_forgotten_when_the_data_are_others() -> None:
    handler = Handler()
    app = remembering(handler)
    ask(app, Asked(b"7"), Asked(b"7"))
    handler.store.validator = "r memory"
    ask(app, Asked(b"7"))
    assert handler.calls[b"7"] == 2
    ask(app, Asked(b"7"))
    assert handler.calls[b"7"] == 3, "and what was of the data before is not remembered for those of now"
    handler.store = SimpleNamespace(release="r", validator="r disk")  # the same release, built again
    ask(app, Asked(b"7"), Asked(b"7"))
    assert handler.calls[b"7"] == 4


def test_the_log_has_each_of_them() -> None:
    handler = Handler()
    app = remembering(handler)
    with accesses() as logged:
        ask(app, Asked(b"7"), Asked(b"7"))
    assert logged[0] == logged[1]
    assert (logged[1].status, logged[1].bytes) == (200, 7)


def _release(folder: Path, version: int) -> Path:
    value = Quad(NamedNode("urn:s"), NamedNode("urn:p"), Literal(str(version)), NamedNode("urn:g"))
    return publish(folder, [value], f"2026-01-01T00:00:0{version}Z").path


def test_another_release_answers_at_once(tmp_path: Path) -> None:
    settings = Settings(store="memory", workers=1, inbox="off", releases=tmp_path)

    async def thrice(app: ASGIApp) -> Response:
        responses = [await asked(app, Asked(VALUE)) for _ in range(3)]
        assert responses[0] == responses[1] == responses[2]
        for _ in range(2):
            assert (await asked(app, holding(responses[0]))).status == 304
        return responses[0]

    async def served() -> None:
        stores = [await EmbeddedStore.open(_release(tmp_path, version), settings) for version in (1, 2)]
        app = create_app(stores[0], settings)
        one = await thrice(app)
        app.state.serving.switch(stores[1])
        assert (await asked(app, holding(one))).status == 200
        two = await thrice(app)
        assert (one.body.split(), two.body.split()) == ([b"v", b"1"], [b"v", b"2"])
        await app.state.serving.close()

    def holding(response: Response) -> Asked:
        return Asked(VALUE, ((b"if-none-match", (response.header("ETag") or "").encode()),))

    asyncio.run(served())
