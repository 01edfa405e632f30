"""Snapshots → one stream of quads: every record graph, its provenance, and what harmgraph concludes from them all.

Two passes over the records: the first finds which of them tell of one incident, the second interprets them one by
one. Memory grows with incidents and names, not with statements.
"""

from __future__ import annotations

import json
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, TextIO

from pyoxigraph import Quad

from harmgraph import consolidation, provenance
from harmgraph.consolidation import Consolidation
from harmgraph.errors import BuildAborted, Problem
from harmgraph.linking.gazetteer import mentions
from harmgraph.linking.identity import Evidence, Identity, evidence_of, judged_pairs, resolve, tombstone_quads
from harmgraph.linking.judgements import Judgement
from harmgraph.model import Interpreted, Snapshot
from harmgraph.sources import SOURCES
from harmgraph.sources.aiaaic import known_titles, names_of
from harmgraph.sources.aiaaic_page import AiaaicPage
from harmgraph.sources.base import Source
from harmgraph.sources.witness import judged_of, keys_of, redirects_of, tombstones_of
from harmgraph.triples import quads_of
from harmgraph.vocabulary import Vocabulary

logger = logging.getLogger(__name__)

Progress = Callable[[str, int], None]
"""Called with the name of the stage at work and how many things it has done so far."""


@dataclass(slots=True)
class Tally:
    """Counts of one snapshot: what is read is interpreted, withdrawn or quarantined; of those first, new or merged."""

    snapshot: Snapshot
    read: int = 0
    interpreted: int = 0
    quarantined: int = 0
    withdrawn: int = 0
    new: int = 0
    merged: int = 0
    problems: Counter[str] = field(default_factory=Counter)

    def facts(self) -> dict[str, Any]:
        """The tally as it stands in release.json."""
        return {
            "source": self.snapshot.source,
            "version": self.snapshot.version,
            "checksum": self.snapshot.checksum,
            "read": self.read,
            "interpreted": self.interpreted,
            "quarantined": self.quarantined,
            "withdrawn": self.withdrawn,
            "new": self.new,
            "merged": self.merged,
            "problems": dict(sorted(self.problems.items())),
        }


