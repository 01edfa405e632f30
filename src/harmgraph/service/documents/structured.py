"""What a page shows → the same in the terms of schema.org, as JSON-LD within the page, for search engines.

Only what the graph says: each value here is one of the document's statements under another name. A script of this type
is data that no browser runs, so the page's Content-Security-Policy has nothing to forbid.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from markupsafe import Markup
from pyoxigraph import Literal, NamedNode, Triple

from harmgraph.iris import BASE, DCAT, DCT, HG, OWL, RDF, RDFS, SKOS, XSD
from harmgraph.service.documents.document import DATASET, Document
from harmgraph.service.terms import document_iri, is_own

Json = dict[str, Any]  # a JSON object

_LINKING: Final = ("contentUrl", "inDefinedTermSet", "isBasedOn", "license", "sameAs", "url")
_DAYS: Final = ("startDate", "endDate")
_CONTEXT: Final[Json] = {
    # Not "https://schema.org" alone, which stands for a document that every reader but a search engine would fetch.
    "@vocab": "https://schema.org/",
    **{name: {"@type": "@id"} for name in _LINKING},
    **{name: {"@type": XSD.date.value} for name in _DAYS},
}
_TYPES: Final = {
    HG.Incident: "Event",
    HG.Organisation: "Organization",
    HG.AISystem: "SoftwareApplication",
    HG.Country: "Country",
    HG.Place: "Place",
    HG.SourceRecord: "CreativeWork",
    HG.Report: "Article",
    SKOS.Concept: "DefinedTerm",
    SKOS.ConceptScheme: "DefinedTermSet",
}
"""Our classes and those of schema.org that search engines know; what is of another class is a Thing."""
_TEXTS: Final = (
    ("name", RDFS.label),
    ("alternateName", SKOS.altLabel),
    ("identifier", DCT.identifier),
    ("description", DCT.description),
    ("description", SKOS.definition),
)
_DATES: Final = (("startDate", HG.earliestDate), ("endDate", HG.latestDate))
_IRIS: Final = (("sameAs", SKOS.exactMatch), ("inDefinedTermSet", SKOS.inScheme))
_THINGS: Final = (
    ("location", HG.jurisdiction),
    ("about", HG.technology),
    ("about", HG.system),
    ("organizer", HG.deployer),
)
"""Properties of incidents. Whoever deployed the system is the organiser of what happened, as schema.org has events."""
_LONGEST: Final = 5_000
_MEDIA_TYPES: Final = "https://www.iana.org/assignments/media-types/"


def of_thing(document: Document) -> Markup:
    """The JSON-LD about a thing, to stand in its page."""
    types = [name for kind, name in _TYPES.items() if kind.value in document.types]
    found: Json = {"@context": _CONTEXT, "@type": types[0] if types else "Thing", "@id": document.thing.value}
    for name, predicate in _TEXTS:
        _put(found, name, (term.value for term in _literals(document, predicate)))
    if types[:1] == ["Event"]:
        for name, predicate in _DATES:
            _put(found, name, (term.value for term in _literals(document, predicate)))
        for name, predicate in _THINGS:
            _put(found, name, (_named(document, term) for term in _iris(document, predicate)))
    for name, predicate in _IRIS:
        _put(found, name, (term.value for term in _iris(document, predicate)))
    page: Json = {"@type": "WebPage", "@id": document_iri(document.thing).value}
    _put(page, "license", document.licences)
    found["mainEntityOfPage"] = page | {"isPartOf": {"@id": DATASET.value}}
    return embedded(found)


def of_dataset(triples: Iterable[Triple]) -> Markup:
    """The JSON-LD about the data set as a whole, to stand in the start page."""
    said = [t for t in triples if isinstance(t.subject, NamedNode)]

    def values(subject: NamedNode, predicate: NamedNode) -> list[str]:
        return sorted(
            t.object.value
            for t in said
            if (t.subject, t.predicate) == (subject, predicate) and isinstance(t.object, NamedNode | Literal)
        )

    found: Json = {"@context": _CONTEXT, "@type": "Dataset", "@id": DATASET.value, "url": BASE}
    for name, predicate in (
        ("name", DCT.title),
        ("description", DCT.description),
        ("license", DCT.license),
        ("datePublished", DCT.issued),
        ("keywords", DCAT.keyword),
        ("isBasedOn", DCT.source),
    ):
        _put(found, name, values(DATASET, predicate))
    _put(found, "creator", ({"@type": "Organization", "@id": iri} for iri in values(DATASET, DCT.publisher)))
    for distribution in values(DATASET, DCAT.distribution):
        node = NamedNode(distribution)
        download: Json = {"@type": "DataDownload", "@id": distribution}
        _put(download, "contentUrl", values(node, DCAT.downloadURL))
        _put(download, "encodingFormat", (iri.removeprefix(_MEDIA_TYPES) for iri in values(node, DCAT.mediaType)))
        _put(download, "contentSize", values(node, DCAT.byteSize))
        _put(found, "distribution", [download])
    return embedded(found)


def of_ontology(triples: Iterable[Triple], ontology: NamedNode) -> Markup:
    """The JSON-LD about the ontology, to stand in its page."""
    found: Json = {"@context": _CONTEXT, "@type": "DefinedTermSet", "@id": ontology.value, "url": ontology.value}
    own = [t for t in triples if t.subject == ontology]
    for name, predicate in (
        ("name", DCT.title),
        ("description", DCT.description),
        ("license", DCT.license),
        ("version", OWL.versionInfo),
        ("dateCreated", DCT.created),
        ("dateModified", DCT.modified),
    ):
        values = (t.object for t in own if t.predicate == predicate)
        _put(found, name, sorted(value.value for value in values if isinstance(value, NamedNode | Literal)))
    creators = sorted(t.object.value for t in own if t.predicate == DCT.creator and isinstance(t.object, NamedNode))
    _put(found, "creator", ({"@id": iri} for iri in creators))
    return embedded(found)


def embedded(value: Json) -> Markup:
    """The JSON as the content of a script element, which nothing in it can end (HTML §4.12.1.3)."""
    text = json.dumps(value, ensure_ascii=False, indent=1)
    return Markup("".join(c if c == "\n" or (c.isprintable() and c not in "<>&") else _escape(c) for c in text))


def _escape(character: str) -> str:
    """The character as JSON writes it in ASCII; what turns text round or hides in it is seen in the source."""
    return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else json.dumps(character)[1:-1]


def _put(node: Json, name: str, values: Iterable[Any]) -> None:
    """One value alone, several as an array, none not at all; more of a property that is there are added."""
    known = node.get(name, [])
    several = [*(known if isinstance(known, list) else [known]), *values]
    if several:
        node[name] = several if len(several) > 1 else several[0]


def _literals(document: Document, predicate: NamedNode) -> list[Literal]:
    return [t for t in document.own.get(predicate, []) if isinstance(t, Literal) and len(t.value) <= _LONGEST]


def _iris(document: Document, predicate: NamedNode) -> list[NamedNode]:
    return [term for term in document.own.get(predicate, []) if isinstance(term, NamedNode)]


def _named(document: Document, term: NamedNode) -> Json:
    """A thing that this one names, by its label and class."""
    said = document.by_subject.get(term, {})
    types = [name for kind, name in _TYPES.items() if kind in said.get(RDF.type, [])]
    found: Json = {"@type": types[0] if types else "Thing", "@id": term.value}
    _put(found, "name", (label.value for label in said.get(RDFS.label, []) if isinstance(label, Literal)))
    return found if is_own(term.value) else {"@id": term.value}
