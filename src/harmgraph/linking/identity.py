"""Which records tell of one incident: names and keys of records → one name for each incident, by hard evidence.

Hard evidence is a key that a record bears: the id or page address of another database in it. Judgements of a person
and redirects of a database count above it, likeness not at all (see `harmgraph.linking.candidates`). No incident
may end up with two ids of one database: the weaker evidence is dropped then, and reported. docs/reference/identity.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from pyoxigraph import Literal, Quad

from harmgraph.errors import Problem
from harmgraph.iris import BASE, DCT, HG, RDF, SKOS, XSD, graph_iri
from harmgraph.linking.clusters import Clusters, database_of, exclusive, rank
from harmgraph.linking.judgements import Judgement
from harmgraph.model import Interpreted, SourceRecord, Tombstone
from harmgraph.triples import incident_iri, text

_NAME_OF_KEY: Final[Mapping[str, str]] = {
    "aiaaic": "",
    "aiid": "AIID-",
    "avid": "",
    "inc": "",
    "oecd": "OECD-AIM-",
}
"""Kind of a key whose value is an id → what stands before the value in the local name of an incident."""
_WEAKEST_FIRST: Final = ("cve", "aiaaic-page")
"""Kinds of other keys. A page moves and can be shared, a CVE names a weakness; an id is stronger than both."""

NOT_THE_SAME: Final = "judgement (not the same)"
"""What stands for the key in a conflict of a negative judgement."""

_GRAPH: Final = graph_iri("consolidation")
_INCIDENT: Final = f"{BASE}id/incident/"


@dataclass(frozen=True, slots=True)
class Evidence:
    """The local name of the incident that one record is about in its own database, and the keys it bears."""

    local: str
    keys: frozenset[str]


_MESSAGE: Final = (
    "would give one incident several ids of one database, so nothing is merged by it; judge the pair in"
    " data/links/incidents.sssom.tsv if they are one"
)
_MESSAGES: Final[Mapping[str, str]] = {
    "judgement": (
        "this judgement contradicts others: it would give one incident several ids of one database; judge those ids"
        " to be one as well, or take a row out of data/links/incidents.sssom.tsv"
    ),
    NOT_THE_SAME: (
        "judged not to be one, but hard evidence or other judgements join them, so they are merged; mend the evidence"
        " or take the row out of data/links/incidents.sssom.tsv"
    ),
}


@dataclass(frozen=True, slots=True)
class Conflict:
    """A key that does not merge what it seems to identify, because an incident would have two ids of one database."""

    key: str
    locals: tuple[str, ...]

    @property
    def problem(self) -> Problem:
        """The conflict as it stands in ``problems.jsonl``."""
        message = _MESSAGES.get(self.key, _MESSAGE)
        return Problem("identity", self.locals[0], self.key, ", ".join(self.locals), "identity-conflict", message)


def evidence_of(record: SourceRecord, keys: frozenset[str]) -> Evidence | None:
    """What a record bears witness to; None where it bears no key, and for one that is quarantined.

    It is about the incident that it is named after, else about the one whose id it bears, as the classification of
    an incident does. A page without an id is about an incident that has the slug of the page for its name.
    """
    if not keys or any(problem.severity == "error" for problem in record.problems):
        return None
    local = record.local.partition("~")[0]
    ids = sorted((name for key in keys if not _is_key(name := _node(key))), key=rank)
    return Evidence(local if database_of(local) is not None or not ids else ids[0], keys)


class Identity:
    """One name for each incident. Immutable; a name that nothing is known of is its own."""

    def __init__(self, canonical: Mapping[str, str], conflicts: tuple[Conflict, ...] = ()) -> None:
        self._canonical = dict(canonical)
        self.conflicts = conflicts

    def canonical(self, local: str) -> str:
        """The local name that the incident of this name goes by."""
        return self._canonical.get(local, local)

    @property
    def others(self) -> Mapping[str, str]:
        """Every name that an incident does not go by, with the one that it does."""
        return self._canonical

    def named(self, interpreted: Interpreted) -> Interpreted:
        """The same with every incident under the name that it goes by; a database's own id stays an identifier."""
        incident, tombstone = interpreted.incident, interpreted.tombstone
        if tombstone is not None:
            successors = tuple(dict.fromkeys(map(self.canonical, tombstone.successors)))
            interpreted = replace(interpreted, tombstone=replace(tombstone, successors=successors))
        if incident is None:
            return interpreted
        local = self.canonical(incident.local)
        related = tuple(dict.fromkeys(other for each in incident.related if (other := self.canonical(each)) != local))
        if (local, related) == (incident.local, incident.related):
            return interpreted
        return replace(interpreted, incident=replace(incident, local=local, related=related))

    def redirect_quads(self, held: Callable[[str], bool]) -> Iterator[Quad]:
        """``<other> dct:isReplacedBy <canonical>`` for every incident that the release holds."""
        for other, canonical in self._canonical.items():
            if held(canonical):
                yield Quad(incident_iri(other), DCT.isReplacedBy, incident_iri(canonical), _GRAPH)


