"""``/feed.atom``: which incidents are new, changed or gone in the release that is served, against the one before it.

The two dumps are compared once for each release, in a thread, when somebody asks first. The feed is paged (RFC 5005),
so that a release that changes everything is told in full.
"""

from __future__ import annotations

import asyncio
import logging
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from xml.etree import ElementTree

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from harmgraph.diff import Difference, Side, compare
from harmgraph.errors import SnapshotUnreadable
from harmgraph.iris import BASE, curie
from harmgraph.service.context import Service, service_of
from harmgraph.service.documents.links import origin
from harmgraph.service.documents.published import built, releases, with_date
from harmgraph.service.documents.representations import known
from harmgraph.service.http.conditional import CACHE_CONTROL, etag
from harmgraph.service.pages import wording
from harmgraph.service.pages.listing import page_number
from harmgraph.service.terms import header_url, local_name
from harmgraph.store.releases.release import Release

PER_PAGE: Final = 100

log = logging.getLogger(__name__)
router: Final = APIRouter()

_ATOM: Final = "http://www.w3.org/2005/Atom"
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write (§2.2)."""


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one incident."""

    path: str
    label: str
    change: str
    summary: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs between two releases; ``before`` is None where the release is the first."""

    now: Release
    before: Release | None
    incidents: tuple[Change, ...]


@router.api_route("/feed.atom", methods=["GET", "HEAD"], summary="What changed with this release, as an Atom feed")
async def atom(request: Request) -> Response:
    """A page of the changes."""
    service = service_of(request)
    number = page_number(request)
    tag = etag(request, service.store.release, service.fingerprint, origin(request))
    headers = with_date(service, {"ETag": tag, "Cache-Control": CACHE_CONTROL})
    found = await _changes(service)
    if found is None:
        raise HTTPException(404, "there is no feed: the release that is served is not among the files here")
    last = max(1, -(-len(found.incidents) // PER_PAGE))
    if number > last:
        raise HTTPException(404, f"the feed has {last} pages, and not page {number}")
    if (response := known(request, headers)) is not None:
        return response
    body = ElementTree.tostring(_feed(origin(request), found, number, last), encoding="utf-8", xml_declaration=True)
    return Response(body, media_type="application/atom+xml", headers=headers)


async def _changes(service: Service) -> Changes | None:
    """Computed once for each release, however many ask meanwhile."""
    task = service.remembered("changes", lambda: asyncio.ensure_future(asyncio.to_thread(_compute, service)))
    return await asyncio.shield(task)


def _compute(service: Service) -> Changes | None:
    every = releases(service)
    now = next((each for each in every if each.id == service.store.release), None)
    if now is None:
        return None
    before = next((each for each in every if _moment(each) < _moment(now)), None)
    if before is None:
        return Changes(now, None, ())
    try:
        found = compare(Side(before.id, before.dump), Side(now.id, now.dump))
        incidents = tuple(_change(each) for each in found if each.kind == "incident")
    except SnapshotUnreadable as fault:
        log.warning("the feed is empty: %s", fault)
        return Changes(now, None, ())
    return Changes(now, before, incidents)


def _change(difference: Difference) -> Change:
    path = difference.thing.value.removeprefix(f"{BASE}id/")
    names = sorted({_property(change.property.value) for change in difference.changes})
    parts = [f"Differs in: {', '.join(names)}."] if difference.change == "changed" and names else []
    parts += [f"New records: {', '.join(difference.records_added)}."] if difference.records_added else []
    parts += [f"Records gone: {', '.join(difference.records_removed)}."] if difference.records_removed else []
    return Change(path, difference.label, difference.change, " ".join(parts))


def _property(iri: str) -> str:
    return wording.TERMS.get(curie(iri)) or wording.spelled_out(local_name(iri))


def _feed(here: str, found: Changes, number: int, last: int) -> ElementTree.Element:
    updated = _moment(found.now).isoformat()
    feed = ElementTree.Element("feed", {"xmlns": _ATOM, "xml:lang": "en"})
    _text(feed, "title", "harmgraph: what changed")
    since = "" if found.before is None else f", since the one of {_moment(found.before):%Y-%m-%d}"
    _text(feed, "subtitle", f"Incidents in the release of {_moment(found.now):%Y-%m-%d}{since}: {len(found.incidents)}")
    _text(feed, "id", f"{BASE}feed.atom")
    _text(feed, "updated", updated)
    _text(ElementTree.SubElement(feed, "author"), "name", "the harmgraph project")
    for relation, page in (
        ("self", number),
        ("first", 1),
        ("last", last),
        ("previous", number - 1),
        ("next", number + 1),
    ):
        if 1 <= page <= last:
            address = f"{here}/feed.atom" + (f"?page={page}" if page > 1 else "")
            ElementTree.SubElement(feed, "link", rel=relation, href=address, type="application/atom+xml")
    ElementTree.SubElement(feed, "link", rel="alternate", href=f"{here}/incidents", type="text/html")
    for change in found.incidents[(number - 1) * PER_PAGE : number * PER_PAGE]:
        feed.append(_entry(here, found, change, updated))
    return feed


def _entry(here: str, found: Changes, change: Change, updated: str) -> ElementTree.Element:
    entry = ElementTree.Element("entry")
    _text(entry, "id", f"{BASE}memento/{_stamp(found.now)}/doc/{change.path}")
    _text(entry, "title", change.label or change.path)
    _text(entry, "updated", updated)
    address = f"{here}/doc/{change.path}"
    if change.change == "removed" and found.before is not None:
        address = f"{here}/memento/{_stamp(found.before)}/doc/{change.path}"
    ElementTree.SubElement(entry, "link", rel="alternate", href=header_url(address))
    ElementTree.SubElement(entry, "category", term=change.change)
    _text(entry, "summary", f"{change.change.capitalize()}. {change.summary}".strip())
    return entry


def _text(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, name).text = _NO_XML.sub("\ufffd", text)


def _stamp(release: Release) -> str:
    return _moment(release).strftime("%Y%m%d%H%M%S")


def _moment(release: Release) -> datetime:
    return built(release) or datetime.fromtimestamp(int(release.dump.stat().st_mtime), UTC)
