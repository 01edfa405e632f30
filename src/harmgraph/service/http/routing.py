"""A route as FastAPI declares it → one that passes the bare request and the parts of its path to its handler."""

from __future__ import annotations

from inspect import signature
from typing import cast

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope


class NamedRoute(Route):
    """A route that gives its handler the parts of the path it names as arguments, and that the access log finds.

    Not FastAPI's: handlers take the bare request, and what is done there for parameters would cost as much as they do.
    """

    def __init__(self, route: APIRoute) -> None:
        names = tuple(name for name in signature(route.endpoint).parameters if f"{{{name}}}" in route.path)

        async def handler(request: Request) -> Response:
            arguments = {name: request.path_params[name] for name in names}
            return cast("Response", await route.endpoint(request, **arguments))

        super().__init__(
            route.path,
            handler,
            methods=sorted(route.methods or ()),
            name=route.name,
            include_in_schema=route.include_in_schema,
        )

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As Starlette has it, and the route itself."""
        match, child = super().matches(scope)
        return match, {**child, "route": self}
