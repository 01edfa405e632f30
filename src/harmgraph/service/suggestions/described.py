"""The paths of the inbox and of the form, as the OpenAPI description has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from harmgraph.inbox.reading import MEDIA_TYPES
from harmgraph.service.http.forms import FORM
from harmgraph.service.http.negotiation import DOCUMENTS, HTML
from harmgraph.service.suggestions.form import LANGUAGES

Json = dict[str, Any]  # a JSON object of OpenAPI 3.1

_FAILURES: Final = (400, 403, 404, 413, 415, 422, 429, 502, 503, 507)


def paths(operation: Callable[..., Json]) -> Json:
    """Path → its operations; ``operation`` makes one of summary, formats, failures and parameters."""
    return {
        "/inbox": {
            "get": operation("The inbox of suggestions, which lists none", DOCUMENTS, (406, 503)),
            "post": _posted(
                operation("Suggest a correction or an insight, as a Web Annotation", (), _FAILURES),
                {"201": {"description": "It is kept for review", "headers": {"Location": {"schema": _TEXT}}}},
                {media_type: {"schema": _TEXT} for media_type in MEDIA_TYPES}
                | {MEDIA_TYPES[0]: {"schema": _annotation()}},
            ),
        },
        "/inbox/{name}": {
            "get": _without_answer(operation("A suggestion: not to be seen", (), (403, 503), [_place("name")]))
        },
        "/improve/{path}": {
            "get": _moved(
                operation("The form to improve a page", (HTML,), (404, 429, 502, 503), [_place("path"), _PROPERTY])
            ),
            "post": _posted(
                operation("Suggest an improvement by the form", (), _FAILURES, [_place("path")]),
                {"303": {"description": "It is kept for review"}},
                {FORM: {"schema": _form()}},
            ),
        },
        "/thanks": {"get": operation("What becomes of a suggestion", (HTML,), ())},
        "/context/suggestion.jsonld": {"get": operation("The JSON-LD context of suggestions", (MEDIA_TYPES[0],), ())},
        "/shapes/suggestion.ttl": {"get": operation("The SHACL shapes of suggestions", ("text/turtle",), ())},
    }


_TEXT: Final = {"type": "string"}
_PROPERTY: Final = {
    "name": "property",
    "in": "query",
    "description": "The short form of a property, whose first statement is chosen",
    "schema": _TEXT,
}


def _place(name: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": _TEXT}


def _without_answer(operation: Json) -> Json:
    for status in ("200", "304"):
        del operation["responses"][status]
    return operation


def _posted(operation: Json, answers: Json, content: Json) -> Json:
    operation = _without_answer(operation)
    operation["responses"] |= answers
    return operation | {"requestBody": {"required": True, "content": content}}


def _moved(operation: Json) -> Json:
    operation["responses"]["301"] = {"description": "It goes by another name"}
    return operation


def _annotation() -> Json:
    body = {"type": "object", "properties": {"type": {"const": "TextualBody"}, "value": _TEXT, "language": _TEXT}}
    return {
        "type": "object",
        "required": ["@context", "type", "motivation", "body", "target"],
        "properties": {
            "@context": {"const": "http://www.w3.org/ns/anno.jsonld"},
            "type": {"const": "Annotation"},
            "motivation": {"enum": ["editing", "commenting"]},
            "body": {"anyOf": [body, {"type": "array", "items": body}]},
            "target": {"anyOf": [{"type": "string", "format": "iri"}, {"type": "object"}]},
            "evidence": {"type": "string", "format": "iri"},
            "creator": {"type": "object", "properties": {"name": _TEXT}},
        },
    }


def _form() -> Json:
    properties: Json = dict.fromkeys(("statement", "text", "proposal", "evidence", "creator"), _TEXT)
    properties |= {"kind": {"enum": ["correction", "insight"]}, "language": {"enum": [*LANGUAGES]}}
    return {"type": "object", "required": ["kind", "text"], "properties": properties}
