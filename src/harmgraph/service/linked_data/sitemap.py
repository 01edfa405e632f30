"""``/robots.txt`` and ``/sitemap.xml``: where crawlers may go, and every document that they should find.

The index (sitemaps.org, version 0.9) has one file for each kind of thing, in parts of as many addresses as the protocol
allows. Addresses are those of the host that is asked, for a sitemap must not list those of another.
"""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Final
from xml.sax.saxutils import escape

from fastapi import APIRouter
from pyoxigraph import NamedNode
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from harmgraph.iris import BASE, DCAT, FOAF, HG, OWL, PROV, SCHEMA, SKOS
from harmgraph.service.context import Service, service_of
from harmgraph.service.documents.links import origin
from harmgraph.service.documents.published import built, served, with_date
from harmgraph.service.documents.representations import known
from harmgraph.service.http.conditional import CACHE_CONTROL, etag
from harmgraph.service.pages import manual
from harmgraph.service.pages.routes import LISTS
from harmgraph.service.terms import header_url

PER_PART: Final = 50_000
"""Addresses in one file at most (sitemaps.org)."""
KINDS: Final[dict[str, NamedNode]] = {
    "incidents": HG.Incident,
    "organisations": HG.Organisation,
    "systems": HG.AISystem,
    "countries": HG.Country,
    "places": HG.Place,
    "concepts": SKOS.Concept,
    "schemes": SKOS.ConceptScheme,
    "sources": HG.Source,
    "records": HG.SourceRecord,
    "reports": HG.Report,
    "claims": SCHEMA.Claim,
    "outcomes": HG.Outcome,
    "snapshots": HG.Snapshot,
    "datasets": DCAT.Dataset,
    "fields": HG.SourceField,
    "graphs": PROV.Entity,
    "activities": PROV.Activity,
    "agents": FOAF.Agent,
    "software": PROV.SoftwareAgent,
    "catalogues": DCAT.Catalog,
    "ontologies": OWL.Ontology,
}
_PAGES: Final = ("", *LISTS, "search", "sparql", "ns", "catalog", "problems")
_XML: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMESPACE: Final = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
_LINES: Final = 500

router: Final = APIRouter()


@router.api_route("/robots.txt", methods=["GET", "HEAD"], summary="Where crawlers may go")
async def robots(request: Request) -> Response:
    """Everywhere but to queries, of which there is no end; with the way to the sitemap."""
    root = request.scope.get("root_path", "")
    lines = (
        "User-agent: *",
        f"Disallow: {root}/sparql?",
        f"Disallow: {root}/graphs",
        f"Disallow: {root}/fragments",
        f"Disallow: {root}/ldes",
        f"Disallow: {root}/dump/",
        f"Disallow: {root}/memento/",
        f"Disallow: {root}/timegate/",
        f"Disallow: {root}/inbox",
        f"Disallow: {root}/improve/",
        f"Disallow: {root}/reconcile",
        f"Sitemap: {origin(request)}/sitemap.xml",
    )
    text = "".join(f"{line}\n" for line in lines)
    return Response(text, media_type="text/plain; charset=utf-8", headers={"Cache-Control": CACHE_CONTROL})


