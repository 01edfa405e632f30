"""What harmgraph makes of all records together: one label and one pair of date bounds for each thing.

Records state; this module concludes, and says so in a graph of its own. It sees each interpreted record once,
keeps only titles, dates and names, and gives its quads when all records are through.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from pyoxigraph import Literal, NamedNode, Quad

from harmgraph.iris import HG, RDF, RDFS, SKOS, XSD, graph_iri, mint
from harmgraph.model import Actor, Incident, Occurred, Place, System
from harmgraph.triples import Triple, incident_iri, text
from harmgraph.vocabulary import Vocabulary

GRAPH: Final = graph_iri("consolidation")

Rank = tuple[int, str, str]
"""Whose title wins: the source's priority, then the newer snapshot version, then the record's local name."""


@dataclass(slots=True)
class _Known:
    """What the records seen so far say of one incident."""

    titles: dict[str, Rank] = field(default_factory=dict)
    dates: set[str] = field(default_factory=set)
    containing: set[str] = field(default_factory=set)


class Consolidation:
    """Collects from every record, then concludes. Memory grows with incidents and names, not with statements."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._incidents: dict[str, _Known] = defaultdict(_Known)
        self._organisations: dict[str, Counter[str]] = defaultdict(Counter)
        self._systems: dict[str, Counter[str]] = defaultdict(Counter)

    def add(self, incident: Incident, rank: Rank) -> None:
        """Take note of one record's incident."""
        known = self._incidents[incident.local]
        for title in incident.earlier_titles:
            known.titles.setdefault(title, (-1, "", ""))
        if incident.title is not None:
            known.titles[incident.title] = max(rank, known.titles.get(incident.title, rank))
        if incident.occurred is not None:
            known.dates.add(incident.occurred.edtf)
        for thing in _things(incident):
            self._name(thing, known)

    @property
    def incidents(self) -> int:
        """How many distinct incidents there are so far."""
        return len(self._incidents)

    def knows(self, local: str) -> bool:
        """Whether some record has spoken of this incident."""
        return local in self._incidents

    def organisations(self) -> Iterator[NamedNode]:
        """Every organisation that the release holds, the owners of the named ones with them."""
        return (mint("organisation", slug) for slug in self._with_parents())

    def systems(self) -> Iterator[NamedNode]:
        """Every system that the release holds."""
        return (mint("system", slug) for slug in self._systems)

    def titles(self) -> Iterator[tuple[str, str]]:
        """Every title known so far with the local name of its incident."""
        for local, known in self._incidents.items():
            for title in known.titles:
                yield title, local

    def quads(self) -> Iterator[Quad]:
        """The conclusions, once every record is in."""
        for local, known in self._incidents.items():
            yield from _in_graph(_conclude(incident_iri(local), local, known))
        for slug in self._with_parents():
            yield from _in_graph(self._organisation(slug))
        for slug, names in self._systems.items():
            yield from _in_graph(self._system(slug, names))

    def _name(self, thing: Actor | Place | System, known: _Known) -> None:
        match thing:
            case Actor():
                self._organisations[thing.slug][thing.label] += 1
            case System():
                self._systems[thing.slug][thing.label] += 1
            case Place(within=str(country)):
                known.containing.add(country)

    def _with_parents(self) -> list[str]:
        """The organisations that records name, and their owners up to the top."""
        found: dict[str, None] = dict.fromkeys(self._organisations)
        waiting = list(found)
        while waiting:
            curated = self._vocabulary.organisation(waiting.pop())
            if curated is not None and curated.parent and curated.parent not in found:
                found[curated.parent] = None
                waiting.append(curated.parent)
        return list(found)

    def _system(self, slug: str, names: Counter[str]) -> Iterator[Triple]:
        subject, curated = mint("system", slug), self._vocabulary.known_system(slug)
        if curated is None:
            return _labels(subject, HG.AISystem, names)
        return _labels(subject, HG.AISystem, names, curated.label, curated.aliases)

    def _organisation(self, slug: str) -> Iterator[Triple]:
        subject = mint("organisation", slug)
        curated = self._vocabulary.organisation(slug)
        names = self._organisations[slug]
        if curated is None:
            yield from _labels(subject, HG.Organisation, names)
            return
        yield from _labels(subject, HG.Organisation, names, curated.label, curated.aliases)
        if curated.country:
            yield subject, HG.country, mint("country", curated.country)
        if curated.parent:
            yield subject, HG.parentOrganisation, mint("organisation", curated.parent)


def bounds(dates: Iterable[str]) -> tuple[date | None, date | None]:
    """First and last day from several EDTF dates: what they agree on, or their hull where they do not.

    >>> bounds(["2022", "2022-03"])
    (datetime.date(2022, 3, 1), datetime.date(2022, 3, 31))
    >>> bounds(["2019", "2021"])
    (datetime.date(2019, 1, 1), datetime.date(2021, 12, 31))
    """
    occurred = [Occurred(edtf) for edtf in dates]
    firsts = [each.earliest or date.min for each in occurred]
    lasts = [each.latest or date.max for each in occurred]
    first, last = max(firsts, default=date.min), min(lasts, default=date.max)
    if first > last:
        first, last = min(firsts), max(lasts)
    return (None if first == date.min else first), (None if last == date.max else last)


def _things(incident: Incident) -> Iterator[Actor | Place | System]:
    yield from incident.deployers
    yield from incident.developers
    yield from incident.systems
    yield from incident.jurisdictions
    for system in incident.systems:
        yield from system.developers
    for mention in incident.mentions:
        if not isinstance(mention.thing, Place):  # a place named in passing is no jurisdiction
            yield mention.thing
    for claim in incident.claims:
        yield from (each for each in (claim.claimant, claim.on_behalf_of) if isinstance(each, Actor))
    for outcome in incident.outcomes:
        if outcome.imposed_by is not None:
            yield outcome.imposed_by


def _conclude(subject: NamedNode, name: str, known: _Known) -> Iterator[Triple]:
    chosen = max(known.titles, key=lambda title: (known.titles[title], title), default=name)
    yield subject, SKOS.prefLabel, text(chosen)
    yield subject, RDFS.label, text(chosen)
    for title in known.titles:
        if title != chosen:
            yield subject, SKOS.altLabel, text(title)
    first, last = bounds(known.dates)
    if first is not None:
        yield subject, HG.earliestDate, Literal(first.isoformat(), datatype=XSD.date)
    if last is not None:
        yield subject, HG.latestDate, Literal(last.isoformat(), datatype=XSD.date)
    for country in known.containing:
        yield subject, HG.jurisdiction, mint("country", country)


def _labels(
    subject: NamedNode,
    kind: NamedNode,
    names: Counter[str],
    curated: str | None = None,
    aliases: Iterable[str] = (),
) -> Iterator[Triple]:
    """One label: the curated one, else the most frequent spelling, the first of the alphabet where they tie.

    The curated aliases are further names, whether a record has them or not: people look for "FBI" and "MoD Ukraine".
    """
    chosen = curated or min(names, key=lambda name: (-names[name], name))
    yield subject, RDF.type, kind
    yield subject, SKOS.prefLabel, text(chosen)
    yield subject, RDFS.label, text(chosen)
    for name in dict.fromkeys((*names, *aliases)):
        if name != chosen:
            yield subject, SKOS.altLabel, text(name)


def _in_graph(triples: Iterable[Triple]) -> Iterator[Quad]:
    return (Quad(*triple, GRAPH) for triple in triples)
