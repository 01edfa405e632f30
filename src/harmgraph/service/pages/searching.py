"""``/search``: incidents by words and facets, as a page for people and as CSV and JSON for machines.

Words go to the index of text over SPARQL (`hg:matches`); everything else is counted in the `FacetIndex` of the release,
which is made when somebody first needs it. How a page is looked through stands in its URL alone: links and a form.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from cachetools import LRUCache
from fastapi import APIRouter
from pyoxigraph import Literal
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from harmgraph.errors import QueryRefused
from harmgraph.service.context import Service, service_of
from harmgraph.service.http.conditional import CACHE_CONTROL, etag, not_modified
from harmgraph.service.http.middleware import SCRIPTED
from harmgraph.service.http.negotiation import HTML
from harmgraph.service.pages import facets, search_exports, wording
from harmgraph.service.pages.facets import FACETS, FacetIndex, positions_of
from harmgraph.service.pages.naming import called, names_of, remark
from harmgraph.service.pages.selection import ORDERS, Selection, selected
from harmgraph.service.terms import href

PER_PAGE: Final = 20
FIRST_VALUES: Final = 8
"""Values of a facet that are shown at once."""
FURTHER_VALUES: Final = 24
"""Values that are shown when somebody opens the rest; beyond, all are a link away."""
MOST_VALUES: Final = 2_000
_QUERIES: Final = ("facet_incidents", "facets", "facet_sources", "facet_labels", "facet_broader")
_MOST_NAMED: Final = 5
"""Things shown above what is found, whose names begin with the words."""
_TAGS: Final = ("kind", "country", "organisation", "technology", "issue", "harm")
"""The facets whose values are told of each incident in the list."""

router: Final = APIRouter()


@dataclass(frozen=True, slots=True)
class Option:
    """A value of a facet that can be chosen, or no longer."""

    text: str
    count: int
    href: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class FacetView:
    """A facet as the page shows it; ``more`` leads to all values where these are not all."""

    name: str
    label: str
    first: tuple[Option, ...]
    further: tuple[Option, ...]
    total: int
    more: str = ""
    less: str = ""


@dataclass(frozen=True, slots=True)
class Chip:
    """A choice that can be taken back."""

    facet: str
    text: str
    href: str


@dataclass(frozen=True, slots=True)
class Hit:
    """An incident in the list."""

    label: str
    href: str | None
    year: str
    tags: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What a selection finds: the incidents as bits and in order, and those that only the words choose."""

    bits: int
    by_words: int
    order: Sequence[int] | None = None

    def positions(self, start: int = 0, stop: int | None = None) -> list[int]:
        """The numbers of the incidents from one place in the list to another."""
        return list(islice(positions_of(self.bits) if self.order is None else self.order, start, stop))


async def index_of(service: Service) -> FacetIndex:
    """The index of the release that is served."""

    async def compute() -> FacetIndex:
        answers = await asyncio.gather(*(service.questions.json(name) for name in _QUERIES))
        return await asyncio.to_thread(lambda: facets.build(*map(_cells, answers)))

    return await service.once("facets", compute)


async def find(service: Service, index: FacetIndex, selection: Selection) -> Found:
    """The incidents that are looked for."""
    if not selection.words:
        return Found(index.chosen(selection.choice), index.all)
    ranked, by_words = await _by_words(service, index, selection.words)
    bits = index.chosen(selection.choice, by_words)
    return Found(bits, by_words, index.ranked(ranked, bits) if selection.sorted_by == "relevance" else None)


@router.api_route(
    "/search", methods=["GET", "HEAD"], include_in_schema=False, summary="Find incidents by words and facets"
)
async def search(request: Request) -> Response:
    """The page: what is found, twenty at a time, beside what it can be narrowed down by."""
    service = service_of(request)
    selection = selected(request.scope["query_string"])
    tag, headers = _validators(request, HTML.media_type)
    if (known := not_modified(request, tag, headers)) is not None:
        return known
    index = await index_of(service)
    root = request.scope.get("root_path", "")
    try:
        found = await find(service, index, selection)
    except QueryRefused as refused:
        shown = _shown(index, selection, Found(0, 0), root)
        page = service.render("search.html", request, **{**shown, "things": [], "refused": str(refused)})
        return HTMLResponse(page, 400, {"Cache-Control": "no-store", **SCRIPTED})
    total = found.bits.bit_count()
    if selection.page > 1 and (selection.page - 1) * PER_PAGE >= total:
        raise HTTPException(404, f"what is found has no page {selection.page}; it has {total:,} incidents")
    named = called(names_of(service, index), selection.words, _MOST_NAMED)
    things = [{"label": each.label, "href": href(each.iri, root), "remark": remark(each)} for each in named]
    page = service.render("search.html", request, **_shown(index, selection, found, root), things=things)
    return HTMLResponse(page, headers={**headers, **SCRIPTED, "ETag": tag})