class Statements:
    """Everything that a set of snapshots says, as one stream of quads, and the tallies once it is through."""

    def __init__(
        self,
        snapshots: Iterable[Snapshot],
        judgements: Iterable[Judgement],
        vocabulary: Vocabulary,
        problems: TextIO,
        progress: Progress,
        names: Iterable[tuple[str, str]] = (),
    ) -> None:
        """``names`` are titles and pages of incidents known beforehand, for pages that carry no identifier."""
        order = list(SOURCES)
        self.snapshots = sorted(snapshots, key=lambda each: (order.index(each.source), each.version))
        self.consolidation = Consolidation(vocabulary)
        self.tallies = [Tally(snapshot) for snapshot in self.snapshots]
        self._vocabulary = vocabulary
        self._problems = problems
        self._names = list(names)
        self._fields: defaultdict[str, set[str]] = defaultdict(set)
        self._progress = progress
        _refuse_same_version(self.snapshots)
        self._identity = identify(self.snapshots, judgements)
        for conflict in self._identity.conflicts:
            problems.write(_json_line(conflict.problem))
        self._tombstones = [
            each for snapshot in self.snapshots for each in tombstones_of(SOURCES[snapshot.source], snapshot)
        ]

    def quads(self) -> Iterator[Quad]:
        """Record graphs, their provenance, and at the end what harmgraph concludes from them."""
        for tally in self.tallies:
            yield from self._snapshot(tally)
        for source, names in self._fields.items():
            yield from provenance.field_provenance(source, names)
        yield from self.consolidation.quads()
        yield from self._identity.redirect_quads(self.consolidation.knows)
        yield from tombstone_quads(self._tombstones, self._tells_of)
        yield from provenance.harmgraph_provenance(
            consolidation.GRAPH,
            "What harmgraph concludes from all records",
            # Titles of share-alike records stand in it, so it is share-alike as a whole.
            "https://creativecommons.org/licenses/by-sa/4.0/",
            [provenance.snapshot_iri(snapshot) for snapshot in self.snapshots],
        )

    def _tells_of(self, name: str) -> bool:
        """Whether some record tells of the incident of this name, whichever name it goes by."""
        return self.consolidation.knows(self._identity.canonical(name))

    def _snapshot(self, tally: Tally) -> Iterator[Quad]:
        snapshot = tally.snapshot
        source = SOURCES[snapshot.source]
        if isinstance(source, AiaaicPage):  # a page without an identifier is found by its title
            source = AiaaicPage(known_titles(self._names))
        for each in interpret(source, snapshot, self._vocabulary):
            interpreted = self._identity.named(each)
            self._count(tally, interpreted)
            if interpreted.tombstone is not None:
                self._tombstones.append(interpreted.tombstone)
            self._fields[snapshot.source].update(interpreted.record.fields)
            if interpreted.incident is not None:
                rank = (source.priority, snapshot.version, interpreted.record.local)
                self.consolidation.add(interpreted.incident, rank)
                self._names += names_of(interpreted.incident)
            yield from quads_of(interpreted, snapshot.version)
            yield from provenance.record_provenance(interpreted, snapshot, source.title, source.licence)
        yield from provenance.snapshot_provenance(snapshot, source.title, source.licence)
        logger.info("%s %s: %d records, %d quarantined", source.name, snapshot.version, tally.read, tally.quarantined)

    def _count(self, tally: Tally, interpreted: Interpreted) -> None:
        tally.read += 1
        if interpreted.tombstone is not None:
            tally.withdrawn += 1
        elif interpreted.incident is None:
            tally.quarantined += 1
        else:
            tally.interpreted += 1
            if self.consolidation.knows(interpreted.incident.local):
                tally.merged += 1
            else:
                tally.new += 1
        for problem in interpreted.problems:
            tally.problems[problem.kind] += 1
            self._problems.write(_json_line(problem))
        self._progress(tally.snapshot.source, tally.read)


def identify(snapshots: Iterable[Snapshot], judgements: Iterable[Judgement]) -> Identity:
    """Find in one pass over the raw records which of them tell of one incident."""
    evidence: list[Evidence] = []
    redirects: list[tuple[str, str]] = []
    judgements = tuple(judgements)
    judged = [*judged_pairs(judgements)]
    different = {*judged_pairs(judgements, same=False)}
    for snapshot in snapshots:
        source = SOURCES[snapshot.source]
        redirects += redirects_of(source, snapshot)
        for record in source.records(snapshot):
            judged += judged_of(source, record)
            if (found := evidence_of(record, keys_of(source, record))) is not None:
                evidence.append(found)
    return resolve(evidence, redirects, judged, different)


def interpret(source: Source, snapshot: Snapshot, vocabulary: Vocabulary) -> Iterator[Interpreted]:
    """Read and interpret every record of a snapshot, and find what its narrative mentions."""
    for record in source.records(snapshot):
        interpreted = source.incident(record, vocabulary)
        incident = interpreted.incident
        if incident is not None and incident.description:
            found = mentions(incident.description, vocabulary)
            incident = replace(incident, mentions=tuple(dict.fromkeys((*incident.mentions, *found))))
            interpreted = replace(interpreted, incident=incident)
        yield interpreted


def _refuse_same_version(snapshots: list[Snapshot]) -> None:
    """Two snapshots under one version would write into each other's graphs."""
    seen: dict[tuple[str, str], Path] = {}
    for snapshot in snapshots:
        other = seen.setdefault((snapshot.source, snapshot.version), snapshot.path)
        if other != snapshot.path:
            raise BuildAborted(
                f"{snapshot.source}: {other} and {snapshot.path} both have version {snapshot.version!r};"
                f' put version = "…" into {snapshot.path.name}.snapshot.toml beside one of them'
            )


def _json_line(problem: Problem) -> str:
    return json.dumps(asdict(problem), ensure_ascii=False) + "\n"
