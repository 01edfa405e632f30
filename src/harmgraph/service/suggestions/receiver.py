"""``/inbox``: a receiver of Linked Data Notifications (LDN §3.3) that takes annotations and shows none.

``docs/decisions/suggestions-are-kept-unseen.md`` says why the container is always empty.
"""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from pyoxigraph import NamedNode, Triple
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from harmgraph.inbox import reading
from harmgraph.inbox.terms import LDP, MESSAGE_LIMIT, SHAPES
from harmgraph.iris import RDF
from harmgraph.service.context import service_of
from harmgraph.service.documents.links import Link, header, origin
from harmgraph.service.documents.representations import body_of, chosen
from harmgraph.service.http.conditional import not_modified
from harmgraph.service.http.forms import body_bytes
from harmgraph.service.http.middleware import ACCEPTED_BY_INBOX
from harmgraph.service.http.negotiation import DOCUMENTS
from harmgraph.service.suggestions.receiving import counted, inbox_of, keep, limit_client

router: Final = APIRouter()

_UTF_8: Final = ("utf-8", "utf8")


@router.api_route("/inbox", methods=["GET", "HEAD"], summary="The inbox, which shows nothing that is in it")
async def container(request: Request) -> Response:
    """An ldp:Container without members: LDN lists those that the reader may see, and nobody may see these."""
    inbox_of(request)
    choice = chosen(request, None, DOCUMENTS)
    here = NamedNode(f"{origin(request)}/inbox")
    graph = [Triple(here, RDF.type, LDP.Container)]
    headers = {
        "Vary": "Accept",
        "Cache-Control": "no-store",
        "Accept-Post": ACCEPTED_BY_INBOX,
        "Link": header(
            [
                Link("type", LDP.Container.value),
                Link(LDP.constrainedBy.value, f"{request.scope.get('root_path', '')}/shapes/suggestion.ttl"),
            ]
        ),
        "Content-Type": choice.content_type,
    }
    return Response(body_of(graph, choice, here), headers=headers)


@router.post("/inbox", summary="Suggest a correction or an insight")
async def receive(request: Request) -> Response:
    """201 with the place of the notification, once it is on the disk."""
    with counted(request) as inbox:
        limit_client(request)
        media_type = _media_type(request)
        body = await body_bytes(request, MESSAGE_LIMIT)
        name = await keep(request, inbox, lambda: reading.read(body, media_type))
    return Response(status_code=201, headers={"Location": f"{origin(request)}/inbox/{name}"})


@router.api_route("/inbox/{name}", methods=["GET", "HEAD"], summary="A notification: not to be seen")
async def notification(request: Request) -> Response:
    """403, whether there is such a one or not."""
    inbox_of(request)
    raise HTTPException(403, "suggestions are kept for the maintainers of the data, and shown to nobody else")


@router.api_route("/context/suggestion.jsonld", methods=["GET", "HEAD"], summary="The JSON-LD context of suggestions")
async def context(request: Request) -> Response:
    """The terms in which a suggestion may be written."""
    return _file(request, reading.context_text(), "application/ld+json")


@router.api_route("/shapes/suggestion.ttl", methods=["GET", "HEAD"], summary="The SHACL shapes of suggestions")
async def shapes(request: Request) -> Response:
    """What a suggestion must look like."""
    return _file(request, (SHAPES / "suggestion.ttl").read_text("utf-8"), "text/turtle")


def _file(request: Request, text: str, media_type: str) -> Response:
    headers = {"Cache-Control": "public, max-age=3600", "ETag": f'"{service_of(request).fingerprint}"'}
    known = not_modified(request, headers["ETag"], headers, exists=True)
    return known if known is not None else Response(text, headers=headers, media_type=media_type)


def _media_type(request: Request) -> str:
    """The media type of the body; raises 415 for one that is not read."""
    media_type, _, parameters = request.headers.get("content-type", "").partition(";")
    media_type = media_type.strip().lower()
    charset = parameters.lower().partition("charset=")[2].partition(";")[0].strip('" ')
    coding = request.headers.get("content-encoding", "identity").lower()
    if media_type not in reading.MEDIA_TYPES or charset not in ("", *_UTF_8) or coding != "identity":
        raise HTTPException(
            415,
            f"a notification comes in UTF-8, without content coding, as one of {ACCEPTED_BY_INBOX}",
            {"Accept-Post": ACCEPTED_BY_INBOX},
        )
    return media_type
