"""The lines of a sorted dump → what VoID wants to know in numbers: of the whole, each source and each snapshot.

One pass over bytes. In a sorted dump all lines of a subject stand together, within them those of a predicate, and
within these those of a triple, whatever graphs it is in: so counting them distinct takes comparing with the line
before. Memory grows with properties and classes alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final

from harmgraph.dataset.distinct import Distinct, digest
from harmgraph.errors import BuildAborted
from harmgraph.iris import BASE, HG, RDF, WD, XSD, mint
from harmgraph.model import Snapshot

SPACE: Final = f"{BASE}id/"
"""The void:uriSpace: subjects in it are the entities of the data set."""

_RECORDS: Final = f"<{BASE}id/record/".encode()
_SPACE: Final = f"<{SPACE}".encode()
_TYPE: Final = str(RDF.type).encode()
_INCIDENT: Final = str(HG.Incident).encode()
_OURS: Final = f"<{BASE}".encode()
_WIKIDATA: Final = f"<{WD.iri}".encode()
_INTEGER: Final = re.compile(  # of 64 bits; longer ones stay as they are
    rb'"([+-]?\d{1,18})"\^\^<http://www\.w3\.org/2001/XMLSchema#(?:integer|long|int|short|byte'
    rb"|unsigned(?:Long|Int|Short|Byte)|positiveInteger|negativeInteger|nonPositiveInteger|nonNegativeInteger)>"
)


@dataclass(slots=True)
class Counts:
    """Counts of one set of triples. Properties, classes and subjects stand as N-Triples writes them."""

    triples: int = 0
    subjects: int = 0
    entities: int = 0
    properties: Counter[bytes] = field(default_factory=Counter)
    subjects_of: Counter[bytes] = field(default_factory=Counter)
    classes: Counter[bytes] = field(default_factory=Counter)
    links: Counter[bytes] = field(default_factory=Counter)
    """Triples whose object is an item of Wikidata, by property."""
    example: bytes | None = None
    """The first incident."""
    _subject: bytes = field(default=b"", compare=False)
    _predicate: bytes = field(default=b"", compare=False)

    def add(self, subject: bytes, predicate: bytes, term: bytes) -> None:
        """Count a triple; those of a subject and a predicate come one after another, each once."""
        self.triples += 1
        if subject != self._subject:
            self._subject, self._predicate = subject, b""
            self.subjects += 1
            self.entities += subject.startswith(_SPACE)
        if predicate != self._predicate:
            self._predicate = predicate
            self.subjects_of[predicate] += 1
        self.properties[predicate] += 1
        if predicate == _TYPE:
            self.classes[term] += 1
            if term == _INCIDENT and self.example is None:
                self.example = subject
        elif term.startswith(_WIKIDATA) and subject.startswith(_OURS):  # an item's own statements are no links
            self.links[predicate] += 1

    def __add__(self, other: Counts) -> Counts:
        """The counts of both together; they share no subject."""
        return Counts(
            self.triples + other.triples,
            self.subjects + other.subjects,
            self.entities + other.entities,
            self.properties + other.properties,
            self.subjects_of + other.subjects_of,
            self.classes + other.classes,
            self.links + other.links,
            self.example or other.example,
        )


class Scope:
    """The record graphs of one source or snapshot; its distinct objects are counted where there is a folder for it."""

    def __init__(self, folder: Path | None) -> None:
        self.counts = Counts()
        self.objects = None if folder is None else Distinct(folder)
        self.last = 0
        """The number of the triple that was counted last."""


class Census:
    """What one pass over a dump finds."""

    def __init__(self, folder: Path, snapshots: Iterable[Snapshot], held_back: frozenset[bytes] = frozenset()) -> None:
        """``folder`` is for what does not stay in memory, ``snapshots`` are those whose records the dump holds.

        The lines of the subjects ``held_back`` are kept in `kept` and left out of `whole`, for the caller to count
        together with what he has to say of the same subjects.
        """
        self.whole = Counts()
        self.objects = Distinct(folder / "whole")
        self.kept: list[bytes] = []
        self._held_back = held_back
        self._snapshots: dict[tuple[str, str], Scope] = {}
        self._sources: dict[str, Scope] = {}
        named = [_segments(snapshot.source, snapshot.version) for snapshot in snapshots]
        for source, several in Counter(source for source, _ in named).items():
            scope = self._sources[source] = Scope(folder / f"source-{len(self._sources)}")
            for version in (version for each, version in named if each == source):
                # The only snapshot of a source says what the source says: it is counted once for both.
                self._snapshots[source, version] = scope if several == 1 else Scope(None)

    def take(self, lines: Iterable[bytes]) -> None:
        """Read the lines of a dump, which must be sorted."""
        last = subject = predicate = term = graph = key = b""
        scopes: tuple[Scope, ...] = ()
        scopes_of = lru_cache(maxsize=1 << 10)(self._scopes)  # the records of one incident take turns
        held, number = False, 0
        for line in lines:
            triple, its_graph, _ = line.rsplit(b" ", 2)
            if triple != last:
                last, before = triple, subject
                subject, predicate, term = triple.split(b" ", 2)
                if subject != before:
                    held = subject in self._held_back
                number += 1
                key = _key(term)
                self.objects.add(key)
                if not held:
                    self.whole.add(subject, predicate, term)
            if held:
                self.kept.append(line)
            if its_graph != graph:
                graph, scopes = its_graph, scopes_of(its_graph)
            for scope in scopes:
                if scope.last != number:  # else another graph of it says the same
                    scope.last = number
                    scope.counts.add(subject, predicate, term)
                    if scope.objects is not None:
                        scope.objects.add(key)

    def of_source(self, source: str) -> Counts:
        """The counts of a source's record graphs."""
        return self._sources[_segments(source)[0]].counts

    def objects_of_source(self, source: str) -> int:
        """The number of distinct objects in a source's record graphs."""
        objects = self._sources[_segments(source)[0]].objects
        return 0 if objects is None else objects.count()

    def of_snapshot(self, snapshot: Snapshot) -> Counts:
        """The counts of a snapshot's record graphs."""
        source, version = _segments(snapshot.source, snapshot.version)
        return self._snapshots[source, version].counts

    def _scopes(self, graph: bytes) -> tuple[Scope, ...]:
        """What the graph of a record belongs to; nothing for every other graph."""
        if not graph.startswith(_RECORDS):
            return ()
        source, version = graph[len(_RECORDS) :].decode().split("/")[:2]
        if (source, version) not in self._snapshots:
            raise BuildAborted(f"the dump holds records of {source} {version}, which is none of the build's snapshots")
        snapshot, whole = self._snapshots[source, version], self._sources[source]
        return (whole,) if snapshot is whole else (whole, snapshot)


