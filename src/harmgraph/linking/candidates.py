"""Incidents of different databases that may be one → scored pairs for a person to judge. Nothing here merges.

A pair is found by the rare words that two incidents share and compared by how much of each title the other one
covers, with its actors, systems and technology, and by the dates. Plain TF-IDF does both: the titles of two
databases share names and rarely wording, which is what edit distances look at. docs/reference/identity.md has figures.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import mul
from pathlib import Path
from typing import Final

from anyascii import anyascii

from harmgraph.linking.clusters import database_of
from harmgraph.linking.identity import Identity
from harmgraph.linking.judgements import COLUMNS
from harmgraph.model import Actor, Concept, Incident, Occurred, Place, System
from harmgraph.names import word_set

REVIEW: Final = 0.8
"""From this score on a pair is worth a person's time."""

_STOP: Final = word_set(
    "a about after against ai algorithm algorithmic all alleged allegedly amid an and are artificial as at be been by"
    " claims due for from has have her his in intelligence into is it its new of on or over purported purportedly"
    " report reported reportedly s study system systems than that the their this to using use used uses via was were"
    " which who whose with"
)
_ENDINGS: Final = ("ings", "ing", "ers", "ies", "ed", "es", "er", "s")
_COMMON: Final = 400
"""A word of more incidents than this finds no pairs: "facial" alone would bring all against all."""
_NEIGHBOURS: Final = 10
"""So many of each other database are compared with an incident."""
_ENOUGH: Final = 12.0
"""Shared weight of words at which a match is worth half: three rare words or so."""
_DAYS: Final[tuple[tuple[int, float], ...]] = ((0, 1.0), (62, 0.9), (400, 0.7))
"""Days between two dates → what the likeness is worth: databases date the deed, the report or the study."""
_FAR: Final = 0.4
_UNDATED: Final = 0.7
_WEIGHTS: Final = (-9.65, 3.64, 2.18, 3.86, 8.13)
"""The constant, then for what `features` and `_Rivals.prominence` say: logistic regression on judged pairs of which
none is in the sample of the tests."""
_MANUAL_ONLY: Final = Concept("kind", "vulnerability")


@dataclass(frozen=True, slots=True)
class Described:
    """What is compared of one incident."""

    local: str
    title: str
    words: frozenset[str]
    """Of its title."""
    all_words: frozenset[str]
    """Of the title, the names of actors, systems and places, the technology and the description."""
    first: int | None
    last: int | None
    """The first and the last day, as `date.toordinal` counts them; None for an open end or no date."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Two incidents that may be one."""

    one: Described
    other: Described
    score: float


def describe(incident: Incident) -> Described | None:
    """What is compared of this incident; None where it cannot be: it has no title, or is no event but a weakness."""
    if incident.title is None or _MANUAL_ONLY in incident.concepts:
        return None
    things: tuple[Actor | Place | System, ...]
    things = (*incident.deployers, *incident.developers, *incident.systems, *incident.jurisdictions)
    technology = (each.slug for each in incident.concepts if each.scheme == "technology")
    parts = (incident.title, incident.description, incident.affected, *incident.purposes)
    words = _words(incident.title)
    return Described(
        incident.local,
        incident.title,
        words,
        words.union(*map(_words, (*filter(None, parts), *technology, *(thing.label for thing in things)))),
        *_days(incident.occurred),
    )


class Comparison:
    """Compares incidents by the words that they share, each weighted by how rare it is among all of them."""

    def __init__(self, described: Iterable[Described]) -> None:
        self.described = tuple(described)
        self._number = Counter(word for each in self.described for word in each.all_words)
        self._total = max(len(self.described), 1)

    def candidates(
        self, identity: Identity, threshold: float = REVIEW, judged: Iterable[tuple[str, str]] = ()
    ) -> list[Candidate]:
        """The pairs from the threshold on that identity does not join already, the best first.

        ``judged`` are pairs that a person has found not to be one: they are not offered again.

        A pair has to stand out: what one of the two shares with it, it may share with many another incident.
        """
        settled = {frozenset(map(identity.canonical, pair)) for pair in judged}
        pairs = [
            (self.likeness(*pair), *pair)
            for pair in self._pairs()
            if identity.canonical(pair[0].local) != identity.canonical(pair[1].local)
        ]
        rivals = _Rivals(pairs)
        found = []
        for likeness, one, other in pairs:
            score = _logistic(_WEIGHTS, (*self.features(one, other), rivals.prominence(likeness, one, other)))
            names = frozenset((identity.canonical(one.local), identity.canonical(other.local)))
            if score >= threshold and names not in settled:
                found.append(Candidate(one, other, score))
        return sorted(found, key=lambda each: (-each.score, each.one.local, each.other.local))

    def likeness(self, one: Described, other: Described) -> float:
        """How much of each title the other incident covers, how much that says, and how the dates agree: 0 to 1."""
        covered, shared, dates = self.features(one, other)
        return covered * shared * dates

    def features(self, one: Described, other: Described) -> tuple[float, float, float]:
        """The three parts of the likeness, each from 0 to 1."""
        mine, theirs = one.words & other.all_words, other.words & one.all_words
        covered = (self._share(mine, one.words) + self._share(theirs, other.words)) / 2
        shared = math.fsum(map(self._rarity, mine | theirs))
        return covered, shared / (shared + _ENOUGH), _date_factor(one, other)

    def _pairs(self) -> Iterator[tuple[Described, Described]]:
        """Each incident with those of every other database that share most with it, each pair once."""
        databases: defaultdict[str, list[Described]] = defaultdict(list)
        for each in self.described:
            databases[database_of(each.local) or ""].append(each)
        names = sorted(databases)
        for number, database in enumerate(names):
            index = self._index(databases[database])
            for other in names[number + 1 :]:
                for incident in databases[other]:
                    yield from ((near, incident) for near in self._nearest(incident, databases[database], index))

    def _index(self, incidents: Sequence[Described]) -> Mapping[str, list[int]]:
        index: defaultdict[str, list[int]] = defaultdict(list)
        for at, incident in enumerate(incidents):
            for word in incident.all_words:
                if self._number[word] <= _COMMON:
                    index[word].append(at)
        return index

    def _nearest(
        self, incident: Described, among: Sequence[Described], index: Mapping[str, list[int]]
    ) -> Iterator[Described]:
        shared: defaultdict[int, float] = defaultdict(float)
        for word in sorted(incident.all_words):  # the order of a set differs from run to run, and so would the sums
            weight = self._rarity(word)
            for at in index.get(word, ()):
                shared[at] += weight
        best = sorted(shared, key=lambda at: (-shared[at], at))[:_NEIGHBOURS]
        yield from (among[at] for at in best)

    def _share(self, covered: Iterable[str], words: Iterable[str]) -> float:
        """How much of these words is covered; a rare one counts by its square, since it is what a story is told by."""
        whole = math.fsum(self._rarity(word) ** 2 for word in words)
        return math.fsum(self._rarity(word) ** 2 for word in covered) / whole if whole else 0.0

    def _rarity(self, word: str) -> float:
        return math.log(self._total / self._number[word]) if self._number[word] else 0.0


