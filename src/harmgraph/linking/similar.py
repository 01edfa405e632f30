"""A thing without an item → items of the gazetteer with a similar name, scored, for a person to judge.

The gazetteer is what is known offline: the names of our own linked things, and files of items with their evidence.
Nothing is linked by what is found here. Words weigh by how rare they are, so that "Dayton Police Department" is not
the one of Dallas, and a name with more words than the other is less like it: "Apple Daily" is not Apple.
"""

from __future__ import annotations

import csv
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pyoxigraph import NamedNode
from rapidfuzz import fuzz, process

from harmgraph import names
from harmgraph.errors import BuildAborted
from harmgraph.iris import WD, mint
from harmgraph.linking.coverage import LINKS, kind_of
from harmgraph.linking.judgements import Judgement
from harmgraph.vocabulary import Vocabulary

LEAST: Final = 0.6
"""Below this score most candidates are of another thing."""
_SPELLED: Final = 0.82
"""So alike must two words be to be one that is misspelled."""
_SHORT: Final = 6
"""A word of fewer letters is taken as it is: Appen is not Apple, nor the NSA NASA."""
OTHER_COUNTRY: Final = 0.8
"""What is left of the score where both countries are known and differ."""
_CELLS: Final = ("label", "qid", "aliases", "confidence", "evidence")


@dataclass(frozen=True, slots=True)
class Entry:
    """An item as the gazetteer knows it. ``country`` is alpha-3, ``evidence`` where its number comes from."""

    item: NamedNode
    label: str
    names: tuple[str, ...]
    kind: str
    country: str | None = None
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An item that a thing of ours may be; ``evidence`` says what speaks for it and against it."""

    thing: NamedNode
    label: str
    item: NamedNode
    item_label: str
    score: float
    method: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Subject:
    """A thing to find an item for, with what is known of it."""

    thing: NamedNode
    label: str
    names: tuple[str, ...]
    country: str | None = None

    @property
    def kind(self) -> str:
        return kind_of(self.thing)


class Similar:
    """The names of the gazetteer, ready to be compared."""

    def __init__(self, entries: Iterable[Entry], others: Iterable[str] = ()) -> None:
        """``others`` are further names, which tell how common a word is: "police" says little, "Palantir" a lot."""
        self._known: list[tuple[frozenset[str], str, Entry]] = []
        self._with_word: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        self._words: defaultdict[str, list[str]] = defaultdict(list)
        for entry in entries:
            for name in dict.fromkeys(entry.names):
                if words := frozenset(names.key_without_legal_form(name).split()):
                    for word in words:
                        self._with_word[entry.kind, word].append(len(self._known))
                    self._known.append((words, name, entry))
        for kind, word in self._with_word:
            self._words[kind].append(word)
        counted = [words for words, _, _ in self._known]
        counted += [frozenset(names.key_without_legal_form(name).split()) for name in others]
        self._number = Counter(word for words in counted for word in words)
        self._total = max(len(counted), 1)
        self._spelled: dict[tuple[str, str], dict[str, float]] = {}

    def suggest(self, subject: Subject, most: int = 5, least: float = LEAST) -> list[Suggestion]:
        """The items of the same kind with a name like one of the subject's, the best first."""
        best: dict[NamedNode, Suggestion] = {}
        for name in subject.names:
            for found in self._like(subject, name):
                before = best.get(found.item)
                if found.score >= least and (before is None or found.score > before.score):
                    best[found.item] = found
        return sorted(best.values(), key=lambda each: (-each.score, each.item.value))[:most]

    def likeness(self, one: str, other: str) -> float:
        """How alike two names are, 0 to 1, whatever their case, accents, legal forms and order of words."""
        mine, theirs = (frozenset(names.key_without_legal_form(each).split()) for each in (one, other))
        alike = {word: {other: fuzz.ratio(word, other) / 100 for other in theirs} for word in mine}
        return self._shared(mine, theirs, {word: _alike(word, found) for word, found in alike.items()})

    def _like(self, subject: Subject, name: str) -> Iterator[Suggestion]:
        words = frozenset(names.key_without_legal_form(name).split())
        spellings = {word: self._spellings(subject.kind, word) for word in words}
        near = {at for found in spellings.values() for word in found for at in self._with_word[subject.kind, word]}
        for at in sorted(near):
            theirs, said, entry = self._known[at]
            yield _suggestion(subject, name, said, entry, self._shared(words, theirs, spellings))

    def _spellings(self, kind: str, word: str) -> dict[str, float]:
        """The words of the gazetteer that are this word or nearly, with how nearly."""
        if (kind, word) not in self._spelled:
            found = process.extract(word, self._words[kind], scorer=fuzz.ratio, score_cutoff=100 * _SPELLED, limit=None)
            self._spelled[kind, word] = _alike(word, {other: score / 100 for other, score, _ in found})
        return self._spelled[kind, word]

    def _shared(self, one: Set[str], other: Set[str], spellings: Mapping[str, Mapping[str, float]]) -> float:
        """The weight of the words that both have, of the weight of all; a word misspelled counts by its likeness."""
        shared, left = 0.0, set(other)
        for word in sorted(one, key=lambda each: (-self._rarity(each), each)):
            match = max(sorted(left & spellings[word].keys()), key=lambda each: spellings[word][each], default=None)
            if match is not None:
                left.discard(match)
                shared += spellings[word][match] * (self._rarity(word) + self._rarity(match))
        whole = sum(map(self._rarity, sorted(one))) + sum(map(self._rarity, sorted(other)))
        return min(shared / whole, 1.0)

    def _rarity(self, word: str) -> float:
        return math.log(1 + self._total / max(self._number[word], 1))


