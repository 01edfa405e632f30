"""A published ontology → the verdicts of the 24 tests of FOOPS!, asked for by its IRI over HTTP.

``python tools/foops.py http://127.0.0.1:8000`` asks a harmgraph that runs here, as if its IRIs led there. A test that
only an outside registration can pass is reported as open and never taken for passed; so is whether the licence can be
reached, unless ``--outside`` allows requests elsewhere. After the list of tests of oeg-upm/fair_ontologies.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import httpx
from rdflib import DC, DCTERMS, DOAP, FOAF, OWL, PROV, RDF, RDFS, SDO, SKOS, VANN, Graph, Literal, Namespace, URIRef
from rdflib.term import Node

from harmgraph.iris import BASE, HG

BIBO: Final = Namespace("http://purl.org/ontology/bibo/")
MOD: Final = Namespace("https://w3id.org/mod#")
PAV: Final = Namespace("http://purl.org/pav/")
FORMATS: Final = {
    "text/turtle": "turtle",
    "application/rdf+xml": "xml",
    "application/n-triples": "nt",
    "application/ld+json": "json-ld",
}
_PERSISTENT: Final = (
    *("w3id.org", "doi.org", "purl.", "linked.data.gov.au", "dbpedia.org", "www.w3.org", "perma.cc", "data.europa.eu"),
)
_METADATA: Final = (DC, DCTERMS, SDO, VANN, PROV, BIBO, PAV, FOAF, DOAP, MOD, OWL, RDFS)
_BUILT_IN: Final = (RDF, RDFS, OWL, "http://www.w3.org/2001/XMLSchema#")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came for a request."""

    status: int
    media_type: str = ""
    text: str = ""


Fetch = Callable[[str, str], Answer]
"""An IRI and an ``Accept`` → the answer, redirects followed."""


class Published:
    """An ontology as whoever knows its IRI sees it."""

    def __init__(self, iri: str, fetch: Fetch, outside: Fetch | None = None) -> None:
        self.iri = URIRef(iri)
        self.fetch = fetch
        self.outside = outside

    def read(self, iri: str) -> dict[str, Graph]:
        """The graph in every format that it comes in and that can be read, by media type."""
        found = {}
        for media_type, name in FORMATS.items():
            answer = self.fetch(iri, media_type)
            if answer.status == 200 and answer.media_type == media_type:
                try:
                    found[media_type] = Graph().parse(data=answer.text, format=name, publicID=iri)
                except Exception as fault:  # noqa: BLE001  # whatever a parser raises: the format cannot be read
                    print(f"{iri} as {media_type}: {fault}", file=sys.stderr)
        return found

    @cached_property
    def graphs(self) -> dict[str, Graph]:
        """What stands at its IRI."""
        return self.read(str(self.iri))

    @cached_property
    def graph(self) -> Graph:
        """The first of them; empty where there is none."""
        return next(iter(self.graphs.values()), Graph())

    @property
    def terms(self) -> set[Node]:
        """The classes and properties that it defines."""
        kinds = {OWL.Class, RDFS.Class, OWL.ObjectProperty, OWL.DatatypeProperty, RDF.Property}
        typed = self.graph.subject_objects(RDF.type)
        return {s for s, kind in typed if kind in kinds and str(s).startswith(str(self.iri)) and s != self.iri}

    def has(self, *predicates: URIRef) -> bool:
        """Whether it says one of these of itself."""
        return any((self.iri, predicate, None) in self.graph for predicate in predicates)

    def html(self) -> bool:
        """Whether people get a page."""
        answer = self.fetch(str(self.iri), "text/html")
        return answer.status == 200 and answer.media_type == "text/html" and "<h1" in answer.text.lower()


@dataclass(frozen=True, slots=True)
class Test:
    """One test: the aspects that it looks at, each true or false; None is one that cannot be looked at here."""

    name: str
    principle: str
    look: Callable[[Published], Mapping[str, bool | None]]
    registration: tuple[str, ...] = ()
    """The aspects that need a registration elsewhere."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a test found; ``open`` are aspects that nothing done here can settle."""

    name: str
    principle: str
    passed: int
    total: int
    failed: tuple[str, ...]
    open: tuple[str, ...]


