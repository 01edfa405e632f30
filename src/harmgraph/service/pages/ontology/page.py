"""The ontology's graph → what its page shows: about it, the diagrams, and an entry for each class and property."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup
from pyoxigraph import NamedNode, Triple

from harmgraph.iris import OWL, RDF, SKOS
from harmgraph.service.context import Service
from harmgraph.service.pages.ontology import diagrams
from harmgraph.service.pages.ontology.outline import Outline
from harmgraph.service.pages.views import Value
from harmgraph.service.terms import local_name

_CHARACTERISTICS: Final = {
    OWL.FunctionalProperty: "functional",
    OWL.SymmetricProperty: "symmetric",
    OWL.TransitiveProperty: "transitive",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One term: ``table`` is what pyLODE makes of it, ``diagram`` what a class has."""

    anchor: str
    label: str
    kind: str
    definition: str
    table: Markup
    diagram: diagrams.Diagram | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """What the template shows."""

    about: list[tuple[str, list[Value]]]
    version: str
    changes: list[str]
    hierarchy: diagrams.Diagram | None
    classes: tuple[Entry, ...]
    properties: tuple[Entry, ...]


async def shown(service: Service, triples: set[Triple], root: str) -> Page:
    """The page for a service below this path, made once for each release."""
    return await service.once(f"ontology below {root}", lambda: asyncio.to_thread(page_of, triples, root))


def page_of(triples: set[Triple], root: str) -> Page:
    """The page of this ontology, with links below this path; takes 0.2 s of processor."""
    # rdflib and pyLODE take a quarter of a second to import, and only who asks for this page needs them.
    from harmgraph.service.pages.ontology import documentation

    outline = Outline(triples, root)
    tables = documentation.tables(outline, root)
    return Page(
        about=outline.about,
        version=outline.text(outline.iri, OWL.versionInfo) if outline.iri is not None else "",
        changes=outline.changes,
        hierarchy=diagrams.hierarchy(outline) if outline.classes else None,
        classes=tuple(_entry(outline, term, tables, diagrams.neighbourhood(outline, term)) for term in outline.classes),
        properties=tuple(_entry(outline, term, tables) for term in outline.properties),
    )


def _entry(
    outline: Outline, term: NamedNode, tables: dict[str, Markup], diagram: diagrams.Diagram | None = None
) -> Entry:
    anchor = local_name(term.value)
    return Entry(
        anchor, outline.label(term), _kind(outline, term), outline.text(term, SKOS.definition), tables[anchor], diagram
    )


def _kind(outline: Outline, term: NamedNode) -> str:
    """What sort of term it is, in words."""
    if term in outline.classes:
        return "class"
    kinds = outline.iris(term, RDF.type)
    words = [word for kind, word in _CHARACTERISTICS.items() if kind in kinds]
    return " ".join([*words, "property with texts or dates" if OWL.DatatypeProperty in kinds else "property"])
