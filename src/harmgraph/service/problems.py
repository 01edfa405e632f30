"""The one table of what each error is in HTTP: errors of harmgraph → status, type, title and remedy.

The responses are made of it in `harmgraph.service.problem_responses`; ``/problems`` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from harmgraph import errors


@dataclass(frozen=True, slots=True)
class Problem:
    """What an error is to a client: the status, the fragment of its type IRI, a title, and what to do about it."""

    status: int
    slug: str
    title: str
    remedy: str
    headers: Mapping[str, str] | None = None


PROBLEMS: Final[dict[type[errors.HarmgraphError] | str, Problem]] = {
    errors.QueryRefused: Problem(
        400, "query-refused", "The query is refused", "The detail says what is wrong with it and where."
    ),
    errors.UpdateRefused: Problem(
        403,
        "read-only",
        "Updates are refused",
        "Data enter by a validated build; load a dump into a store of your own.",
    ),
    errors.NotAcceptable: Problem(
        406,
        "not-acceptable",
        "The answer does not come in any format that is accepted",
        "Ask for one of the media types listed under offers.",
    ),
    errors.ServiceFailed: Problem(
        502,
        "service-failed",
        "Another endpoint, which the query names, gave no answer",
        "Narrow the pattern of the SERVICE clause, try again later, or write SERVICE SILENT to go on without it.",
    ),
    "time": Problem(
        503,
        "time-limit",
        "The query ran into its time limit",
        "Ask for less: add LIMIT, bind a variable, join fewer patterns, or take the whole release as a dump. "
        "Sent again as it is, the query will end the same way.",
    ),
    "memory": Problem(
        503,
        "memory-limit",
        "The query needed more memory than it may use",
        "Ask for less: sort or group fewer rows, drop DISTINCT, or fetch the rows and aggregate them yourself.",
    ),
    "queue": Problem(
        503, "busy", "Too many queries are waiting", "Send the query again in a few seconds.", {"Retry-After": "5"}
    ),
    "client": Problem(
        429,
        "too-many-queries",
        "Too many queries of one client at once",
        "Wait until one of your queries has ended, then send this one again.",
        {"Retry-After": "1"},
    ),
    errors.AnswerBroken: Problem(
        503,
        "answer-broken",
        "The query was ended before its answer had begun",
        "Send the query again; if it fails again, ask for less.",
        {"Retry-After": "5"},
    ),
    errors.StoreUnavailable: Problem(
        503,
        "release-unavailable",
        "The release that is served cannot be read",
        "Send the query again in a minute. Whoever runs the service builds again, or switches to another release.",
        {"Retry-After": "30"},
    ),
    errors.SuggestionMalformed: Problem(
        400,
        "suggestion-malformed",
        "The suggestion cannot be read",
        "Send one Web Annotation; docs/reference/suggestions.md has an example.",
    ),
    errors.SuggestionRefused: Problem(
        422,
        "suggestion-refused",
        "The suggestion does not conform",
        "Mend what is listed under violations; /shapes/suggestion.ttl has the shapes.",
    ),
    errors.TooManySuggestions: Problem(
        429, "too-many-suggestions", "Too many suggestions for now", "Send this one again when it is time."
    ),
    "closed": Problem(
        503, "inbox-closed", "This service takes no suggestions", "Write to whoever runs it, or to the project."
    ),
    "full": Problem(
        503,
        "inbox-full",
        "The inbox is full",
        "Send the suggestion again when some of those that wait have been reviewed.",
        {"Retry-After": "86400"},
    ),
    "disk": Problem(
        507,
        "inbox-disk",
        "There is no space to keep the suggestion in",
        "Nothing of it was kept: send it again later.",
        {"Retry-After": "3600"},
    ),
    "broken": Problem(
        503,
        "inbox-broken",
        "The suggestion could not be kept",
        "Nothing of it was kept: send it again later.",
        {"Retry-After": "3600"},
    ),
    errors.HarmgraphError: Problem(
        500, "internal", "The service failed", "This is our fault; the log of the service says what happened."
    ),
}
"""Every error that a handler may raise, by class or by the limit that was exceeded."""

REMEDIES: Final[Mapping[int, str]] = {
    404: "Check its spelling, look for it by name at {root}/search, or see all there is at {root}/sitemap.xml.",
    405: "Use one of the methods that the header Allow lists.",
    415: "Send one of the media types that the header Accept-Post lists.",
}
"""What to do about a plain status, where its detail alone may not say."""
