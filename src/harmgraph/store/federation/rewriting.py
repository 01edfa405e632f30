"""A query with SERVICE clauses → the same query with the solutions of each clause in its place.

SPARQL 1.1 Federated Query §5 evaluates the pattern of a clause by itself, at the other endpoint, and joins what
comes back. A VALUES block with what came back is joined alike. Runs in the service, before a worker gets the
query: workers have no network, and refuse whatever SERVICE is left.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from harmgraph.errors import QueryRefused, ServiceFailed
from harmgraph.settings import Settings
from harmgraph.store.base import Answer, Query
from harmgraph.store.federation.addresses import Resolve, resolve
from harmgraph.store.federation.calls import Budget, Calls
from harmgraph.store.federation.endpoints import EXTENSIONS, Endpoint, Endpoints
from harmgraph.store.federation.remote_query import RemoteQuery
from harmgraph.store.federation.solutions import Row, Unusable, nothing_bound, solutions, values_block
from harmgraph.store.groups import Groups, Unclear
from harmgraph.store.prologue import Prologue
from harmgraph.store.service_clauses import Clause, clauses
from harmgraph.store.tokens import Token, as_evaluated

Ask = Callable[[Query], Awaitable[Answer]]
"""How a query without SERVICE is answered here."""

_DEEPEST: Final = 200


class Federation:
    """Follows SERVICE clauses to the endpoints that the settings list."""

    def __init__(self, settings: Settings, resolve: Resolve = resolve) -> None:
        self._settings = settings
        self._endpoints = Endpoints(settings)
        self._calls = Calls(settings, self._endpoints, resolve)

    async def inlined(self, query: Query, deadline: float, ask: Ask) -> Query:
        """The query with the solutions of its SERVICE clauses in their places.

        Raises `QueryRefused` for an endpoint that is a variable or is not listed, `ServiceFailed` where an endpoint
        gives no answer and the clause is not SILENT.
        """
        if not self._endpoints:
            return query
        # A text of megabytes takes a second to read, in which others want to be answered.
        text, groups = await asyncio.to_thread(_read, query.text)
        if groups is None:
            return query
        found = clauses(groups)
        if not found:
            return query
        prologue = Prologue.of(groups.tokens, query.base_iri)
        outer = self._permitted(found, groups, prologue)
        budget = Budget(deadline, query.timeout, self._settings.federation_bytes, self._settings.federation_rows)
        replaced: list[tuple[int, int, str]] = []
        for clause, endpoint in outer:
            block = await self._block(clause, endpoint, RemoteQuery(text, groups, clause, prologue), budget)
            start, end = groups.tokens[clause.first].start, groups.tokens[clause.closing].end
            # As many lines as before, so that the engine's messages about the rest name the right one.
            replaced.append((start, end, block + "\n" * text.count("\n", start, end)))
        return replace(query, text=_spliced(text, replaced))

    async def close(self) -> None:
        """Close all connections."""
        await self._calls.close()

    def _permitted(self, found: list[Clause], groups: Groups, prologue: Prologue) -> list[tuple[Clause, Endpoint]]:
        """The clauses that stand in no other, with their endpoints; all are checked before any is followed."""
        if len(found) > self._settings.federation_clauses:
            most = self._settings.federation_clauses
            raise QueryRefused(f"the query holds {len(found)} SERVICE clauses, and this endpoint follows {most}")
        outer: list[tuple[Clause, Endpoint]] = []
        end = -1
        for clause in found:
            nested = clause.first < end
            iri = _endpoint_iri(clause.endpoint, prologue)
            if nested and iri in EXTENSIONS:
                continue
            endpoint = self._endpoints.listed(iri)
            if not nested:
                outer.append((clause, endpoint))
                end = clause.closing
        return outer

    async def _block(self, clause: Clause, endpoint: Endpoint, remote: RemoteQuery, budget: Budget) -> str:
        try:
            rows = await self._asked(endpoint, remote.text(), remote.variables, budget)
        except ServiceFailed:
            if not clause.silent:
                raise
            rows = nothing_bound(remote.variables)
        return f"{{ {values_block(remote.variables, rows)} }}"

    async def _asked(self, endpoint: Endpoint, text: str, variables: tuple[str, ...], budget: Budget) -> list[Row]:
        body = await self._calls.select(endpoint, text, budget)
        try:
            rows = await asyncio.to_thread(solutions, body, variables, budget.rows)
        except Unusable as cause:
            raise ServiceFailed(
                f"the answer of the endpoint <{endpoint.iri}> of a SERVICE clause cannot be used: {cause}", endpoint.iri
            ) from cause
        budget.rows -= len(rows)
        return rows


def _read(text: str) -> tuple[str, Groups | None]:
    """The text as it will be evaluated, and its groups unless its brackets do not pair up."""
    text, tokens = as_evaluated(text)
    depth = 0
    for token in tokens:
        if token.kind == "bracket":
            depth += 1 if token.text in "({[" else -1
            if depth > _DEEPEST:
                raise QueryRefused(f"a query with a SERVICE clause may nest {_DEEPEST} brackets, and this one has more")
    try:
        return text, Groups(tokens)
    except Unclear:
        return text, None  # a syntax error, which the engine tells best


def _endpoint_iri(term: Token, prologue: Prologue) -> str:
    if term.kind == "variable":
        raise QueryRefused(
            f"the query holds a SERVICE clause whose endpoint is the variable {term.text}; name the endpoint by its IRI"
        )
    try:
        return prologue.iri(term)
    except KeyError:
        if term.text.startswith("wikibase:"):  # Wikidata's own endpoint declares it too
            return "http://wikiba.se/ontology#" + term.text.partition(":")[2]
        raise QueryRefused(
            f"the query holds a SERVICE clause for {term.text}, whose prefix it does not declare"
        ) from None


def _spliced(text: str, replaced: list[tuple[int, int, str]]) -> str:
    parts, place = [], 0
    for start, end, block in replaced:
        parts += [text[place:start], block]
        place = end
    return "".join([*parts, text[place:]])
