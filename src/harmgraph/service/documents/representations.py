"""A graph and a request for it → the response: negotiated or named by a suffix, with validators, or 304.

What every resource of the service has in common that is sent as RDF in whichever format is wanted. Documents about
things add pages and redirects of their own; see `resources`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from pyoxigraph import NamedNode, Triple
from starlette.requests import Request
from starlette.responses import Response

from harmgraph.errors import NotAcceptable
from harmgraph.service.context import Service, service_of
from harmgraph.service.documents import jsonld
from harmgraph.service.documents.document import serialise
from harmgraph.service.documents.links import Link, alternates, header, links_of_form
from harmgraph.service.documents.published import unchanged_since, with_date
from harmgraph.service.http.conditional import CACHE_CONTROL, etag, not_modified
from harmgraph.service.http.negotiation import DOCUMENTS, HTML, JSON_LD, Choice, Format, accept_header, negotiate
from harmgraph.service.terms import header_url

IMMUTABLE: Final = "public, max-age=31536000, immutable"
"""For what stands under an address that never means anything else."""


def chosen(request: Request, suffix: Format | None, formats: Sequence[Format]) -> Choice:
    """The format that the suffix names, else the one the client wants; `NotAcceptable` if it wants none there is."""
    accept = accept_header(request)
    choice = Choice(suffix, suffix.media_type) if suffix is not None else negotiate(accept, formats)
    if choice is None:
        raise NotAcceptable(f"no document comes in any of {accept!r}", tuple(f.media_type for f in formats))
    return with_profile(choice, accept if suffix is None else None)


def with_profile(choice: Choice, accept: str | None) -> Choice:
    """The choice with the form of JSON-LD that is wanted."""
    return replace(choice, profile=jsonld.profile(accept)) if choice.format is JSON_LD else choice


def body_of(graph: Iterable[Triple], choice: Choice, first: NamedNode | None) -> bytes:
    """The graph as it was chosen, with ``first`` on top."""
    if choice.profile is None:
        return serialise(graph, choice.format, first=first)
    ordered = sorted(graph, key=lambda triple: (triple.subject != first, str(triple)))
    return jsonld.write(ordered, choice.profile, first)


def headers_of(
    request: Request, service: Service, choice: Choice, place: str | None, *, suffixed: bool, state: str = ""
) -> dict[str, str]:
    """Validators and caching; with ``place``, the URL less its suffix, also where the representation lies.

    ``state`` is what it depends on beside the release.
    """
    # A tag says whether a suffix or the client chose the format: "X.ttl" may be the name of a thing.
    tag = etag(request, service.store.release, service.fingerprint, choice.content_type, str(suffixed) + state)
    headers = with_date(service, {"ETag": tag, "Cache-Control": CACHE_CONTROL})
    if not suffixed:
        headers["Vary"] = "Accept"
    if place is not None:
        headers["Content-Location"] = header_url(f"{place}.{choice.format.name}")
    return headers


def known(request: Request, headers: Mapping[str, str]) -> Response | None:
    """304 where the client holds what it would get, which must be there."""
    return not_modified(request, headers["ETag"], headers, exists=True) or unchanged_since(request, headers)


async def graph_response(
    request: Request,
    place: str,
    suffix: Format | None,
    graph: Callable[[], Awaitable[Iterable[Triple]]],
    first: NamedNode,
    links: Sequence[Link] = (),
    state: str = "",
    page: Callable[[Iterable[Triple]], str] | None = None,
) -> Response:
    """The graph in the format that is wanted, with ``first`` on top; ``place`` is the path less its suffix.

    With ``page``, which makes HTML of the graph, that is one of the formats.
    """
    service = service_of(request)
    every = DOCUMENTS if page is None else (*DOCUMENTS, HTML)
    choice = chosen(request, suffix, every)
    place = f"{request.scope.get('root_path', '')}{place}"
    headers = headers_of(request, service, choice, place, suffixed=suffix is not None, state=state)
    if (response := known(request, headers)) is not None:
        return response
    formats = [*alternates(place, "alternate", every), *alternates(place, "describedby", DOCUMENTS)]
    headers["Link"] = header([*formats, *links, *links_of_form(choice, request.scope.get("root_path", ""))])
    triples = await graph()
    if page is not None and choice.format is HTML:
        return Response(page(triples), headers={**headers, "Content-Type": choice.content_type})
    body = body_of(triples, choice, first)
    return Response(body, headers={**headers, "Content-Type": choice.content_type})