@router.api_route("/search.csv", methods=["GET", "HEAD"], summary="The incidents found, as CSV")
@router.api_route("/search.json", methods=["GET", "HEAD"], summary="The incidents found and their counts, as JSON")
async def exported(request: Request) -> Response:
    """All that is found, whatever page is asked for."""
    service = service_of(request)
    selection = selected(request.scope["query_string"])
    is_csv = request.scope["path"].endswith(".csv")
    media_type = search_exports.CSV if is_csv else search_exports.JSON
    tag, headers = _validators(request, media_type)
    if (known := not_modified(request, tag, headers)) is not None:
        return known
    index = await index_of(service)
    found = await find(service, index, selection)
    make = search_exports.csv_of if is_csv else search_exports.json_of
    body = await asyncio.to_thread(make, index, selection, found.positions(), found.by_words)
    return Response(body, headers={**headers, "ETag": tag, "Content-Type": media_type})


def _validators(request: Request, media_type: str) -> tuple[str, dict[str, str]]:
    service = service_of(request)
    tag = etag(request, service.store.release, service.fingerprint, media_type)
    return tag, {"Cache-Control": CACHE_CONTROL}


def _cells(answer: bytes) -> list[dict[str, str]]:
    solutions = json.loads(answer)["results"]["bindings"]
    return [{name: term["value"] for name, term in solution.items()} for solution in solutions]


async def _by_words(service: Service, index: FacetIndex, words: str) -> tuple[list[str], int]:
    """The incidents that have these words, in their order and as bits; kept, since pages and facets ask again."""

    async def empty() -> LRUCache[str, tuple[list[str], int]]:
        return LRUCache(64)

    kept = await service.once("searches", empty)
    if words not in kept:
        # The index reads letters, digits and its own signs alone, so a backslash is no loss.
        rows = await service.questions.rows("search", words=Literal(words.replace("\\", " ")))
        iris = [row["incident"].value for row in rows]
        positions = [p for iri in iris if (p := index.position(iri)) is not None]
        kept[words] = iris, facets.bits_of(positions, len(index.incidents))
    return kept[words]


def _shown(index: FacetIndex, selection: Selection, found: Found, root: str) -> dict[str, object]:
    path = f"{root}/search"
    start = (selection.page - 1) * PER_PAGE
    total = found.bits.bit_count()
    return {
        "refused": "",
        "selection": selection,
        "hidden": [pair for pair in selection.pairs() if pair[0] in FACETS],
        "total": total,
        "hits": [_hit(index, position, root) for position in found.positions(start, start + PER_PAGE)],
        "first": start + 1,
        "last": min(start + PER_PAGE, total),
        "chips": _chips(index, selection, path),
        "facets": [_facet(index, name, selection, found, path) for name in _listed(selection)],
        "orders": [
            (text, _with(selection, order=name).url(path), selection.sorted_by == name) for name, text in ORDERS.items()
        ]
        if selection.words
        else [],
        "previous": _with(selection, page=selection.page - 1).url(path) if selection.page > 1 else "",
        "next": _with(selection, page=selection.page + 1).url(path) if start + PER_PAGE < total else "",
        "last_page": max(1, -(-total // PER_PAGE)),
        "exports": [
            (label, _with(selection).url(f"{path}.{suffix}")) for label, suffix in (("CSV", "csv"), ("JSON", "json"))
        ],
    }


def _listed(selection: Selection) -> list[str]:
    """The facets that the page shows: those that are chosen by, and those that are always there."""
    return [n for n, facet in FACETS.items() if facet.is_listed or selection.choice.get(n) or selection.whole == n]


def _with(selection: Selection, order: str | None = None, page: int = 1, whole: str = "") -> Selection:
    return Selection(selection.words, selection.choice, selection.order if order is None else order, page, whole)


def _hit(index: FacetIndex, position: int, root: str) -> Hit:
    incident = index.incidents[position]
    tags = []
    for name in _TAGS:
        column = index.columns[name]
        tags += [(FACETS[name].label, column.label(key)) for key in column.stated[position]]
    return Hit(wording.shortened(incident.label), href(incident.iri, root), incident.date[:4], tuple(tags))


def _chips(index: FacetIndex, selection: Selection, path: str) -> list[Chip]:
    chips = []
    if selection.words:
        without = Selection("", selection.choice)
        chips.append(Chip("Words", selection.words, without.url(path)))
    for name, facet in FACETS.items():
        for key in sorted(selection.choice.get(name, ())):
            chips.append(Chip(facet.label, index.columns[name].label(key), selection.toggled(name, key).url(path)))
    return chips


def _facet(index: FacetIndex, name: str, selection: Selection, found: Found, path: str) -> FacetView:
    """The values of a facet, counted under what is chosen in the others: within one, each further value adds."""
    among = index.chosen(selection.choice, found.by_words, without=name)
    options = [
        Option(value.label, value.count, selection.toggled(name, value.key).url(path), selection.has(name, value.key))
        for value in index.counts(name, among)
    ]
    options.sort(key=lambda option: not option.is_chosen)
    facet = FACETS[name]
    if selection.whole == name:
        less = _with(selection).url(path)
        return FacetView(name, facet.label, tuple(options[:MOST_VALUES]), (), len(options), less=less)
    further = tuple(options[FIRST_VALUES : FIRST_VALUES + FURTHER_VALUES])
    more = _with(selection, whole=name).url(path) if len(options) > FIRST_VALUES + FURTHER_VALUES else ""
    return FacetView(name, facet.label, tuple(options[:FIRST_VALUES]), further, len(options), more)
