"""Log records as JSON lines, for whatever collects them; the access log with a member for each thing it knows."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict
from datetime import UTC, datetime

from harmgraph.errors import HarmgraphError
from harmgraph.service.http.access import Access


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, and the message or what is known of a request."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record, without its end."""
        access = getattr(record, "access", None)
        body = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            **(asdict(access) if isinstance(access, Access) else {"message": record.getMessage()}),
        }
        if record.exc_info:
            body["exception"] = self.formatException(record.exc_info)
        return json.dumps(body, ensure_ascii=False)


def choose_format(name: str) -> None:
    """Have the handlers that there are write ``text``, as they do, or ``json``."""
    if name not in ("text", "json"):
        raise HarmgraphError(f"HARMGRAPH_LOG_FORMAT={name!r} is neither text nor json")
    if name == "json":
        for handler in logging.getLogger().handlers:
            handler.setFormatter(JsonLines())