def _alike(word: str, others: Mapping[str, float]) -> dict[str, float]:
    """Of other words those that may be this one misspelled: short ones and numbers are only themselves."""
    firm = len(word) < _SHORT or word.isdecimal()
    return {
        other: score
        for other, score in others.items()
        if other == word or (score >= _SPELLED and not firm and len(other) >= _SHORT and other[0] == word[0])
    }


def _suggestion(subject: Subject, name: str, theirs: str, entry: Entry, score: float) -> Suggestion:
    said = [f"{name!r} and {theirs!r}"]
    method = "same name" if score > 0.999 else "similar name"
    if subject.country and entry.country:
        same = subject.country == entry.country
        said.append(f"country {entry.country}" if same else f"country {entry.country}, ours {subject.country}")
        score *= 1 if same else OTHER_COUNTRY
    said += [entry.evidence] if entry.evidence else []
    return Suggestion(subject.thing, subject.label, entry.item, entry.label, round(score, 3), method, "; ".join(said))


def judged_entries(judgements: Iterable[Judgement], vocabulary: Vocabulary) -> Iterator[Entry]:
    """Our own linked organisations and systems: whatever is spelled like one of them may be a further name of it."""
    known = {subject.thing: subject for subject in subjects(vocabulary)}
    for each in judgements:
        if each.holds and each.predicate in LINKS and each.object is not None and (of := known.get(each.subject)):
            yield Entry(
                each.object,
                each.object_label or of.label,
                (*of.names, each.object_label),
                of.kind,
                of.country,
                f"the item of {of.label}",
            )


def subjects(vocabulary: Vocabulary) -> Iterator[Subject]:
    """Every curated organisation and system."""
    for organisation in vocabulary.organisations:
        thing = mint("organisation", organisation.slug)
        yield Subject(thing, organisation.label, (organisation.label, *organisation.aliases), organisation.country)
    for system in vocabulary.known_systems:
        yield Subject(mint("system", system.slug), system.label, (system.label, *system.aliases))


def read_gazetteer(path: Path, kind: str = "organisation") -> Iterator[Entry]:
    """The items of a CSV file with the columns label, qid, aliases, confidence and evidence; others are ignored.

    A row without a number, or of low confidence, is left out: nobody can say where that number is from.
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        if missing := set(_CELLS).difference(rows.fieldnames or ()):
            raise BuildAborted(f"{path}: the header lacks {', '.join(sorted(missing))}; a gazetteer has {_CELLS}")
        for row in rows:
            number = (row["qid"] or "").strip()
            if not number or row["confidence"] == "low":
                continue
            if not (number[:1] == "Q" and number[1:].isdecimal()):
                raise BuildAborted(f"{path}:{rows.line_num}: qid {number!r} is no item of Wikidata, as 'Q95' is")
            known = (row["label"], *filter(None, (row["aliases"] or "").split("|")))
            yield Entry(WD[number], row["label"], known, kind, None, f"evidence {row['confidence']}: {row['evidence']}")
