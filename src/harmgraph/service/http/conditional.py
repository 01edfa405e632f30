"""Validators and caching: a strong ETag for each release, path and media type, and 304 where the client has it.

Documents are the same bytes for the same release, so the tag needs no look at the content, and a client that
holds it costs no query.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from harmgraph.service.http.negotiation import header_of

CACHE_CONTROL: Final = "public, max-age=300"
_TAG: Final = re.compile(r'(?:W/)?"([^"]*)"')
"""An entity tag, which may hold commas (RFC 9110 §8.8.3)."""


MANUAL: Final = "manual"
"""The folder of the documentation, whose pages have tags of their own."""


def fingerprint() -> str:
    """A digest of the service's own files: a page changes with its template as well as with the release.

    Of the documentation, only whether it is there, for then all pages lead to it.
    """
    folder = resources.files("harmgraph.service")
    digest = hashlib.blake2b(str((folder / MANUAL).is_dir()).encode(), digest_size=8)
    for each in _files(folder):
        digest.update(each.name.encode() + b"\0" + each.read_bytes())
    return digest.hexdigest()


def etag(request: Request, *parts: str) -> str:
    """The strong ETag of what this URL answers, given the release and whatever else decides the bytes."""
    scope = request.scope
    url = (scope.get("root_path", ""), scope.get("raw_path") or scope["path"], scope["query_string"])
    return f'"{hashlib.blake2b(repr((url, parts)).encode(), digest_size=12).hexdigest()}"'


def not_modified(request: Request, tag: str, headers: Mapping[str, str], *, exists: bool = False) -> Response | None:
    """304 where ``If-None-Match`` lists the tag, weakly compared as RFC 9110 §13.1.2 has it; else None.

    The tag of the same bytes in another content coding counts, and is the one sent back: what the client holds is
    still right. The headers are those that §15.4.5 asks for. ``*`` asks whether there is any such document, which only
    the store knows: it counts where the caller knows as well that one ``exists``.
    """
    header = (header_of(request, b"if-none-match") or "").strip()
    if header == "*" and exists:
        return Response(status_code=304, headers={**headers, "ETag": tag})
    if not header or header == "*":
        return None
    for held in _TAG.findall(header):
        if held.partition("+")[0] == tag.strip('"'):
            return Response(status_code=304, headers={**headers, "ETag": f'"{held}"'})
    return None


def coded(tag: str, coding: str) -> str:
    """The strong tag of the same representation in a content coding: other bytes, so another tag."""
    return f'{tag[:-1]}+{coding}"'


def _files(folder: Traversable) -> list[Traversable]:
    found: list[Traversable] = []
    for each in sorted(folder.iterdir(), key=lambda item: item.name):
        if each.is_dir():
            found += _files(each) if each.name not in ("__pycache__", MANUAL) else []
        else:
            found.append(each)
    return found
