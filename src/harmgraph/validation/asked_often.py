"""An rdflib graph that is asked the same queries very often, as pySHACL does: the data graph of the reference engine.

It parses the text of a query once. pySHACL 0.40.1 hands it the text of a SPARQL constraint anew for each focus node,
with the node as a binding, and parsing took nine tenths of a run. What is answered is not changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rdflib import Graph
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.sparql import Query
from rdflib.query import Result


class AskedOften(Graph):
    """A graph that keeps each query it was asked as rdflib's algebra."""

    def __init__(self) -> None:
        super().__init__()
        self._prepared: dict[str, Query] = {}

    def query(
        self,
        query_object: str | Query,
        processor: Any = "sparql",
        result: Any = "sparql",
        initNs: Mapping[str, Any] | None = None,  # noqa: N803  # rdflib's name, as the next
        initBindings: Mapping[str, Any] | None = None,  # noqa: N803
        use_store_provided: bool = True,
        **options: Any,
    ) -> Result:
        """The answer, as `rdflib.Graph.query` gives it; a text comes with the prefixes it needs or with ``initNs``."""
        if isinstance(query_object, str) and not initNs:
            query_object = self._prepare(query_object)
        return super().query(query_object, processor, result, initNs, initBindings, use_store_provided, **options)

    def _prepare(self, text: str) -> Query:
        if text not in self._prepared:
            self._prepared[text] = prepareQuery(text, initNs=dict(self.namespaces()))
        return self._prepared[text]
