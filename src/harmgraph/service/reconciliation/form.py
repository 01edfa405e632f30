"""A request to the reconciliation endpoint → its parameters; and a value → the JSON, or JSONP, that answers it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from email.message import Message
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from harmgraph.service.http.conditional import CACHE_CONTROL
from harmgraph.service.http.forms import FORM, body_bytes, pairs
from harmgraph.service.reconciliation.queries import read_json

JSON: Final = "application/json"
_CALLBACK: Final = re.compile(r"[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*", re.ASCII)
_CALLBACK_LENGTH: Final = 100


async def parameters(request: Request) -> dict[str, str]:
    """The parameters of the query string, and those of a form; of one that is given twice, the last."""
    found = dict(pairs(request.scope["query_string"], "the query string"))
    if request.method == "POST":
        _expect(request, FORM)
        found |= dict(pairs(await body_bytes(request), "the form"))
    return found


async def json_body(request: Request) -> object:
    """The JSON that was posted."""
    _expect(request, JSON)
    return read_json(await body_bytes(request), "the body")


def _expect(request: Request, media_type: str) -> None:
    header = Message()
    header["Content-Type"] = request.headers.get("content-type") or FORM
    if header.get_content_type() != media_type:
        message = f"send the body as {media_type}, not as {header.get_content_type()}"
        raise HTTPException(415, message, {"Accept-Post": media_type})


def answer(request: Request, value: object, given: Mapping[str, str]) -> Response:
    """The value as JSON, or as a call of the function that ``callback`` names."""
    # ASCII: JavaScript of before 2019 ends a line at U+2028, and a key may hold half a surrogate pair.
    text = json.dumps(value)
    media_type = JSON
    if (callback := given.get("callback")) is not None:
        if len(callback) > _CALLBACK_LENGTH or _CALLBACK.fullmatch(callback) is None:
            raise HTTPException(400, f"callback={callback[:_CALLBACK_LENGTH]!r} is no name of a JavaScript function")
        # The comment keeps the answer from being taken for a file of a kind that its first bytes could name.
        text, media_type = f"/**/{callback}({text});", "application/javascript"
    headers = {"Cache-Control": CACHE_CONTROL if request.method in ("GET", "HEAD") else "no-store"}
    return Response(text, media_type=media_type, headers=headers)


def whole_number(given: Mapping[str, str], name: str, default: int, largest: int) -> int:
    """The parameter as a number from 0 on; raises 400 where it is none."""
    text = given.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise HTTPException(400, f"{name}={text[:40]} is not a whole number")
    return min(int(text), largest)
