"""A query that the engine does not take → what to say of it: an update that it is, or where it stops being SPARQL."""

from __future__ import annotations

import re
from typing import Final

_UPDATE: Final = re.compile(
    r"(?:\s|\#[^\r\n]*+|PREFIX\s+[^\s:]*:\s*<[^>]*>|BASE\s*<[^>]*>)*+"
    r"(INSERT|DELETE|LOAD|CLEAR|DROP|CREATE|ADD|MOVE|COPY|WITH)\b",
    re.IGNORECASE,
)
_POSITION: Final = re.compile(r"error at (\d+):(\d+): expected (?:one of )?(.*)", re.DOTALL)


def explained(message: str, text: str) -> str:
    """The parser's message without its classes of characters, and with what stands at its position.

    >>> explained('error at 1:8: expected one of "*", (, [_]', "SELECT % {}")
    'the query is not SPARQL 1.1: at line 1, column 8, between "SELECT " and "% {}": expected "*" or ('
    """
    position = _POSITION.match(message)
    if position is None:
        return f"the query is not SPARQL 1.1: {message}"
    line, column = int(position[1]), int(position[2])
    lines = text.splitlines()
    said = lines[line - 1] if line <= len(lines) else ""
    place = f'between "{said[: column - 1][-30:]}" and "{said[column - 1 :][:30]}"'
    tokens = [token for token in re.split(r', (?=["\w(])', position[3]) if not token.startswith("[")]
    expected = " or ".join(re.sub(r", \[.*", "", token, flags=re.DOTALL) for token in tokens)
    return f"the query is not SPARQL 1.1: at line {line}, column {column}, {place}: expected {expected or 'less'}"


def update_of(text: str) -> str | None:
    """The keyword of the update that this text is, if it is one.

    >>> update_of("PREFIX x: <urn:x> # now\\n insert data {}"), update_of("SELECT * {}")
    ('INSERT', None)
    """
    found = _UPDATE.match(text)
    return found[1].upper() if found is not None else None
