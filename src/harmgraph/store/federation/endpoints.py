"""The settings → the endpoints that may be called, and the IRI of a clause → one of them or a refusal."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from harmgraph.errors import HarmgraphError, QueryRefused
from harmgraph.settings import Settings

_PORTS: Final = {"https": 443, "http": 80}

EXTENSIONS: Final = frozenset(f"http://wikiba.se/ontology#{name}" for name in ("label", "around", "box"))
"""IRIs that an endpoint takes for functions of its own, not for addresses; a clause within a clause may name them."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A SPARQL endpoint that may be called; ``private`` if its address need not be a public one."""

    iri: str
    host: str
    private: bool


class Endpoints:
    """The allow-list."""

    def __init__(self, settings: Settings) -> None:
        consented = frozenset(host.lower().strip("[]") for host in _listed(settings.federation_private))
        self._endpoints: dict[str, Endpoint] = {}
        for written in _listed(settings.federation):
            try:
                iri = normalised(written)
            except ValueError as cause:
                raise HarmgraphError(
                    f"HARMGRAPH_FEDERATION lists {written}, which is no endpoint: {cause}; write https://host/path"
                ) from cause
            host = urlsplit(iri).hostname or ""
            self._endpoints[iri] = Endpoint(iri, host, host in consented or _names_an_address(host))

    def __bool__(self) -> bool:
        return bool(self._endpoints)

    def __str__(self) -> str:
        return ", ".join(f"<{iri}>" for iri in self._endpoints)

    def get(self, iri: str) -> Endpoint | None:
        """The endpoint of this IRI if it is listed."""
        try:
            return self._endpoints.get(normalised(iri))
        except ValueError:
            return None

    def listed(self, iri: str) -> Endpoint:
        """The endpoint of this IRI; raises `QueryRefused` if it is not listed."""
        endpoint = self.get(iri)
        if endpoint is None:
            raise QueryRefused(
                f"the query holds a SERVICE clause for <{iri}>, which this endpoint does not call; it calls {self}"
            )
        return endpoint

    def private(self, host: str) -> bool:
        """Whether a listed endpoint of this host may have an address that is not public."""
        return any(endpoint.private for endpoint in self._endpoints.values() if endpoint.host == host)


def normalised(iri: str) -> str:
    """The IRI with scheme and host in lower case, no default port and no empty path; `ValueError` if unusable.

    >>> normalised("HTTPS://Query.Wikidata.org:443/sparql")
    'https://query.wikidata.org/sparql'
    """
    if re.search(r"[^!-~]|[\\#<>\"{}|^`]", iri):
        raise ValueError("it holds a fragment or a character that no address has")
    parts = urlsplit(iri)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("it is not an absolute http or https address")
    if "@" in parts.netloc:
        raise ValueError("it holds a user name")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = "" if parts.port in (None, _PORTS[parts.scheme]) else f":{parts.port}"
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{host}{port}{parts.path or '/'}{query}"


def _listed(setting: str) -> list[str]:
    return [each for each in re.split(r"[\s,]+", setting) if each]


def _names_an_address(host: str) -> bool:
    """Whether a listed host is itself an address, or localhost: whoever lists that means it."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return True
