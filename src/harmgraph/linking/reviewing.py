"""Candidates, one after the other, and what a person says of each → judgements on disk at once.

The state of a review is on disk alone: what is judged is not asked again, so quitting, a crash and Ctrl-C lose
nothing. "Unsure" is no judgement; it stands in a file beside the candidates. How it looks is the command's business.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

from pyoxigraph import NamedNode

from harmgraph.errors import HarmgraphError
from harmgraph.linking.coverage import kind_of
from harmgraph.linking.judgement_file import Written, write_judgement
from harmgraph.linking.judgements import NOT, NOTHING_FOUND, Judgement, read_file, read_judgements
from harmgraph.linking.suggestion_file import curie_of

FILES: Final[Mapping[str, str]] = {"organisation": "organisations", "system": "systems", "place": "places"}
"""Kind of thing → the file of its judgements."""
VERDICTS: Final = ("exact", "close", "reject", "none", "unsure")
_MANUAL: Final = "semapv:MappingReview"
_LEAST: Final = {"exact": 0.9, "close": 0.8}
"""A pair that a person accepts is certain to this degree; who is less certain says so by being unsure."""


@dataclass(slots=True)
class Review:
    """One session over a file of candidates."""

    candidates: Sequence[Judgement]
    judgements: Path
    """The folder of the files of judgements."""
    unsure: Path
    reviewer: str = ""
    today: date = field(default_factory=date.today)
    _done: list[tuple[Judgement, str, Written]] = field(default_factory=list)

    @classmethod
    def of(cls, file: Path, judgements: Path, reviewer: str = "", today: date | None = None) -> Review:
        """The review of this file; raises `BuildAborted` for a malformed one and `HarmgraphError` for an empty one."""
        candidates = [each for _, each in read_file(file) if not each.reviewed and each.object is not None]
        if not candidates:
            raise HarmgraphError(f"{file}: holds no candidates; harmgraph link suggest or resolve writes them")
        for each in candidates:
            if kind_of(each.subject) not in FILES:
                raise HarmgraphError(f"{file}: {each.subject.value} is none of {', '.join(FILES)}")
        unsure = file.with_name(f"{file.name.removesuffix('.sssom.tsv')}.unsure.sssom.tsv")
        return cls(candidates, judgements, unsure, reviewer, today or date.today())

    def next(self, again: bool = False) -> Judgement | None:
        """The first candidate that is not judged yet, and its thing neither linked exactly nor done with.

        ``again`` brings back those that somebody was unsure of. None when all is done.
        """
        settled, pairs = self._settled(again)
        for each in self.candidates:
            if each.subject not in settled and (each.subject, each.object) not in pairs:
                return each
        return None

    def left(self, again: bool = False) -> int:
        """How many candidates are still to be judged."""
        settled, pairs = self._settled(again)
        return sum(each.subject not in settled and (each.subject, each.object) not in pairs for each in self.candidates)

    def known(self, subject: NamedNode) -> list[Judgement]:
        """What has been said of this thing already."""
        return [each for each in read_judgements(self.judgements) if each.subject == subject and each.reviewed]

    def say(self, candidate: Judgement, verdict: str) -> Path:
        """Write this verdict, one of `VERDICTS`, and give the file that it is in."""
        row = _row(candidate, verdict, self.reviewer, self.today)
        kind = FILES[kind_of(candidate.subject)]
        path = self.unsure if verdict == "unsure" else self.judgements / f"{kind}.sssom.tsv"
        title = "Candidates that somebody was unsure of" if verdict == "unsure" else f"Links of {kind} to Wikidata"
        self._done.append((candidate, verdict, write_judgement(path, row, title)))
        return path

    def undo(self) -> tuple[Judgement, str] | None:
        """Take back the last verdict of this session and give it; None where there is none."""
        if not self._done:
            return None
        candidate, verdict, written = self._done.pop()
        written.undo()
        return candidate, verdict

    def said(self) -> dict[str, int]:
        """How often each verdict was given in this session."""
        given = [verdict for _, verdict, _ in self._done]
        return {verdict: given.count(verdict) for verdict in VERDICTS if verdict in given}

    def _settled(self, again: bool) -> tuple[set[NamedNode], set[tuple[NamedNode, NamedNode | None]]]:
        """The things that are done with, and the pairs that are."""
        offered = {each.subject: self._newest(each.subject) for each in self.candidates}
        settled, pairs = set(), set()
        for each in read_judgements(self.judgements):
            pairs.add((each.subject, each.object))
            since = offered.get(each.subject)
            looked_since = each.object is None and since is not None and each.date is not None and each.date >= since
            if looked_since or (each.holds and each.object is not None and each.predicate.value.endswith("exactMatch")):
                settled.add(each.subject)
        if not again and self.unsure.exists():
            pairs |= {(each.subject, each.object) for _, each in read_file(self.unsure)}
        return settled, pairs

    def _newest(self, subject: NamedNode) -> date:
        """When the candidates for this thing were found: an older "no term found" does not settle it."""
        return max((each.date for each in self.candidates if each.subject == subject and each.date), default=date.min)


def _row(candidate: Judgement, verdict: str, reviewer: str, today: date) -> dict[str, str]:
    row = {
        "subject_id": curie_of(candidate.subject),
        "subject_label": candidate.subject_label,
        "predicate_id": "skos:closeMatch" if verdict == "close" else "skos:exactMatch",
        "object_id": NOTHING_FOUND if verdict == "none" or candidate.object is None else curie_of(candidate.object),
        "object_label": "" if verdict == "none" else candidate.object_label,
        "mapping_justification": _MANUAL,
        "confidence": f"{max(candidate.confidence, _LEAST[verdict]):g}" if verdict in _LEAST else "0.9",
        "mapping_date": today.isoformat(),
        "reviewer_id": reviewer,
        "comment": f"reviewed; {candidate.comment}",
    }
    if verdict == "reject":
        row["predicate_modifier"] = NOT
    elif verdict == "none":
        row["comment"] = "reviewed; none of the candidates is it"
    elif verdict == "unsure":
        row |= {"mapping_justification": candidate.justification, "confidence": f"{candidate.confidence:g}"}
        row["comment"] = f"unsure; {candidate.comment}"
    return row


def incidents_of(
    subjects: frozenset[NamedNode], named: Iterator[tuple[NamedNode, str]], most: int = 3
) -> dict[NamedNode, list[str]]:
    """For each of these things the first titles of incidents that it is named in."""
    found: dict[NamedNode, list[str]] = {}
    for thing, title in named:
        if thing in subjects:
            titles = found.setdefault(thing, [])
            if len(titles) < most and title not in titles:
                titles.append(title)
    return found
