"""RDF terms as the service handles them: which IRI a path stands for, where an IRI leads, its short form.

IRIs are data and paths are deployment: `iris.BASE` never reaches a redirect, and the host that a request came
to never reaches a graph.
"""

from __future__ import annotations

from typing import Final
from unicodedata import normalize
from urllib.parse import quote, unquote_to_bytes

from pyoxigraph import BlankNode, Literal, NamedNode
from starlette.requests import Request

from harmgraph.iris import BASE, HG, PREFIXES, mint

Term = NamedNode | BlankNode | Literal

_URL_SAFE: Final = "%/:=&?~#+!$,;'@()*[]"


def request_path(request: Request) -> str | None:
    """The path as the client wrote it, percent-encoding untouched; None where it is not UTF-8."""
    raw: bytes = request.scope.get("raw_path") or quote(request.scope["path"], safe=_URL_SAFE).encode()
    try:
        path = raw.decode()
    except UnicodeDecodeError:
        return None
    root: str = request.scope.get("root_path", "")
    return path.removeprefix(root)


def resource_iri(path: str) -> NamedNode | None:
    """The IRI of the thing with this path below ``/id/`` or ``/doc/``; None where that is no valid IRI."""
    try:
        return NamedNode(f"{BASE}id/{path}")
    except ValueError:
        return None


def canonical_path(path: str) -> str | None:
    """The same path encoded the way `iris.mint` does; None where it is not UTF-8, or no IRI holds such characters.

    Clients differ in what they encode: ``o'neil``, ``o%27neil`` and ``o%27%6eeil`` are one name; so are ``é`` and ``e``
    with an accent after it.

    >>> canonical_path("organisation/o'neil")
    'organisation/o%27neil'
    """
    try:
        segments = [normalize("NFC", unquote_to_bytes(segment).decode()) for segment in path.split("/")]
        return mint(*segments).value.removeprefix(f"{BASE}id/") if all(segments) else None
    except ValueError:  # UnicodeDecodeError is one
        return None


def document_iri(thing: NamedNode) -> NamedNode:
    """The IRI of the document about the thing."""
    return NamedNode(thing.value.replace(f"{BASE}id/", f"{BASE}doc/", 1))


def href(iri: str, root: str = "") -> str | None:
    """Where a page links for this IRI: here for our own, elsewhere for http(s), None for any other scheme.

    >>> href("https://w3id.org/harmgraph/id/incident/AIAAIC0850")
    '/doc/incident/AIAAIC0850'
    >>> href("javascript:alert(1)") is None
    True
    """
    if iri.startswith(f"{BASE}id/"):
        return f"{root}/doc/{iri.removeprefix(f'{BASE}id/')}"
    if iri.startswith(BASE):
        return f"{root}/{iri.removeprefix(BASE)}"
    return iri if iri.lower().startswith(("http://", "https://")) else None


def is_own(iri: str) -> bool:
    """Whether harmgraph minted the IRI."""
    return iri.startswith(BASE)


def expanded(short: str) -> NamedNode | None:
    """The inverse of `curie`; None for what is neither a short form of ours nor an IRI."""
    prefix, _, local = short.partition(":")
    try:
        return NamedNode(PREFIXES[prefix] + local if prefix in PREFIXES else short)
    except ValueError:
        return None


def header_url(url: str) -> str:
    """The URL in ASCII, as headers need it."""
    return quote(url, safe=_URL_SAFE)


def local_name(iri: str) -> str:
    """What stands after the last ``#`` or ``/``."""
    return iri.rstrip("/#").rpartition("#")[2].rpartition("/")[2] if "#" in iri else iri.rstrip("/").rpartition("/")[2]


def is_term(iri: str) -> bool:
    """Whether the IRI names a term of our ontology, which lives in ``/ns`` rather than in a document of its own."""
    return iri.startswith(HG.iri)
