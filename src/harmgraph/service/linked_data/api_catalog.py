"""``/.well-known/api-catalog``: the interfaces of the service and where each is described (RFC 9727), as a link set."""

from __future__ import annotations

import json
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from harmgraph.service.context import service_of
from harmgraph.service.documents.links import LINKSET_JSON, Link, as_json, header, origin
from harmgraph.service.http.conditional import CACHE_CONTROL, etag, not_modified
from harmgraph.service.pages import manual

PLACE: Final = "/.well-known/api-catalog"
_PROFILE: Final = "https://www.rfc-editor.org/info/rfc9727"
_DESCRIBED: Final = {
    "/": ("/openapi.json", "application/json"),
    "/sparql": ("/sparql", "text/turtle"),
    "/reconcile": ("/reconcile", "application/json"),
    "/fragments": ("/fragments", "application/trig"),
    "/ldes": ("/ldes", "application/trig"),
}
"""Interface → what describes it to machines (``service-desc``, RFC 8631); several describe themselves."""

router: Final = APIRouter()


@router.api_route(PLACE, methods=["GET", "HEAD"], summary="The interfaces of the service, as a catalogue")
async def api_catalog(request: Request) -> Response:
    """One context that lists the interfaces, and one for each of them."""
    here = origin(request)
    tag = etag(request, service_of(request).fingerprint, here)
    place = f"{request.scope.get('root_path', '')}{PLACE}"
    headers = {
        "ETag": tag,
        "Cache-Control": CACHE_CONTROL,
        "Content-Type": f'{LINKSET_JSON.media_type};profile="{_PROFILE}"',
        # A client that sends HEAD learns from this that it is here (RFC 9727 §2).
        "Link": header([Link("api-catalog", place, LINKSET_JSON.media_type), Link("profile", _PROFILE)]),
    }
    if (known := not_modified(request, tag, headers, exists=True)) is not None:
        return known
    contexts = as_json([Link("item", f"{here}{path}") for path in _DESCRIBED], f"{here}{PLACE}")["linkset"]
    for path, (description, media_type) in _DESCRIBED.items():
        links = [Link("service-desc", f"{here}{description}", media_type)]
        if manual.is_built():
            links.append(Link("service-doc", f"{here}/docs/reference/http.html", "text/html"))
        links.append(Link("status", f"{here}/readyz", "application/json"))
        contexts += as_json(links, f"{here}{path}")["linkset"]
    return Response(json.dumps({"linkset": contexts}, indent=1), headers=headers)
