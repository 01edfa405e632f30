"""``/reconcile/1.0``: the draft of version 1.0 of the API, behind paths of its own, since it may change any day.

JSON is posted where 0.2 has forms, and batches are arrays. What it shares with 0.2 (suggestions, previews, proposals)
is answered by the same handlers. Drafts differ in what they call the route of batches: ``/match`` and ``/reconcile``
are the same here.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Final, Literal

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from harmgraph.service.reconciliation import routes
from harmgraph.service.reconciliation.address import public_address
from harmgraph.service.reconciliation.answering import answered, extension
from harmgraph.service.reconciliation.form import answer, json_body
from harmgraph.service.reconciliation.manifest import HEIGHT, NAME, SETTINGS, WIDTH
from harmgraph.service.reconciliation.queries import (
    BATCH,
    Condition,
    ReconciliationQuery,
    check_size,
    read_extension_of,
    read_limit,
    read_types,
    read_values,
)
from harmgraph.service.reconciliation.schema import TYPES, property_named

router: Final = APIRouter()

_CONDITIONS: Final = 20
_RENAMED: Final = {"name": "id", "label": "name", "help_text": "helpText"}


@router.api_route("/reconcile/1.0", methods=["GET", "HEAD"], summary="The manifest of the draft of version 1.0")
@router.api_route("/reconcile/1.0/", methods=["GET", "HEAD"], include_in_schema=False)
async def manifest(request: Request) -> Response:
    """What the service can do, as the draft has it told."""
    address = public_address(request)
    value = {
        "versions": ["1.0-draft"],
        "name": NAME,
        "documentation": f"{address}/",
        "logo": f"{address}/static/logo.svg",
        "serviceVersion": version("harmgraph"),
        "view": {"url": f"{address}/reconcile/view?id={{id}}"},
        "defaultTypes": [each.reference for each in TYPES.values()],
        "suggest": {"entity": True, "property": True, "type": True},
        "preview": {"width": WIDTH, "height": HEIGHT},
        "extend": {
            "proposeProperties": True,
            "propertySettings": [{_RENAMED.get(k, k): v for k, v in each.items()} for each in SETTINGS],
        },
        "batchSize": BATCH,
        "lang": "en",
        "standardizedScore": True,
    }
    return answer(request, value, {})


@router.api_route("/reconcile/1.0/match", methods=["POST"], summary="Reconcile a batch, by the draft of version 1.0")
@router.api_route("/reconcile/1.0/reconcile", methods=["POST"], include_in_schema=False)
async def match(request: Request) -> Response:
    """The candidates for each query of the batch, in its order."""
    found = await answered(request, read_batch(await json_body(request)))
    return answer(request, {"results": [{"candidates": each} for each in found]}, {})


@router.api_route("/reconcile/1.0/extend", methods=["POST"], summary="Extend data, by the draft of version 1.0")
async def extend(request: Request) -> Response:
    """The values of the properties, row by row."""
    columns, rows = await extension(request, read_extension_of(await json_body(request)))
    shown = [
        {"id": name, "properties": [{"id": each, "values": values} for each, values in cells.items()]}
        for name, cells in rows.items()
    ]
    return answer(request, {"meta": columns, "rows": shown}, {})


for path, handler, summary in (
    ("suggest/entity", routes.suggest_entity, "Complete the name of a thing"),
    ("suggest/type", routes.suggest_type, "Complete the name of a type"),
    ("suggest/property", routes.suggest_property, "Complete the name of a property"),
    ("extend/propose", routes.properties, "The properties that can be fetched"),
    ("preview", routes.preview, "A page that previews a thing"),
):
    router.add_api_route(f"/reconcile/1.0/{path}", handler, methods=["GET", "HEAD"], summary=summary)


def read_batch(value: object) -> list[ReconciliationQuery]:
    """The queries of a batch; raises 400 with the place of what the draft does not allow."""
    queries = value.get("queries") if isinstance(value, dict) else None
    if not isinstance(queries, list):
        raise HTTPException(400, 'the body is no object like {"queries": [ … ]}')
    check_size(len(queries))
    return [_query(each, f"queries.{number}") for number, each in enumerate(queries)]


def _query(value: object, place: str) -> ReconciliationQuery:
    conditions = value.get("conditions") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(conditions, list) or not conditions:
        raise HTTPException(400, f"{place} has no array of conditions, or an empty one")
    text = ""
    found: list[Condition] = []
    for number, each in enumerate(conditions[:_CONDITIONS]):
        where = f"{place}.conditions.{number}"
        if not isinstance(each, dict) or each.get("matchType") not in ("name", "property") or "v" not in each:
            raise HTTPException(400, f"{where} has no v, or a matchType that is neither name nor property")
        values = read_values(each["v"], f"{where}.v")
        if each["matchType"] == "name":
            # Names that are alternatives to each other are rare: the first decides.
            text = text or (values[0] if values else "")
        elif (condition := _condition(each, values, where)) is not None:
            found.append(condition)
    types = read_types(value.get("type"), f"{place}.type")
    return ReconciliationQuery(text, types, "any", read_limit(value.get("limit"), f"{place}.limit"), tuple(found))


def _condition(value: Mapping[str, object], values: tuple[str, ...], place: str) -> Condition | None:
    """The condition; None for a property that nobody knows, unless it is required."""
    name, required = value.get("pid"), value.get("required", False)
    if not isinstance(name, str) or not isinstance(required, bool):
        raise HTTPException(
            400, f"{place} has no pid with the identifier of a property, or a required that is no boolean"
        )
    quantifier: Literal["any", "all", "none"]
    match value.get("matchQuantifier") or "any":
        case "any" | "all" | "none" as quantifier:
            pass
        case _:
            raise HTTPException(400, f"{place}.matchQuantifier is any, all or none")
    known = property_named(name)
    if known is None and required:
        raise HTTPException(400, f"{place}.pid is {name[:40]!r}, no property of ours, and required")
    return Condition(known, values, required, quantifier) if known is not None and values else None
