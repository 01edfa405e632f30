"""``/timegate/…``, ``/timemap/…`` and ``/memento/{time}/…``: what a document said in releases of before (RFC 7089).

The mementos of a document are the releases in the folder that describe its thing; each has the moment at which it was
built. A memento is answered like any document, by a store over its release, with links that stay in that release.
So are earlier versions of the ontology, whose IRIs ``/ns/…`` lead here.
"""

from __future__ import annotations

import asyncio
import json
import mmap
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Final, cast

from fastapi import APIRouter
from pyoxigraph import NamedNode
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from harmgraph.iris import BASE, HG, OWL
from harmgraph.service.context import Service, service_of
from harmgraph.service.documents.links import origin
from harmgraph.service.documents.published import built, releases
from harmgraph.service.documents.representations import chosen
from harmgraph.service.http.conditional import CACHE_CONTROL
from harmgraph.service.http.negotiation import Format
from harmgraph.service.linked_data import resources
from harmgraph.service.linked_data.archive import Archive
from harmgraph.service.pages import routes as pages
from harmgraph.service.terms import header_url, request_path, resource_iri
from harmgraph.store.opening import is_remote
from harmgraph.store.releases.release import Release

LINK_FORMAT: Final = Format("link", "application/link-format", "Time map")
TIMEMAP_JSON: Final = Format("json", "application/json", "Time map in JSON")
TIMEMAPS: Final = (LINK_FORMAT, TIMEMAP_JSON)
_STAMP: Final = "%Y%m%d%H%M%S"

Handler = Callable[[Request], Awaitable[Response]]

router: Final = APIRouter()


@dataclass(frozen=True, slots=True)
class Memento:
    """One release that has the document."""

    release: Release
    moment: datetime

    def path(self, document: str) -> str:
        """Where it is, below the root of the service."""
        return f"/memento/{self.moment.strftime(_STAMP)}/{document}"

    @property
    def date(self) -> str:
        """The moment as HTTP writes it."""
        return format_datetime(self.moment, usegmt=True)


@router.api_route("/timegate/{path:path}", methods=["GET", "HEAD"], summary="A document as it was at a time")
async def timegate(request: Request) -> Response:
    """302 to the memento that held at ``Accept-Datetime``: the last one before it, or the first there is (§4.1)."""
    document = _document(request, "/timegate/")
    found = await _mementos(request, document)
    moment = _wanted(request)
    before = [each for each in found if moment is None or each.moment <= moment]
    memento = before[-1] if before else found[0]
    root = request.scope.get("root_path", "")
    links = [
        f'<{header_url(f"{origin(request)}/{document}")}>; rel="original"',
        f'<{header_url(f"{origin(request)}/timemap/{document}")}>; rel="timemap"; type="{LINK_FORMAT.media_type}"',
    ]
    headers = {"Vary": "Accept-Datetime", "Cache-Control": CACHE_CONTROL, "Link": ", ".join(links)}
    return RedirectResponse(header_url(root + memento.path(document)), 302, headers)


@router.api_route("/timemap/{path:path}", methods=["GET", "HEAD"], summary="Every time of which a document is kept")
async def timemap(request: Request) -> Response:
    """The mementos, the oldest first, as links (RFC 6690) or in JSON."""
    document = _document(request, "/timemap/")
    found = await _mementos(request, document)
    choice = chosen(request, None, TIMEMAPS)
    here = origin(request)
    write = _as_links if choice.format is LINK_FORMAT else _as_json
    headers = {"Vary": "Accept", "Cache-Control": CACHE_CONTROL, "Content-Type": choice.media_type}
    return Response(write(here, header_url(document), found), headers=headers)


@router.api_route("/memento/{stamp}/{path:path}", methods=["GET", "HEAD"], summary="A document in an earlier release")
async def memento(request: Request, stamp: str) -> Response:
    """The document as the release of this moment has it; whatever is no document leads back to the present."""
    service = service_of(request)
    found = next((m for m in await _kept(service) if m.moment.strftime(_STAMP) == stamp), None)
    if found is None:
        raise HTTPException(404, f"no release that is kept here was built at {stamp}; /timemap/ lists those that are")
    prefix = f"/memento/{stamp}/"
    document = (request_path(request) or "").removeprefix(prefix)
    handler = _handler(document)
    root = request.scope.get("root_path", "")
    if handler is None:
        query = request.url.query
        return RedirectResponse(header_url(f"{root}/{document}" + (f"?{query}" if query else "")), 302)
    archive = cast("Archive", request.app.state.archive)
    async with archive.service(found.release, service) as past:
        state = {**request.scope.get("state", {}), "service": past, "is_memento": True}
        scope = {**request.scope, "root_path": root + prefix.rstrip("/"), "state": state}
        response = await handler(Request(scope, request.receive))
    original = _original(document)
    here = origin(request)
    response.headers["Memento-Datetime"] = found.date
    links = [
        response.headers.get("Link", ""),
        f'<{header_url(f"{here}/{original}")}>; rel="original"',
        f'<{header_url(f"{here}/timegate/{original}")}>; rel="timegate"',
        f'<{header_url(f"{here}/timemap/{original}")}>; rel="timemap"; type="{LINK_FORMAT.media_type}"',
    ]
    response.headers["Link"] = ", ".join(filter(None, links))
    return response


