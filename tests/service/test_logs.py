"""The access log is written past `logging` where that would write the same, and only there."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from harmgraph.service.http.access import Access, Accesses
from harmgraph.service.http.access import log as access_log
from harmgraph.service.http.metrics import Metrics
from harmgraph.service.running import logs

ACCESSES = (
    Access("GET", "/sparql", "/sparql", 200, 0.0123, 558, "0123456789ab", "cached", "r1"),
    Access("GET", "/doc/{path}", '/doc/"\\n\\u202e%s %d"', 404, 12.0, 0, None, "whole", "r1"),
)


@contextmanager
def only_handler() -> Iterator[io.StringIO]:
    """Where the one handler that there is writes to, as in a service that runs."""
    stream, root = io.StringIO(), logging.getLogger()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(message)s"))
    before, root.handlers = root.handlers, [handler]  # pytest has its own there during a test
    access_log.setLevel(logging.INFO)
    try:
        yield stream
    finally:
        root.handlers = before
        access_log.setLevel(logging.NOTSET)


def noted(accesses: Accesses, stream: io.StringIO) -> list[str]:
    """What is written of some requests."""
    stream.seek(0)
    stream.truncate()
    for each in ACCESSES:
        accesses.note(each)
    return stream.getvalue().splitlines()


@pytest.mark.parametrize("name", ["text", "json"])
def test_the_short_way_writes_what_logging_writes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with only_handler() as stream:
        logs.choose_format(name)
        accesses = Accesses(Metrics())
        usual = noted(accesses, stream)
        accesses.write = logs.access_writer()
        monkeypatch.setattr(access_log, "handle", lambda record: pytest.fail("it went the usual way"))
        short = noted(accesses, stream)
    assert accesses.write is not None
    assert len(usual) == len(ACCESSES)
    if name == "json":
        known = [{**json.loads(line), "time": None} for line in usual]
        assert [{**json.loads(line), "time": None} for line in short] == known
        assert [list(json.loads(line)) for line in short] == [list(each) for each in known]
    else:
        assert short == usual


def test_what_cannot_be_written_is_left_to_logging(capsys: pytest.CaptureFixture[str]) -> None:
    with only_handler() as stream:
        accesses = Accesses(Metrics())
        accesses.write = logs.access_writer()
        assert accesses.write is not None
        stream.close()
        accesses.note(ACCESSES[0])
    assert "Logging error" in capsys.readouterr().err


def test_nobody_else_who_listens_is_passed_over() -> None:
    with only_handler() as stream:
        assert logs.access_writer() is not None
        root = logging.getLogger()
        root.handlers.append(logging.StreamHandler(stream))
        assert logs.access_writer() is None
        del root.handlers[1]
        root.handlers[0].setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        assert logs.access_writer() is None
        root.handlers[0].setFormatter(logging.Formatter("%(message)s"))
        access_log.addHandler(logging.StreamHandler(stream))
        assert logs.access_writer() is None
        access_log.handlers.clear()
        root.handlers[0].addFilter(lambda record: False)
        assert logs.access_writer() is None


def test_a_level_above_it_keeps_it_out() -> None:
    with only_handler() as stream:
        accesses = Accesses(Metrics())
        accesses.write = logs.access_writer()
        access_log.setLevel(logging.WARNING)
        assert noted(accesses, stream) == []
