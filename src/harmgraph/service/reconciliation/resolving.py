"""An identifier of somebody else's → the thing of ours: ``/id?wikidata=Q212``; and the list of all, ``/beacon.txt``.

The other direction, from a thing to what others call it, is in its document.
"""

from __future__ import annotations

import re
from typing import Final

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from harmgraph.iris import SKOS, WD
from harmgraph.service.context import service_of
from harmgraph.service.http.conditional import CACHE_CONTROL, etag, not_modified
from harmgraph.service.http.forms import pairs
from harmgraph.service.reconciliation.address import public_address
from harmgraph.service.reconciliation.directory import index_for
from harmgraph.service.reconciliation.entities import SPACE
from harmgraph.service.terms import header_url

router: Final = APIRouter()

KEYS: Final = {
    "wikidata": (re.compile(r"Q[1-9]\d{0,11}"), "Q212", ""),
    "aiaaic": (re.compile(r"AIAAIC\d{3,6}"), "AIAAIC0850", ""),
    "aiid": (re.compile(r"[1-9]\d{0,6}"), "412", "AIID-"),
    "avid": (re.compile(r"AVID-\d{4}-[RV]?\d{1,6}"), "AVID-2022-R0001", ""),
    "url": (re.compile(r"https?://\S{1,2000}"), "https://example.org/article", ""),
}
"""Parameter → the form of its values, an example, and what we put before them."""


@router.api_route("/id", methods=["GET", "HEAD"], summary="Go to a thing by what others call it")
async def identified(request: Request) -> Response:
    """303 to the thing of ours; 300 with a list where several are meant."""
    given = pairs(request.scope["query_string"], "the query string")
    if len(given) != 1 or given[0][0] not in KEYS:
        raise HTTPException(400, f"give one of the parameters {', '.join(KEYS)}, like ?wikidata=Q212")
    name, value = given[0]
    form, example, before = KEYS[name]
    if form.fullmatch(value) is None:
        raise HTTPException(400, f"{name}={value[:100]} has not the form of {name}={example}")
    found = (await index_for(service_of(request))).identified(before + value)
    headers = {"Cache-Control": CACHE_CONTROL}
    if not found:
        raise HTTPException(404, f"this release links nothing to {name}={value[:100]}, by a source or by review")
    if len(found) > 1:
        return JSONResponse({"choices": [each.iri for each in found]}, 300, headers)
    return RedirectResponse(header_url(f"{request.scope.get('root_path', '')}/id/{found[0].id}"), 303, headers)


@router.api_route("/beacon.txt", methods=["GET", "HEAD"], summary="Links from Wikidata items to things, as BEACON")
async def beacon(request: Request) -> Response:
    """A link dump in the BEACON format: each line an item and the thing of ours that is exactly it."""
    service = service_of(request)
    address = public_address(request)
    headers = {"Cache-Control": CACHE_CONTROL, "ETag": etag(request, service.store.release, address)}
    if (known := not_modified(request, headers["ETag"], headers)) is not None:
        return known
    index = await index_for(service)
    lines = [
        "#FORMAT: BEACON",
        f"#PREFIX: {WD.iri}",
        f"#TARGET: {SPACE}{{+ID}}",
        f"#RELATION: {SKOS.exactMatch.value}",
        "#NAME: harmgraph, the knowledge graph of AI harms",
        f"#FEED: {address}/beacon.txt",
        f"#DESCRIPTION: Items of Wikidata that reviewed judgements link to things of release {service.store.release}",
        "",
    ]
    links = sorted((int(item[1:]), each.id) for item, things in index.by_item.items() for each in things)
    lines.extend(f"Q{number}||{name}" for number, name in links)
    return PlainTextResponse("\n".join(lines) + "\n", headers=headers)
