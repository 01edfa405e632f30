"""The service's own questions to the store: ``queries/*.rq`` with IRIs put in, and their answers as RDF terms.

A query file stands for an IRI by a variable written ``$this``. What takes its place is a `NamedNode`, which has been
checked to hold none of the characters that end an IRI in SPARQL, or a `Literal`, whose text is escaped as SPARQL wants.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Final

from pyoxigraph import (
    Literal,
    NamedNode,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Triple,
    parse,
    parse_query_results,
)

from harmgraph.iris import BASE, PREFIXES
from harmgraph.service.http.caching import ResultCache
from harmgraph.service.terms import Term
from harmgraph.store.base import RESULTS_FORMATS, Query, Store

JSON: Final = RESULTS_FORMATS[0]

Row = dict[str, Term]
"""One solution: variable → term, without the unbound ones."""

Place = NamedNode | Literal | Iterable[NamedNode]
"""What may take the place of a ``$variable`` in a query."""

_FOLDER: Final = resources.files("harmgraph.service") / "queries"
_PLACE: Final = re.compile(r"\$(\w+)")
_PREFIXES: Final = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in PREFIXES.items()) + (
    "PREFIX spdx: <http://spdx.org/rdf/terms#>\n"
)


class Questions:
    """Asks the store what the service itself needs to know, each within ``timeout`` seconds, and keeps the answers."""

    def __init__(self, store: Store, timeout: float, cache: ResultCache) -> None:
        self._store = store
        self._timeout = timeout
        self._cache = cache

    async def rows(self, name: str, *, limit: int | None = None, offset: int = 0, **iris: Place) -> list[Row]:
        """The solutions of the SELECT query in ``queries/{name}.rq``."""
        page = "" if limit is None else f"\nLIMIT {limit:d} OFFSET {offset:d}"
        answer = await self._json(bound(name, **iris) + page)
        solutions = parse_query_results(input=answer, format=QueryResultsFormat.JSON)
        assert isinstance(solutions, QuerySolutions)  # no file in queries/ is an ASK
        names = [variable.value for variable in solutions.variables]
        return [{n: term for n in names if (term := row[n]) is not None} for row in solutions]

    async def json(self, name: str, **iris: Place) -> bytes:
        """The solutions in SPARQL 1.1 Query Results JSON, for whoever reads so many that it is done in a thread."""
        return await self._json(bound(name, **iris))

    async def _json(self, text: str) -> bytes:
        return await self._answer(Query(text, self._timeout, results_format=JSON, graph_format=None))

    async def triples(self, name: str, **iris: Place) -> set[Triple]:
        """The graph of the CONSTRUCT query in ``queries/{name}.rq``."""
        return {quad.triple for quad in parse(input=await self.graph(name, **iris), format=RdfFormat.N_TRIPLES)}

    async def graph(self, name: str, **iris: Place) -> bytes:
        """The same as N-Triples, for whoever reads a large one in a thread."""
        return await self._answer(
            Query(bound(name, **iris), self._timeout, results_format=None, graph_format="application/n-triples")
        )

    async def _answer(self, query: Query) -> bytes:
        kept = self._cache.get(self._cache.key(query, self._store.validator))
        if kept is not None:
            return kept.body
        answer = await self._store.query(query)
        return await self._cache.keep(answer, self._cache.key(query, answer.validator)).read()

    async def alive(self) -> None:
        """Return if the store answers at all, else raise as it does."""
        await (await self._store.query(Query("ASK {}", min(self._timeout, 5.0)))).read()


def bound(name: str, **iris: Place) -> str:
    """The text of the query with each ``$place`` replaced by its term, or its IRIs one after another."""
    written = {
        place: str(term) if isinstance(term, NamedNode | Literal) else " ".join(map(str, term))
        for place, term in iris.items()
    }
    return f"BASE <{BASE}>\n" + _PREFIXES + _PLACE.sub(lambda match: written[match[1]], _read(name))


@cache
def _read(name: str) -> str:
    return (_FOLDER / f"{name}.rq").read_text("utf-8")