def run(published: Published) -> list[Verdict]:
    """The verdicts of all tests."""
    return [_verdict(test, published) for test in TESTS]


def score(verdicts: list[Verdict]) -> float:
    """The overall score of FOOPS!, of 1: the mean share of aspects, with open ones as not passed."""
    return sum(v.passed / v.total for v in verdicts) / len(verdicts)


def _verdict(test: Test, published: Published) -> Verdict:
    aspects = test.look(published)
    unsettled = tuple(a for a, found in aspects.items() if found is None or (not found and a in test.registration))
    failed = tuple(a for a, found in aspects.items() if not found and a not in unsettled)
    passed = sum(found is True for found in aspects.values())
    return Verdict(test.name, test.principle, passed, len(aspects), failed, unsettled)


def _persistent(of: Published) -> dict[str, bool | None]:
    host = httpx.URL(str(of.iri)).host
    return {"persistent IRI": any(part in host for part in _PERSISTENT)}


def _identified(of: Published) -> dict[str, bool | None]:
    return {"IRI in the file": (of.iri, RDF.type, OWL.Ontology) in of.graph}


def _version(of: Published) -> dict[str, bool | None]:
    versions = set(of.graph.objects(of.iri, OWL.versionIRI))
    return {"owl:versionIRI": bool(versions - {of.iri})}


def _version_resolves(of: Published) -> dict[str, bool | None]:
    versions = [str(iri) for iri in of.graph.objects(of.iri, OWL.versionIRI)]
    return {"version IRI resolves": bool(versions) and all(of.read(iri) for iri in versions)}


def _minimum(of: Published) -> dict[str, bool | None]:
    return {
        "title": of.has(DCTERMS.title, DC.title, RDFS.label, SDO.name),
        "description": of.has(DCTERMS.description, DC.description, RDFS.comment, SDO.description),
        "licence": of.has(DCTERMS.license, SDO.license),
        "version IRI": of.has(OWL.versionIRI),
        "creator": of.has(DCTERMS.creator, DC.creator, SDO.creator),
        "namespace": of.has(VANN.preferredNamespaceUri),
    }


def _recommended(of: Published) -> dict[str, bool | None]:
    return {
        "prefix": of.has(VANN.preferredNamespacePrefix),
        "version": of.has(OWL.versionInfo),
        "created": of.has(DCTERMS.created, SDO.dateCreated),
        "citation": of.has(DCTERMS.bibliographicCitation, SDO.citation),
    }


def _detailed(of: Published) -> dict[str, bool | None]:
    return {
        "DOI": of.has(BIBO.doi),
        "publisher": of.has(DCTERMS.publisher, DC.publisher),
        "logo": of.has(FOAF.logo),
        "status": of.has(BIBO.status, MOD.status),
        "source": of.has(DCTERMS.source, PROV.hadPrimarySource),
        "issued": of.has(DCTERMS.issued),
    }


def _in_catalogue(of: Published) -> dict[str, bool | None]:
    return {"in a catalogue": of.has(SDO.includedInDataCatalog)}


def _reused(of: Published) -> dict[str, bool | None]:
    positions = (RDFS.subClassOf, RDFS.subPropertyOf, RDFS.domain, RDFS.range)
    used = {o for p in positions for o in of.graph.objects(None, p) if isinstance(o, URIRef)}
    foreign = {o for o in used if not str(o).startswith((str(of.iri), *map(str, _BUILT_IN)))}
    return {"other vocabularies": bool(foreign) or of.has(OWL.imports)}


def _metadata_vocabularies(of: Published) -> dict[str, bool | None]:
    spaces = tuple(map(str, _METADATA))
    return {"known metadata": any(str(p).startswith(spaces) for p in of.graph.predicates(of.iri) if p != RDF.type)}


def _all_terms(of: Published, *predicates: URIRef) -> dict[str, bool | None]:
    missing = [t for t in of.terms if not any((t, p, None) in of.graph for p in predicates)]
    return {"all terms": bool(of.terms) and not missing}


