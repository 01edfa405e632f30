"""The paths of the Reconciliation Service and of identifiers, as the OpenAPI description of the service has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from harmgraph.service.http.forms import FORM
from harmgraph.service.reconciliation.resolving import KEYS

Json = dict[str, Any]  # a JSON object of OpenAPI 3.1
Operation = Callable[[str, Iterable[str], Iterable[int], Iterable[Json]], Json]

_JSON: Final = ("application/json", "application/javascript")
_HTML: Final = ("text/html",)
_BUSY: Final = (429, 503)


def paths(operation: Operation) -> Json:
    """The paths, each operation made by the function that makes all."""
    callback = _parameter("callback", "The function to call with the answer, for JSONP")
    page = [_parameter("prefix", "What is typed"), _parameter("cursor", "How many to skip", "integer"), callback]
    identifier = _parameter("id", "An identifier like incident/AIAAIC0850")
    asking = [
        _parameter("queries", "A batch of reconciliation queries, as JSON"),
        _parameter("extend", "A data extension query, as JSON"),
        callback,
    ]
    suggestions = {
        f"/reconcile/suggest/{kind}": {"get": operation(f"Complete the name of {of}", _JSON, (400, *_BUSY), page)}
        for kind, of in (("entity", "a thing"), ("type", "a type"), ("property", "a property"))
    }
    kind = {"name": "kind", "in": "path", "required": True, "schema": {"enum": ["entity", "type", "property"]}}
    drafted = {
        f"/reconcile/1.0/suggest/{kind}": suggestions[f"/reconcile/suggest/{kind}"]
        for kind in ("entity", "type", "property")
    }
    fetchable = {
        "get": operation(
            "The properties that can be fetched of a type",
            _JSON,
            (400,),
            [_parameter("type", "A type"), _parameter("limit", "How many", "integer"), callback],
        )
    }
    previewed = {"get": operation("A page that previews a thing", _HTML, (400, 404, *_BUSY), [identifier])}
    return {
        **drafted,
        "/reconcile/1.0": {"get": operation("The manifest of the draft of version 1.0", _JSON, (400,), ())},
        "/reconcile/1.0/match": {"post": _posted(operation, "Reconcile names, by the draft", "queries")},
        "/reconcile/1.0/extend": {"post": _posted(operation, "Extend data, by the draft", "ids", "properties")},
        "/reconcile/1.0/extend/propose": fetchable,
        "/reconcile/1.0/preview": previewed,
        "/reconcile": {
            "get": operation("Reconcile names, extend data; the manifest", _JSON, (400, 413, *_BUSY), asking),
            "post": operation("Reconcile names, extend data", _JSON, (400, 413, 415, *_BUSY), ())
            | {"requestBody": _form("queries", "extend", "query", "callback")},
        },
        **suggestions,
        "/reconcile/flyout/{kind}": {
            "get": operation("A small preview of a suggestion", _JSON, (400, 404, *_BUSY), [kind, identifier, callback])
        },
        "/reconcile/properties": fetchable,
        "/reconcile/preview": previewed,
        "/reconcile/view": {"get": _redirect(operation("Go to a thing", _HTML, (400, 404, *_BUSY), [identifier]))},
        "/id": {
            "get": _redirect(
                operation(
                    "Go to a thing by what others call it",
                    _HTML,
                    (400, 404, *_BUSY),
                    [_parameter(name, f"Like {example}") for name, (_, example, _) in KEYS.items()],
                )
            )
        },
        "/beacon.txt": {"get": operation("Links from Wikidata items, as BEACON", ("text/plain",), (400, 503), ())},
    }


def _posted(operation: Operation, summary: str, *names: str) -> Json:
    schema = {"type": "object", "required": list(names), "properties": {name: {"type": "array"} for name in names}}
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    return operation(summary, _JSON, (400, 413, 415, *_BUSY), ()) | {"requestBody": body}


def _redirect(operation: Json) -> Json:
    del operation["responses"]["200"]
    operation["responses"]["300"] = {"description": "Several things", "content": {"application/json": {}}}
    operation["responses"]["303"] = {"description": "The thing"}
    return operation


def _parameter(name: str, text: str, kind: str = "string") -> Json:
    return {"name": name, "in": "query", "description": text, "schema": {"type": kind}}


def _form(*names: str) -> Json:
    schema = {"type": "object", "properties": {name: {"type": "string"} for name in names}}
    return {"required": True, "content": {FORM: {"schema": schema}}}