@router.api_route("/sitemap.xml", methods=["GET", "HEAD"], summary="The index of all sitemaps")
@router.api_route("/sitemap.xml.gz", methods=["GET", "HEAD"], summary="The index of all sitemaps, compressed")
async def index(request: Request) -> Response:
    """The parts that there are; those of the compressed index are compressed as well."""
    service = service_of(request)
    headers = _headers(request, service)
    if (response := known(request, headers)) is not None:
        return response
    day = await _day(service)
    parts = ["pages"]
    for kind in KINDS:
        count = len(await things(service, kind))
        parts += [f"{kind}-{number}" for number in range(1, -(-count // PER_PART) + 1)]
    suffix = "xml.gz" if _is_compressed(request) else "xml"
    places = (escape(f"{origin(request)}/sitemaps/{part}.{suffix}") for part in parts)
    entries = "".join(f"<sitemap><loc>{place}</loc>{day}</sitemap>\n" for place in places)
    body = f"{_XML}<sitemapindex {_NAMESPACE}>\n{entries}</sitemapindex>\n"
    if _is_compressed(request):
        return await _compressed(body, headers)
    return Response(body, media_type="application/xml", headers=headers)


@router.api_route("/sitemaps/{part}.xml", methods=["GET", "HEAD"], summary="One sitemap")
@router.api_route("/sitemaps/{part}.xml.gz", methods=["GET", "HEAD"], summary="One sitemap, compressed")
async def sitemap(request: Request, part: str) -> Response:
    """The addresses of documents of one kind."""
    service = service_of(request)
    day = await _day(service)
    dated = await _pages(service, day) if part == "pages" else [(path, day) for path in await _part(service, part)]
    if not dated:
        raise HTTPException(404, f"there is no sitemap {part}; /sitemap.xml lists all")
    headers = _headers(request, service)
    if (response := known(request, headers)) is not None:
        return response
    lines = _lines(origin(request), dated)
    if _is_compressed(request):
        return await _compressed(await asyncio.to_thread("".join, lines), headers)
    return StreamingResponse(_chunks(lines), media_type="application/xml", headers=headers)


async def _pages(service: Service, day: str) -> list[tuple[str, str]]:
    """The pages that are about no one thing, and those of the documentation, each with when it changed."""
    paths = [*_PAGES, *(["quality"] if service.is_measured else [])]
    return [(path, day) for path in paths] + await asyncio.to_thread(_manual)


def _manual() -> list[tuple[str, str]]:
    """The pages of the documentation; none where it was not built."""
    files = sorted(manual.FOLDER.rglob("*.html")) if manual.is_built() else []
    moments = {file: datetime.fromtimestamp(int(file.stat().st_mtime), UTC) for file in files if file.stem != "404"}
    found = ((file.relative_to(manual.FOLDER).as_posix(), moment) for file, moment in moments.items())
    return [(f"docs/{'' if path == 'index.html' else path}", _lastmod(moment)) for path, moment in found]


async def _part(service: Service, part: str) -> list[str]:
    kind, _, digits = part.rpartition("-")
    if kind not in KINDS or not digits.isascii() or not digits.isdigit() or len(digits) > 6 or digits.startswith("0"):
        return []
    first = (int(digits) - 1) * PER_PART
    return [f"doc/{path}" for path in (await things(service, kind))[first : first + PER_PART]]


async def things(service: Service, kind: str) -> list[str]:
    """The paths of all things of a kind, sorted, asked of the store once for each release."""

    async def compute() -> list[str]:
        rows = await service.questions.rows("sitemap", this=KINDS[kind])
        found = {row["thing"].value for row in rows}
        own = (iri.removeprefix(f"{BASE}id/") for iri in found if iri.startswith(f"{BASE}id/") and "#" not in iri)
        return await asyncio.to_thread(sorted, own)

    return await service.once(f"sitemap {kind}", compute)


async def _day(service: Service) -> str:
    """When the documents changed last: a release replaces all of them at once."""
    found = await asyncio.to_thread(served, service)
    moment = built(found) if found is not None else None
    return _lastmod(moment) if moment is not None else ""


def _lastmod(moment: datetime) -> str:
    return f"<lastmod>{moment.isoformat()}</lastmod>"


def _is_compressed(request: Request) -> bool:
    return request.url.path.endswith(".gz")


async def _compressed(text: str, headers: dict[str, str]) -> Response:
    """The sitemap as gzip, without a time in it: the same bytes each time."""
    body = await asyncio.to_thread(gzip.compress, text.encode(), mtime=0)
    return Response(body, media_type="application/gzip", headers=headers)


def _lines(origin: str, dated: list[tuple[str, str]]) -> Iterator[str]:
    yield f"{_XML}<urlset {_NAMESPACE}>\n"
    for path, day in dated:
        yield f"<url><loc>{escape(header_url(f'{origin}/{path}'))}</loc>{day}</url>\n"
    yield "</urlset>\n"


async def _chunks(lines: Iterator[str]) -> AsyncIterator[str]:
    """Some lines at a time; others are answered in between."""
    more = True
    while more:
        several = list(islice(lines, _LINES))
        more = len(several) == _LINES
        yield "".join(several)


def _headers(request: Request, service: Service) -> dict[str, str]:
    tag = etag(request, service.store.release, service.fingerprint, origin(request))
    return with_date(service, {"ETag": tag, "Cache-Control": CACHE_CONTROL})
