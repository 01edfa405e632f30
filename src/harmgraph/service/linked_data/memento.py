"""``/timegate/…``, ``/timemap/…`` and ``/memento/{time}/…``: what a document said in releases of before (RFC 7089).

The mementos of a document are the releases in the folder that describe its thing; each has the moment at which it was
built. A memento is answered like any document, by a store over its release, with links that stay in that release.
So are earlier versions of the ontology, whose IRIs ``/ns/…`` lead here.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, cast

from fastapi import APIRouter
from pyoxigraph import NamedNode
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from harmgraph.iris import BASE, HG, OWL
from harmgraph.service.context import service_of
from harmgraph.service.documents.links import origin
from harmgraph.service.documents.representations import chosen
from harmgraph.service.http.conditional import CACHE_CONTROL
from harmgraph.service.http.negotiation import Format
from harmgraph.service.linked_data import mementos, resources
from harmgraph.service.linked_data.archive import Archive
from harmgraph.service.linked_data.mementos import LINK_FORMAT, Memento
from harmgraph.service.pages import routes as pages
from harmgraph.service.terms import header_url, request_path
from harmgraph.store.opening import is_remote

TIMEMAP_JSON: Final = Format("json", "application/json", "Time map in JSON")
TIMEMAPS: Final = (LINK_FORMAT, TIMEMAP_JSON)

Handler = Callable[[Request], Awaitable[Response]]

router: Final = APIRouter()


@router.api_route("/timegate/{path:path}", methods=["GET", "HEAD"], summary="A document as it was at a time")
async def timegate(request: Request) -> Response:
    """302 to the memento that held at ``Accept-Datetime``: the last one before it, or the first there is (§4.1)."""
    document = _document(request, "/timegate/")
    return await mementos.gate(request, document)


@router.api_route("/timemap/{path:path}", methods=["GET", "HEAD"], summary="Every time of which a document is kept")
async def timemap(request: Request) -> Response:
    """The mementos, the oldest first, as links (RFC 6690) or in JSON."""
    document = _document(request, "/timemap/")
    found = await mementos.of(service_of(request), document)
    choice = chosen(request, None, TIMEMAPS)
    here = origin(request)
    write = _as_links if choice.format is LINK_FORMAT else _as_json
    headers = {"Vary": "Accept", "Cache-Control": CACHE_CONTROL, "Content-Type": choice.media_type}
    return Response(write(here, header_url(document), found), headers=headers)


@router.api_route("/memento/{stamp}/{path:path}", methods=["GET", "HEAD"], summary="A document in an earlier release")
async def memento(request: Request, stamp: str) -> Response:
    """The document as the release of this moment has it; whatever is no document leads back to the present."""
    service = service_of(request)
    found = next((m for m in await mementos.kept(service) if m.stamp == stamp), None)
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
        kept = reversed(await mementos.kept(service))
        having = await asyncio.to_thread(
            lambda: next((m for m in kept if mementos.describes(m.release, statement)), None)
        )
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


def _as_links(here: str, document: str, found: Sequence[Memento]) -> str:
    first, last = found[0], found[-1]
    own = f'<{here}/timemap/{document}>; rel="self"; type="{LINK_FORMAT.media_type}"'
    lines = [
        f'<{here}/{document}>; rel="original"',
        f'{own}; from="{first.date}"; until="{last.date}"',
        f'<{here}/timegate/{document}>; rel="timegate"',
    ]
    for each in found:
        relation = " ".join([*(["first"] if each is first else []), *(["last"] if each is last else []), "memento"])
        lines.append(f'<{here}{each.path(document)}>; rel="{relation}"; datetime="{each.date}"')
    return ",\n".join(lines) + "\n"


def _as_json(here: str, document: str, found: Sequence[Memento]) -> str:
    listed = [{"datetime": m.moment.isoformat(), "uri": f"{here}{m.path(document)}"} for m in found]
    address = f"{here}/timemap/{document}"
    written = {
        "original_uri": f"{here}/{document}",
        "timegate_uri": f"{here}/timegate/{document}",
        "timemap_uri": {"link_format": address, "json_format": address},
        "mementos": {"first": listed[0], "last": listed[-1], "list": listed},
    }
    return json.dumps(written, indent=1)
