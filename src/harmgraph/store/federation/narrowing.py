"""A SERVICE clause → the values, found in the local data, that its shared variables can take.

Asks the store what surrounds the clause. Any doubt, and more values than are worth sending, end in asking the
endpoint for the whole pattern, which is always right.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from harmgraph.errors import LimitExceeded, QueryRefused
from harmgraph.store.base import RESULTS_FORMATS, Answer, Query
from harmgraph.store.federation.bindings import MOST, Followed, sendable, surroundings
from harmgraph.store.federation.calls import Budget
from harmgraph.store.federation.remote_query import RemoteQuery
from harmgraph.store.federation.solutions import UNDEF, Row, Unusable, solutions
from harmgraph.store.query_text.dataset_clause import head
from harmgraph.store.query_text.groups import Groups, Unclear
from harmgraph.store.query_text.service_clauses import Clause

Ask = Callable[[Query], Awaitable[Answer]]
"""How a query without SERVICE is answered here."""

_SHARE: Final = 1 / 3
"""Of the time that is left, what the search for values may take."""
_FORMS: Final = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")


class Narrowing:
    """Finds values for the clauses of one query."""

    def __init__(self, query: Query, groups: Groups, followed: Followed, ask: Ask) -> None:
        self._query = query
        self._groups = groups
        self._followed = followed
        self._ask = ask

    async def values(
        self, clause: Clause, remote: RemoteQuery, budget: Budget
    ) -> tuple[tuple[str, ...], list[Row]] | None:
        """Variables and the combinations of values that matter, or None where the whole pattern is to be asked for."""
        start = self._start()
        if start is None:
            return None
        try:
            around = await asyncio.to_thread(surroundings, self._groups, clause, self._followed)
        except Unclear:
            return None
        shared = tuple(sorted(around.bound & remote.certain))
        if not shared:
            return None
        chosen = " ".join(f"?{name}" for name in shared)
        text = (
            f"{self._followed.rendered(0, start)} SELECT DISTINCT {chosen} {self._dataset()}"
            f" {{ {around.pattern} }} LIMIT {MOST + 1}"
        )
        local = replace(self._query, text=text, timeout=budget.remaining() * _SHARE, results_format=RESULTS_FORMATS[0])
        try:
            body = await (await self._ask(local)).read()
        except QueryRefused:
            return None  # the query has a fault; it shows when the whole of it is evaluated
        except LimitExceeded as limit:
            if limit.limit == "queue":
                raise
            return None
        try:
            rows = await asyncio.to_thread(solutions, body, shared, MOST + 1)
        except Unusable:
            return None  # a term that SPARQL 1.1 cannot write, such as a triple term
        if len(rows) > MOST or any(UNDEF in row for row in rows):
            return None
        names, combinations = sendable(shared, rows)
        return (names, combinations) if names else None

    def _start(self) -> int | None:
        """Where the prologue ends and the form of the query begins."""
        return next((token.start for token in self._groups.tokens if token.keyword in _FORMS), None)

    def _dataset(self) -> str:
        """The FROM clauses, as they are written."""
        tokens = head(self._groups.tokens)
        written = []
        for n, token in enumerate(tokens):
            if token.keyword == "FROM":
                length = 3 if tokens[n + 1].keyword == "NAMED" else 2
                written += [each.text for each in tokens[n : n + length]]
        return " ".join(written)
