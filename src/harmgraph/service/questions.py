"""The service's own questions to the store: ``queries/*.rq`` with IRIs put in, and their answers as RDF terms.

A query file stands for an IRI by a variable written ``$this``. What takes its place is always a `NamedNode`,
which has been checked to hold none of the characters that end an IRI in SPARQL; text of a request never does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Final

from pyoxigraph import (
    NamedNode,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Triple,
    parse,
    parse_query_results,
)

from harmgraph.iris import BASE, PREFIXES
from harmgraph.service.terms import Term
from harmgraph.store.base import Query, Store

Row = dict[str, Term]
"""One solution: variable → term, without the unbound ones."""

_FOLDER: Final = resources.files("harmgraph.service") / "queries"
_PLACE: Final = re.compile(r"\$(\w+)")
_PREFIXES: Final = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in PREFIXES.items()) + (
    "PREFIX spdx: <http://spdx.org/rdf/terms#>\n"
)


class Questions:
    """Asks the store what the service itself needs to know, each within ``timeout`` seconds."""

    def __init__(self, store: Store, timeout: float) -> None:
        self._store = store
        self._timeout = timeout

    async def rows(
        self, name: str, *, limit: int | None = None, offset: int = 0, **iris: NamedNode | Iterable[NamedNode]
    ) -> list[Row]:
        """The solutions of the SELECT query in ``queries/{name}.rq``."""
        text = bound(name, **iris)
        if limit is not None:
            text += f"\nLIMIT {limit:d} OFFSET {offset:d}"
        answer = await self._store.query(
            Query(text, self._timeout, results_format="application/sparql-results+json", graph_format=None)
        )
        solutions = parse_query_results(input=await answer.read(), format=QueryResultsFormat.JSON)
        assert isinstance(solutions, QuerySolutions)  # no file in queries/ is an ASK
        names = [variable.value for variable in solutions.variables]
        return [{n: term for n in names if (term := row[n]) is not None} for row in solutions]

    async def triples(self, name: str, **iris: NamedNode | Iterable[NamedNode]) -> set[Triple]:
        """The graph of the CONSTRUCT query in ``queries/{name}.rq``."""
        return {quad.triple for quad in parse(input=await self.graph(name, **iris), format=RdfFormat.N_TRIPLES)}

    async def graph(self, name: str, **iris: NamedNode | Iterable[NamedNode]) -> bytes:
        """The same as N-Triples, for whoever reads a large one in a thread."""
        query = Query(bound(name, **iris), self._timeout, results_format=None, graph_format="application/n-triples")
        return await (await self._store.query(query)).read()

    async def alive(self) -> None:
        """Return if the store answers at all, else raise as it does."""
        await (await self._store.query(Query("ASK {}", min(self._timeout, 5.0)))).read()


def bound(name: str, **iris: NamedNode | Iterable[NamedNode]) -> str:
    """The text of the query with each ``$place`` replaced by its IRI, or its IRIs one after another."""
    written = {
        place: str(iri) if isinstance(iri, NamedNode) else " ".join(map(str, iri)) for place, iri in iris.items()
    }
    return f"BASE <{BASE}>\n" + _PREFIXES + _PLACE.sub(lambda match: written[match[1]], _read(name))


@cache
def _read(name: str) -> str:
    return (_FOLDER / f"{name}.rq").read_text("utf-8")