class _Rivals:
    """For each incident and each other database, the two pairs that are most alike."""

    def __init__(self, pairs: Iterable[tuple[float, Described, Described]]) -> None:
        self._best: defaultdict[tuple[str, str | None], list[float]] = defaultdict(lambda: [0.0, 0.0])
        for likeness, one, other in pairs:
            for key in _keys(one, other):
                best = self._best[key]
                if likeness > best[1]:
                    best[:] = sorted((*best, likeness), reverse=True)[:2]

    def prominence(self, likeness: float, one: Described, other: Described) -> float:
        """0.5 where the best rival is as much alike as this pair, 1 where there is none, near 0 where it is ahead."""
        rival = max(
            best[1] if likeness >= best[0] else best[0] for key in _keys(one, other) if (best := self._best[key])
        )
        return likeness / (likeness + rival) if likeness else 0.0


def _keys(one: Described, other: Described) -> tuple[tuple[str, str | None], tuple[str, str | None]]:
    return (one.local, database_of(other.local)), (other.local, database_of(one.local))


def _logistic(weights: Sequence[float], features: Sequence[float]) -> float:
    return 1 / (1 + math.exp(-weights[0] - sum(map(mul, weights[1:], features))))


def write_candidates(candidates: Iterable[Candidate], path: Path) -> int:
    """Write them as SSSOM for review and give their number. What is judged goes to ``data/links`` by hand."""
    lines = [
        "#mapping_set_title: Candidates for incidents that two databases tell of, not reviewed",
        "#curie_map:",
        "#  hgi: https://w3id.org/harmgraph/id/incident/",
        "#  skos: http://www.w3.org/2004/02/skos/core#",
        "#  semapv: https://w3id.org/semapv/vocab/",
        "\t".join(COLUMNS),
    ]
    for each in candidates:
        row = {
            "subject_id": f"hgi:{each.one.local}",
            "subject_label": _cell(each.one.title),
            "predicate_id": "skos:exactMatch",
            "object_id": f"hgi:{each.other.local}",
            "object_label": _cell(each.other.title),
            "mapping_justification": "semapv:LexicalSimilarityThresholdMatching",
            "confidence": f"{each.score:.3f}",
            "mapping_tool": "harmgraph",
        }
        lines.append("\t".join(row.get(column, "") for column in COLUMNS))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(lines) - 6


def _cell(text: str) -> str:
    return " ".join(text.split())


@lru_cache(maxsize=1 << 14)
def _words(text: str) -> frozenset[str]:
    """The words that say something, without their endings, in ASCII."""
    folded = anyascii(text).casefold().replace("'s", " ")
    words = "".join(character if character.isalnum() else " " for character in folded).split()
    return frozenset(_stem(word) for word in words if word not in _STOP)


def _stem(word: str) -> str:
    ending = next((each for each in _ENDINGS if word.endswith(each) and len(word) > len(each) + 3), "")
    return word[: len(word) - len(ending)] if ending and not word.isdigit() else word


def _days(occurred: Occurred | None) -> tuple[int | None, int | None]:
    if occurred is None:
        return None, None
    first, last = occurred.earliest, occurred.latest
    return first.toordinal() if first is not None else None, last.toordinal() if last is not None else None


def _date_factor(one: Described, other: Described) -> float:
    if one.first is None or other.first is None:
        return _UNDATED
    early, late = (one, other) if one.first <= other.first else (other, one)
    gap = 0 if early.last is None or late.first is None else max(late.first - early.last, 0)
    return next((factor for days, factor in _DAYS if gap <= days), _FAR)
