"""What was sent, as triples → kept for review, or an error that says why not. The form and the inbox both end here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final, cast

from pyoxigraph import NamedNode, Triple
from starlette.exceptions import HTTPException
from starlette.requests import Request

from harmgraph import errors
from harmgraph.inbox.checking import check, refuse, violation
from harmgraph.inbox.folder import Inbox, new_name
from harmgraph.inbox.keeping import annotation_iri, kept
from harmgraph.inbox.suggestion import suggestion_of
from harmgraph.iris import BASE
from harmgraph.service.context import Service, service_of
from harmgraph.service.documents.links import origin
from harmgraph.service.http.clients import client_of
from harmgraph.service.http.metrics import Metrics
from harmgraph.service.linked_data.resources import Found, existing
from harmgraph.service.suggestions.rates import Rates

_REASONS: Final[dict[type[Exception], str]] = {
    errors.SuggestionMalformed: "malformed",
    errors.SuggestionRefused: "refused",
    errors.TooManySuggestions: "too-many",
}


def inbox_of(request: Request) -> Inbox:
    """The inbox; raises `InboxUnavailable` where the service has none."""
    inbox = Inbox.of(service_of(request).settings)
    if inbox is None:
        raise errors.InboxUnavailable("this service takes no suggestions", "closed")
    return inbox


@contextmanager
def counted(request: Request) -> Iterator[Inbox]:
    """The inbox for one that is sent; what becomes of it goes into the metrics."""
    metrics = cast("Metrics", request.app.state.metrics)
    try:
        yield inbox_of(request)
    except (errors.SuggestionFailed, HTTPException) as fault:
        reason = fault.reason if isinstance(fault, errors.InboxUnavailable) else _REASONS.get(type(fault), "malformed")
        metrics.count_suggestion(reason)
        raise
    except Exception:
        metrics.count_suggestion("failed")
        raise
    metrics.count_suggestion("kept")


def limit_client(request: Request) -> None:
    """Count one more of this client, whatever it is; raises `TooManySuggestions` where it has sent its share."""
    cast("Rates", request.app.state.rates).count(client_of(request))


async def keep(request: Request, inbox: Inbox, sent: Callable[[], Iterable[Triple]]) -> str:
    """Check the annotation that ``sent`` reads and keep it; the name under which it is kept."""
    service = service_of(request)
    places = tuple(dict.fromkeys((origin(request), service.settings.public_url.rstrip("/"))))
    now = datetime.now(UTC)
    name = new_name(now)

    def checked() -> list[Triple]:
        triples = kept(sent(), name, now, places)
        check(triples)
        return triples

    triples = await asyncio.to_thread(checked)
    about = suggestion_of(triples, name).thing
    await _require_thing(service, name, about)
    await asyncio.to_thread(inbox.keep, name, triples)
    return name


async def _require_thing(service: Service, name: str, thing: NamedNode) -> None:
    """Raise where the release has no such thing: a suggestion about it would reach nobody."""
    path = thing.value.partition("#")[0].removeprefix(f"{BASE}id/")
    if await existing(service, (Found(path),)) is None:
        message = f"nothing is known here of {thing.value[:300]}; the target is a thing or document of this service"
        where = "<http://www.w3.org/ns/oa#hasTarget>/<http://www.w3.org/ns/oa#hasSource>"
        refuse((violation(annotation_iri(name).value, where, "source of the target", message),))
