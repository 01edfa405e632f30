"""The catalogue as a page: what there is to take away, how large and with which checksum, and what each part is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple
from starlette.requests import Request

from harmgraph.iris import BASE, DCAT, DCT, FOAF, RDF, RDFS, SPDX, VOID
from harmgraph.service.context import service_of
from harmgraph.service.documents.document import DATASET
from harmgraph.service.http.negotiation import DOCUMENTS
from harmgraph.service.linked_data.dumps import DUMP
from harmgraph.service.pages import wording
from harmgraph.service.terms import href, local_name

_UNITS: Final = ("bytes", "kB", "MB", "GB", "TB")


@dataclass(frozen=True, slots=True)
class Listed:
    """A dataset, a file of it, or the links to another: its name, where it is, and what is known of it."""

    name: str
    href: str | None
    triples: int | None = None
    size: str = ""
    checksum: str = ""
    licence: str = ""
    licence_href: str | None = None


class Catalogue:
    """The triples of the catalogue as rows of tables; links lie below ``root``."""

    def __init__(self, triples: Iterable[Triple], root: str) -> None:
        self._said: dict[object, dict[NamedNode, list[str]]] = {}
        for t in triples:
            if isinstance(t.object, NamedNode | Literal):
                self._said.setdefault(t.subject, {}).setdefault(t.predicate, []).append(t.object.value)
        self._root = root

    @property
    def files(self) -> list[Listed]:
        """The dumps of the release; the plain one has an address that stands for the newest release as well."""
        nodes = map(NamedNode, self._all(DATASET, DCAT.distribution))
        found = [self._listed(n, url) for n in nodes for url in self._all(n, DCAT.downloadURL) if f"/{DUMP}" in url]
        return sorted(found, key=lambda each: each.name)

    @property
    def datasets(self) -> list[Listed]:
        """The whole, and what each source and snapshot says."""
        kinds = {VOID.Dataset.value}
        ours = [s for s in self._said if isinstance(s, NamedNode) and kinds & set(self._all(s, RDF.type))]
        parts = sorted((s for s in ours if s.value.startswith(f"{BASE}id/dataset/")), key=lambda each: each.value)
        return [self._listed(DATASET, BASE), *(self._listed(s, s.value) for s in parts)]

    @property
    def linksets(self) -> list[Listed]:
        """The links to other data sets that have a page."""
        found = [s for s in self._said if isinstance(s, NamedNode) and VOID.Linkset.value in self._all(s, RDF.type)]
        return [self._listed(s, page) for s in sorted(found, key=str) if (page := self._one(s, FOAF.page))]

    def _listed(self, node: NamedNode, address: str) -> Listed:
        digest, licence = self._one(node, SPDX.checksum), self._one(node, DCT.license)
        is_file = DCAT.Distribution.value in self._all(node, RDF.type)
        title = self._one(node, DCT.title) or self._one(node, RDFS.label)
        return Listed(
            local_name(address) if is_file else title or local_name(node.value),
            href(address, self._root),
            int(count) if (count := self._one(node, VOID.triples)) else None,
            readable(int(size)) if (size := self._one(node, DCAT.byteSize)) else "",
            self._one(NamedNode(digest), SPDX.checksumValue) if digest else "",
            wording.LICENCES.get(licence, licence),
            href(licence) if licence else None,
        )

    def _all(self, node: object, predicate: NamedNode) -> list[str]:
        return sorted(self._said.get(node, {}).get(predicate, []))

    def _one(self, node: object, predicate: NamedNode) -> str:
        return next(iter(self._all(node, predicate)), "")


def readable(size: int) -> str:
    """The number of bytes as people read it.

    >>> readable(999), readable(12_345), readable(221_042_977)
    ('999 bytes', '12.3 kB', '221 MB')
    """
    number, unit = float(size), 0
    while number >= 999.5 and unit < len(_UNITS) - 1:
        number, unit = number / 1000, unit + 1
    return f"{number:.3g} {_UNITS[unit]}"


def page(request: Request, triples: Iterable[Triple]) -> str:
    """The catalogue as HTML."""
    shown = Catalogue(triples, request.scope.get("root_path", ""))
    return service_of(request).render("catalog.html", request, catalogue=shown, formats=DOCUMENTS, base=BASE)
