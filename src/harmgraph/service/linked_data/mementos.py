"""Which releases of the folder have a document, and which of them held at a time: the mementos of RFC 7089.

A document itself is one way to them (`gate`, RFC 7089 §4.1), as the time gate beside it is; `memento` serves them.
"""

from __future__ import annotations

import asyncio
import mmap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from harmgraph.iris import BASE
from harmgraph.service.context import Service, service_of
from harmgraph.service.documents.links import origin
from harmgraph.service.documents.published import built, releases
from harmgraph.service.http.conditional import CACHE_CONTROL
from harmgraph.service.http.negotiation import Format
from harmgraph.service.terms import header_url, resource_iri
from harmgraph.store.opening import is_remote
from harmgraph.store.releases.release import Release

LINK_FORMAT: Final = Format("link", "application/link-format", "Time map")
_STAMP: Final = "%Y%m%d%H%M%S"


@dataclass(frozen=True, slots=True)
class Memento:
    """One release that has the document."""

    release: Release
    moment: datetime

    @property
    def stamp(self) -> str:
        """The moment as addresses have it."""
        return self.moment.strftime(_STAMP)

    def path(self, document: str) -> str:
        """Where it is, below the root of the service."""
        return f"/memento/{self.stamp}/{document}"

    @property
    def date(self) -> str:
        """The moment as HTTP writes it."""
        return format_datetime(self.moment, usegmt=True)


def negotiable(request: Request) -> bool:
    """Whether a document answers ``Accept-Datetime``: not over a store elsewhere, and not where it is a memento."""
    return not is_remote(service_of(request).settings) and not getattr(request.state, "is_memento", False)


def is_asked_for(request: Request) -> bool:
    """Whether the client wants the document as it was at a time."""
    return "accept-datetime" in request.headers and negotiable(request)


async def gate(request: Request, document: str, address: str = "") -> Response:
    """302 to the memento that held at ``Accept-Datetime``: the last one before it, or the first there is (§4.1).

    ``address`` is the document with the suffix of a format, where the client has named one.
    """
    found = await of(service_of(request), document)
    memento = _at(found, _wanted(request))
    root = request.scope.get("root_path", "")
    here = origin(request)
    links = [
        f'<{header_url(f"{here}/{address or document}")}>; rel="original"',
        f'<{header_url(f"{here}/timemap/{document}")}>; rel="timemap"; type="{LINK_FORMAT.media_type}"',
    ]
    headers = {"Vary": "Accept-Datetime", "Cache-Control": CACHE_CONTROL, "Link": ", ".join(links)}
    return RedirectResponse(header_url(root + memento.path(address or document)), 302, headers)


async def kept(service: Service) -> list[Memento]:
    """Every release that says when it was built, the oldest first."""
    every = await asyncio.to_thread(releases, service)
    found = [Memento(release, moment) for release in every if (moment := built(release)) is not None]
    return sorted(found, key=lambda memento: memento.moment)


async def of(service: Service, document: str) -> list[Memento]:
    """Those that have the document, the oldest first; 404 where none has. The start page has no name, and is in all."""
    found = await kept(service)
    if document:
        iri = resource_iri(document.removeprefix("doc/"))
        subject = f"{iri} ".encode() if iri is not None else b""
        found = await asyncio.to_thread(lambda: [m for m in found if subject and describes(m.release, subject)])
    if not found:
        raise HTTPException(404, f"no release that is kept here has {BASE}{document}")
    return found


def _at(found: Sequence[Memento], moment: datetime | None) -> Memento:
    before = [each for each in found if moment is None or each.moment <= moment]
    return before[-1] if before else found[0]


def _wanted(request: Request) -> datetime | None:
    """The moment of ``Accept-Datetime``; None for the newest."""
    header = request.headers.get("accept-datetime")
    if header is None:
        return None
    try:
        moment = parsedate_to_datetime(header)
    except (ValueError, TypeError, OverflowError) as cause:
        text = f"Accept-Datetime: {header} is no date like Thu, 01 Jan 2026 00:00:00 GMT"
        raise HTTPException(400, text) from cause
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def describes(release: Release, subject: bytes) -> bool:
    """Whether the dump, which is sorted, has a line that begins so: found by halving, without a store.

    A line begins with a subject; more of it may be given.
    """
    if release.dump.stat().st_size == 0:
        return False
    with release.dump.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as dump:
        low, high = 0, len(dump)  # the first line that is not before the subject begins in here
        while low < high:
            middle = dump.rfind(b"\n", low, (low + high) // 2) + 1 or low
            end = dump.find(b"\n", middle)
            line = dump[middle : min(end if end >= 0 else len(dump), middle + len(subject))]
            if line < subject:
                low = end + 1 if end >= 0 else len(dump)
            else:
                high = middle
        return dump[low : low + len(subject)] == subject