@router.api_route("/ns/{version:path}", methods=["GET", "HEAD"], include_in_schema=False)
async def version_of_ontology(request: Request) -> Response:
    """The ontology under its version IRI; an earlier version is in the newest release that is kept and has it: 302."""
    try:
        return await resources.vocabulary(request)
    except HTTPException as fault:
        service = service_of(request)
        stem, _ = resources.of_ontology(request)
        if fault.status_code != 404 or is_remote(service.settings) or (version := _named(f"{BASE}{stem}")) is None:
            raise
        statement = f"<{HG.iri}> {OWL.versionIRI} {version} ".encode()
        kept = reversed(await _kept(service))
        having = await asyncio.to_thread(lambda: next((m for m in kept if describes(m.release, statement)), None))
        if having is None:
            raise
    root = request.scope.get("root_path", "")
    path = (request_path(request) or "").removeprefix("/")
    return RedirectResponse(header_url(root + having.path(path)), 302, {"Cache-Control": CACHE_CONTROL})


def _named(iri: str) -> NamedNode | None:
    try:
        return NamedNode(iri)
    except ValueError:
        return None


def _handler(document: str) -> Handler | None:
    """What answers for this path in a memento."""
    if document.startswith("doc/"):
        return resources.document
    if document.startswith("id/"):
        return resources.thing
    if document == "ns" or document.startswith(("ns.", "ns/")):
        return resources.vocabulary
    return pages.start if document == "" else None


def _original(document: str) -> str:
    """The document of which this is one: a name in the past leads to a document."""
    return f"doc/{document.removeprefix('id/')}" if document.startswith("id/") else document


def _document(request: Request, prefix: str) -> str:
    path = (request_path(request) or "").removeprefix(prefix)
    if path and (not path.startswith("doc/") or path.endswith("/")):
        raise HTTPException(404, f"there are times of documents, like {prefix}doc/incident/AIAAIC0850, and of {prefix}")
    return path


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


async def _kept(service: Service) -> list[Memento]:
    """Every release that says when it was built, the oldest first."""
    every = await asyncio.to_thread(releases, service)
    found = [Memento(release, moment) for release in every if (moment := built(release)) is not None]
    return sorted(found, key=lambda memento: memento.moment)


async def _mementos(request: Request, document: str) -> list[Memento]:
    """Those that have the document; 404 where none has."""
    found = await _kept(service_of(request))
    if document:
        iri = resource_iri(document.removeprefix("doc/"))
        subject = f"{iri} ".encode() if iri is not None else b""
        there = await asyncio.to_thread(lambda: [m for m in found if subject and describes(m.release, subject)])
        found = there
    if not found:
        raise HTTPException(404, f"no release that is kept here has {BASE}{document}")
    return found


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


def _as_links(here: str, document: str, mementos: list[Memento]) -> str:
    first, last = mementos[0], mementos[-1]
    own = f'<{here}/timemap/{document}>; rel="self"; type="{LINK_FORMAT.media_type}"'
    lines = [
        f'<{here}/{document}>; rel="original"',
        f'{own}; from="{first.date}"; until="{last.date}"',
        f'<{here}/timegate/{document}>; rel="timegate"',
    ]
    for each in mementos:
        relation = " ".join([*(["first"] if each is first else []), *(["last"] if each is last else []), "memento"])
        lines.append(f'<{here}{each.path(document)}>; rel="{relation}"; datetime="{each.date}"')
    return ",\n".join(lines) + "\n"


def _as_json(here: str, document: str, mementos: list[Memento]) -> str:
    listed = [{"datetime": m.moment.isoformat(), "uri": f"{here}{m.path(document)}"} for m in mementos]
    address = f"{here}/timemap/{document}"
    found = {
        "original_uri": f"{here}/{document}",
        "timegate_uri": f"{here}/timegate/{document}",
        "timemap_uri": {"link_format": address, "json_format": address},
        "mementos": {"first": listed[0], "last": listed[-1], "list": listed},
    }
    return json.dumps(found, indent=1)
