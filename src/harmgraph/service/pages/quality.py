"""``/quality``: what was measured of the release when it was built, as a page, as JSON, and as RDF in DQV.

Nothing is measured here: the release carries its measurements, so the page costs no query.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from harmgraph import quality
from harmgraph.quality import dqv
from harmgraph.quality.metrics import COMPARED, COVERAGE, percent
from harmgraph.service.context import Service, service_of
from harmgraph.service.documents.links import Link
from harmgraph.service.documents.published import served
from harmgraph.service.documents.representations import chosen, graph_response, headers_of, known
from harmgraph.service.http.negotiation import DOCUMENTS, HTML, named
from harmgraph.service.terms import href, local_name

JSON: Final = "json"
_LINKS: Final = (Link("license", "https://creativecommons.org/licenses/by/4.0/"), Link("describes", "./"))

router: Final = APIRouter()


@dataclass(frozen=True, slots=True)
class Share:
    """A line of the page: how many of how many, for the whole and for each source."""

    label: str
    count: int
    of: int
    by_source: dict[str, str]
    examples: tuple[tuple[str, str | None], ...] = ()

    @property
    def percent(self) -> str:
        """The share, as people read it."""
        return percent(self.count, self.of)

    @property
    def width(self) -> float:
        """The same in hundredths, for the bar."""
        return round(100 * self.count / self.of, 1) if self.of else 0.0


@router.api_route("/quality", methods=["GET", "HEAD"], summary="The quality of the data of the release")
@router.api_route("/quality.{suffix}", methods=["GET", "HEAD"], include_in_schema=False)
async def report(request: Request, suffix: str | None = None) -> Response:
    """The measurements, in the format that is wanted."""
    service = service_of(request)
    choice = named(suffix, (*DOCUMENTS, HTML)) if suffix not in (None, JSON) else None
    if suffix not in (None, JSON) and choice is None:
        raise HTTPException(404, f"the measurements do not come as .{suffix}")
    found = await service.once("quality", lambda: asyncio.to_thread(_measurements, service))
    if found is None:
        raise HTTPException(
            404,
            "the release that is served carries no measurements: it was loaded, built by an older version, or is in "
            "a store elsewhere; `harmgraph quality` measures a release in the folder, `harmgraph build` every new one",
        )
    wanted = chosen(request, choice.format if choice is not None else None, (HTML, *DOCUMENTS))
    if suffix != JSON and wanted.format is not HTML:
        return await graph_response(
            request, "/quality", choice.format if choice else None, lambda: _triples(found), dqv.DOCUMENT, _LINKS
        )
    headers = headers_of(request, service, wanted, None, suffixed=suffix is not None)
    if (response := known(request, headers)) is not None:
        return response
    if suffix == JSON:
        return Response(json.dumps(found, ensure_ascii=False), headers={**headers, "Content-Type": "application/json"})
    return HTMLResponse(_page(request, service, found), headers=headers)


def _measurements(service: Service) -> dict[str, Any] | None:
    release = served(service)
    return None if release is None else quality.read(release.path)


async def _triples(found: dict[str, Any]) -> list[Any]:
    return list(dqv.triples(found))


def _page(request: Request, service: Service, found: dict[str, Any]) -> str:
    root = request.scope.get("root_path", "")
    labels = {metric.name: metric for metric in COVERAGE}
    coverage: dict[str, list[Share]] = {}
    for each in found["coverage"]:
        if (metric := labels.get(each["name"])) is not None:
            parts = {name: percent(**part) for name, part in each.get("by_source", {}).items()}
            coverage.setdefault(metric.dimension, []).append(Share(metric.label, each["count"], each["of"], parts))
    compared = {each.name: each.label for each in COMPARED}
    return service.render(
        "quality.html",
        request,
        found=found,
        dimensions=dqv.DIMENSIONS,
        coverage=coverage,
        sources=[row["source"] for row in found["sources"]],
        disagreements=[
            Share(compared[each["name"]], each["count"], each["of"], {}, _things(each["examples"], root))
            for each in found["disagreements"]
            if each["name"] in compared and each["of"]
        ],
        shapes=[{**each, "things": _things(each["examples"], root)} for each in found["validation"]["shapes"]],
        formats=DOCUMENTS,
    )


def _things(iris: list[str], root: str) -> tuple[tuple[str, str | None], ...]:
    return tuple((local_name(iri), href(iri, root)) for iri in iris)
