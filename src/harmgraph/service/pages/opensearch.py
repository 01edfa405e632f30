"""``/opensearch.xml``, by which a browser learns how to search here (OpenSearch 1.1), and ``/suggest`` for names."""

from __future__ import annotations

import json
from typing import Final
from xml.sax.saxutils import escape

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from harmgraph.service.context import service_of
from harmgraph.service.documents.links import origin
from harmgraph.service.http.conditional import CACHE_CONTROL, etag, not_modified
from harmgraph.service.pages.naming import called, names_of, remark
from harmgraph.service.pages.searching import index_of
from harmgraph.service.pages.selection import LONGEST
from harmgraph.service.terms import href

DESCRIPTION: Final = "application/opensearchdescription+xml"
SUGGESTIONS: Final = "application/x-suggestions+json"

router: Final = APIRouter()


@router.api_route("/suggest", methods=["GET", "HEAD"], summary="Names that begin like this, for a search field")
async def suggest(request: Request) -> Response:
    """What OpenSearch has as suggestions: the text, names, a remark on each, and where it leads."""
    service = service_of(request)
    text = request.query_params.get("q", "")
    if len(text) > LONGEST:
        raise HTTPException(400, f"q has {len(text)} characters; write at most {LONGEST}")
    tag = etag(request, service.store.release, service.fingerprint, SUGGESTIONS)
    headers = {"Cache-Control": CACHE_CONTROL}
    if (known := not_modified(request, tag, headers)) is not None:
        return known
    found = called(names_of(service, await index_of(service)), text)
    here = origin(request)
    rows = [
        text,
        [each.label for each in found],
        [remark(each) for each in found],
        [f"{here}{href(each.iri)}" for each in found],
    ]
    body = json.dumps(rows, ensure_ascii=False)
    return Response(body, headers={**headers, "ETag": tag, "Content-Type": SUGGESTIONS})


@router.api_route("/opensearch.xml", methods=["GET", "HEAD"], summary="How a browser searches here (OpenSearch 1.1)")
async def description(request: Request) -> Response:
    """The description document, with the address under which the client knows the service."""
    here = escape(origin(request), {'"': "&quot;"})
    body = _DESCRIPTION.format(here=here)
    return Response(body, headers={"Content-Type": DESCRIPTION, "Cache-Control": CACHE_CONTROL})


_DESCRIPTION: Final = """<?xml version="1.0" encoding="UTF-8"?>
<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/">
  <ShortName>harmgraph</ShortName>
  <Description>Incidents of AI harm: by words, technology, country, organisation and more</Description>
  <InputEncoding>UTF-8</InputEncoding>
  <Image width="16" height="16" type="image/svg+xml">{here}/static/logo.svg</Image>
  <Url type="text/html" method="get" template="{here}/search?q={{searchTerms}}&amp;page={{startPage?}}"/>
  <Url type="application/json" method="get" template="{here}/search.json?q={{searchTerms}}"/>
  <Url type="application/x-suggestions+json" rel="suggestions" template="{here}/suggest?q={{searchTerms}}"/>
  <Url type="application/opensearchdescription+xml" rel="self" template="{here}/opensearch.xml"/>
</OpenSearchDescription>
"""
