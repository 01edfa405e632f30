"""A query with SERVICE clauses → the same query with the solutions of each clause in its place.

SPARQL 1.1 Federated Query §4 evaluates the pattern of a clause by itself, at the other endpoint, and joins what
comes back. A VALUES block with what came back is joined alike. Runs in the service, before a worker gets the
query: workers have no network, and refuse whatever SERVICE is left.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Final

from harmgraph.errors import QueryRefused, ServiceFailed
from harmgraph.settings import Settings
from harmgraph.store.base import Query
from harmgraph.store.federation.addresses import Resolve, resolve
from harmgraph.store.federation.bindings import BATCH, Followed, always_bound
from harmgraph.store.federation.calls import Budget, Calls
from harmgraph.store.federation.endpoints import EXTENSIONS, Endpoint, Endpoints
from harmgraph.store.federation.narrowing import Ask, Narrowing
from harmgraph.store.federation.remote_query import RemoteQuery
from harmgraph.store.federation.solutions import Row, Unusable, nothing_bound, solutions, values_block
from harmgraph.store.query_text.groups import Groups, Unclear
from harmgraph.store.query_text.prologue import Prologue
from harmgraph.store.query_text.service_clauses import Clause, clauses
from harmgraph.store.query_text.tokens import Token, as_evaluated

_DEEPEST: Final = 200
_LONGEST: Final = 256 << 10
"""Characters of a query that are read here; a long one costs the service time that all requests share."""


class Federation:
    """Follows SERVICE clauses to the endpoints that the settings list."""

    def __init__(self, settings: Settings, resolve: Resolve = resolve) -> None:
        self._settings = settings
        self._endpoints = Endpoints(settings)
        self._calls = Calls(settings, self._endpoints, resolve)
        self.busy = 0
        """How many queries wait for other endpoints."""

    async def inlined(self, query: Query, deadline: float, ask: Ask) -> Query:
        """The query with the solutions of its SERVICE clauses in their places.

        Raises `QueryRefused` for an endpoint that is a variable or is not listed, `ServiceFailed` where an endpoint
        gives no answer and the clause is not SILENT.
        """
        if not self._endpoints or len(query.text) > _LONGEST:
            return query  # the worker refuses the clauses that are in it
        self.busy += 1
        try:
            return await self._inlined(query, deadline, ask)
        finally:
            self.busy -= 1

    async def close(self) -> None:
        """Close all connections."""
        await self._calls.close()

    async def _inlined(self, query: Query, deadline: float, ask: Ask) -> Query:
        # The longest text takes a quarter of a second to read, in which others want to be answered.
        text, groups, found = await asyncio.to_thread(_read, query.text)
        if groups is None or not found:
            return query
        prologue = Prologue.of(groups.tokens, query.base_iri)
        outer = self._permitted(found, groups, prologue)
        budget = Budget(deadline, query.timeout, self._settings.federation_bytes, self._settings.federation_rows)
        followed = Followed(text, groups)
        for clause, endpoint in outer:
            remote = RemoteQuery(text, groups, clause, prologue)
            narrowing = Narrowing(query, groups, followed, ask)
            rows = await self._rows(clause, endpoint, remote, narrowing, budget)
            block = f"{{ {values_block(remote.variables, rows)} }}"
            followed.add(clause, block, always_bound(remote.variables, rows))
        return replace(query, text=followed.rendered())

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

    async def _rows(
        self, clause: Clause, endpoint: Endpoint, remote: RemoteQuery, narrowing: Narrowing, budget: Budget
    ) -> list[Row]:
        """The solutions of a clause, as far as they can matter."""
        values = await narrowing.values(clause, remote, budget)
        if values is None:
            texts = [remote.text()]
        else:
            variables, rows = values
            texts = [remote.text(variables, rows[n : n + BATCH]) for n in range(0, len(rows), BATCH)]
        found: list[Row] = []
        try:
            for text in texts:
                found += await self._asked(endpoint, text, remote.variables, budget)
        except ServiceFailed:
            if not clause.silent:
                raise
            return nothing_bound(remote.variables)
        return found

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


def _read(text: str) -> tuple[str, Groups | None, list[Clause]]:
    """The text as it will be evaluated, its groups unless its brackets do not pair up, and its clauses."""
    text, tokens = as_evaluated(text)
    try:
        groups = Groups(tokens)
    except Unclear:
        return text, None, []  # a syntax error, which the engine tells best
    found = clauses(groups)
    if found and groups.depth() > _DEEPEST:
        raise QueryRefused(f"a query with a SERVICE clause may nest {_DEEPEST} brackets, and this one has more")
    return text, groups, found


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
