"""``/catalog`` and ``/.well-known/void``: the release's description of itself, and what only its server can add.

The description is part of the dump, so it cannot say how large the dump is and what its checksum is. Here that is
said, in DCAT 3, with what the application profile DCAT-AP 3 wants of a catalogue beyond it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from typing import Final
from urllib.parse import quote

from fastapi import APIRouter
from pyoxigraph import Literal, NamedNode, Triple
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from harmgraph.dataset import LICENCE
from harmgraph.iris import BASE, DCAT, DCT, FOAF, RDF, RDFS, SPDX, VCARD, VOID, XSD, mint
from harmgraph.service.context import Service, service_of
from harmgraph.service.documents.document import DATASET
from harmgraph.service.documents.links import Link
from harmgraph.service.documents.published import served
from harmgraph.service.documents.representations import graph_response
from harmgraph.service.http.negotiation import DOCUMENTS, HTML, Format, named
from harmgraph.service.linked_data import catalog_page, dumps, targets
from harmgraph.service.pages.routes import dataset
from harmgraph.service.terms import local_name
from harmgraph.store.releases import seal
from harmgraph.store.releases.release import Release

CATALOGUE: Final = mint("catalog", "harmgraph")
PROJECT: Final = mint("agent", "harmgraph-project")
ENDPOINT: Final = NamedNode(f"{BASE}#sparql")
DUMP: Final = NamedNode(f"{BASE}#dump")
_GZIP: Final = NamedNode(f"{BASE}catalog#gzip")
_ZSTD: Final = NamedNode(f"{BASE}catalog#zstd")
CONTACT: Final = NamedNode(f"{BASE}catalog#contact")

_ENGLISH: Final = NamedNode("http://publications.europa.eu/resource/authority/language/ENG")
_THEME: Final = NamedNode("http://publications.europa.eu/resource/authority/data-theme/TECH")
_FILE_TYPES: Final = "http://publications.europa.eu/resource/authority/file-type/"
_MEDIA_TYPES: Final = "https://www.iana.org/assignments/media-types/"

router: Final = APIRouter()


@router.api_route("/.well-known/void", methods=["GET", "HEAD"], summary="The description of the data set in VoID")
async def void(request: Request) -> Response:
    """Where the VoID note has clients look for it (§7.2)."""
    service = service_of(request)
    return await _response(request, service, None, DATASET, None)


@router.api_route("/catalog", methods=["GET", "HEAD"], summary="The catalogue of data sets in DCAT")
@router.api_route("/catalog.{suffix}", methods=["GET", "HEAD"], include_in_schema=False)
async def catalogue(request: Request, suffix: str | None = None) -> Response:
    """The catalogue with everything that it lists."""
    choice = named(suffix, (*DOCUMENTS, HTML)) if suffix is not None else None
    if suffix is not None and choice is None:
        raise HTTPException(404, f"the catalogue does not come as .{suffix}")
    service = service_of(request)
    wanted = choice.format if choice is not None else None
    return await _response(request, service, wanted, CATALOGUE, lambda triples: catalog_page.page(request, triples))


async def _response(
    request: Request,
    service: Service,
    suffix: Format | None,
    first: NamedNode,
    page: Callable[[Iterable[Triple]], str] | None,
) -> Response:
    """The catalogue as it is now: compressed dumps have a size and a checksum once they are kept."""
    found = await asyncio.to_thread(served, service)
    kept = await asyncio.to_thread(dumps.kept, service, found) if found is not None else {}
    state = str(sorted(kept.items()))
    return await graph_response(
        request, "/catalog", suffix, lambda: _triples(service, found, kept, state), first, _LINKS, state, page
    )


_LINKS: Final = (
    Link("canonical", f"{BASE}catalog"),
    Link("cite-as", f"{BASE}catalog"),
    Link("type", DCAT.Catalog.value),
    Link("license", LICENCE),
    Link("author", PROJECT.value),
    Link("item", DATASET.value),
)


async def _triples(service: Service, found: Release | None, kept: dict[str, dumps.Kept], state: str) -> set[Triple]:
    return await service.once(f"catalogue {state}", lambda: _compute(service, found, kept))


async def _compute(service: Service, found: Release | None, kept: dict[str, dumps.Kept]) -> set[Triple]:
    described = await dataset(service)
    if Triple(DATASET, RDF.type, VOID.Dataset) not in described:
        return described  # of any graph that was loaded, of which nothing but its size is known
    linksets = await targets.descriptions(service)
    triples = described | set(_catalogue(described)) | set(_access(found, kept)) | set(linksets)
    triples |= set(_contact(service.settings.contact, triples))
    agents = {t.object for t in triples if t.predicate == DCT.publisher and isinstance(t.object, NamedNode)}
    names = await service.questions.triples("names", these=agents)
    labels = [t for t in names if t.predicate == RDFS.label]
    return triples | names | {Triple(t.subject, FOAF.name, t.object) for t in labels}


def _catalogue(described: Iterable[Triple]) -> Iterator[Triple]:
    yield Triple(CATALOGUE, RDF.type, DCAT.Catalog)
    yield Triple(CATALOGUE, DCT.title, Literal("harmgraph", language="en"))
    text = "What harmgraph publishes: the whole, and each source on its own."
    yield Triple(CATALOGUE, DCT.description, Literal(text, language="en"))
    yield Triple(CATALOGUE, DCT.publisher, PROJECT)
    yield Triple(CATALOGUE, DCT.license, NamedNode(LICENCE))
    yield Triple(CATALOGUE, DCT.language, _ENGLISH)
    yield Triple(CATALOGUE, FOAF.homepage, NamedNode(BASE))
    yield Triple(CATALOGUE, DCAT.dataset, DATASET)
    yield Triple(CATALOGUE, DCAT.service, ENDPOINT)
    yield Triple(PROJECT, RDF.type, FOAF.Agent)
    yield Triple(PROJECT, FOAF.name, Literal("the harmgraph project", language="en"))
    datasets = {t.subject for t in described if t.predicate == RDF.type and t.object == VOID.Dataset}
    ours = {each for each in datasets if isinstance(each, NamedNode) and each.value.startswith(f"{BASE}id/")}
    for each in (DATASET, *sorted(ours, key=str)):
        yield Triple(each, RDF.type, DCAT.Dataset)
        yield Triple(each, DCAT.theme, _THEME)
        yield Triple(each, DCT.language, _ENGLISH)
        yield Triple(each, DCAT.keyword, Literal("AI incidents", language="en"))
    description = "Incidents in which AI systems did harm or may have, as databases of such incidents record them."
    if not any(t.subject == DATASET and t.predicate == DCT.description for t in described):
        yield Triple(DATASET, DCT.description, Literal(description, language="en"))


def _contact(contact: str, described: Iterable[Triple]) -> Iterator[Triple]:
    """Whom one asks about a dataset or the endpoint: by email, or by a page, without a setting that of the project."""
    kinds = (DCAT.Dataset, DCAT.DatasetSeries, DCAT.DataService)
    for subject in {t.subject for t in described if t.predicate == RDF.type and t.object in kinds}:
        yield Triple(subject, DCAT.contactPoint, CONTACT)
    yield Triple(CONTACT, RDF.type, VCARD.Organization)
    yield Triple(CONTACT, VCARD.fn, Literal("whoever runs this harmgraph" if contact else "the harmgraph project"))
    mail = contact.removeprefix("mailto:")
    if "@" in mail and "/" not in mail:
        yield Triple(CONTACT, VCARD.hasEmail, NamedNode(f"mailto:{quote(mail, safe='@+.-_')}"))
    else:
        yield Triple(CONTACT, VCARD.hasURL, NamedNode(quote(contact, safe=":/?#&=%@+~,;.-_") or BASE))


def _access(found: Release | None, kept: dict[str, dumps.Kept]) -> Iterator[Triple]:
    yield Triple(ENDPOINT, RDF.type, DCAT.DataService)
    yield Triple(ENDPOINT, DCT.title, Literal("SPARQL endpoint of harmgraph", language="en"))
    yield Triple(ENDPOINT, DCAT.endpointURL, NamedNode(f"{BASE}sparql"))
    yield Triple(ENDPOINT, DCAT.endpointDescription, NamedNode(f"{BASE}sparql"))
    yield Triple(ENDPOINT, DCAT.servesDataset, DATASET)
    if found is None:
        return
    files = {file.name: file for file in seal.sealed(found.path)}
    yield from _distribution(DUMP, found, dumps.DUMP, None)
    yield from _distribution(_GZIP, found, f"{dumps.DUMP}.gz", dumps.GZIP)
    yield from _distribution(_ZSTD, found, f"{dumps.DUMP}.zst", dumps.ZSTD)
    sealed = files.get(found.dump.name)
    yield from _measured(DUMP, "checksum", found.dump.stat().st_size, sealed.checksum if sealed is not None else None)
    for name, each in kept.items():
        node = _GZIP if name.endswith(".gz") else _ZSTD
        yield from _measured(node, f"checksum-{local_name(node.value)}", each.size, each.checksum)


def _measured(node: NamedNode, name: str, size: int, checksum: str | None) -> Iterator[Triple]:
    # Integers that are not negative, in DCAT 3; the store and the other formats keep the datatype as it is written.
    yield Triple(node, DCAT.byteSize, Literal(str(size), datatype=XSD.nonNegativeInteger))
    if checksum is not None:
        digest = NamedNode(f"{BASE}catalog#{name}")
        yield Triple(node, SPDX.checksum, digest)
        yield Triple(digest, RDF.type, SPDX.Checksum)
        yield Triple(digest, SPDX.algorithm, SPDX.checksumAlgorithm_sha256)
        yield Triple(digest, SPDX.checksumValue, Literal(checksum, datatype=XSD.hexBinary))


def _distribution(node: NamedNode, found: Release, name: str, compression: str | None) -> Iterator[Triple]:
    title = Literal(f"All named graphs as N-Quads ({name})", language="en")
    yield Triple(DATASET, DCAT.distribution, node)
    yield Triple(node, RDF.type, DCAT.Distribution)
    yield Triple(node, DCT.title if compression else DCT.description, title)
    yield Triple(node, DCAT.accessURL, NamedNode(BASE))
    yield Triple(node, DCAT.accessService, ENDPOINT)
    yield Triple(node, DCAT.downloadURL, NamedNode(dumps.url_of(found.id, name)))
    yield Triple(node, DCAT.mediaType, NamedNode(f"{_MEDIA_TYPES}application/n-quads"))
    yield Triple(node, DCT["format"], NamedNode(f"{_FILE_TYPES}RDF_N_QUADS"))
    yield Triple(node, DCT.license, NamedNode("https://creativecommons.org/licenses/by-sa/4.0/"))
    if compression is not None:
        yield Triple(node, DCAT.compressFormat, NamedNode(f"{_MEDIA_TYPES}{compression}"))
