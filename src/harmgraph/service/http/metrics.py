"""Counts of requests and queries, and the state of the store → the text format of Prometheus.

With several server processes on one port, each adds its part to files in a folder that they share
(`PROMETHEUS_MULTIPROC_DIR`, set by `processes`), so that a scrape of any of them gives the sum of all.
"""

from __future__ import annotations

import os
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from harmgraph.store.base import Store
from harmgraph.store.vitals import Observed, Vitals

OUTCOMES: Final = {
    "whole": "whole",
    "cached": "cached",
    "not-modified": "not-modified",
    "refused": "refused",
    "query-refused": "refused",
    "not-acceptable": "not-acceptable",
    "time-limit": "time",
    "memory-limit": "memory",
    "busy": "queue",
    "too-many-queries": "client",
    "service-failed": "service",
    "read-only": "refused",
    "client left": "client-left",
    "broken": "broken",
    "answer-broken": "broken",
    "release-unavailable": "unavailable",
}
"""How the service says that a query ended → the label of its count; whatever is not here is ``failed``."""

SUGGESTIONS: Final = ("kept", "malformed", "refused", "too-many", "closed", "full", "disk", "broken", "failed")
"""What becomes of a suggestion that is sent; whatever is not here is ``failed``."""

_BUCKETS: Final = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """The metrics of one process."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self._requests = Counter(
            "harmgraph_requests",
            "Requests by method, route and status.",
            ("method", "route", "status"),
            registry=registry,
        )
        self._bytes = Counter("harmgraph_response_bytes", "Bytes of bodies sent.", registry=registry)
        self._queries = Counter("harmgraph_queries", "Queries by how they ended.", ("outcome",), registry=registry)
        self._seconds = Histogram(
            "harmgraph_query_seconds",
            "Seconds from a query's request to the end of its answer.",
            buckets=_BUCKETS,
            registry=registry,
        )
        self._suggestions = Counter(
            "harmgraph_suggestions", "Suggestions by what became of them.", ("outcome",), registry=registry
        )
        for outcome in SUGGESTIONS:
            self._suggestions.labels(outcome)
        self._kills = Counter("harmgraph_worker_kills", "Workers killed in the middle of a query.", registry=registry)
        self._restarts = Counter(
            "harmgraph_keeper_restarts", "Keeper processes that ended and were replaced.", registry=registry
        )
        gauge = {"registry": registry, "multiprocess_mode": "livesum"}
        self._waiting = Gauge("harmgraph_queue_length", "Queries that wait for a worker.", **gauge)  # type: ignore[arg-type]  # one dict of two kinds
        self._workers = Gauge("harmgraph_workers", "Workers by state.", ("state",), **gauge)  # type: ignore[arg-type]
        self._release = Gauge(
            "harmgraph_release_info",
            "Server processes by the release they serve and where it is held; 0 for those of before.",
            ("release", "store"),
            **gauge,  # type: ignore[arg-type]
        )
        self._requests_of: dict[tuple[str, str, int], Counter] = {}
        self._queries_of = {outcome: self._queries.labels(outcome) for outcome in {*OUTCOMES.values(), "failed"}}
        self._seen: tuple[Store | None, int, int] = (None, 0, 0)
        self._shown: tuple[str, str] | None = None

    def count(self, method: str, route: str, status: int, sent: int) -> None:
        """A request is over."""
        labels = (method if method in ("GET", "HEAD", "POST", "OPTIONS") else "other", route, status)
        counter = self._requests_of.get(labels)
        if counter is None:  # the library's own look-up of a child takes a multiple of counting
            counter = self._requests_of[labels] = self._requests.labels(*labels)
        counter.inc()
        self._bytes.inc(sent)

    def count_query(self, outcome: str, seconds: float) -> None:
        """A query is over."""
        self._queries_of[OUTCOMES.get(outcome, "failed")].inc()
        self._seconds.observe(seconds)

    def count_suggestion(self, outcome: str) -> None:
        """Somebody has sent a suggestion, and it was kept or not."""
        self._suggestions.labels(outcome if outcome in SUGGESTIONS else "failed").inc()

    def observe(self, store: Store) -> None:
        """Take over what the store says of itself, which `/metrics` of another process may be asked for next."""
        kind = "remote"
        if isinstance(store, Observed):
            vitals = store.vitals()
            kind = vitals.kind
            self._observe(store, vitals)
        shown = (store.release, kind)
        if shown != self._shown:
            if self._shown is not None:
                self._release.labels(*self._shown).set(0)
            self._release.labels(*shown).set(1)
            self._shown = shown

    def text(self) -> bytes:
        """Everything, of all processes, as Prometheus reads it."""
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:  # a variable of the library, not a setting of ours
            return generate_latest(self._registry)
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library has no types here
        return generate_latest(registry)

    def _observe(self, store: Store, vitals: Vitals) -> None:
        seen, kills, restarts = self._seen if self._seen[0] is store else (store, 0, 0)
        self._kills.inc(vitals.kills - kills)
        self._restarts.inc(vitals.keeper_restarts - restarts)
        self._seen = (seen, vitals.kills, vitals.keeper_restarts)
        self._waiting.set(vitals.waiting)
        for state in ("idle", "young", "old"):
            self._workers.labels(state).set(getattr(vitals, state))
