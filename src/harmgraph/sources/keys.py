"""Address of an entry in a database of AI harms → the key that names the entry in every source.

Two records that carry one key speak of one thing: ``aiid:412``, ``avid:AVID-2023-R0001``, ``oecd:2023-11-27-a6ba``,
``aiaaic-page:slug-of-the-page``. An address that names no single entry has no key, whatever site it is on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote, urlsplit

_ENTRIES: Final[Mapping[str, tuple[tuple[str, re.Pattern[str]], ...]]] = {
    # A page in another language has its code before /cite/; /entities/ and /reports/ are about no single incident.
    "incidentdatabase.ai": (("aiid", re.compile(r"(?:/[a-z]{2})?/cite/0*([1-9]\d{0,8})", re.ASCII)),),
    "avidml.org": (("avid", re.compile(r"/database/(avid-\d{4}-[rv]\d{1,6})", re.ASCII)),),
    # AIAAIC moves pages from one section to another; the last segment stays.
    "aiaaic.org": (("aiaaic-page", re.compile(r"/aiaaic-repository/[^/]+/([^/]+)")),),
    "oecd.ai": (("oecd", re.compile(r"/(?:[a-z]{2}/)?incidents/(\d{4}-\d{2}-\d{2}-[0-9a-f]{4})", re.ASCII)),),
}
"""Host without ``www.`` → the database and the path of an entry in it."""
_LONGEST: Final = 2_000


def key_of_url(url: str) -> str | None:
    """The key of the entry at this address, None where it is no entry of one of the four databases.

    Scheme, ``www.``, case, query, fragment and a slash at the end make no difference.

    >>> key_of_url("https://incidentdatabase.ai/cite/412/#r2017"), key_of_url("https://incidentdatabase.ai/entities/uber")
    ('aiid:412', None)
    >>> key_of_url("https://avidml.org/database/avid-2023-r0001/")
    'avid:AVID-2023-R0001'
    """
    if len(url) > _LONGEST:
        return None
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").removeprefix("www.").rstrip(".")
    except ValueError:  # an unclosed bracket, or a host that NFKC turns into another one
        return None
    if parts.scheme not in {"http", "https"}:
        return None
    path = unquote(parts.path, errors="replace").casefold().rstrip("/")
    for database, pattern in _ENTRIES.get(host, ()):
        if (match := pattern.fullmatch(path)) is not None:
            return f"{database}:{match[1].upper() if database == 'avid' else match[1]}"
    return None
