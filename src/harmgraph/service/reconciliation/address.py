"""A request → the address at which clients reach this service, for the absolute URLs that the manifest needs.

Everywhere else links are paths. The setting ``public_url`` decides; without it, the scheme and host of the request do.
"""

from __future__ import annotations

import re
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request

from harmgraph.service.context import service_of

_HOST: Final = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?")


def public_address(request: Request) -> str:
    """The address of the start page, without a slash at its end; raises 400 for a Host that is none."""
    if public := service_of(request).settings.public_url.rstrip("/"):
        return public
    host = request.headers.get("host", "")
    if _HOST.fullmatch(host) is None:
        raise HTTPException(400, f"the header Host is {host!r}, which is no name or address with an optional port")
    return f"{request.scope.get('scheme', 'http')}://{host}{request.scope.get('root_path', '')}"
