"""The OpenAPI description of the service, at ``/openapi.json``: each path with its parameters, formats and statuses.

Handlers take the bare request, since the protocols they speak fix how it is read; so the description is written here,
and a test compares it with the routes there are. HEAD is answered wherever GET is.
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final

from harmgraph.service.http.forms import FORM
from harmgraph.service.http.negotiation import (
    BOOLEANS,
    CITATIONS,
    DOCUMENTS,
    GRAPHS,
    HTML,
    PROBLEM,
    QUADS,
    RESULTS,
    Format,
)
from harmgraph.service.openapi_linked_data import linked_data
from harmgraph.service.pages.facets import FACETS
from harmgraph.service.pages.selection import LONGEST, ORDERS
from harmgraph.service.reconciliation import described
from harmgraph.service.sparql.protocol import DIRECT
from harmgraph.service.suggestions import described as suggested

Json = dict[str, Any]  # a JSON object of OpenAPI 3.1

_BUSY: Final = (429, 502, 503)
_NAMES: Final = tuple(dict.fromkeys(f.name for f in (*RESULTS, *BOOLEANS, *GRAPHS, HTML)))


def description(title: str, version: str, summary: str) -> Json:
    """The whole description."""
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version, "summary": summary},
        "paths": {
            "/": {"get": _operation("The start page; as RDF, the description of the dataset", (HTML, *DOCUMENTS))},
            "/sparql": {
                "get": _operation(
                    "Answer a SPARQL query; without one, describe the service",
                    (*RESULTS, *BOOLEANS, *GRAPHS, HTML),
                    (400, 403, 404, 406, *_BUSY),
                    [
                        _text("query", "The query"),
                        _text("example", "A competency query to show"),
                        *_protocol_parameters(),
                    ],
                ),
                "post": _operation(
                    "Answer a SPARQL query",
                    (*RESULTS, *BOOLEANS, *GRAPHS, HTML),
                    (400, 403, 406, 413, 415, *_BUSY),
                    _protocol_parameters(),
                )
                | {"requestBody": _query_body()},
            },
            "/graphs": {
                "get": _operation(
                    "A named graph, or the default graph, by the Graph Store Protocol",
                    GRAPHS,
                    (400, 404, 406, *_BUSY),
                    [
                        _text("graph", "The IRI of a named graph", format="iri"),
                        _text("default", "Present for the default graph"),
                        _text("format", "The short name of a format"),
                    ],
                )
            },
            **described.paths(_operation),
            **{
                f"/search.{suffix}": {
                    "get": _operation(
                        f"The incidents that have these words and values, as {label}",
                        (media_type,),
                        (400, 404, *_BUSY),
                        [_text("q", "Words", maxLength=LONGEST), _text("sort", "The order", enum=[*ORDERS])]
                        + [
                            _text(facet.name, f"{facet.label}: the key of a value; may be repeated")
                            for facet in FACETS.values()
                        ],
                    )
                }
                for suffix, label, media_type in (("csv", "CSV", "text/csv"), ("json", "JSON", "application/json"))
            },
            "/suggest": {
                "get": _operation(
                    "Names that begin like this, as OpenSearch has suggestions",
                    ("application/x-suggestions+json",),
                    (400, *_BUSY),
                    [_text("q", "The beginning of a name", maxLength=LONGEST)],
                )
            },
            "/opensearch.xml": {
                "get": _operation(
                    "How a browser searches here (OpenSearch 1.1)", ("application/opensearchdescription+xml",), (503,)
                )
            },
            "/id/{path}": {"get": _thing("A thing: 303 to the document about it", redirects=True)},
            "/doc/{path}": {"get": _thing("The document about a thing", redirects=False)},
            "/cite/incident/{name}": {"get": _citation()},
            "/ns": {"get": _operation("The ontology", (*DOCUMENTS, HTML), (404, 406, *_BUSY))},
            **linked_data(_operation),
            "/quality": {
                "get": _operation("The quality of the data of the release", (HTML, *DOCUMENTS), (404, 406, *_BUSY))
            },
            "/docs/{path}": {"get": _manual()},
            **suggested.paths(_operation),
            "/openapi.json": {"get": _operation("This description", ("application/json",), ())},
            **{
                path: {"get": _operation(text, (media_type,), (503,))}
                for path, text, media_type in (
                    ("/healthz", "Whether the process lives", "application/json"),
                    ("/readyz", "Whether queries are answered", "application/json"),
                    ("/metrics", "Counts and state in the text format of Prometheus", "text/plain"),
                )
            },
        },
    }


def _operation(
    summary: str,
    formats: Iterable[Format | str],
    failures: Iterable[int] = (406, *_BUSY),
    parameters: Iterable[Json] = (),
) -> Json:
    types = dict.fromkeys(
        name for f in formats for name in ((f,) if isinstance(f, str) else (f.media_type, *f.aliases))
    )
    responses = {
        "200": {"description": "The answer", "content": {media_type: {} for media_type in types}},
        "304": {"description": "What the client holds is still right"},
        **{str(status): _failure(status) for status in failures},
    }
    return {"summary": summary, "parameters": list(parameters), "responses": responses}


def _failure(status: int) -> Json:
    problem = {"schema": {"type": "object", "required": ["type", "title", "status"]}}
    content = {PROBLEM.media_type: problem, "application/json": problem, HTML.media_type: {}}
    return {"description": HTTPStatus(status).phrase, "content": content}


def _thing(summary: str, *, redirects: bool) -> Json:
    path = {"name": "path", "in": "path", "required": True, "schema": {"type": "string"}}
    described = _operation(summary, (*DOCUMENTS, *QUADS, HTML), (404, 406, 410, *_BUSY), [path])
    moved: Json = {"description": "It goes by another name"}
    if redirects:
        described["responses"]["303"] = {"description": "The document about it"}
    described["responses"]["301"] = moved
    return described


def _citation() -> Json:
    name = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
    described = _operation(
        "How to cite an incident: its name and .bib, .ris or .json", CITATIONS, (404, *_BUSY), [name]
    )
    described["responses"]["301"] = {"description": "It goes by another name"}
    return described


def _manual() -> Json:
    path = {"name": "path", "in": "path", "required": True, "schema": {"type": "string"}}
    described = _operation("A page of the documentation, where it has been built", (HTML,), (404,), [path])
    described["responses"]["200"]["content"] |= {"image/png": {}, "application/x-ipynb+json": {}}
    return described


def _text(name: str, text: str, **schema: object) -> Json:
    return {"name": name, "in": "query", "description": text, "schema": {"type": "string", **schema}}


def _protocol_parameters() -> list[Json]:
    graphs = {"type": "array", "items": {"type": "string", "format": "iri"}}
    return [
        *(
            {"name": name, "in": "query", "schema": graphs, "style": "form", "explode": True}
            for name in ("default-graph-uri", "named-graph-uri")
        ),
        {
            "name": "timeout",
            "in": "query",
            "description": "Seconds, up to the limit of the server",
            "schema": {"type": "number", "exclusiveMinimum": 0},
        },
        {"name": "format", "in": "query", "schema": {"type": "string", "enum": list(_NAMES)}},
    ]


def _query_body() -> Json:
    fields = {"query": {"type": "string"}, "timeout": {"type": "number"}, "format": {"type": "string"}}
    form = {"type": "object", "required": ["query"], "properties": fields}
    return {"required": True, "content": {FORM: {"schema": form}, DIRECT: {"schema": {"type": "string"}}}}
