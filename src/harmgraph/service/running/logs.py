"""Log records as JSON lines, for whatever collects them; the access log with a member for each thing it knows."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TextIO

from harmgraph.errors import HarmgraphError
from harmgraph.service.http.access import Access, line_of
from harmgraph.service.http.access import log as access_log


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, and the message or what is known of a request."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record, without its end."""
        access = getattr(record, "access", None)
        known = access._asdict() if isinstance(access, Access) else {"message": record.getMessage()}
        if record.exc_info:
            known["exception"] = self.formatException(record.exc_info)
        return _object(record.created, record.levelname, record.name, known)


def choose_format(name: str) -> None:
    """Have the handlers that there are write ``text``, as they do, or ``json``."""
    if name not in ("text", "json"):
        raise HarmgraphError(f"HARMGRAPH_LOG_FORMAT={name!r} is neither text nor json")
    if name == "json":
        for handler in logging.getLogger().handlers:
            handler.setFormatter(JsonLines())


def access_writer() -> Callable[[Access], bool] | None:
    """Writes what the one handler that there is would write of a request, in a third of the time; see `Accesses`.

    A request takes longer to be made a record of, and the record to find its handler, than to be answered from memory.
    None where the log goes elsewhere, or is written in another format than ours.
    """
    handler = _only_handler()
    if handler is None:
        return None
    stream, is_json = handler.stream, isinstance(handler.formatter, JsonLines)

    def write(access: Access) -> bool:
        line = _object(time.time(), "INFO", access_log.name, access._asdict()) if is_json else line_of(access)
        try:
            handler.acquire()
            stream.write(line + "\n")
            stream.flush()
        except (OSError, ValueError):
            return False  # `logging` knows what to do where nothing can be written
        finally:
            handler.release()
        return True

    return write


def _only_handler() -> logging.StreamHandler[TextIO] | None:
    """The handler of the access log, where it is the only one and passes on every line as it is, or as JSON."""
    handlers = [*access_log.handlers, *logging.getLogger("harmgraph").handlers, *logging.getLogger().handlers]
    if len(handlers) != 1 or type(handlers[0]) is not logging.StreamHandler or handlers[0].filters:
        return None
    formatter = handlers[0].formatter
    is_bare = formatter is not None and formatter._fmt == "%(message)s"
    return handlers[0] if is_bare or isinstance(formatter, JsonLines) else None


def _object(created: float, level: str, logger: str, known: Mapping[str, object]) -> str:
    when = datetime.fromtimestamp(created, UTC).isoformat(timespec="milliseconds")
    return json.dumps({"time": when, "level": level.lower(), "logger": logger, **known}, ensure_ascii=False)
