"""``/reconcile``: the Reconciliation Service API 0.2, as OpenRefine uses it.

Reads what a request asks, takes the index of its release, and lets a thread do what takes more than a moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from harmgraph.service.context import service_of
from harmgraph.service.reconciliation import preview as previews
from harmgraph.service.reconciliation import suggesting
from harmgraph.service.reconciliation.address import public_address
from harmgraph.service.reconciliation.answering import answered, extension
from harmgraph.service.reconciliation.directory import index_for
from harmgraph.service.reconciliation.entities import Entity, description
from harmgraph.service.reconciliation.extending import entity_of, proposed
from harmgraph.service.reconciliation.form import answer, parameters, whole_number
from harmgraph.service.reconciliation.index import NameIndex
from harmgraph.service.reconciliation.manifest import manifest
from harmgraph.service.reconciliation.queries import (
    LIMIT,
    read_batch,
    read_extension,
    read_single,
)
from harmgraph.service.reconciliation.schema import PROPERTIES, TYPES, Type, property_named, type_named
from harmgraph.service.terms import header_url

router: Final = APIRouter()

_READ: Final = ["GET", "HEAD"]
_SUGGESTIONS: Final = 10


@router.api_route("/reconcile", methods=["GET", "HEAD", "POST"], summary="Reconcile names, extend data")
@router.api_route("/reconcile/", methods=["GET", "HEAD", "POST"], include_in_schema=False)
async def endpoint(request: Request) -> Response:
    """The manifest, or the answer to a batch, a single query or a data extension query."""
    given = await parameters(request)
    if "queries" in given:
        batch = read_batch(given["queries"])
        found = await answered(request, list(batch.values()))
        value: object = {name: {"result": each} for name, each in zip(batch, found, strict=True)}
    elif "query" in given:
        value = {"result": (await answered(request, [read_single(given["query"])]))[0]}
    elif "extend" in given:
        columns, rows = await extension(request, read_extension(given["extend"]))
        value = {"meta": columns, "rows": rows}
    elif request.method == "POST":
        raise HTTPException(400, "the form has none of queries, query and extend")
    else:
        value = manifest(public_address(request))
    return answer(request, value, given)


@router.api_route("/reconcile/suggest/entity", methods=_READ, summary="Complete the name of a thing")
async def suggest_entity(request: Request) -> Response:
    """Suggestions for a prefix, of one type where that is given."""
    given = await parameters(request)
    index = await index_for(service_of(request))
    cursor, limit = whole_number(given, "cursor", 0, 10_000), whole_number(given, "limit", _SUGGESTIONS, LIMIT)
    types = _types_of(given)
    prefix = given.get("prefix", "")[:200].encode("utf-8", "replace").decode()
    found = await asyncio.to_thread(suggesting.entities, index, prefix, types, cursor, limit)
    return answer(request, {"result": [suggesting.entity(index, each) for each in found]}, given)


@router.api_route("/reconcile/suggest/type", methods=_READ, summary="Complete the name of a type")
async def suggest_type(request: Request) -> Response:
    """The types whose name begins like this."""
    given = await parameters(request)
    found = suggesting.types(given.get("prefix", ""))
    return answer(request, {"result": found[whole_number(given, "cursor", 0, 10_000) :]}, given)


@router.api_route("/reconcile/suggest/property", methods=_READ, summary="Complete the name of a property")
async def suggest_property(request: Request) -> Response:
    """The properties whose name begins like this."""
    given = await parameters(request)
    found = suggesting.properties(given.get("prefix", ""))
    return answer(request, {"result": found[whole_number(given, "cursor", 0, 10_000) :]}, given)


@router.api_route("/reconcile/flyout/{kind}", methods=_READ, summary="A small preview of a suggestion")
async def flyout(request: Request) -> Response:
    """What a client shows beside the suggestion that the pointer is on."""
    given = await parameters(request)
    name = given.get("id", "")
    match request.path_params["kind"]:
        case "entity":
            index, entity = await _entity(request, given)
            kind = f"{entity.type.name}. " if entity.type is not None else ""
            shown = suggesting.flyout(name, entity.name, kind + description(entity, index.entities))
        case "type" if (type_ := type_named(name)) is not None:
            shown = suggesting.flyout(name, type_.name, type_.description)
        case "property" if (property_ := property_named(name)) is not None:
            shown = suggesting.flyout(name, property_.name, suggesting.property_description(property_))
        case kind:
            known = {"type": list(TYPES), "property": list(PROPERTIES)}.get(kind, ["entity", "type", "property"])
            raise HTTPException(404, f"there is no {kind} {name[:100]!r}; there are {', '.join(known)}")
    return answer(request, shown, given)


@router.api_route("/reconcile/properties", methods=_READ, summary="The properties that can be fetched")
async def properties(request: Request) -> Response:
    """Properties of one type, or of all."""
    given = await parameters(request)
    limit = whole_number(given, "limit", len(PROPERTIES), len(PROPERTIES))
    type_ = type_named(given.get("type", ""))
    value: dict[str, object] = {"properties": proposed(type_.id if type_ is not None else None, limit)}
    if given.get("type"):
        value["type"] = given["type"]
    if given.get("limit"):
        value["limit"] = limit
    return answer(request, value, given)


@router.api_route("/reconcile/preview", methods=_READ, summary="A page that previews a thing")
async def preview(request: Request) -> Response:
    """The preview, which other sites may show in a frame."""
    index, entity = await _entity(request, await parameters(request))
    return await previews.page(request, service_of(request), index, entity)


@router.api_route("/reconcile/view", methods=_READ, summary="Go to a thing by its identifier")
async def view(request: Request) -> Response:
    """303 to the thing: clients put ``%2F`` for the slash of an identifier, which no path of ours has."""
    _, entity = await _entity(request, await parameters(request))
    return RedirectResponse(header_url(f"{request.scope.get('root_path', '')}/id/{entity.id}"), 303)


async def _entity(request: Request, given: Mapping[str, str]) -> tuple[NameIndex, Entity]:
    name = given.get("id")
    if not name:
        raise HTTPException(400, "the parameter id is missing; it takes an identifier like incident/AIAAIC0850")
    index = await index_for(service_of(request))
    entity = entity_of(index, name)
    if entity is None:
        raise HTTPException(404, f"nothing that can be reconciled has the identifier {name[:100]!r}")
    return index, entity


def _types_of(given: Mapping[str, str]) -> tuple[Type, ...]:
    return tuple(known for name in given.get("type", "").split(",") if (known := type_named(name)) is not None)
