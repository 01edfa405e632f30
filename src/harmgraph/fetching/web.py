"""A URL → one HTTP answer that is worth reading: asked politely, again if need be, and never over plain HTTP.

Tells what another try may cure (`Again`) from what only the user can (`FetchFailed`). httpx follows redirects and
speaks HTTP; tenacity decides when to ask again.
"""

from __future__ import annotations

import ipaddress
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, TypeVar
from urllib.parse import urlsplit

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_exponential, wait_random

from harmgraph import __version__
from harmgraph.errors import FetchFailed, HarmgraphError
from harmgraph.iris import BASE

logger = logging.getLogger(__name__)

T = TypeVar("T")
Progress = Callable[[str, int, int | None], None]
"""Called with what is being done, how many bytes of it are done, and of how many, if that is known."""

USER_AGENT: Final = f"harmgraph/{__version__} (+{BASE})"
_REDIRECTS: Final = 5
_TRANSIENT: Final = frozenset({408, 421, 425, 429, 500, 502, 503, 504})
_READABLE: Final = frozenset({200, 206, 304, 416})
_NEVER: Final = re.compile(r"text/html|application/(xhtml\+xml|xml|json|problem\+json)|text/xml|(image|audio|video)/.*")
"""Media types that no sheet and no archive has; what has another one is judged by its bytes."""
_TITLE: Final = re.compile(rb"<title[^>]*>\s*([^<]{1,120}?)\s*<", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for an answer, and how often to ask again."""

    attempts: int = 5
    first_wait: float = 1.0
    longest_wait: float = 120.0
    """Seconds between two tries, at most. A server that asks for more is not asked again."""
    connecting: float = 15.0
    silence: float = 60.0
    """Seconds that a server may send nothing."""


class Again(HarmgraphError):
    """A failure that another try may cure; ``after`` is how many seconds the server asks to wait."""

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


def retry_after(header: str | None, now: datetime) -> float | None:
    """The seconds that a Retry-After header asks to wait, from either of its forms; None where it has neither.

    >>> retry_after("120", datetime(2026, 1, 1, tzinfo=UTC))
    120.0
    >>> retry_after("Thu, 01 Jan 2026 00:01:00 GMT", datetime(2026, 1, 1, tzinfo=UTC))
    60.0
    """
    text = (header or "").strip()
    if re.fullmatch(r"[0-9]{1,12}", text):
        return float(text)
    moment = http_date(text)
    return None if moment is None else max(0.0, (moment - now).total_seconds())


def http_date(header: str | None) -> datetime | None:
    """The moment that an HTTP date names, None for what is none."""
    try:
        moment = parsedate_to_datetime(header or "")
    except (ValueError, TypeError, IndexError, OverflowError):  # email.utils raises all of them for bad dates
        return None
    # A date in "-0000", or with no zone, comes back without one; HTTP dates are in GMT (RFC 9110, 5.6.7).
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def is_loopback(host: str) -> bool:
    """Whether the host is this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def web(url: str, patience: Patience) -> httpx.Client:
    """A client that follows few redirects, and those to https only; http is for this machine talking to itself."""
    local = is_loopback(_host(url))

    def check(request: httpx.Request) -> None:  # httpx calls this for every hop
        to = request.url
        if to.scheme != "https" and not (to.scheme == "http" and local and is_loopback(to.host)):
            raise FetchFailed(f"{url}: leads to {to}, which is not https; nothing was fetched from there")

    return httpx.Client(
        follow_redirects=True,
        max_redirects=_REDIRECTS,
        timeout=httpx.Timeout(patience.silence, connect=patience.connecting),
        event_hooks={"request": [check]},
        # An encoded answer has no byte ranges of the file itself, so it could not be resumed.
        headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity", "Accept": "*/*"},
    )


def _host(url: str) -> str:
    try:
        urlsplit(url)  # is strict where httpx is not
        return httpx.URL(url).host
    except (httpx.InvalidURL, ValueError) as cause:
        raise FetchFailed(f"{url!r} is no URL: {cause}") from cause


@contextmanager
def answer(
    client: httpx.Client,
    url: str,
    headers: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
    remedy: str = "give a new address with --url",
) -> Iterator[httpx.Response]:
    """An answer whose status is 200, 206, 304 or 416, its body still to be read. A form is sent with POST."""
    try:
        with client.stream("GET" if form is None else "POST", url, headers=headers, data=form) as response:
            _judge(url, response, remedy)
            yield response
    except httpx.TooManyRedirects as cause:
        raise FetchFailed(f"{url}: redirects more than {_REDIRECTS} times, perhaps in a circle") from cause
    except (httpx.UnsupportedProtocol, httpx.InvalidURL) as cause:
        raise FetchFailed(f"{url}: {cause}; {remedy}") from cause
    except httpx.TimeoutException as cause:
        raise Again(f"{url}: no answer in time ({type(cause).__name__})") from cause
    except httpx.RequestError as cause:
        raise Again(f"{url}: {cause or type(cause).__name__}") from cause


def _judge(url: str, response: httpx.Response, remedy: str) -> None:
    status = response.status_code
    if status in _READABLE:
        return
    said = f"{url}: answered {status} {response.reason_phrase}".rstrip()
    if status in _TRANSIENT:
        raise Again(said, retry_after(response.headers.get("Retry-After"), datetime.now(UTC)))
    if status in (401, 403):
        raise FetchFailed(f"{said}: it is not open to the public; {remedy}")
    if status in (404, 410):
        raise FetchFailed(f"{said}: it is not there any more; {remedy}")
    raise FetchFailed(f"{said}; {remedy}, or fetch the file by hand")


def refuse_pages(url: str, response: httpx.Response) -> None:
    """Raise `FetchFailed` where the answer says of itself that it is a page, an API's message or a picture."""
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if _NEVER.fullmatch(kind):
        title = _TITLE.search(next(response.iter_bytes(8192), b""))
        named = f" titled {title[1].decode('utf-8', 'replace')!r}" if title else ""
        raise FetchFailed(
            f"{url}: answered with {kind}{named} where a file was expected; open the address in a browser"
        )


def page(client: httpx.Client, url: str, largest: int, patience: Patience) -> str:
    """The text of a page."""

    def attempt() -> str:
        with answer(client, url) as response:
            text = bytearray()
            for chunk in response.iter_bytes():
                text += chunk
                if len(text) > largest:
                    raise FetchFailed(f"{url}: is larger than {largest:,} bytes, too large for a page")
            return text.decode(response.charset_encoding or "utf-8", "replace")

    return persist(attempt, patience)


def persist(attempt: Callable[[], T], patience: Patience, remedy: Callable[[], str] = lambda: "try later") -> T:
    """What the attempt returns, in the end; raises `FetchFailed` when it has raised `Again` too often."""
    backoff = wait_exponential(patience.first_wait, patience.longest_wait) + wait_random(0, patience.first_wait)
    enough = stop_after_attempt(patience.attempts)

    def wait(state: RetryCallState) -> float:
        return max(_asked(state) or 0.0, min(backoff(state), patience.longest_wait))

    def asks_too_much(state: RetryCallState) -> bool:
        return (_asked(state) or 0.0) > patience.longest_wait

    def tell(state: RetryCallState) -> None:
        logger.warning(
            "%s; trying again in %.1f s", _failure(state), state.next_action.sleep if state.next_action else 0
        )

    retrying = Retrying(
        retry=retry_if_exception_type(Again),
        wait=wait,
        stop=lambda state: enough(state) or asks_too_much(state),
        before_sleep=tell,
        reraise=True,
    )
    try:
        return retrying(attempt)
    except Again as last:
        why = f"gave up after {retrying.statistics['attempt_number']} tries"
        if (last.after or 0) > patience.longest_wait:
            why = f"it asks to wait {last.after:,.0f} s, and no more than {patience.longest_wait:,.0f} s are waited"
        raise FetchFailed(f"{last}; {why}; {remedy()}") from last


def _failure(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome is not None else None


def _asked(state: RetryCallState) -> float | None:
    failure = _failure(state)
    return failure.after if isinstance(failure, Again) else None
