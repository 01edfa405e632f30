"""A remote store that is written to: updates, additions to a graph and counts, each tried again where that may help.

Knows HTTP and the dialect. What is sent in which order is `publishing`'s.
"""

from __future__ import annotations

import csv
import io
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urljoin

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from harmgraph.errors import PublishFailed
from harmgraph.store.other_engines.credentials import divided
from harmgraph.store.other_engines.dialects import Dialect, Loading, detect, dialect_named
from harmgraph.store.other_engines.dump_lines import Batch
from harmgraph.store.other_engines.publication import STATE_QUERY
from harmgraph.store.other_engines.remote_answer import cleaned

_logger = logging.getLogger(__name__)

_TRANSIENT: Final = frozenset({408, 425, 429, 502, 503, 504})
_PAGE: Final = 5_000
"""Graphs in one page of counts: some engines send no more than 10,000 rows, whatever is asked for."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a store is asked, updated, and loaded; the last two are guessed where they are blank."""

    query: str
    update: str = ""
    graph_store: str = ""


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a request is tried, and how long the wait between two tries may be."""

    attempts: int = 8
    longest: float = 120.0


class _Again(Exception):
    """Another try may be answered; ``after`` is how many seconds the server wants it to wait."""

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class Target:
    """The store at some addresses. Raises `PublishFailed` from every method."""

    def __init__(
        self,
        addresses: Addresses,
        user: str = "",
        password: str = "",
        dialect: str = "auto",
        patience: Patience | None = None,
    ) -> None:
        self.address, auth = divided(addresses.query, user, password)
        self._patience = patience or Patience()
        self._client = httpx.Client(auth=auth, timeout=httpx.Timeout(600, connect=10), trust_env=False)
        self.dialect = self._detected() if dialect == "auto" else dialect_named(dialect)
        self._update = divided(addresses.update)[0] or urljoin(self.address, self.dialect.update_path)
        self._graph_store = divided(addresses.graph_store)[0] or urljoin(self.address, self.dialect.graph_store_path)
        given: dict[bool, Loading] = {bool(addresses.update): "update", bool(addresses.graph_store): "graph-store"}
        self._loading = given.get(True, self.dialect.loading)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def state(self) -> str:
        """What the store says of what it holds: a release, that one is being loaded, or nothing."""
        return "".join(row["said"] for row in self.rows(STATE_QUERY))

    def add(self, batch: Batch, *, merge: bool) -> None:
        """Add the statements of a batch to their graphs, and to the default graph if ``merge``."""
        graphs: dict[str | None, list[bytes]] = dict(batch.graphs.items())
        if merge:
            graphs[self.dialect.default_graph] = batch.merged
        if self._loading == "update":
            self.update(b"INSERT DATA {\n" + b"".join(_pattern(graph, graphs[graph]) for graph in graphs) + b"}")
        else:
            for graph, triples in graphs.items():
                self._post(graph, triples)

    def update(self, text: str | bytes) -> None:
        """Have an update done."""
        body = text.encode() if isinstance(text, str) else text
        headers = {"Content-Type": "application/sparql-update"}
        self._send(lambda: self._client.post(self._update, content=body, headers=headers), self._update)

    def drop(self, graphs: Iterable[str]) -> None:
        """Remove whole graphs."""
        self.update(" ;\n".join(f"DROP SILENT GRAPH <{graph}>" for graph in graphs))

    def counts(self) -> Counter[str]:
        """How many statements each named graph has, without those of the engine's own and of our bookkeeping."""
        left_out = {*self.dialect.system_graphs, *self.dialect.bookkeeping}
        found: Counter[str] = Counter()
        last = ""
        while True:
            page = self.rows(
                "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } "
                f'FILTER(STR(?g) > "{last}") }} GROUP BY ?g ORDER BY STR(?g) LIMIT {_PAGE}'
            )
            found.update({row["g"]: int(row["n"]) for row in page if row["g"] not in left_out})
            if len(page) < _PAGE:
                return found
            last = page[-1]["g"]

    def merged(self) -> int:
        """How many triples the default graph has."""
        pattern = _in_graph(self.dialect.default_graph, "?s ?p ?o")
        return int(self.rows(f"SELECT (COUNT(*) AS ?n) {{ {pattern} }}")[0]["n"])

    def forget_unstated(self) -> None:
        """Remove from the default graph what no named graph states."""
        everything = _in_graph(self.dialect.default_graph, "?s ?p ?o")
        others = ", ".join(f"<{graph}>" for graph in self.dialect.bookkeeping)
        self.update(
            f"DELETE {{ {everything} }} WHERE {{ {everything} "
            f"FILTER NOT EXISTS {{ GRAPH ?g {{ ?s ?p ?o }} FILTER(?g NOT IN ({others})) }} }}"
        )

    def rows(self, query: str) -> list[dict[str, str]]:
        """The rows of a small SELECT query."""
        headers = {"Accept": "text/csv"}
        response = self._send(
            lambda: self._client.post(self.address, data={"query": query}, headers=headers), self.address
        )
        return list(csv.DictReader(io.StringIO(response.text, newline="")))

    def _post(self, graph: str | None, triples: list[bytes]) -> None:
        body = b"".join(triple + b" .\n" for triple in triples)
        parameters = {"default": ""} if graph is None else {"graph": graph}
        headers = {"Content-Type": "application/n-triples"}
        self._send(
            lambda: self._client.post(self._graph_store, params=parameters, content=body, headers=headers),
            self._graph_store,
        )

    def _detected(self) -> Dialect:
        response = self._send(lambda: self._client.get(self.address, params={"query": "ASK {}"}), self.address)
        return detect(response.headers.get("Server", ""))

    def _send(self, request: Callable[[], httpx.Response], address: str) -> httpx.Response:
        attempts = Retrying(
            retry=retry_if_exception_type(_Again),
            stop=stop_after_attempt(self._patience.attempts),
            wait=self._wait,
            before_sleep=_tell,
            reraise=True,
        )
        try:
            return attempts(_attempt, request, address.partition("?")[0])  # a token may stand after it
        except _Again as fault:
            raise PublishFailed(
                f"{fault}, {self._patience.attempts} times; see whether the engine runs there, and run the same "
                "command again: it goes on where it was"
            ) from fault

    def _wait(self, state: RetryCallState) -> float:
        fault = state.outcome.exception() if state.outcome is not None else None
        after = fault.after if isinstance(fault, _Again) else None
        seconds = wait_exponential(multiplier=0.5)(state) if after is None else after
        return min(seconds, self._patience.longest)


