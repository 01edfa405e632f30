"""Incidents of snapshots, or the dump of a release → how much of what they name is linked to Wikidata, and what is not.

An *occurrence* is one statement of one record that names a thing: an organisation that deployed and developed is
named twice. Coverage by occurrence says what a query meets, coverage by name what is left to do. A thing is linked by
a judgement or a concept scheme; what a source names and no lookup reads is counted as unread, never left out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from pyoxigraph import Literal, NamedNode, Quad

from harmgraph.iris import BASE, HG, OWL, SKOS, WD, concept_iri, mint
from harmgraph.linking.judgements import Judgement
from harmgraph.model import Incident
from harmgraph.triples import iri_of

KINDS: Final = ("organisation", "system", "place", "technology", "issue", "sector")
"""Kinds of things that are linked, in the order of the table."""
LINKS: Final = frozenset({SKOS.exactMatch, SKOS.closeMatch, OWL.sameAs})
_SCHEMES: Final = KINDS[3:]
_PROPERTIES: Final[Mapping[NamedNode, str]] = {
    HG.deployer: "organisation",
    HG.developer: "organisation",
    HG.system: "system",
    HG.jurisdiction: "place",
    **{HG[scheme]: scheme for scheme in _SCHEMES},
}
NOWHERE: Final = frozenset({mint("place", "multiple")})
"""What stands for places that nobody names: there is nothing to link, so it is counted apart."""
_RECORD: Final = f"{BASE}id/record/"
_INCIDENT: Final = f"{BASE}id/incident/"
_CONSOLIDATION: Final = f"{BASE}id/graph/consolidation"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One statement of a record of this source that its incident has to do with this thing."""

    source: str
    incident: str
    kind: str
    thing: NamedNode
    label: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """Of one source and kind: occurrences and names, and how many of each are linked."""

    source: str
    kind: str
    occurrences: int
    linked: int
    names: int
    linked_names: int
    unread: int = 0
    """Occurrences of labels that no lookup reads; they are among ``occurrences``."""
    nowhere: int = 0
    """Occurrences of what names nothing ("Multiple" countries); they are not among ``occurrences``."""

    @property
    def by_occurrence(self) -> float:
        return self.linked / self.occurrences if self.occurrences else 0.0

    @property
    def by_name(self) -> float:
        return self.linked_names / self.names if self.names else 0.0


@dataclass(frozen=True, slots=True)
class Unlinked:
    """A thing without an item: how often it is named, in how many incidents, and whether somebody looked already."""

    thing: NamedNode
    kind: str
    label: str
    occurrences: int
    incidents: int
    looked_for: bool = False


