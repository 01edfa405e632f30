"""``/compare?a=&b=``: two organisations side by side, by the incidents in which they are deployer or developer.

An organisation is given by its key, the end of its IRI, or by its name. Both are drawn on one scale, so that bars of
the same length mean the same number.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from harmgraph.service.context import service_of
from harmgraph.service.http.conditional import CACHE_CONTROL, etag, not_modified
from harmgraph.service.http.negotiation import HTML
from harmgraph.service.pages import charts_by_year, wording
from harmgraph.service.pages.charts_by_year import Years
from harmgraph.service.pages.facets import FACETS, FacetIndex, positions_of
from harmgraph.service.pages.searching import index_of
from harmgraph.service.pages.selection import LONGEST, Selection
from harmgraph.service.terms import href

MOST_OFFERED: Final = 300
"""Organisations that the form offers while somebody writes."""
MOST_SHARED: Final = 20
_MOST_VALUES: Final = 8
_FACETS: Final = {"technology": "Technologies", "issue": "Issues", "harm": "Harms", "country": "Countries"}

router: Final = APIRouter()


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two organisations."""

    key: str
    label: str
    thing: str | None
    search: str
    total: int
    deployed: int
    developed: int
    by_year: Years | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """A value with its count on both sides; shares are lengths of bars, of 100."""

    label: str
    counts: tuple[int, int]
    shares: tuple[float, float]
    hrefs: tuple[str, str]


@router.api_route(
    "/compare", methods=["GET", "HEAD"], include_in_schema=False, summary="Two organisations side by side"
)
async def compare(request: Request) -> Response:
    """The comparison; the form alone until two organisations are named."""
    service = service_of(request)
    tag = etag(request, service.store.release, service.fingerprint, HTML.media_type)
    headers = {"Cache-Control": CACHE_CONTROL}
    if (known := not_modified(request, tag, headers)) is not None:
        return known
    texts = [request.query_params.get(name, "").strip() for name in ("a", "b")]
    if max(map(len, texts)) > LONGEST:
        raise HTTPException(400, f"a name of an organisation has more than {LONGEST} characters")
    index = await index_of(service)
    root = request.scope.get("root_path", "")
    keys = [_key(index, text) for text in texts]
    sides = [_side(index, key, root) for key in keys if key is not None]
    shown: dict[str, object] = {}
    if len(sides) == len(texts):
        shown = _side_by_side(index, sides, root)
    page = service.render(
        "compare.html",
        request,
        **{"sides": sides, "tables": [], "shared": [], "shared_total": 0, **shown},
        texts=[
            next((side.label for side in sides if side.key == key), text) for key, text in zip(keys, texts, strict=True)
        ],
        unknown=[text for key, text in zip(keys, texts, strict=True) if key is None and text],
        offered=[value.label for value in index.counts("organisation", index.all)[:MOST_OFFERED]],
    )
    return HTMLResponse(page, headers={**headers, "ETag": tag})


def _key(index: FacetIndex, text: str) -> str | None:
    """The organisation that goes by this key or name; of several with one name, that of most incidents."""
    column = index.columns["organisation"]
    if text in column.bits:
        return text
    named = [value.key for value in index.counts("organisation", index.all) if _same(value.label, text)]
    return named[0] if named else None


def _same(label: str, text: str) -> bool:
    return label.casefold() == text.casefold()


def _bits(index: FacetIndex, name: str, key: str) -> int:
    return index.columns[name].bits.get(key, 0)


def _side(index: FacetIndex, key: str, root: str) -> Side:
    return Side(
        key,
        index.columns["organisation"].label(key),
        href(FACETS["organisation"].base + key, root),
        Selection().toggled("organisation", key).url(f"{root}/search"),
        _bits(index, "organisation", key).bit_count(),
        _bits(index, "deployer", key).bit_count(),
        _bits(index, "developer", key).bit_count(),
    )


def _side_by_side(index: FacetIndex, sides: list[Side], root: str) -> dict[str, object]:
    first, second = (_bits(index, "organisation", side.key) for side in sides)
    shared = first & second
    years, span = index.columns["year"].bits.values(), _span(index, first | second)
    highest = max((year & side).bit_count() for year in (*years, 0) for side in (first, second))
    drawn = [
        replace(
            side, by_year=charts_by_year.years(index, [("incidents", bits)], root, chosen, highest=highest, span=span)
        )
        for side, bits in zip(sides, (first, second), strict=True)
        for chosen in (Selection().toggled("organisation", side.key),)
    ]
    incidents = (index.incidents[position] for position in islice(positions_of(shared), MOST_SHARED))
    return {
        "sides": drawn,
        "tables": [
            (heading, pairs)
            for name, heading in _FACETS.items()
            if (pairs := _pairs(index, name, (first, second), [side.key for side in sides], root))
        ],
        "shared": [(wording.shortened(each.label), href(each.iri, root), each.date[:4]) for each in incidents],
        "shared_total": shared.bit_count(),
    }


def _span(index: FacetIndex, among: int) -> tuple[int, int] | None:
    found = [int(year) for year, bits in index.columns["year"].bits.items() if bits & among]
    return (min(found), max(found)) if found else None


def _pairs(index: FacetIndex, name: str, bits: tuple[int, int], keys: list[str], root: str) -> list[Pair]:
    """The values that either has most often, on one scale."""
    values = index.counts(name, bits[0] | bits[1])[:_MOST_VALUES]
    counts = {v.key: tuple((_bits(index, name, v.key) & side).bit_count() for side in bits) for v in values}
    longest = max((count for pair in counts.values() for count in pair), default=1)
    return [
        Pair(
            value.label,
            (counts[value.key][0], counts[value.key][1]),
            (round(100 * counts[value.key][0] / longest, 1), round(100 * counts[value.key][1] / longest, 1)),
            (
                Selection().toggled("organisation", keys[0]).toggled(name, value.key).url(f"{root}/search"),
                Selection().toggled("organisation", keys[1]).toggled(name, value.key).url(f"{root}/search"),
            ),
        )
        for value in values
    ]