def _attempt(request: Callable[[], httpx.Response], address: str) -> httpx.Response:
    try:
        response = request()
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as cause:
        raise PublishFailed(f"{address} is no address of a store: {cause}") from cause
    except httpx.TransportError as cause:
        raise _Again(f"{address} cannot be reached: {cause or type(cause).__name__}") from cause
    if response.is_success:
        return response
    said = cleaned(response.text)
    match response.status_code:
        case status if status in _TRANSIENT:
            raise _Again(f"{address} answered {status}: {said}", _seconds(response.headers))
        case 401 | 403 as status:
            raise PublishFailed(
                f"{address} refused ({status}): set HARMGRAPH_STORE_USER and HARMGRAPH_STORE_PASSWORD to an account "
                "that may write"
            )
        case 404 | 405 | 415 | 501 as status:
            raise PublishFailed(
                f"{address} answered {status}: {said}; give the addresses of this engine with --update-url or --gsp-url"
            )
        case status:
            raise PublishFailed(f"{address} answered {status}: {said}")


def _seconds(headers: Mapping[str, str]) -> float | None:
    """What Retry-After asks for: seconds or a date (RFC 9110 §10.2.3)."""
    value = headers.get("Retry-After", "").strip()
    if value.isdigit():
        return float(value)
    try:
        return max((parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return None


def _tell(state: RetryCallState) -> None:
    fault = state.outcome.exception() if state.outcome is not None else None
    _logger.warning("%s; trying again in %.1f s", fault, state.next_action.sleep if state.next_action else 0)


def _pattern(graph: str | None, triples: list[bytes]) -> bytes:
    body = b" .\n".join(triples) + b" .\n"
    return body if graph is None else b"GRAPH <" + graph.encode() + b"> {\n" + body + b"}\n"


def _in_graph(graph: str | None, pattern: str) -> str:
    return pattern if graph is None else f"GRAPH <{graph}> {{ {pattern} }}"
