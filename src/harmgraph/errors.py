"""What can go wrong, split by what the caller should do about it, not by where it arose.

A fault in one record is a value, not an exception: `Problem`. The run goes on.

    HarmgraphError
    ├── RecordRejected         quarantine this record and go on with the next
    ├── LookupFailed           go on with the next candidate
    ├── BuildAborted           stop; the old release keeps serving
    │   ├── SnapshotUnreadable     the input is not what its name says
    │   └── DoesNotConform         SHACL found violations
    ├── FetchFailed            what was fetched before stays; do what the message says and fetch again
    ├── PublishFailed          the remote store has a part; do what the message says and publish again
    ├── SuggestionFailed       nothing was kept; tell whoever sent it what to do
    │   ├── SuggestionMalformed    it is no RDF, or no annotation
    │   ├── SuggestionRefused      it breaks the shapes of suggestions
    │   ├── TooManySuggestions     send it again later
    │   └── InboxUnavailable       the inbox is closed, full, or cannot be written
    ├── ReleaseUnreadable      do not serve this release; the one before it goes on
    └── QueryFailed            answer the client; nothing else is affected
        ├── QueryRefused           the query is at fault: syntax, SERVICE
        │   └── UpdateRefused          it is an update, and this service is read-only
        ├── NotAcceptable          the client takes none of the formats this form of query has
        ├── ServiceFailed          another endpoint, which a SERVICE clause names, gave no answer
        ├── LimitExceeded          time, memory, the queue, or what one client may ask at once
        ├── AnswerBroken           the answer ended before its end: never pass it off as whole
        └── StoreUnavailable       the release cannot be read now: no query is answered until it can
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault in one value of one record, written to ``problems.jsonl`` and counted; the build goes on.

    ``kind`` is a short stable slug (``unmapped-label``, ``look-alike-letters``) that people filter by.
    ``error`` means that the record or value is not in the graph as a fact, ``warning`` that a person
    should look, ``info`` that harmgraph mended something and says so.
    """

    source: str
    record: str
    field: str
    value: str
    kind: str
    message: str
    severity: Severity = "warning"

    def __str__(self) -> str:
        shown = self.value if len(self.value) <= 80 else self.value[:77] + "…"
        return f"{self.source} {self.record}: {self.field} {shown!r}: {self.message}"


class HarmgraphError(Exception):
    """Base of everything harmgraph raises on purpose."""


class RecordRejected(HarmgraphError):
    """A record that cannot be interpreted at all; carries the `Problem` that says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class LookupFailed(HarmgraphError):
    """A name or IRI that could not be looked up; the caller goes on with the next."""


class BuildAborted(HarmgraphError):
    """The build cannot go on. The release that was current stays current."""


class SnapshotUnreadable(BuildAborted):
    """The input is not what its name says: wrong format, unknown header, shrunken, cut off."""


class DoesNotConform(BuildAborted):
    """The data graph has SHACL violations, so no release was made of it."""


class FetchFailed(HarmgraphError):
    """A download that did not come whole, or is not what it should be. The file of before is untouched."""


class PublishFailed(HarmgraphError):
    """A release that did not come whole into a remote store. The store does not name it as the one that it holds."""


class SuggestionFailed(HarmgraphError):
    """A suggestion that was not kept."""


class SuggestionMalformed(SuggestionFailed):
    """What was sent is no RDF, or no annotation."""


class SuggestionRefused(SuggestionFailed):
    """The annotation breaks the shapes; ``violations`` has focus node, path and message of each result."""

    def __init__(self, message: str, violations: tuple[dict[str, str], ...]) -> None:
        super().__init__(message)
        self.violations = violations


class TooManySuggestions(SuggestionFailed):
    """One client, or all of them, sent as many as are taken; ``retry_after`` is in seconds."""

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class InboxUnavailable(SuggestionFailed):
    """Nothing can be kept now; ``reason`` says whether that is meant, or who has to do something."""

    def __init__(self, message: str, reason: Literal["closed", "full", "disk", "broken"]) -> None:
        super().__init__(message)
        self.reason = reason


class ReleaseUnreadable(HarmgraphError):
    """A release that cannot be served: it has no dump, or its store does not open."""


class QueryFailed(HarmgraphError):
    """A query got no whole answer."""


class QueryRefused(QueryFailed):
    """The query itself is at fault: its syntax, an update, or a SERVICE that is not allowed."""


class UpdateRefused(QueryRefused):
    """What was sent as a query is a SPARQL update."""


class NotAcceptable(QueryFailed):
    """None of the media types the client takes fits the form of its query."""

    def __init__(self, message: str, offers: tuple[str, ...]) -> None:
        super().__init__(message)
        self.offers = offers


class ServiceFailed(QueryFailed):
    """The endpoint of a SERVICE clause gave no answer; ``retry_after`` is in seconds, where it said when to try."""

    def __init__(self, message: str, endpoint: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.endpoint = endpoint
        self.retry_after = retry_after


class LimitExceeded(QueryFailed):
    """A limit ended the query; ``limit`` is ``time``, ``memory`` or ``queue`` and ``value`` its setting."""

    def __init__(self, message: str, limit: Literal["time", "memory", "queue", "client"], value: float) -> None:
        super().__init__(message)
        self.limit = limit
        self.value = value


class AnswerBroken(QueryFailed):
    """The worker or the remote store ended in the middle of an answer that had begun."""


class StoreUnavailable(QueryFailed):
    """The release that is served was deleted or damaged; what still comes of it may not be trusted."""
