"""The table of contents: snapshots → records → incidents → quads → validated dump → store → release.

Each stage is one call into the module that is named after it. A build reads files only, and the release that was
current stays current until the new one is complete and conforms.
"""

from __future__ import annotations

import json
import logging
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from pyoxigraph import Quad

from harmgraph import __version__, consolidation, provenance
from harmgraph.background import GRAPHS, LICENCE, background
from harmgraph.consolidation import Consolidation
from harmgraph.errors import BuildAborted, DoesNotConform, Problem
from harmgraph.iris import graph_iri
from harmgraph.linking import links as linked
from harmgraph.linking.gazetteer import mentions
from harmgraph.linking.judgements import read_judgements
from harmgraph.linking.links import links
from harmgraph.model import Interpreted, Snapshot
from harmgraph.sources import SOURCES
from harmgraph.sources.aiaaic import known_titles, names_of
from harmgraph.sources.aiaaic_page import AiaaicPage
from harmgraph.sources.base import Source
from harmgraph.sources.snapshot import take_snapshot
from harmgraph.store.loading import load_disk
from harmgraph.store.release import Draft, Release, Releases, write_sorted
from harmgraph.triples import iri_of, quads_of
from harmgraph.validation import Report, validate
from harmgraph.vocabulary import Vocabulary

logger = logging.getLogger(__name__)

Progress = Callable[[str, int], None]
"""Called with the name of the stage at work and how many things it has done so far."""


@dataclass(frozen=True, slots=True)
class Project:
    """The folders of a checkout that a build reads, whatever its sources."""

    root: Path

    @property
    def ontology(self) -> Path:
        return self.root / "ontology"

    @property
    def shapes(self) -> Path:
        return self.ontology / "shapes"

    @property
    def curated(self) -> Path:
        return self.root / "data" / "incidents"

    @property
    def judgements(self) -> Path:
        return self.root / "data" / "links"

    def vocabulary(self) -> Vocabulary:
        """The lookups, read and checked."""
        return Vocabulary(self.root / "data" / "lookups")


@dataclass(slots=True)
class Tally:
    """Counts of one snapshot: what is read is interpreted or quarantined, what is interpreted is new or merged."""

    snapshot: Snapshot
    read: int = 0
    interpreted: int = 0
    quarantined: int = 0
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
            "new": self.new,
            "merged": self.merged,
            "problems": dict(sorted(self.problems.items())),
        }


class Statements:
    """Everything that a set of snapshots says, as one stream of quads, and the tallies once it is through."""

    def __init__(
        self,
        snapshots: Iterable[Snapshot],
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

    def quads(self) -> Iterator[Quad]:
        """Record graphs, their provenance, and at the end what harmgraph concludes from them."""
        for tally in self.tallies:
            yield from self._snapshot(tally)
        for source, names in self._fields.items():
            yield from provenance.field_provenance(source, names)
        yield from self.consolidation.quads()
        yield from provenance.harmgraph_provenance(
            consolidation.GRAPH,
            "What harmgraph concludes from all records",
            # Titles of share-alike records stand in it, so it is share-alike as a whole.
            "https://creativecommons.org/licenses/by-sa/4.0/",
            [provenance.snapshot_iri(snapshot) for snapshot in self.snapshots],
        )

    def _snapshot(self, tally: Tally) -> Iterator[Quad]:
        snapshot = tally.snapshot
        source = SOURCES[snapshot.source]
        if isinstance(source, AiaaicPage):  # a page without an identifier is found by its title
            source = AiaaicPage(known_titles(self._names))
        for interpreted in interpret(source, snapshot, self._vocabulary):
            self._count(tally, interpreted)
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
        if interpreted.incident is None:
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


def build(snapshots: Iterable[Snapshot], project: Project, releases: Releases, progress: Progress) -> Release:
    """Make a release of these snapshots and switch to it.

    Raises `BuildAborted` (`SnapshotUnreadable`, `DoesNotConform`) and then leaves the current release as it was.
    """
    vocabulary = project.vocabulary()
    with releases.draft() as draft:
        with (draft.path / "problems.jsonl").open("w", encoding="utf-8") as problems:
            statements = Statements(snapshots, vocabulary, problems, progress)
            quads = draft.write_dump(_all_quads(statements, project, vocabulary))
        progress("validation", quads)
        report = validate(draft.dump, project.shapes)
        (draft.path / "report.ttl").write_text(report.to_turtle(), encoding="utf-8")
        if report.violations:
            raise DoesNotConform(_keep_failed(draft, releases, report))
        progress("store", quads)
        load_disk(draft.dump, draft.path / "store")
        release = draft.publish(_facts(statements, quads, report, vocabulary))
    logger.info("release %s: %d incidents, %d quads", release.id, statements.consolidation.incidents, quads)
    return release


def convert(snapshot: Snapshot, project: Project, out: Path, problems: TextIO, progress: Progress) -> Tally:
    """Write the quads of one snapshot alone, sorted, as N-Quads; nothing of the background is in them."""
    vocabulary = project.vocabulary()
    statements = Statements([snapshot], vocabulary, problems, progress, _curated_names(project, vocabulary))
    write_sorted(statements.quads(), out)
    return statements.tallies[0]


def conformance(data: Path, project: Project) -> Report:
    """Validate any RDF file against the shapes, with the ontology, schemes and places known."""
    return validate(data, project.shapes, list(background(project.ontology, project.vocabulary())))


def _keep_failed(draft: Draft, releases: Releases, report: Report) -> str:
    """Save what shows why the build failed, where the next build does not remove it; returns the message."""
    folder = releases.root / "failed"
    folder.mkdir(exist_ok=True)
    for name in ("data.nq", "report.ttl", "problems.jsonl"):
        shutil.copyfile(draft.path / name, folder / name)
    shown = "\n".join(islice(report.lines(), 20))
    return f"{report.summary()}; the data, the report and the problems are in {folder}\n{shown}"


def _curated_names(project: Project, vocabulary: Vocabulary) -> Iterator[tuple[str, str]]:
    """The titles that curated records give their incidents, for a source that is read without them."""
    for interpreted in interpret(SOURCES["curated"], take_snapshot("curated", project.curated), vocabulary):
        if interpreted.incident is not None:
            yield from names_of(interpreted.incident)


def _all_quads(statements: Statements, project: Project, vocabulary: Vocabulary) -> Iterator[Quad]:
    yield from background(project.ontology, vocabulary)
    for graph, label in (*GRAPHS.items(), ("provenance", "Where each record comes from, and under what licence")):
        yield from provenance.harmgraph_provenance(graph_iri(graph), label, LICENCE, ())
    yield from statements.quads()
    held = frozenset((*statements.consolidation.organisations(), *map(iri_of, vocabulary.places)))
    yield from links(read_judgements(project.judgements), held)
    yield from provenance.harmgraph_provenance(
        linked.GRAPH, "Links to Wikidata from reviewed judgements", linked.LICENCE, ()
    )


def _facts(statements: Statements, quads: int, report: Report, vocabulary: Vocabulary) -> dict[str, Any]:
    return {
        "built": datetime.now(UTC).isoformat(timespec="seconds"),
        "harmgraph": __version__,
        "lookups": vocabulary.checksum,
        "incidents": statements.consolidation.incidents,
        "quads": quads,
        "sources": [tally.facts() for tally in statements.tallies],
        "warnings": report.warnings,
    }


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
