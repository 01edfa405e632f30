"""The one seam between the service and the data: a query goes in, a media type and a stream of bytes come out.

The embedded store and every remote SPARQL 1.1 endpoint implement `Store`, and the same contract tests run
over all of them. Nothing here knows an engine.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final, Protocol

RESULTS_FORMATS: Final = (
    "application/sparql-results+json",
    "application/sparql-results+xml",
    "text/csv",
    "text/tab-separated-values",
)
"""SPARQL results formats of SELECT answers, the server's preference first."""

BOOLEAN_FORMATS: Final = (*RESULTS_FORMATS[:2], "text/boolean")
"""Formats of ASK answers. CSV and TSV say nothing of booleans (SPARQL 1.1 Query Results CSV and TSV Formats, §2);
``text/boolean`` is the word alone, as RDF4J has it."""

GRAPH_FORMATS: Final = (
    "text/turtle",
    "application/ld+json",
    "application/n-triples",
    "application/rdf+xml",
    "application/n-quads",
    "application/trig",
)
"""RDF graph formats of CONSTRUCT and DESCRIBE answers, the server's preference first."""


@dataclass(frozen=True, slots=True)
class Query:
    """A SPARQL 1.1 query with everything that decides its answer.

    ``results_format``, ``boolean_format`` and ``graph_format`` are the outcomes of content negotiation for the three
    kinds of answer there are; None means that the client takes no format of that kind, and a query of that form then
    raises `NotAcceptable`. The store settles the form, since only it parses the query.
    ``default_graphs`` and ``named_graphs`` replace FROM and FROM NAMED when either is not empty (SPARQL 1.1
    Protocol §2.1.4). ``timeout`` is in seconds and counts from the call. ``max_rows`` solutions or triples and
    ``max_bytes`` of the answer are sent at most, where they are not 0; what is cut off says so.
    """

    text: str
    timeout: float
    results_format: str | None = RESULTS_FORMATS[0]
    boolean_format: str | None = BOOLEAN_FORMATS[0]
    graph_format: str | None = GRAPH_FORMATS[0]
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    base_iri: str | None = None
    max_rows: int = 0
    max_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that has begun: its media type, and its bytes as they are made.

    ``truncated`` where ``max_rows`` or ``max_bytes`` cut something off. ``validator`` is the `Store.validator` of the
    data that answered. ``at_hand`` where all of it was made before it began to be sent, as small answers mostly are:
    reading it to its end takes no time. Iterating raises `LimitExceeded` or `AnswerBroken` if the answer ends before
    its end. Whoever takes an `Answer` must either exhaust it or call ``close``, which ends the query at once.
    """

    media_type: str
    chunks: AsyncIterator[bytes] = field(repr=False)
    truncated: bool = False
    validator: str = ""
    at_hand: bool = False

    async def read(self) -> bytes:
        """The whole answer, for those that are known to be small."""
        return b"".join([chunk async for chunk in self.chunks])

    async def close(self) -> None:
        """End the query if it still runs; harmless after the end."""
        close = getattr(self.chunks, "aclose", None)
        if close is not None:
            await close()


class Store(Protocol):
    """Where queries are answered. One instance serves one release; its ``release`` is the stem of every ETag."""

    release: str

    @property
    def validator(self) -> str:
        """The same as long as a query that is no function of time or chance is answered by the same bytes."""
        ...

    async def query(self, query: Query) -> Answer:
        """Begin to answer.

        Returns once the first bytes (or the end) are there, so that an early failure is an exception here:
        `QueryRefused` for a syntax error, an update or a SERVICE that is not allowed; `NotAcceptable`;
        `LimitExceeded` for time, memory or a full queue.
        """
        ...

    async def close(self) -> None:
        """End all queries and free what the store holds."""
        ...
