"""A plain query by GET → its handler, past everything by which a request is otherwise found, routed and rescued.

That way through the application takes as long as the handler itself. It is still the one that errors take: what the
handler raises is raised again at the end of it, where all know how to answer it. So nothing is answered in two ways.
"""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from harmgraph.service.sparql import endpoint

_PATH: Final = "/sparql"
_ROUTE: Final = next(route for route in endpoint.router.routes if getattr(route, "path", "") == _PATH)


class ShortWay:
    """Calls the handler of queries at once, where the request is one, and the application for everything else."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a query, or pass the request on."""
        if not is_query(scope):
            await self._app(scope, receive, send)
            return
        begun = False

        async def send_noting_begin(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        scope["route"] = _ROUTE
        try:
            response = await endpoint.sparql(Request(scope, receive))
            await response(scope, receive, send_noting_begin)
        except Exception as fault:  # whatever it is, the application has an answer
            if begun:
                raise
            endpoint.fail_with(scope, fault)
            await self._app(scope, receive, send)


def is_query(scope: Scope) -> bool:
    """Whether this is a query by GET, in the words of the SPARQL 1.1 Protocol §2.1.1."""
    return bool(
        scope["type"] == "http"
        and scope["method"] == "GET"
        and scope["path"] == scope.get("root_path", "") + _PATH
        and scope["query_string"].startswith(b"query=")
    )