def _licence_resolves(of: Published) -> dict[str, bool | None]:
    licences = [str(o) for p in (DCTERMS.license, SDO.license) for o in of.graph.objects(of.iri, p)]
    if not licences or not all(iri.startswith(("http://", "https://")) for iri in licences):
        return {"licence resolves": False}
    if of.outside is None:
        return {"licence resolves": None}
    return {"licence resolves": all(of.outside(iri, "*/*").status == 200 for iri in licences)}


def _prefix(of: Published) -> dict[str, bool | None]:
    prefixes = list(of.graph.objects(of.iri, VANN.preferredNamespacePrefix))
    return {"prefix": any(isinstance(p, Literal) and p.strip() for p in prefixes)}


TESTS: Final = (
    Test("PURL1", "F1", _persistent),
    Test("URI1", "F1", lambda of: {"resolves to RDF": bool(of.graphs)}),
    Test("URI2", "F1", _identified),
    Test("VER1", "F1", _version),
    Test("VER2", "F1", _version_resolves),
    Test("OM1", "F2", _minimum),
    Test("FIND1", "F3", _prefix),
    Test("FIND2", "F4", lambda of: {"prefix in prefix.cc or LOV": False}, ("prefix in prefix.cc or LOV",)),
    Test("FIND3", "F4", _in_catalogue),
    Test("CN1", "A1", lambda of: {"HTML": of.html(), "RDF": bool(of.graphs)}),
    Test("HTTP1", "A1.1", lambda of: {"open protocol": str(of.iri).startswith(("http://", "https://"))}),
    Test("FIND_3_BIS", "A2", _in_catalogue),
    Test("RDF1", "I1", lambda of: {"RDF can be read": any(map(len, of.graphs.values()))}),
    Test("VOC1", "I2", _metadata_vocabularies),
    Test("VOC2", "I2", _reused),
    Test("DOC1", "R1", lambda of: {"HTML documentation": of.html()}),
    Test("OM2", "R1", _recommended),
    Test("OM3", "R1", _detailed, ("DOI",)),
    Test("VOC3", "R1", lambda of: _all_terms(of, RDFS.label, SKOS.prefLabel)),
    Test("VOC4", "R1", lambda of: _all_terms(of, RDFS.comment, SKOS.definition)),
    Test("OM4.1", "R1.1", lambda of: {"licence": of.has(DCTERMS.license, SDO.license)}),
    Test("OM4.2", "R1.1", _licence_resolves),
    Test("OM5.1", "R1.2", lambda of: {"creator": of.has(DCTERMS.creator), "created": of.has(DCTERMS.created)}),
    Test("OM5.2", "R1.2", lambda of: {"issued": of.has(DCTERMS.issued), "publisher": of.has(DCTERMS.publisher)}),
)


def over_http(client: httpx.Client, address: str = "") -> Fetch:
    """Requests by this client, those for our IRIs to the address."""

    def fetch(iri: str, accept: str) -> Answer:
        place = iri.partition("#")[0]
        if address and place.startswith(BASE):
            place = f"{address}/{place.removeprefix(BASE)}"
        answer = client.get(place, headers={"Accept": accept}, follow_redirects=True)
        return Answer(answer.status_code, answer.headers.get("Content-Type", "").partition(";")[0], answer.text)

    return fetch


def lines(verdicts: list[Verdict]) -> Iterator[str]:
    """The verdicts, for people."""
    for v in verdicts:
        word = "fails" if v.failed else "open" if v.open else "passes"
        aspects = ", ".join((*v.failed, *v.open))
        yield f"{v.principle:5} {v.name:11} {word:7} {v.passed}/{v.total}  {aspects}".rstrip()
    yield f"score {score(verdicts):.2f} of 1"


def main() -> int:
    """Run the tests; 1 where one fails."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("address", help="where harmgraph runs, such as http://127.0.0.1:8000")
    parser.add_argument("--outside", action="store_true", help="ask for the licence on the Web, too")
    asked = parser.parse_args()
    with httpx.Client(timeout=30) as client:
        fetch = over_http(client, asked.address.rstrip("/"))
        verdicts = run(Published(HG.iri, fetch, over_http(client) if asked.outside else None))
    print(*lines(verdicts), sep="\n")
    return int(any(v.failed for v in verdicts))


if __name__ == "__main__":
    sys.exit(main())
