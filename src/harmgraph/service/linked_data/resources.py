"""Dereferencing: ``/id/…`` → 303 → ``/doc/…``, which answers in the format the client wants or its suffix names.

The path of a request is resolved against `iris.BASE`, so a copy on localhost dereferences every IRI it holds.
Local names may hold dots: a thing that exists under the whole name wins over one under the name less a suffix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from harmgraph.iris import BASE
from harmgraph.service.context import Service, service_of
from harmgraph.service.documents import structured
from harmgraph.service.documents.document import describe, serialise_quads, told
from harmgraph.service.documents.links import (
    Link,
    alternates,
    header,
    link_to_inbox,
    links_of,
    links_of_form,
    links_to_the_past,
    signposts,
)
from harmgraph.service.documents.representations import body_of, chosen, headers_of, known, with_profile
from harmgraph.service.http.conditional import CACHE_CONTROL, not_modified
from harmgraph.service.http.negotiation import (
    DOCUMENTS,
    HTML,
    QUADS,
    Choice,
    Format,
    accept_header,
    named,
    negotiate,
    split_suffix,
)
from harmgraph.service.linked_data import mementos
from harmgraph.service.pages.ontology import outline as ontology
from harmgraph.service.pages.ontology.page import shown
from harmgraph.service.pages.thing import thing_page
from harmgraph.service.terms import canonical_path, header_url, request_path, resource_iri
from harmgraph.store.opening import is_remote

FORMATS: Final = (*DOCUMENTS, *QUADS, HTML)
"""The formats of a document, the server's preference first."""
_FORMATS_OF_ONTOLOGY: Final = (*DOCUMENTS, HTML)

router: Final = APIRouter()


@dataclass(frozen=True, slots=True)
class Found:
    """A thing that exists, by its path, and the format that a suffix of the request names.

    ``successor`` is the path of the thing that stands in its place where it goes by another name; ``is_gone`` is true
    of one that its source has withdrawn.
    """

    path: str
    format: Format | None = None
    successor: str | None = None
    is_gone: bool = False


@router.api_route("/id/{path:path}", methods=["GET", "HEAD"], summary="Go from a thing to the document about it")
async def thing(request: Request) -> Response:
    """303: the thing itself cannot be sent, a document about it can (RFC 9110 §15.4.4).

    Of one that was withdrawn, 410 at once, with the reason; where the settings say so, 200 with the document.
    """
    service = service_of(request)
    path = path_below(request, "/id/")
    found = await existing(service, (Found(path),))
    if found is None:
        raise HTTPException(404, f"nothing is known of {BASE}id/{path}")
    root = request.scope.get("root_path", "")
    if found.successor is not None:
        return RedirectResponse(header_url(f"{root}/id/{found.successor}"), 301, {"Cache-Control": CACHE_CONTROL})
    if found.is_gone or (service.settings.thing_status == 200 and found.path == path):
        return await _represented(request, service, found, f"{root}/doc/{found.path}")
    links = alternates(f"{root}/doc/{found.path}", "describedby", FORMATS)
    headers = {"Vary": "Accept", "Cache-Control": CACHE_CONTROL, "Link": header(links)}
    return RedirectResponse(header_url(f"{root}/doc/{found.path}"), 303, headers)


@router.api_route("/doc/{path:path}", methods=["GET", "HEAD"], summary="The document about a thing")
async def document(request: Request) -> Response:
    """The document in the format that is wanted, or that the suffix names."""
    service = service_of(request)
    path = path_below(request, "/doc/")
    wanted = negotiate(accept_header(request), FORMATS)
    suffixed = split_suffix(path, FORMATS)
    past = mementos.is_asked_for(request)
    held = _held(request, service, wanted, suffixed)
    if held is not None and not past:
        return held
    candidates = (Found(path), *((Found(*suffixed),) if suffixed else ()))
    found = await existing(service, candidates)
    if found is None:
        raise HTTPException(404, f"there is no document about {BASE}id/{path}")
    root = request.scope.get("root_path", "")
    place = f"{root}/doc/{found.successor or found.path}"
    if found.successor is not None or Found(found.path, found.format) not in candidates:  # another name, or encoding
        location = f"{place}.{found.format.name}" if found.format else place
        return RedirectResponse(header_url(location), 301, {"Cache-Control": CACHE_CONTROL})
    if past:
        return await mementos.gate(request, f"doc/{found.path}", f"doc/{path}")
    return await _represented(request, service, found, place)


async def _represented(request: Request, service: Service, found: Found, place: str) -> Response:
    """The document about a thing that exists, which lies at ``place``, in the format that is wanted."""
    choice = chosen(request, found.format, FORMATS)
    iri = resource_iri(found.path)
    assert iri is not None  # it exists
    headers = _headers(request, service, choice, place, suffixed=found.format is not None)
    if found.is_gone:
        headers.pop("ETag")
        headers.pop("Last-Modified", None)  # what is gone is never merely unchanged (RFC 9110 §13.2.1)
    elif (unchanged := known(request, headers)) is not None:
        return unchanged
    root = request.scope.get("root_path", "")
    described = await describe(service.questions, iri)
    links = [*links_of(described, root, place), *links_to_past(request, root, place), *link_to_inbox(request)]
    headers["Link"] = header([*links, *links_of_form(choice, root)])
    status = 410 if found.is_gone else 200
    if choice.format is HTML:
        return HTMLResponse(await thing_page(request, described, place), status, headers)
    if choice.format in QUADS:
        body = serialise_quads(await told(service.questions, described), choice.format)
    else:
        body = body_of(described.triples, choice, iri)
    return Response(body, status, {**headers, "Content-Type": choice.content_type})


