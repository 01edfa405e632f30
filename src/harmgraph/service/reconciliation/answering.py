"""Queries of either version of the API → their answers: the candidates, or the cells, that responses show."""

from __future__ import annotations

import asyncio

from starlette.requests import Request

from harmgraph.service.context import service_of
from harmgraph.service.http.clients import client_of
from harmgraph.service.reconciliation.directory import index_for
from harmgraph.service.reconciliation.entities import description
from harmgraph.service.reconciliation.extending import Cell, extended
from harmgraph.service.reconciliation.index import NameIndex
from harmgraph.service.reconciliation.queries import ExtensionQuery, ReconciliationQuery
from harmgraph.service.reconciliation.scoring import Candidate, reconcile

_DESCRIPTION = 300


async def answered(request: Request, queries: list[ReconciliationQuery]) -> list[list[dict[str, object]]]:
    """The candidates for each query; a batch counts as one query of its client."""
    service = service_of(request)
    index = await index_for(service)
    with service.clients.one_query(client_of(request)):
        return await asyncio.to_thread(_answers, index, queries)


async def extension(
    request: Request, query: ExtensionQuery
) -> tuple[list[dict[str, object]], dict[str, dict[str, list[Cell]]]]:
    """The columns of a data extension query, and its cells by entity and property."""
    service = service_of(request)
    index = await index_for(service)
    with service.clients.one_query(client_of(request)):
        return await extended(index, service.questions, query)


def _answers(index: NameIndex, queries: list[ReconciliationQuery]) -> list[list[dict[str, object]]]:
    return [[_shown(index, each) for each in reconcile(index, query)] for query in queries]


def _shown(index: NameIndex, candidate: Candidate) -> dict[str, object]:
    entity = candidate.entity
    return {
        "id": entity.id,
        "name": entity.name,
        "description": description(entity, index.entities)[:_DESCRIPTION],
        "type": [entity.type.reference] if entity.type is not None else [],
        "score": candidate.score,
        "match": candidate.match,
        "features": candidate.features,
    }
