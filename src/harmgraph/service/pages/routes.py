"""The pages for people that are not one document: start, lists, kinds of problem; and the page of one thing.

Server-rendered, usable without JavaScript. What a page shows of a thing is settled in `harmgraph.service.pages.views`,
what it asks of the store in ``queries/``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from fastapi import APIRouter
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from pyoxigraph import BlankNode, Literal, NamedNode, Triple
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from harmgraph.iris import BASE, DCT, FOAF, HG, RDF, VOID, curie
from harmgraph.service.context import Service, service_of
from harmgraph.service.documents import structured
from harmgraph.service.documents.document import DATASET, Document
from harmgraph.service.documents.links import link_to_inbox
from harmgraph.service.documents.published import with_date
from harmgraph.service.documents.representations import body_of, chosen, known
from harmgraph.service.http.conditional import CACHE_CONTROL, etag, not_modified
from harmgraph.service.http.negotiation import CITATIONS, DOCUMENTS, HTML, QUADS
from harmgraph.service.pages import editor, manual, signposts, story, wording
from harmgraph.service.pages.disagreement import side_by_side
from harmgraph.service.pages.examples import example
from harmgraph.service.pages.related import related
from harmgraph.service.pages.searching import index_of
from harmgraph.service.pages.timeline import timeline
from harmgraph.service.pages.views import NOT_LINKS, View
from harmgraph.service.questions import Row
from harmgraph.service.terms import expanded, href, is_own, local_name
from harmgraph.store.opening import is_remote

PER_PAGE: Final = 50
FIRST_FEW: Final = 15
"""Links shown of each property before anybody asks for all of them."""
MOST_RELATED: Final = 6
MOST_SHARED: Final = 3
"""Values told of those that two related incidents share."""
FIRST_GRAPHS: Final = 100
"""Named graphs shown of a release that was loaded."""
LISTS: Final = {
    "incidents": "Incidents",
    "organisations": "Organisations",
    "systems": "AI systems",
    "countries": "Countries",
}

router: Final = APIRouter()

# Bidirectional and other control characters could make a page look as if it said something else (Unicode TR 36).
CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Link:
    """A thing in a list, with a remark such as a date or a count."""

    text: str
    href: str | None
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Incoming:
    """The things that point to the page's thing by one property: the first of them, or one page of all."""

    name: str
    short: str
    count: int
    links: tuple[Link, ...]
    page: int | None = None

    @property
    def last_page(self) -> int:
        """The number of the last page."""
        return max(1, -(-self.count // PER_PAGE))


def environment() -> Environment:
    """The templates; every value is escaped, and a name that a template does not get is an error."""
    templates = Environment(
        loader=PackageLoader("harmgraph.service"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["visible"] = visible
    templates.filters["thousands"] = lambda number: f"{number:,}"
    templates.globals["lists"] = LISTS
    templates.globals["editor"] = editor
    templates.globals["manual"] = manual
    return templates


def visible(text: str) -> Markup:
    """The text, escaped, with invisible control characters named instead of obeyed.

    >>> visible("a\\u202eb")
    Markup('a<span class="control">U+202E</span>b')
    """
    escaped = str(escape(text))
    return Markup(CONTROL.sub(lambda match: f'<span class="control">U+{ord(match[0]):04X}</span>', escaped))


async def thing_page(request: Request, document: Document, place: str) -> str:
    """The HTML page of a thing."""
    service = service_of(request)
    rows = await service.questions.rows("sayers", this=document.thing)
    sayers: dict[tuple[NamedNode, object], set[object]] = {}
    for row in rows:
        sayers.setdefault((row["predicate"], row["object"]), set()).add(row["graph"])  # type: ignore[arg-type]  # a predicate is an IRI
    vocabulary = await vocabulary_of(service)
    root = request.scope.get("root_path", "")
    told = {statement: frozenset(graphs) for statement, graphs in sayers.items()}
    view = View(document, vocabulary, told, root)  # type: ignore[arg-type]  # graphs are IRIs
    is_whole = _chosen_property(request) is None
    is_incident = HG.Incident in document.own.get(RDF.type, [])
    shown = view.page()
    return service.render(
        "thing.html",
        request,
        thing=shown,
        differing=side_by_side(shown),
        profile=await story.profile(service, document.thing, root) if is_whole else None,
        moments=timeline(document, view),
        related=await _related(service, document.thing, root) if is_incident and is_whole else [],
        citations=CITATIONS if is_incident else (),
        incoming=await _incoming(request, document.thing, vocabulary),
        single=not is_whole,
        place=place,
        improve=f"{root}/improve/{place.removeprefix(f'{root}/doc/')}" if link_to_inbox(request) else None,
        formats=(*DOCUMENTS, *QUADS),
        structured=structured.of_thing(document),
    )


async def _related(service: Service, thing: NamedNode, root: str) -> list[Link]:
    found = related(await index_of(service), thing.value, MOST_RELATED)
    return [
        Link(
            wording.shortened(each.label),
            href(each.iri, root),
            " · ".join(filter(None, (each.year, ", ".join(each.shared[:MOST_SHARED])))),
        )
        for each in found
    ]


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
        things=[_link(row, "thing", root) for row in rows[:PER_PAGE]],
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


async def vocabulary_of(service: Service) -> dict[str, str]:
    """The labels of the terms of our ontology."""

    async def compute() -> dict[str, str]:
        rows = await service.questions.rows("vocabulary")
        return {row["term"].value: row["label"].value for row in rows}

    return await service.once("vocabulary", compute)


async def _incoming(request: Request, thing: NamedNode, vocabulary: dict[str, str]) -> list[Incoming]:
    """What links to the thing: the first few by each property, or, with ``?by=``, one page by one property."""
    questions = service_of(request).questions
    counts = {
        row["predicate"]: int(row["count"].value)
        for row in await questions.rows("incoming", this=thing)
        if row["predicate"] not in NOT_LINKS
    }
    chosen = _chosen_property(request)
    if chosen is not None and chosen not in counts:
        raise HTTPException(404, f"nothing links to {thing.value} by {chosen.value}")
    number = page_number(request) if chosen is not None else None
    root = request.scope.get("root_path", "")
    groups = []
    for predicate, count in counts.items():
        if isinstance(predicate, NamedNode) and chosen in (None, predicate):
            limit, offset = (FIRST_FEW, 0) if number is None else (PER_PAGE, (number - 1) * PER_PAGE)
            rows = await questions.rows("incoming_by", this=thing, property=predicate, limit=limit, offset=offset)
            if not rows:
                raise HTTPException(404, f"what links to {thing.value} by {predicate.value} has no page {number}")
            links = [_link(row, "subject", root) for row in rows]
            short = curie(predicate.value)
            label = vocabulary.get(predicate.value) or wording.TERMS.get(short)
            name = wording.inverse(short, label or wording.spelled_out(local_name(predicate.value)))
            groups.append(Incoming(name, short, count, tuple(links), number))
    return groups


def _chosen_property(request: Request) -> NamedNode | None:
    raw = request.query_params.get("by")
    if raw is None:
        return None
    chosen = expanded(raw)
    if chosen is None:
        raise HTTPException(404, f"by={raw} is not a property")
    return chosen


def page_number(request: Request) -> int:
    """The page that ``?page=`` names, the first without one; 404 for what is no number."""
    raw = request.query_params.get("page", "1")
    if not raw.isascii() or not raw.isdigit() or not 1 <= int(raw[:9]) <= 1_000_000 or len(raw) > 9:
        raise HTTPException(404, f"page={raw} is not the number of a page")
    return int(raw)


def _link(row: Row, key: str, root: str) -> Link:
    iri = row[key].value
    label = row["label"].value if "label" in row else unquote(local_name(iri)) if is_own(iri) else curie(iri)
    remark = ""
    if isinstance(date := row.get("date"), Literal):
        remark = date.value[:4]  # a bound has a day even where the source knows the year alone
    elif "count" in row:
        remark = f"{int(row['count'].value):,} incidents" if row["count"].value != "1" else "1 incident"
    return Link(wording.shortened(label), href(iri, root), remark)


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
