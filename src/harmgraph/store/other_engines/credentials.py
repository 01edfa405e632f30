"""A user and a password → the authentication that a server asks for, Basic or Digest.

Which of the two is learnt from the first 401, so nothing is sent to a server that does not ask. An address is
divided from what is secret in it before anything else sees it, so no message or log can show that.
"""

from __future__ import annotations

from collections.abc import Generator

import httpx


class Credentials(httpx.Auth):
    """Answers the challenge of a server; both schemes need the request once more."""

    def __init__(self, user: str, password: str) -> None:
        self._basic = httpx.BasicAuth(user, password)
        self._digest = httpx.DigestAuth(user, password)
        self._scheme: httpx.Auth | None = None

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """The request as it is until the server has asked, then with what it asked for."""
        if self._scheme is None:
            response = yield request
            if response.status_code != httpx.codes.UNAUTHORIZED:
                return
            challenge = response.headers.get("WWW-Authenticate", "").lower()
            self._scheme = self._digest if "digest" in challenge else self._basic
        yield from self._scheme.auth_flow(request)


def divided(address: str, user: str = "", password: str = "") -> tuple[str, Credentials | None]:
    """The address without the user and password that may stand in it, and the credentials, if there are any.

    >>> divided("http://ann:secret@127.0.0.1/sparql")[0]
    'http://127.0.0.1/sparql'
    """
    url = httpx.URL(address)
    user, password = user or url.username, password or url.password
    return str(url.copy_with(username="", password="")), Credentials(user, password) if user else None
