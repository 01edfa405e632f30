"""A question to an API of Wikidata → its JSON, asked politely: one request at a time, and each question once.

The manners are those that the operators ask for: a User-Agent with a contact, maxlag, a pause between requests,
Retry-After honoured, compressed answers, and a cache on disk. An error that comes with status 200 is still one.
What another try may cure is tried again (`harmgraph.fetching.web`); the rest is `FetchFailed` or `LookupFailed`.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlencode

import httpx

from harmgraph.errors import FetchFailed, LookupFailed
from harmgraph.fetching.web import USER_AGENT, Again, Patience, answer, persist, retry_after, web

logger = logging.getLogger(__name__)

PATIENCE: Final = Patience(attempts=6, first_wait=2.0, longest_wait=300.0, connecting=15.0, silence=60.0)
MAXLAG: Final = "5"
"""Seconds that the replicas of Wikidata may be behind before we wait, as its API etiquette asks."""
_LARGEST: Final = 64 << 20
_DAYS: Final = 30.0
_TRANSIENT: Final = frozenset({"maxlag", "ratelimited", "readonly", "failed-save", "timeout"})
_REMEDY: Final = "set HARMGRAPH_WIKIDATA_API_URL or HARMGRAPH_WIKIDATA_RECONCILIATION_URL to where it is now"


class Client:
    """The one connection to an API, whose answers are kept in a folder for thirty days."""

    def __init__(
        self,
        url: str,
        cache: Path | None = None,
        contact: str = "",
        patience: Patience = PATIENCE,
        pause: float = 0.2,
    ) -> None:
        self.url = url
        self._cache = cache
        self._patience = patience
        self._pause = pause
        self._asked_at = 0.0
        self.requests = 0
        """How many were sent; what the cache answers is none."""
        self._web = web(url, patience)
        self._headers = {"User-Agent": user_agent(contact), "Accept-Encoding": "gzip", "Accept": "application/json"}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._web.close()

    def get(self, parameters: Mapping[str, str]) -> dict[str, Any]:
        """The answer to a GET with these parameters."""
        separator = "&" if "?" in self.url else "?"
        return self._ask(f"{self.url}{separator}{urlencode(parameters)}" if parameters else self.url, None)

    def post(self, form: Mapping[str, str]) -> dict[str, Any]:
        """The answer to a form, for what is too long for an address."""
        return self._ask(self.url, dict(form))

    def _ask(self, url: str, form: dict[str, str] | None) -> dict[str, Any]:
        kept = self._kept_at(url, form)
        if kept is not None and (found := _kept(kept)) is not None:
            return found
        found = persist(lambda: self._once(url, form), self._patience)
        if kept is not None:
            _keep(kept, {"url": url, "form": form, "answer": found})
        return found

    def _once(self, url: str, form: dict[str, str] | None) -> dict[str, Any]:
        time.sleep(max(0.0, self._asked_at + self._pause - time.monotonic()))
        self.requests += 1
        try:
            with answer(self._web, url, self._headers, form, _REMEDY) as response:
                if form is not None and response.request.method != "POST":
                    raise FetchFailed(
                        f"{self.url}: has moved to {response.url}, and a form is lost on the way; {_REMEDY}"
                    )
                body = _read(self.url, response)
                asked = retry_after(response.headers.get("Retry-After"), datetime.now(UTC))
        finally:
            self._asked_at = time.monotonic()
        return _parsed(self.url, body, asked)

    def _kept_at(self, url: str, form: dict[str, str] | None) -> Path | None:
        if self._cache is None:
            return None
        question = json.dumps([url, form], sort_keys=True)
        return self._cache / f"{hashlib.sha256(question.encode()).hexdigest()}.json"


def user_agent(contact: str) -> str:
    """What we call ourselves, with where to complain.

    >>> user_agent("ops@example.org").endswith("; ops@example.org)")
    True
    """
    return USER_AGENT.removesuffix(")") + (f"; {contact})" if contact else ")")


def _read(url: str, response: httpx.Response) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > _LARGEST:
            raise FetchFailed(f"{url}: the answer is larger than {_LARGEST:,} bytes; ask for fewer things at once")
    return bytes(body)


def _parsed(url: str, body: bytes, after: float | None) -> dict[str, Any]:
    """The JSON object of an answer; an error in it is raised, although its status says that all is well."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as cause:  # a page of a proxy, or half of an answer
        raise Again(f"{url}: answered with no JSON, but {body[:60]!r}", after) from cause
    if not isinstance(found, dict):
        raise FetchFailed(f"{url}: answered with a {type(found).__name__} where an object was expected; {_REMEDY}")
    if found.get("status") == "error":  # as reconciliation services put it
        raise LookupFailed(f"{url}: {found.get('message', 'says only that there was an error')}")
    match found.get("error"):
        case None:
            return found
        case {"code": str(code), **more}:
            said = f"{url}: {code}: {more.get('info', '')}".rstrip(": ")
            if code in _TRANSIENT or code.startswith("internal_api_error"):
                raise Again(said, after)
            raise LookupFailed(said)
        case other:
            raise LookupFailed(f"{url}: {other}")


def _kept(path: Path) -> dict[str, Any] | None:
    """The answer that is kept there, if it is young enough and whole."""
    with suppress(OSError, ValueError):
        if time.time() - path.stat().st_mtime < _DAYS * 86400:
            found = json.loads(path.read_text(encoding="utf-8"))["answer"]
            return found if isinstance(found, dict) else None
    return None


def _keep(path: Path, kept: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
    draft.replace(path)
