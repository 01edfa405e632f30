"""``/healthz``, ``/readyz`` and ``/metrics``: what those ask who run the service, and whatever stands in front of it.

Health is of the process, and one that is not healthy should be started again. Readiness is of the answers, and one
that is not ready should get no requests for now.
"""

from __future__ import annotations

from typing import Final, cast

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from harmgraph.errors import QueryFailed
from harmgraph.service.context import service_of
from harmgraph.service.http.metrics import Metrics
from harmgraph.service.serving import Serving
from harmgraph.store.vitals import Observed

router: Final = APIRouter()

_FRESH: Final = {"Cache-Control": "no-store"}


@router.api_route("/healthz", methods=["GET", "HEAD"], summary="Whether the process lives")
async def health(request: Request) -> Response:
    """200 with the release, as long as there is anyone to answer."""
    return JSONResponse({"status": "ok", "release": service_of(request).store.release}, headers=_FRESH)


@router.api_route("/readyz", methods=["GET", "HEAD"], summary="Whether queries are answered")
async def readiness(request: Request) -> Response:
    """200 if the store answers a query and will go on to; else 503 with the reason."""
    service = service_of(request)
    fault = await _fault(request)
    if fault is None:
        return JSONResponse({"status": "ready", "release": service.store.release}, headers=_FRESH)
    body = {"status": "not ready", "release": service.store.release, "reason": fault}
    return JSONResponse(body, 503, {**_FRESH, "Retry-After": "5"})


@router.api_route("/metrics", methods=["GET", "HEAD"], summary="Counts and state in the text format of Prometheus")
async def metrics(request: Request) -> Response:
    """The metrics, unless they are switched off."""
    service = service_of(request)
    if service.settings.metrics != "on":
        raise HTTPException(404, "the metrics of this service are switched off")
    kept = cast("Metrics", request.app.state.metrics)
    kept.observe(service.store)
    return Response(kept.text(), headers={**_FRESH, "Content-Type": CONTENT_TYPE_LATEST})


async def _fault(request: Request) -> str | None:
    service = service_of(request)
    if cast("Serving", request.app.state.serving).draining:
        return "the service is ending"
    if isinstance(service.store, Observed) and (fault := service.store.vitals().fault) is not None:
        return fault
    try:
        await service.questions.alive()
    except QueryFailed as error:
        return str(error)
    return None
