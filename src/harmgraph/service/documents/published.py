"""A service → the release that it serves as a folder of files, since when, and which other releases lie beside it.

For what is made of files rather than of answers: dumps, dates, time maps, feeds. Over a remote store there are none.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import cache
from importlib import resources
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from harmgraph.service.context import Service
from harmgraph.service.http.conditional import MANUAL
from harmgraph.store.opening import is_remote
from harmgraph.store.releases.release import Release, Releases


def releases(service: Service) -> list[Release]:
    """Every release in the folder, the newest build first; none over a remote store."""
    return [] if is_remote(service.settings) else Releases(service.settings.releases).all()


def release(service: Service, identifier: str) -> Release | None:
    """The release with this id; never anything else that a path could lead to."""
    return next((each for each in releases(service) if each.id == identifier == each.path.name), None)


def served(service: Service) -> Release | None:
    """The release that answers now; None over a remote store, and where its folder was deleted."""
    return release(service, service.store.release)


def built(release: Release) -> datetime | None:
    """When the release was built, in UTC and whole seconds; None where it does not say."""
    try:
        moment = datetime.fromisoformat(str(release.facts["built"]))
    except (KeyError, ValueError):
        return None
    return moment.replace(microsecond=0, tzinfo=moment.tzinfo or UTC).astimezone(UTC)


def last_modified(service: Service) -> datetime | None:
    """Since when answers have been what they are.

    Not when the release was built: whoever goes back to an older one changes every answer, and its date would say that
    nothing had changed. So it is when the link ``current`` was set, or these files changed if that was later.
    """
    return service.remembered("last modified", lambda: _last_modified(service))


def with_date(service: Service, headers: Mapping[str, str]) -> dict[str, str]:
    """The headers with ``Last-Modified``, where that is known."""
    moment = last_modified(service)
    return {**headers, "Last-Modified": format_datetime(moment, usegmt=True)} if moment is not None else {**headers}


def unchanged_since(request: Request, headers: Mapping[str, str]) -> Response | None:
    """304 where ``If-Modified-Since`` is not before ``Last-Modified`` (RFC 9110 §13.1.3); else None.

    To be ignored where there is ``If-None-Match``, which knows more.
    """
    date, known = request.headers.get("if-modified-since"), headers.get("Last-Modified")
    if date is None or known is None or "if-none-match" in request.headers:
        return None
    try:
        asked = parsedate_to_datetime(date)
        if asked.tzinfo is not None and asked >= parsedate_to_datetime(known):
            return Response(status_code=304, headers=dict(headers))
    except (ValueError, TypeError, OverflowError):  # no date at all counts as none
        pass
    return None


def _last_modified(service: Service) -> datetime | None:
    found = served(service)
    if found is None:
        return None
    link = service.settings.releases / "current"
    try:
        moment = link.lstat().st_mtime if link.resolve() == found.path.resolve() else None
    except OSError:
        moment = None
    since = built(found) if moment is None else datetime.fromtimestamp(int(moment), UTC)
    return None if since is None else max(since, _newest_file())


@cache
def _newest_file() -> datetime:
    """When the newest of the service's own files was written: templates and code decide answers too.

    The documentation does not: it is in no document.
    """
    with resources.as_file(resources.files("harmgraph.service")) as folder:
        files = (path for path in Path(folder).rglob("*") if path.suffix != ".pyc" and path.is_file())
        moment = max(path.stat().st_mtime for path in files if Path(folder) / MANUAL not in path.parents)
    return datetime.fromtimestamp(int(moment), UTC)
