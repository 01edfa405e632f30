"""An HTTP request → the query it carries, by the SPARQL 1.1 Protocol §2.1: GET, form POST and direct POST.

Decodes percent signs and plus signs exactly once and strictly: what is not UTF-8 is refused, not guessed at.
Does not read the query itself; the store does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from email.message import Message
from typing import Final

from pyoxigraph import NamedNode
from starlette.exceptions import HTTPException
from starlette.requests import Request

from harmgraph.service.http.forms import FORM, body_bytes, pairs, utf8

DIRECT: Final = "application/sparql-query"
UPDATE: Final = "application/sparql-update"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the client asks: the query's text, or None where it sent none, and the parameters beside it."""

    query: str | None
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    timeout: float | None = None
    format: str | None = None


async def asked(request: Request) -> Asked:
    """The query of the request; raises `HTTPException` with the status that the protocol has for the fault."""
    given = pairs(request.scope["query_string"], "the query string")
    if request.method == "POST":
        given += await _body(request)
    if len(given) == 1 and given[0][0] == "query":
        return Asked(given[0][1])
    values: dict[str, list[str]] = {}
    for name, value in given:
        values.setdefault(name, []).append(value)
    if "update" in values:
        raise _refused_update()
    return Asked(
        query=_single(values, "query"),
        default_graphs=_graphs(values, "default-graph-uri"),
        named_graphs=_graphs(values, "named-graph-uri"),
        timeout=_seconds(_single(values, "timeout")),
        format=_format(values),
    )


async def _body(request: Request) -> list[tuple[str, str]]:
    header = Message()
    header["Content-Type"] = request.headers.get("content-type", "")
    media_type, charset = header.get_content_type(), header.get_content_charset("utf-8")
    if media_type == UPDATE:
        raise _refused_update()
    if not request.headers.get("content-type") or media_type not in (FORM, DIRECT):
        raise HTTPException(415, f"send the query as {DIRECT} or {FORM}, not as {media_type}")
    if charset not in ("utf-8", "utf8", "us-ascii"):
        raise HTTPException(415, f"send the query in UTF-8, not in {charset}")
    body = await body_bytes(request)
    return pairs(body, "the form") if media_type == FORM else [("query", utf8(body, "the query"))]


def _single(values: dict[str, list[str]], name: str) -> str | None:
    found = values.get(name, [])
    if len(found) > 1:
        raise HTTPException(400, f"the parameter {name} is given {len(found)} times; give it once")
    return found[0] if found else None


def _format(values: dict[str, list[str]]) -> str | None:
    """The format; where a name of one stands beside a media type, that, for SPARQLWrapper 2.0 sends both."""
    media_types = [value for value in values.get("format", []) if "/" in value]
    return media_types[0] if len(media_types) == 1 else _single(values, "format")


def _graphs(values: dict[str, list[str]], name: str) -> tuple[str, ...]:
    for iri in values.get(name, ()):
        try:
            NamedNode(iri)
        except ValueError as cause:
            raise HTTPException(400, f"{name}={iri} is not an absolute IRI: {cause}") from cause
    return tuple(values.get(name, ()))


def _seconds(raw: str | None) -> float | None:
    if not raw:
        return None
    try:
        seconds = float(raw)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise HTTPException(400, f"timeout={raw} is not a positive number of seconds")
    return seconds


def _refused_update() -> HTTPException:
    return HTTPException(403, "this service is read-only: updates are refused, data enter by a validated build")