@dataclass(slots=True)
class Coverage:
    """The count, to which occurrences are added one by one."""

    linked: Set[NamedNode]
    """Things with an item."""
    looked_for: Set[NamedNode] = frozenset()
    """Things of which a judgement says that no item was found."""
    _nowhere: Counter[tuple[str, str]] = field(default_factory=Counter)
    _counts: dict[tuple[str, str], Counter[NamedNode]] = field(default_factory=lambda: defaultdict(Counter))
    _unread: dict[tuple[str, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    _incidents: dict[tuple[str, NamedNode], set[str]] = field(default_factory=lambda: defaultdict(set))
    _labels: dict[NamedNode, str] = field(default_factory=dict)

    def add(self, occurrence: Occurrence) -> None:
        """Count this one."""
        if occurrence.thing in NOWHERE:
            self._nowhere[occurrence.source, occurrence.kind] += 1
            return
        self._counts[occurrence.source, occurrence.kind][occurrence.thing] += 1
        if occurrence.thing not in self.linked:
            self._incidents[occurrence.kind, occurrence.thing].add(occurrence.incident)
        if occurrence.label:
            self._labels.setdefault(occurrence.thing, occurrence.label)

    def add_unread(self, source: str, kind: str, label: str) -> None:
        """Count an occurrence of a label that no lookup reads: a name that is not linked."""
        self._unread[source, kind][label] += 1

    def shares(self) -> list[Share]:
        """A row for each source and kind that occurs, then one for each kind over all sources."""
        named = {*self._counts, *self._unread, *self._nowhere}
        sources = sorted({source for source, _ in named})
        rows = [self._share(source, kind, [source]) for source in sources for kind in KINDS if (source, kind) in named]
        if len(sources) > 1:
            rows += [self._share("all", kind, sources) for kind in KINDS if kind in {kind for _, kind in named}]
        return rows

    def unlinked(self, kinds: Iterable[str] = KINDS) -> list[Unlinked]:
        """What has no item, that of most incidents first."""
        wanted = frozenset(kinds)
        times: Counter[tuple[str, NamedNode]] = Counter()
        for (_, kind), things in self._counts.items():
            times.update({(kind, thing): count for thing, count in things.items()})
        found = [
            Unlinked(thing, kind, self._label(thing), times[kind, thing], len(within), thing in self.looked_for)
            for (kind, thing), within in self._incidents.items()
            if kind in wanted
        ]
        return sorted(found, key=lambda each: (-each.incidents, -each.occurrences, each.thing.value))

    def _label(self, thing: NamedNode) -> str:
        return self._labels.get(thing) or unquote(thing.value.rpartition("/")[2])

    def _share(self, source: str, kind: str, sources: Sequence[str]) -> Share:
        things: Counter[NamedNode] = Counter()
        unread: Counter[str] = Counter()
        for each in sources:
            things.update(self._counts.get((each, kind), {}))
            unread.update(self._unread.get((each, kind), {}))
        linked = {thing: count for thing, count in things.items() if thing in self.linked}
        return Share(
            source,
            kind,
            occurrences=things.total() + unread.total(),
            linked=sum(linked.values()),
            names=len(things) + len(unread),
            linked_names=len(linked),
            unread=unread.total(),
            nowhere=sum(self._nowhere[each, kind] for each in sources),
        )


def occurrences_of(source: str, incident: Incident) -> Iterator[Occurrence]:
    """What one record names, statement by statement."""
    for actor in (*incident.deployers, *incident.developers):
        yield Occurrence(source, incident.local, "organisation", iri_of(actor), actor.label)
    for system in incident.systems:
        yield Occurrence(source, incident.local, "system", iri_of(system), system.label)
        for developer in system.developers:
            yield Occurrence(source, incident.local, "organisation", iri_of(developer), developer.label)
    for place in incident.jurisdictions:
        yield Occurrence(source, incident.local, "place", iri_of(place), place.label)
    for concept in incident.concepts:
        if concept.scheme in _SCHEMES:
            yield Occurrence(source, incident.local, concept.scheme, concept_iri(concept.scheme, concept.slug))


def counted(quads: Iterable[Quad], looked_for: Set[NamedNode]) -> Coverage:
    """The coverage of a release, from the quads of its dump in any order."""
    found: list[Occurrence] = []
    labels: dict[NamedNode, str] = {}
    linked: set[NamedNode] = set()
    for quad in quads:
        subject, predicate, value, graph = quad.subject, quad.predicate, quad.object, quad.graph_name
        if not isinstance(subject, NamedNode) or not isinstance(graph, NamedNode):
            continue
        if (kind := _PROPERTIES.get(predicate)) is not None and graph.value.startswith(_RECORD):
            if isinstance(value, NamedNode):
                source = graph.value.removeprefix(_RECORD).partition("/")[0]
                found.append(Occurrence(source, _incident(subject, graph), kind, value))
        elif predicate == SKOS.prefLabel and isinstance(value, Literal):
            labels.setdefault(subject, value.value)
        elif predicate in LINKS and isinstance(value, NamedNode) and value.value.startswith(WD.iri):
            linked.add(subject)
    coverage = Coverage(linked, looked_for)
    for each in found:
        coverage.add(Occurrence(each.source, each.incident, each.kind, each.thing, labels.get(each.thing, "")))
    return coverage


def _incident(subject: NamedNode, graph: NamedNode) -> str:
    """The incident that a statement of a record is about; a record says of a system who developed it, too."""
    start = subject.value if subject.value.startswith(_INCIDENT) else graph.value
    return unquote(start.rpartition("/")[2])


def linked_things(judgements: Iterable[Judgement], background: Iterable[Quad]) -> set[NamedNode]:
    """The things that a judgement or a scheme links to an item."""
    by_schemes = {
        quad.subject
        for quad in background
        if quad.predicate in LINKS and isinstance(quad.object, NamedNode) and quad.object.value.startswith(WD.iri)
    }
    judged = (each for each in judgements if each.holds and each.predicate in LINKS and each.object is not None)
    things = {each.subject for each in judged if each.object is not None and each.object.value.startswith(WD.iri)}
    return things | {thing for thing in by_schemes if isinstance(thing, NamedNode)}


def looked_for(judgements: Iterable[Judgement]) -> frozenset[NamedNode]:
    """The things of which somebody says that there is no item."""
    return frozenset(each.subject for each in judgements if each.reviewed and each.object is None)


def kind_of(thing: NamedNode) -> str:
    """The kind of the thing that this IRI names, by its path.

    >>> kind_of(mint("country", "UKR")), kind_of(mint("concept", "issue", "privacy"))
    ('place', 'issue')
    """
    first, _, rest = thing.value.removeprefix(f"{BASE}id/").partition("/")
    return {"country": "place", "concept": rest.partition("/")[0]}.get(first, first)
