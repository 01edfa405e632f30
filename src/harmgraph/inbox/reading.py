"""The body of a notification → its triples, whatever it says. Nothing that it names is ever fetched.

A JSON-LD context is one of those that ship here, or written out in the body: a name of ours and that of the Web
Annotation model both stand for ``contexts/suggestion.jsonld``, written by us with the terms that suggestions use.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any, Final

from pyoxigraph import RdfFormat, Triple, parse

from harmgraph.errors import SuggestionMalformed
from harmgraph.inbox.terms import CONTEXT, INBOX

JSON_LD: Final = "application/ld+json"
MEDIA_TYPES: Final = (JSON_LD, "text/turtle", "application/n-triples")
"""What a notification may come in. RDF/XML is not among them: its entities grow when they are read."""

_CONTEXTS: Final = frozenset(
    {CONTEXT, "http://www.w3.org/ns/anno.jsonld", "https://www.w3.org/ns/anno.jsonld", "http://www.w3.org/ns/anno"}
)
_DEPTH: Final = 16
"""Levels of JSON; an annotation has about five, and deeper ones cost a parser its stack."""

Json = Any  # any JSON value


def read(body: bytes, media_type: str) -> list[Triple]:
    """The triples of the body, those of named graphs too; raises `SuggestionMalformed` with the place."""
    rdf_format = RdfFormat.from_media_type(media_type)
    assert media_type in MEDIA_TYPES and rdf_format is not None  # the caller has looked
    if media_type == JSON_LD:
        body = _with_contexts(body)
    try:
        return [quad.triple for quad in parse(body, format=rdf_format, base_iri=INBOX)]
    except (SyntaxError, ValueError) as cause:
        place = f" at line {cause.lineno}" if isinstance(cause, SyntaxError) and cause.lineno else ""
        raise SuggestionMalformed(f"the body is no {media_type}{place}: {cause}") from cause


@cache
def context_text() -> str:
    """The context as it is published."""
    file = resources.files("harmgraph.inbox") / "contexts" / "suggestion.jsonld"
    return file.read_text("utf-8")


@cache
def _context() -> Json:
    return json.loads(context_text())["@context"]


def _with_contexts(body: bytes) -> bytes:
    """The document with its contexts written out; every other context that lies elsewhere is refused."""
    try:
        document = json.loads(body.decode("utf-8-sig"), parse_constant=_no_number)
    except RecursionError as cause:
        raise SuggestionMalformed(f"the body has more than {_DEPTH} levels; an annotation needs five") from cause
    except ValueError as cause:
        raise SuggestionMalformed(f"the body is no JSON: {cause}") from cause
    if not isinstance(document, dict | list):
        raise SuggestionMalformed(f"the body is {type(document).__name__}, not a JSON object; send an Annotation")
    return json.dumps(_replaced(document, _DEPTH)).encode()


def _replaced(value: Json, depth: int) -> Json:
    if depth == 0:
        raise SuggestionMalformed(f"the body has more than {_DEPTH} levels; an annotation needs five")
    if isinstance(value, list):
        return [_replaced(each, depth - 1) for each in value]
    if not isinstance(value, dict):
        return value
    if "@import" in value:
        raise SuggestionMalformed("@import names a context elsewhere, and none is fetched; write its terms out")
    return {
        name: _known_context(each, depth) if name == "@context" else _replaced(each, depth - 1)
        for name, each in value.items()
    }


def _known_context(value: Json, depth: int) -> Json:
    if isinstance(value, list):
        return [_known_context(each, depth - 1) for each in value]
    if not isinstance(value, str):
        return _replaced(value, depth - 1)
    if value not in _CONTEXTS:
        raise SuggestionMalformed(
            f"the context {value[:200]!r} is not known here, and none is fetched; use http://www.w3.org/ns/anno.jsonld "
            "or write its terms out"
        )
    return _context()


def _no_number(name: str) -> Json:
    raise ValueError(f"{name} is no number of JSON")
