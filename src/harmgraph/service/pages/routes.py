"""The pages for people that are not one document: the start page and the lists.

Server-rendered, usable without JavaScript. What they ask of the store is in ``queries/``; the page of one thing is
`harmgraph.service.pages.thing`.
"""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from pyoxigraph import BlankNode, Literal, NamedNode, Triple
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from harmgraph.iris import BASE, DCT, FOAF, RDF, VOID
from harmgraph.service.context import Service, service_of
from harmgraph.service.documents import structured
from harmgraph.service.documents.document import DATASET
from harmgraph.service.documents.published import with_date
from harmgraph.service.documents.representations import body_of, chosen, known
from harmgraph.service.http.conditional import CACHE_CONTROL, etag, not_modified
from harmgraph.service.http.negotiation import DOCUMENTS, HTML
from harmgraph.service.pages import signposts, story, wording
from harmgraph.service.pages.examples import example
from harmgraph.service.pages.listing import PER_PAGE, link_of, page_number
from harmgraph.service.pages.rendering import LISTS
from harmgraph.service.questions import Row
from harmgraph.service.terms import href
from harmgraph.store.opening import is_remote

FIRST_GRAPHS: Final = 100
"""Named graphs shown of a release that was loaded."""
router: Final = APIRouter()


@router.api_route("/", methods=["GET", "HEAD"], summary="The start page; as RDF, the description of the data set")
async def start(request: Request) -> Response:
    """What there is: counts, sources, example queries, licence and citation."""
    service = service_of(request)
    choice = chosen(request, None, (HTML, *DOCUMENTS))
    tag = etag(request, service.store.release, service.fingerprint, choice.content_type)
    headers = with_date(service, {"Vary": "Accept", "Cache-Control": CACHE_CONTROL, "ETag": tag})
    if (response := known(request, headers)) is not None:
        return response
    counts = await _counts(service)
    sources = await service.once("sources", lambda: service.questions.rows("sources"))
    headers["Link"] = signposts.of_start(request)
    if choice.format is not HTML:
        body = body_of(await dataset(service), choice, DATASET)
        return Response(body, headers={**headers, "Content-Type": choice.content_type})
    if not counts["incidents"]:
        return HTMLResponse(await _graphs_page(request, counts), headers=headers)
    page = service.render(
        "start.html",
        request,
        counts=counts,
        sources=[_source(row, request.scope.get("root_path", "")) for row in sources],
        base=BASE,
        feed=not is_remote(service.settings),
        formats=DOCUMENTS,
        structured=structured.of_dataset(await dataset(service)),
        story=await story.of(service, request.scope.get("root_path", "")),
    )
    return HTMLResponse(page, headers=headers)


async def dataset(service: Service) -> set[Triple]:
    """The release's description of itself; in brief where it holds none."""
    described = await service.once("dataset", lambda: service.questions.triples("dataset"))
    sources = await service.once("sources", lambda: service.questions.rows("sources"))
    return described or set(_dataset(await _counts(service), sources))


@router.api_route("/{name}", methods=["GET", "HEAD"], include_in_schema=False)
async def listing(request: Request) -> Response:
    """All incidents, organisations, systems or countries, page by page."""
    name = request.path_params["name"]
    if name not in LISTS:
        raise HTTPException(404, f"there is no page /{name}")
    service = service_of(request)
    number = page_number(request)
    tag = etag(request, service.store.release, service.fingerprint, HTML.media_type)
    headers = {"Cache-Control": CACHE_CONTROL}
    if (unchanged := not_modified(request, tag, headers)) is not None:
        return unchanged
    rows = await service.questions.rows(f"list_{name}", limit=PER_PAGE + 1, offset=(number - 1) * PER_PAGE)
    if not rows and number > 1:
        raise HTTPException(404, f"/{name} has no page {number}")
    counts = await _counts(service)
    root = request.scope.get("root_path", "")
    page = service.render(
        "list.html",
        request,
        heading=LISTS[name],
        name=name,
        total=counts[name],
        things=[link_of(row, "thing", root) for row in rows[:PER_PAGE]],
        query=example(f"list_{name}").text,
        page=number,
        more=len(rows) > PER_PAGE,
    )
    return HTMLResponse(page, headers={**headers, "ETag": tag})


async def _counts(service: Service) -> dict[str, int]:
    async def compute() -> dict[str, int]:
        (row,) = await service.questions.rows("counts")
        return {name: int(number.value) for name, number in row.items()}

    return await service.once("counts", compute)


def _source(row: Row, root: str) -> dict[str, object]:
    licence = row["licence"].value if "licence" in row else ""
    return {
        "label": row["label"].value,
        "href": href(row["source"].value, root),
        "records": int(row["records"].value),
        "licence": wording.LICENCES.get(licence, licence),
        "licence_href": href(licence) if licence else None,
    }


async def _graphs_page(request: Request, counts: dict[str, int]) -> str:
    """What there is in a release that was loaded, not built: its named graphs."""
    service = service_of(request)
    rows = await service.once("graphs", lambda: service.questions.rows("graphs", limit=FIRST_GRAPHS + 1))
    graphs = [
        {
            "iri": (iri := row["graph"].value),
            "count": int(row["count"].value),
            "query": f"SELECT * {{\n  GRAPH <{iri}> {{ ?subject ?predicate ?object }}\n}}\nLIMIT 100",
        }
        for row in rows
    ]
    more = len(graphs) > FIRST_GRAPHS
    return service.render("graphs.html", request, counts=counts, graphs=graphs[:FIRST_GRAPHS], more=more)


def _dataset(counts: dict[str, int], sources: list[Row]) -> list[Triple]:
    """The void:Dataset that every document points to, in brief, where a release does not describe itself."""
    if not counts["incidents"]:  # any graph: it is not the data set whose IRI is ours
        nameless = BlankNode("dataset")
        return [Triple(nameless, RDF.type, VOID.Dataset), Triple(nameless, VOID.triples, Literal(counts["triples"]))]
    licences = {row["licence"] for row in sources if "licence" in row}
    return [
        Triple(DATASET, RDF.type, VOID.Dataset),
        Triple(DATASET, DCT.title, Literal("harmgraph: the knowledge graph of AI harms", language="en")),
        Triple(DATASET, FOAF.homepage, NamedNode(BASE)),
        Triple(DATASET, VOID.sparqlEndpoint, NamedNode(f"{BASE}sparql")),
        Triple(DATASET, VOID.uriSpace, Literal(f"{BASE}id/")),
        Triple(DATASET, VOID.vocabulary, NamedNode(f"{BASE}ns#")),
        Triple(DATASET, VOID.triples, Literal(counts["triples"])),
        *(Triple(DATASET, DCT.source, row["source"]) for row in sources),
        *(Triple(DATASET, DCT.license, licence) for licence in licences),
    ]
