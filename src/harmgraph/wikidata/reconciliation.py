"""Names → items with scores, by a service that speaks the Reconciliation Service API 0.2, ten names a request.

What one query of a batch fails with is that query's alone. A service that answers nothing useful raises
`LookupFailed`, and the caller goes on with the search of Wikidata.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from harmgraph.errors import LookupFailed
from harmgraph.iris import WD
from harmgraph.linking.items import is_number
from harmgraph.wikidata.client import Client

BATCH: Final = 10
_SPACES: Final = (WD.iri, WD.iri.replace("http:", "https:"))


@dataclass(frozen=True, slots=True)
class Query:
    """A name to reconcile; ``kind`` is the item that the result should be an instance of, ``country`` its country."""

    name: str
    kind: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """An item that the service proposes. ``score`` is the service's own, most often up to 100."""

    id: str
    name: str
    score: float
    match: bool


class Reconciliation:
    """The service. Its manifest is asked for once, to know that it speaks of items of Wikidata."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._batch: int | None = None

    def hits(self, queries: Sequence[Query], most: int = 5) -> list[list[Hit]]:
        """The proposals for each query, in its order; none for a query that the service fails on."""
        size = self._batch if self._batch is not None else self._size_of_batch()
        found: list[list[Hit]] = []
        for start in range(0, len(queries), size):
            batch = queries[start : start + size]
            asked = {f"q{number}": _asked(query, most) for number, query in enumerate(batch)}
            answer = self._client.post({"queries": json.dumps(asked, ensure_ascii=False)})
            if not asked.keys() & answer.keys():
                raise LookupFailed(f"{self._client.url}: the answer has none of the queries in it")
            found += [_hits(answer.get(key)) for key in asked]
        return found

    def _size_of_batch(self) -> int:
        manifest = self._client.get({})
        if manifest.get("identifierSpace") not in _SPACES:
            raise LookupFailed(
                f"{self._client.url}: identifierSpace {manifest.get('identifierSpace')!r} is not that of Wikidata"
            )
        size = manifest.get("batchSize")
        self._batch = min(size, BATCH) if isinstance(size, int) and size > 0 else BATCH
        return self._batch


def _asked(query: Query, most: int) -> dict[str, Any]:
    asked: dict[str, Any] = {"query": query.name, "limit": most}
    if query.kind:
        asked |= {"type": query.kind, "type_strict": "should"}
    if query.country:
        asked["properties"] = [{"pid": "P17", "v": {"id": query.country}}]
    return asked


def _hits(found: object) -> list[Hit]:
    results = found.get("result", []) if isinstance(found, dict) else []
    return [
        Hit(str(each["id"]), str(each.get("name", "")), _score(each.get("score")), bool(each.get("match")))
        for each in results
        if isinstance(each, dict) and is_number(each.get("id"))
    ]


def _score(found: object) -> float:
    try:
        return float(found)  # type: ignore[arg-type]  # some services write numbers as text
    except (TypeError, ValueError):
        return 0.0
