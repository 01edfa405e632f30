"""The part of the OpenAPI description that is about publishing: catalogue, dumps, and what leads crawlers to things."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from harmgraph.service.documents.links import LINKSETS
from harmgraph.service.http.negotiation import DOCUMENTS, HTML, QUADS, Format
from harmgraph.service.linked_data.fragments import FORMATS as FRAGMENTS
from harmgraph.service.linked_data.memento import TIMEMAPS
from harmgraph.service.linked_data.targets import FORMATS as TARGET_FORMATS

Json = dict[str, Any]  # a JSON object of OpenAPI 3.1

_FILES: Final = ("application/n-quads", "application/gzip", "application/zstd", "text/plain")


def linked_data(operation: Callable[..., Json]) -> Json:
    """The paths, each described by ``operation``, which knows what all of the service has in common."""
    return {
        "/.well-known/void": {"get": operation("The description of the data set in VoID", DOCUMENTS)},
        "/catalog": {"get": operation("The catalogue of data sets in DCAT", (*DOCUMENTS, HTML))},
        "/.well-known/api-catalog": {
            "get": operation("The interfaces of the service, as a catalogue", ("application/linkset+json",), ())
        },
        "/robots.txt": {"get": operation("Where crawlers may go", ("text/plain",), ())},
        "/sitemap.xml": {"get": operation("The index of all sitemaps", ("application/xml",), (429, 503))},
        "/sitemap.xml.gz": {
            "get": operation("The index of all sitemaps, compressed", ("application/gzip",), (429, 503))
        },
        "/sitemaps/{part}.xml": {
            "get": operation("One sitemap", ("application/xml",), (404, 429, 503), [_in_path("part")])
        },
        "/sitemaps/{part}.xml.gz": {
            "get": operation("One sitemap, compressed", ("application/gzip",), (404, 429, 503), [_in_path("part")])
        },
        "/context/v1.jsonld": {"get": operation("The JSON-LD context of all documents", ("application/ld+json",), ())},
        "/fragments": {
            "get": operation(
                "The triples that match a pattern, by page",
                FRAGMENTS,
                (400, 404, 406, 409, 429, 503),
                [_term("subject"), _term("predicate"), _term("object")],
            )
        },
        "/ldes": {"get": operation("The versions of records as an event stream", FRAGMENTS, (404, 406, 429, 503))},
        "/feed.atom": {
            "get": operation("What changed with this release, as an Atom feed", ("application/atom+xml",), (404, 503))
        },
        "/timegate/{path}": {"get": _redirected(operation, "A document as it was at a time", ())},
        "/timemap/{path}": {
            "get": operation(
                "Every time of which a document is kept", TIMEMAPS, (404, 406, 429, 503), [_in_path("path")]
            )
        },
        "/memento/{stamp}/{path}": {"get": _memento(operation)},
        "/linkset/{target}": {
            "get": operation(
                "All links to another data set", TARGET_FORMATS, (404, 406, 429, 503), [_in_path("target")]
            )
        },
        "/linkset/{path}": {"get": _linkset(operation)},
        "/dump/{identifier}/{name}": {"get": _dump(operation)},
    }


def _linkset(operation: Callable[..., Json]) -> Json:
    described = operation("The typed links of a document", LINKSETS, (404, 406, 410, 429, 503), [_in_path("path")])
    described["responses"]["301"] = {"description": "It goes by another name"}
    return described


def _redirected(operation: Callable[..., Json], summary: str, formats: tuple[Format, ...]) -> Json:
    described = operation(summary, formats, (400, 404, 503), [_in_path("path")])
    described["responses"]["302"] = {"description": "Where it is"}
    return described


def _memento(operation: Callable[..., Json]) -> Json:
    parameters = [_in_path("stamp"), _in_path("path")]
    formats = (*DOCUMENTS, *QUADS, HTML)
    described = operation("A document in an earlier release", formats, (404, 406, 410, 429, 503), parameters)
    for status in ("301", "302", "303"):
        described["responses"][status] = {"description": "Another place"}
    return described


def _dump(operation: Callable[..., Json]) -> Json:
    described = operation("A file of a release", _FILES, (404, 503), [_in_path("identifier"), _in_path("name")])
    described["responses"]["206"] = {
        "description": "The range of the dump that was asked for",
        "content": {_FILES[0]: {}},
    }
    described["responses"]["416"] = {
        "description": "The range lies behind the end",
        "content": {"application/problem+json": {}, "text/plain": {}, "text/html": {}},
    }
    return described


def _in_path(name: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _term(name: str) -> Json:
    text = "An IRI" if name != "object" else "An IRI, or a literal in quotation marks"
    return {"name": name, "in": "query", "description": text, "schema": {"type": "string"}}
