"""The start page → its typed links: Signposting for the data set as a whole, and the ways into the service."""

from __future__ import annotations

from starlette.requests import Request

from harmgraph.iris import BASE
from harmgraph.service.context import service_of
from harmgraph.service.documents.links import Link, alternates, header, links_to_the_past
from harmgraph.service.http.negotiation import DOCUMENTS
from harmgraph.service.pages import manual
from harmgraph.store.opening import is_remote


def of_start(request: Request) -> str:
    """Signposting for the data set as a whole, and the ways into the service (RFC 8631, RFC 9727, RFC 7089)."""
    root = request.scope.get("root_path", "")
    links = [
        Link("canonical", BASE),
        Link("cite-as", BASE),
        *alternates(f"{root}/catalog", "describedby", DOCUMENTS),
        Link("type", "https://schema.org/Dataset"),
        Link("type", "https://schema.org/AboutPage"),
        Link("author", f"{BASE}id/agent/harmgraph-project"),
        Link("item", f"{root}/dump/data.nq", "application/n-quads"),
        Link("license", "https://creativecommons.org/licenses/by-sa/4.0/"),
        Link("service-desc", f"{root}/openapi.json", "application/json"),
        Link("api-catalog", f"{root}/.well-known/api-catalog", "application/linkset+json"),
        Link("search", f"{root}/opensearch.xml", "application/opensearchdescription+xml"),
    ]
    if manual.is_built():
        links.append(Link("service-doc", f"{root}/docs/", "text/html"))
    if not is_remote(service_of(request).settings) and not getattr(request.state, "is_memento", False):
        links += links_to_the_past(root, f"{root}/")
    return header(links)