def _segments(*names: str) -> list[str]:
    """Names as they are written in IRIs."""
    return mint("record", *names).value.removeprefix(f"{BASE}id/record/").split("/")


def _key(term: bytes) -> bytes:
    """The digest of the term; IRIs are few and come again and again."""
    return _key_of_iri(term) if term.startswith(b"<") else digest(as_stored(term))


_key_of_iri = lru_cache(maxsize=1 << 16)(digest)


def as_stored(term: bytes) -> bytes:
    """The term as the store keeps it: pyoxigraph 0.5.13 makes every integer an xsd:integer in canonical form.

    >>> as_stored(b'"052"^^<http://www.w3.org/2001/XMLSchema#nonNegativeInteger>')
    b'"52"^^<http://www.w3.org/2001/XMLSchema#integer>'
    """
    if term.startswith(b'"') and term.endswith(b">") and (match := _INTEGER.fullmatch(term)):
        return b'"%d"^^<%b>' % (int(match[1]), XSD.integer.value.encode())
    return term


def counted(lines: Iterable[bytes]) -> Counts:
    """The counts of a few lines, sorted here, as one set of triples."""
    counts = Counts()
    for triple in sorted(set(_triples(lines))):
        counts.add(*triple)
    return counts


def _triples(lines: Iterable[bytes]) -> Iterator[tuple[bytes, bytes, bytes]]:
    for line in lines:
        subject, predicate, rest = line.split(b" ", 2)
        yield subject, predicate, rest.rsplit(b" ", 2)[0]