@router.api_route("/ns", methods=["GET", "HEAD"], summary="The ontology")
@router.api_route("/ns.{suffix}", methods=["GET", "HEAD"], include_in_schema=False)
async def vocabulary(request: Request) -> Response:
    """The ontology, whose terms are fragments of this one document; its version IRI answers the same."""
    service = service_of(request)
    stem, suffix = of_ontology(request)
    triples = await ontology.graph(service)
    about = ontology.iri(triples)
    if about is None or (stem != "ns" and stem not in ontology.versions(triples)):
        raise HTTPException(404, f"this release has no {BASE}{stem}")
    choice = chosen(request, suffix, _FORMATS_OF_ONTOLOGY)
    root = request.scope.get("root_path", "")
    place = f"{root}/{stem}"
    headers = headers_of(request, service, choice, place, suffixed=suffix is not None)
    if (response := known(request, headers)) is not None:
        return response
    signs = signposts(triples, about, cite_as=f"{BASE}{stem}")
    described = [*alternates(place, "alternate", _FORMATS_OF_ONTOLOGY), *alternates(place, "describedby", DOCUMENTS)]
    headers["Link"] = header([*described, Link("canonical", f"{BASE}{stem}"), *signs, *links_of_form(choice, root)])
    if choice.format is HTML:
        page = service.render(
            "ontology.html",
            request,
            ontology=await shown(service, triples, root),
            place=place,
            formats=DOCUMENTS,
            canonical=f"{BASE}{stem}",
            structured=structured.of_ontology(triples, about),
        )
        return HTMLResponse(page, headers=headers)
    body = body_of(triples, choice, about)
    return Response(body, headers={**headers, "Content-Type": choice.content_type})


def of_ontology(request: Request) -> tuple[str, Format | None]:
    """The path of the ontology or of a version of it that the request names, and the format that its suffix names."""
    path = (request_path(request) or "").removeprefix("/")
    return split_suffix(path, _FORMATS_OF_ONTOLOGY) or (path, None)


def path_below(request: Request, prefix: str) -> str:
    """The path of a thing as the client wrote it; 404 where nothing can have such a name."""
    path = request_path(request)
    if path is None or not path.startswith(prefix) or path.endswith("/"):
        raise HTTPException(404, "no thing has a name like this")
    return path.removeprefix(prefix)


def links_to_past(request: Request, root: str, place: str) -> list[Link]:
    """Links to the document's earlier states, which a store elsewhere has not, and a memento adds itself."""
    if is_remote(service_of(request).settings) or getattr(request.state, "is_memento", False):
        return []
    return links_to_the_past(root, place)


async def existing(service: Service, candidates: Sequence[Found]) -> Found | None:
    """The first candidate that exists; each also in the encoding that `iris.mint` gives names."""
    spelled = [
        *candidates,
        *(Found(path, c.format) for c in candidates if (path := canonical_path(c.path)) is not None),
    ]
    iris = {iri: each for each in reversed(spelled) if (iri := resource_iri(each.path)) is not None}
    if not iris:
        return None
    rows = await service.questions.rows("existing", these=iris)
    for each in spelled:
        mine = [row for row in rows if row["this"] == resource_iri(each.path)]
        if mine:
            successors = {row["successor"].value for row in mine if "successor" in row}
            gone = any("tombstone" in row for row in mine)
            return replace(each, successor=_only_path(successors) if not gone else None, is_gone=gone)
    return None


def _only_path(iris: set[str]) -> str | None:
    """The path of the one IRI there is; None for none, and for several, among which nobody has chosen."""
    return iris.pop().removeprefix(f"{BASE}id/") if len(iris) == 1 else None


def _held(
    request: Request, service: Service, wanted: Choice | None, suffixed: tuple[str, Format] | None
) -> Response | None:
    """304 where the client holds what it would get, which saves every query."""
    path = path_below(request, "/doc/")
    stem, choice_by_suffix = (suffixed[0], named(suffixed[1].name, FORMATS)) if suffixed else (path, None)
    for choice, below, is_suffixed in ((choice_by_suffix, stem, True), (wanted, path, False)):
        if choice is not None:
            choice = with_profile(choice, None if is_suffixed else accept_header(request))
            place = f"{request.scope.get('root_path', '')}/doc/{below}"
            headers = _headers(request, service, choice, place, suffixed=is_suffixed)
            if (response := not_modified(request, headers["ETag"], headers)) is not None:
                return response
    return None


def _headers(
    request: Request, service: Service, choice: Choice, place: str | None, *, suffixed: bool
) -> dict[str, str]:
    """Those of any representation, and that this one depends on ``Accept-Datetime``, too (RFC 7089 §2.1.2)."""
    headers = headers_of(request, service, choice, place, suffixed=suffixed)
    if mementos.negotiable(request):
        headers["Vary"] = ", ".join(filter(None, (headers.get("Vary"), "Accept-Datetime")))
    return headers
