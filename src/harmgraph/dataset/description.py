"""Counts of a release and its snapshots → the quads of the graph ``dataset``: VoID for numbers, DCAT 3 for catalogues.

The description is part of what it describes, so its own triples count. Only `describe` deals with that.
``docs/reference/dataset-description.md`` shows the result and says which query gives each number.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from pyoxigraph import Literal, NamedNode, Quad

from harmgraph.dataset.counting import SPACE, Census, Counts, counted
from harmgraph.dataset.distinct import digest
from harmgraph.dataset.statistics import linksets, number, numbers, partitions, vocabularies
from harmgraph.iris import BASE, DCAT, DCT, FOAF, RDF, RDFS, VOID, graph_iri, mint, slug_of
from harmgraph.model import Licence, Snapshot
from harmgraph.triples import Triple, date_literal, text

DATASET: Final = NamedNode(f"{BASE}#dataset")
"""The whole; the document of every thing is void:inDataset of it."""
GRAPH: Final = graph_iri("dataset")
LICENCE: Final = "https://creativecommons.org/licenses/by/4.0/"
"""Of the description itself."""
SPARQL: Final = f"{BASE}sparql"
DUMP: Final = f"{BASE}dump/data.nq"

_WHOLE_LICENCE: Final = "https://creativecommons.org/licenses/by-sa/4.0/"
_CATALOGUE: Final = mint("catalog", "harmgraph")  # declared in the ontology, which is listed in it
_PROJECT: Final = mint("agent", "harmgraph-project")
_SERVICE: Final = NamedNode(f"{BASE}#sparql")
_DUMP: Final = NamedNode(f"{BASE}#dump")
_RIGHTS: Final = NamedNode(f"{BASE}#rights")
_RIGHTS_STATEMENT: Final = (
    "Each record is under the licence that its own graph has as dct:license. The whole is under a share-alike licence"
    " because it holds records that are, and is derived from them."
)


@dataclass(frozen=True, slots=True)
class Part:
    """One snapshot of the release with what its source says of itself."""

    snapshot: Snapshot
    title: str
    licence: Licence


def describe(dump: Path, parts: Iterable[Part]) -> list[Quad]:
    """The description of the release with this sorted dump, to be merged into it; the dump holds none yet.

    The numbers are those of the dump with the description in it. What its triples add to the counts does not
    depend on the numbers in them, except for the distinct objects: see `_distinct_objects`.
    """
    ordered = sorted(parts, key=lambda part: (part.snapshot.source, part.snapshot.date or "", part.snapshot.version))
    with tempfile.TemporaryDirectory(prefix=".census-", dir=dump.parent) as folder:
        census = Census(Path(folder), (part.snapshot for part in ordered), frozenset([str(_CATALOGUE).encode()]))
        with dump.open("rb", buffering=1 << 20) as lines:
            census.take(lines)
        description = _Description(census, ordered)
        whole = _settled(description, 0)
        objects = _distinct_objects(census, description.quads(whole, 0))
        if objects is None:
            whole = _settled(description, None)
        return list(description.quads(whole, objects))


def _settled(description: _Description, objects: int | None) -> Counts:
    """The counts of the whole with the description in it.

    Describing the counts brings in properties and classes, which are described in turn, and that brings in none.
    """
    whole = description.census.whole
    while True:
        own = counted([*description.census.kept, *_lines(description.quads(whole, objects))])
        if (settled := description.census.whole + own) == whole:
            return whole
        whole = settled


def _distinct_objects(census: Census, quads: Iterable[Quad]) -> int | None:
    """The number of distinct objects, where the literal that says it is one of them; None where no number is true.

    If the literal of the number without itself is new, it adds itself, and the number is one more. That one may be
    in the data already: then neither number is right.
    """
    said = {
        digest(str(q.object).encode()) for q in quads if (q.subject, q.predicate) != (DATASET, VOID.distinctObjects)
    }
    without = census.objects.count(said)
    for total in (without, without + 1):
        key = digest(str(number(total)).encode())
        known = key in said or key in census.objects
        if known == (total == without):
            return total
    return None


class _Description:
    """The quads, given the counts of the whole. Whatever these are, the subjects and properties are the same."""

    def __init__(self, census: Census, parts: Sequence[Part]) -> None:
        self.census = census
        self._parts = parts
        self._sources = {part.snapshot.source: part for part in parts}  # the newest part of each
        self._objects = {name: census.objects_of_source(name) for name in self._sources}

    def quads(self, whole: Counts, objects: int | None) -> Iterator[Quad]:
        """All of them; without void:distinctObjects of the whole where ``objects`` is None."""
        return (Quad(*triple, GRAPH) for triple in self._triples(whole, objects))

    def _triples(self, whole: Counts, objects: int | None) -> Iterator[Triple]:
        yield from self._whole(whole, objects)
        yield from self._catalogue()
        yield from self._access()
        yield from linksets(DATASET, whole)
        for source, part in self._sources.items():
            yield from self._source(source, part)
        for part in self._parts:
            yield from self._snapshot(part)
        for older, newer in pairwise(self._parts):
            if older.snapshot.source == newer.snapshot.source:
                yield _of_snapshot(newer.snapshot), DCAT.prev, _of_snapshot(older.snapshot)

    def _whole(self, whole: Counts, objects: int | None) -> Iterator[Triple]:
        yield from _named(
            DATASET,
            "harmgraph: the knowledge graph of AI harms",
            "Incidents in which AI systems did harm or may have, as databases of such incidents record them: joined in"
            " one graph, every statement in a named graph that says which record makes it and under what licence.",
        )
        yield from numbers(DATASET, whole, objects)
        yield from partitions(DATASET, whole)
        yield from vocabularies(DATASET, whole)
        yield from _terms(DATASET, _WHOLE_LICENCE, _PROJECT, max(filter(None, map(_date, self._parts)), default=None))
        yield DATASET, DCT.rights, _RIGHTS
        yield _RIGHTS, RDF.type, DCT.RightsStatement
        yield _RIGHTS, RDFS.label, text(_RIGHTS_STATEMENT)
        yield DATASET, FOAF.homepage, NamedNode(BASE)
        yield DATASET, DCAT.landingPage, NamedNode(BASE)
        yield DATASET, VOID.uriSpace, Literal(SPACE)
        yield DATASET, VOID.sparqlEndpoint, NamedNode(SPARQL)
        yield DATASET, VOID.dataDump, NamedNode(DUMP)
        yield DATASET, VOID.feature, NamedNode("http://www.w3.org/ns/formats/N-Quads")
        for keyword in ("AI incidents", "AI harms", "algorithmic accountability"):
            yield DATASET, DCAT.keyword, text(keyword)
        for source in self._sources:
            yield DATASET, VOID.subset, _of_source(source)
            yield DATASET, DCT.source, mint("source", source)

    def _catalogue(self) -> Iterator[Triple]:
        yield _CATALOGUE, RDF.type, DCAT.Catalog
        yield _CATALOGUE, DCT.description, text("What harmgraph publishes: the whole, and each source on its own.")
        yield _CATALOGUE, DCT.license, NamedNode(LICENCE)
        yield _CATALOGUE, FOAF.homepage, NamedNode(BASE)
        yield _CATALOGUE, DCAT.service, _SERVICE
        for dataset in (DATASET, *map(_of_source, self._sources)):
            yield _CATALOGUE, DCAT.dataset, dataset

    def _access(self) -> Iterator[Triple]:
        yield DATASET, DCAT.distribution, _DUMP
        yield _DUMP, RDF.type, DCAT.Distribution
        yield _DUMP, DCT.title, text("All named graphs as N-Quads")
        yield _DUMP, RDFS.label, text("All named graphs as N-Quads")
        yield _DUMP, DCAT.mediaType, NamedNode("https://www.iana.org/assignments/media-types/application/n-quads")
        yield _DUMP, DCAT.accessURL, NamedNode(BASE)
        yield _DUMP, DCAT.downloadURL, NamedNode(DUMP)
        yield _DUMP, DCT.license, NamedNode(_WHOLE_LICENCE)
        yield _SERVICE, RDF.type, DCAT.DataService
        yield _SERVICE, DCT.title, text("SPARQL endpoint of harmgraph")
        yield _SERVICE, RDFS.label, text("SPARQL endpoint of harmgraph")
        yield _SERVICE, DCAT.endpointURL, NamedNode(SPARQL)
        yield _SERVICE, DCT.conformsTo, NamedNode("https://www.w3.org/TR/sparql11-protocol/")
        yield _SERVICE, DCT.publisher, _PROJECT
        yield _SERVICE, DCAT.servesDataset, DATASET

    def _source(self, name: str, part: Part) -> Iterator[Triple]:
        subject = _of_source(name)
        counts = self.census.of_source(name)
        yield from _named(
            subject,
            f"{part.title}, in harmgraph",
            f"What the records of this source say ({part.title}), in harmgraph's terms, with their raw strings.",
        )
        yield subject, RDF.type, DCAT.DatasetSeries  # of its snapshots
        yield from numbers(subject, counts, self._objects[name])
        yield from partitions(subject, counts)
        yield from vocabularies(subject, counts)
        yield from _terms(subject, part.licence.iri, _holder(part), _date(part))
        yield subject, DCT.source, mint("source", name)
        yield subject, DCAT.last, _of_snapshot(part.snapshot)

    def _snapshot(self, part: Part) -> Iterator[Triple]:
        snapshot = part.snapshot
        subject = _of_snapshot(snapshot)
        yield from _named(
            subject,
            f"{part.title}, in harmgraph, snapshot {snapshot.version}",
            f"What the records of one snapshot of this source say ({part.title}, {snapshot.version}).",
        )
        yield from numbers(subject, self.census.of_snapshot(snapshot), None)
        yield from _terms(subject, part.licence.iri, _holder(part), _date(part))
        yield _of_source(snapshot.source), VOID.subset, subject
        yield subject, DCAT.inSeries, _of_source(snapshot.source)
        yield subject, DCT.source, mint("snapshot", snapshot.source, snapshot.version)  # which has the checksum


def _named(subject: NamedNode, title: str, description: str) -> Iterator[Triple]:
    yield subject, RDF.type, VOID.Dataset
    yield subject, RDF.type, DCAT.Dataset
    yield subject, DCT.title, text(title)
    yield subject, RDFS.label, text(title)
    yield subject, DCT.description, text(description)


def _terms(subject: NamedNode, licence: str, publisher: NamedNode, issued: str | None) -> Iterator[Triple]:
    yield subject, DCT.license, NamedNode(licence)
    yield subject, DCT.publisher, publisher
    if issued is not None:
        yield subject, DCT.issued, date_literal(issued)


def _of_source(name: str) -> NamedNode:
    return mint("dataset", name)


def _of_snapshot(snapshot: Snapshot) -> NamedNode:
    return mint("dataset", snapshot.source, snapshot.version)


def _holder(part: Part) -> NamedNode:
    return mint("publisher", slug_of(part.licence.rights_holder))


def _date(part: Part) -> str | None:
    return part.snapshot.date


def _lines(quads: Iterable[Quad]) -> Iterator[bytes]:
    return (f"{quad} .\n".encode() for quad in quads)
