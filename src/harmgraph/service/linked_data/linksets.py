"""``/linkset/…``: all typed links of a document in a document of their own (RFC 9264), FAIR Signposting level 2."""

from __future__ import annotations

import json
from typing import Final

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from harmgraph.iris import BASE
from harmgraph.service.context import service_of
from harmgraph.service.documents.document import describe
from harmgraph.service.documents.links import LINKSET_JSON, LINKSETS, as_json, as_text, link_to_inbox, links_of, origin
from harmgraph.service.documents.published import with_date
from harmgraph.service.documents.representations import chosen, known
from harmgraph.service.http.conditional import CACHE_CONTROL, etag
from harmgraph.service.linked_data.resources import Found, existing, links_to_past, path_below
from harmgraph.service.terms import header_url, resource_iri

router: Final = APIRouter()


@router.api_route("/linkset/{path:path}", methods=["GET", "HEAD"], summary="The typed links of a document")
async def linkset(request: Request) -> Response:
    """The links in JSON or as a header has them."""
    service = service_of(request)
    path = path_below(request, "/linkset/")
    found = await existing(service, (Found(path),))
    iri = resource_iri(found.path) if found is not None else None
    if found is None or iri is None:
        raise HTTPException(404, f"there is no document about {BASE}id/{path}")
    root = request.scope.get("root_path", "")
    if found.successor is not None or found.path != path:
        location = header_url(f"{root}/linkset/{found.successor or found.path}")
        return RedirectResponse(location, 301, {"Cache-Control": CACHE_CONTROL})
    if found.is_gone:
        raise HTTPException(410, f"{BASE}id/{path} was withdrawn; /doc/{path} says why")
    choice = chosen(request, None, LINKSETS)
    tag = etag(request, service.store.release, service.fingerprint, choice.media_type, origin(request))
    headers = with_date(service, {"ETag": tag, "Cache-Control": CACHE_CONTROL, "Vary": "Accept"})
    if (response := known(request, headers)) is not None:
        return response
    place = f"{root}/doc/{found.path}"
    links = links_of(await describe(service.questions, iri), root, place)
    links += [*links_to_past(request, root, place), *link_to_inbox(request)]
    anchor = header_url(f"{origin(request)}/doc/{found.path}")
    if choice.format is LINKSET_JSON:
        body = json.dumps(as_json(links, anchor), ensure_ascii=False, indent=1)
    else:
        body = as_text(links, anchor)
    return Response(body, headers={**headers, "Content-Type": choice.media_type})