def resolve(
    evidence: Iterable[Evidence],
    redirects: Iterable[tuple[str, str]] = (),
    judged: Iterable[tuple[str, str]] = (),
    different: Iterable[tuple[str, str]] = (),
) -> Identity:
    """Who is who. ``redirects`` are (given up, standing) by the databases themselves, ``judged`` pairs by a person.

    ``different`` are pairs that a person has judged not to be one. They undo no merge: where something has joined them
    all the same, one of the two is wrong, and a conflict says so. The result depends on none of the orders: evidence
    is weighed kind by kind, and within a kind by name.
    """
    clusters = Clusters()
    retired = _follow(redirects, clusters)
    conflicts = [*_judge(judged, clusters)]
    claims = _claims(evidence, conflicts)
    for keys in _by_strength(claims):
        conflicts += _ambiguous(keys, claims, clusters)
        for key in sorted(keys):
            for local in sorted(claims[key]):
                if not clusters.join(local, _node(key)):
                    conflicts.append(Conflict(key, (local, *sorted(clusters.names(_node(key))))))
    identity = Identity(_canonical(clusters, retired), tuple(conflicts))
    joined = [pair for pair in sorted(map(_sorted, different)) if len({*map(identity.canonical, pair)}) == 1]
    return Identity(identity.others, (*conflicts, *(Conflict(NOT_THE_SAME, pair) for pair in joined)))


def judged_pairs(judgements: Iterable[Judgement], *, same: bool = True) -> Iterator[tuple[str, str]]:
    """The pairs of incidents among reviewed judgements that are the same, or those that are not."""
    for judgement in judgements:
        says = judgement.predicate == SKOS.exactMatch and judgement.negated is not same
        if says and judgement.object is not None and judgement.reviewed:
            pair = judgement.subject.value, judgement.object.value
            if all(each.startswith(_INCIDENT) for each in pair):
                yield pair[0].removeprefix(_INCIDENT), pair[1].removeprefix(_INCIDENT)


def tombstone_quads(tombstones: Iterable[Tombstone], held: Callable[[str], bool]) -> Iterator[Quad]:
    """The IRIs of incidents that their source has withdrawn, less those that another record still tells of."""
    for tombstone in tombstones:
        if held(tombstone.local):
            continue
        subject = incident_iri(tombstone.local)
        yield Quad(subject, RDF.type, HG.Tombstone, _GRAPH)
        yield Quad(subject, DCT.identifier, Literal(tombstone.local), _GRAPH)
        yield Quad(subject, HG.retractionReason, text(tombstone.reason), _GRAPH)
        if tombstone.published is not None:
            yield Quad(subject, HG.retractionDate, Literal(tombstone.published, datatype=XSD.date), _GRAPH)
        for successor in filter(held, tombstone.successors):
            yield Quad(subject, DCT.isReplacedBy, incident_iri(successor), _GRAPH)


def _sorted(pair: tuple[str, str]) -> tuple[str, str]:
    return min(pair), max(pair)


def _follow(redirects: Iterable[tuple[str, str]], clusters: Clusters) -> frozenset[str]:
    retired = set()
    for old, standing in redirects:
        if old != standing:
            clusters.join(old, standing, within=True)
            retired.add(old)
    return frozenset(retired)


def _judge(judged: Iterable[tuple[str, str]], clusters: Clusters) -> Iterator[Conflict]:
    """Join what a person has judged the same, of one database first: that may make way for the others."""
    pairs = {*map(_sorted, judged)}
    within = {pair for pair in pairs if database_of(pair[0]) == database_of(pair[1])}
    for pair in (*sorted(within), *sorted(pairs - within)):
        if not clusters.join(*pair, within=pair in within):
            yield Conflict("judgement", pair)


def _claims(evidence: Iterable[Evidence], conflicts: list[Conflict]) -> dict[str, set[str]]:
    """Key → the incidents that bear it. An incident's own id is no claim, and a list of ids or of CVEs names none."""
    claims: defaultdict[str, set[str]] = defaultdict(set)
    for each in evidence:
        ids: defaultdict[str, list[str]] = defaultdict(list)
        for key in sorted(each.keys):
            if (name := _node(key)) != each.local:
                ids[exclusive(name) or ("cve" if key.startswith("cve:") else key)].append(key)
        for keys in ids.values():
            if len(keys) == 1:
                claims[keys[0]].add(each.local)
            else:
                conflicts.append(Conflict(keys[0], (each.local, *map(_node, keys))))
    return claims


def _node(key: str) -> str:
    """What the key is in the clusters: the incident that it is the id of, or the key itself."""
    kind, _, value = key.partition(":")
    return _NAME_OF_KEY[kind] + value if kind in _NAME_OF_KEY else key


def _by_strength(claims: Mapping[str, set[str]]) -> Iterator[list[str]]:
    strength: defaultdict[int, list[str]] = defaultdict(list)
    for key in claims:
        kind = key.partition(":")[0]
        strength[_WEAKEST_FIRST.index(kind) if kind in _WEAKEST_FIRST else len(_WEAKEST_FIRST)].append(key)
    yield from (strength[each] for each in sorted(strength, reverse=True))


def _ambiguous(keys: Iterable[str], claims: Mapping[str, set[str]], clusters: Clusters) -> Iterator[Conflict]:
    """Drop the claims of several incidents of one database on one thing: the key tells none of them from another."""
    on: defaultdict[str, list[str]] = defaultdict(list)
    for key in sorted(keys):
        on[clusters.find(_node(key))].append(key)
    for same in on.values():
        claimants: defaultdict[str | None, set[str]] = defaultdict(set)
        for key in same:
            for local in claims[key]:
                claimants[exclusive(local)].add(local)
        for database, locals_ in claimants.items():
            if database is not None and len({clusters.find(local) for local in locals_}) > 1:
                for key in same:
                    claims[key] -= locals_
                yield Conflict(same[0], tuple(sorted(locals_, key=rank)))


def _canonical(clusters: Clusters, retired: frozenset[str]) -> dict[str, str]:
    found = {}
    for members in clusters.sets():
        names = sorted((each for each in members if not _is_key(each)), key=rank)
        standing = [name for name in names if name not in retired] or names
        found.update({name: standing[0] for name in names if name != standing[0]})
    return found


def _is_key(node: str) -> bool:
    return node.partition(":")[0] in _WEAKEST_FIRST
