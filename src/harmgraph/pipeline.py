"""The table of contents: snapshots → records → incidents → quads → validated dump → store → release.

Each stage is one call into the module that is named after it. A build reads files only, and the release that was
current stays current until the new one is complete and conforms.
"""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from pyoxigraph import Quad

from harmgraph import __version__, provenance, quality
from harmgraph.background import GRAPHS, LICENCE, background
from harmgraph.dataset import Part, describe
from harmgraph.errors import DoesNotConform
from harmgraph.iris import graph_iri
from harmgraph.linking import links as linked
from harmgraph.linking import slice_statements
from harmgraph.linking.candidates import Candidate, Comparison, Described
from harmgraph.linking.candidates import describe as described_of
from harmgraph.linking.identity import judged_pairs
from harmgraph.linking.judgements import Judgement, read_judgements
from harmgraph.linking.links import links
from harmgraph.linking.slice import read_slice
from harmgraph.linking.slice_statements import item_quads, slice_quads
from harmgraph.model import Snapshot
from harmgraph.sources import SOURCES
from harmgraph.sources.aiaaic import names_of
from harmgraph.sources.snapshot import take_snapshot
from harmgraph.statements import Progress, Statements, Tally, identify, interpret
from harmgraph.store.preparing import prepare
from harmgraph.store.releases.release import Draft, Release, Releases
from harmgraph.store.releases.sorting import write_sorted
from harmgraph.triples import iri_of
from harmgraph.validation import Report, validate
from harmgraph.vocabulary import Vocabulary

logger = logging.getLogger(__name__)


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

    @property
    def slice(self) -> Path:
        """What Wikidata says of the linked items; `harmgraph link slice` writes it, and there need be none."""
        return self.root / "data" / "wikidata" / "items.jsonl"

    def vocabulary(self) -> Vocabulary:
        """The lookups, read and checked."""
        return Vocabulary(self.root / "data" / "lookups")


def build(snapshots: Iterable[Snapshot], project: Project, releases: Releases, progress: Progress) -> Release:
    """Make a release of these snapshots and switch to it.

    Raises `BuildAborted` (`SnapshotUnreadable`, `DoesNotConform`) and then leaves the current release as it was.
    """
    vocabulary, judgements = project.vocabulary(), read_judgements(project.judgements)
    with releases.draft() as draft:
        with (draft.path / "problems.jsonl").open("w", encoding="utf-8") as problems:
            statements = Statements(snapshots, judgements, vocabulary, problems, progress)
            quads = draft.write_dump(_all_quads(statements, project, judgements, vocabulary))
        progress("description", quads)
        quads += draft.add(describe(draft.dump, map(_part, statements.snapshots)))
        progress("validation", quads)
        report = validate(draft.dump, project.shapes)
        (draft.path / "report.ttl").write_text(report.to_turtle(), encoding="utf-8")
        if report.violations:
            raise DoesNotConform(_keep_failed(draft, releases, report))
        progress("store", quads)
        prepare(draft.path)
        facts = _facts(statements, quads, report, vocabulary)
        progress("quality", quads)
        measured = json.dumps(quality.measured(draft.path, facts), indent=1, ensure_ascii=False)
        (draft.path / quality.FILE).write_text(measured + "\n", encoding="utf-8")
        release = draft.publish(facts)
    logger.info("release %s: %d incidents, %d quads", release.id, statements.consolidation.incidents, quads)
    return release


def convert(snapshot: Snapshot, project: Project, out: Path, problems: TextIO, progress: Progress) -> Tally:
    """Write the quads of one snapshot alone, sorted, as N-Quads; nothing of the background is in them."""
    vocabulary = project.vocabulary()
    statements = Statements(
        [snapshot],
        read_judgements(project.judgements),
        vocabulary,
        problems,
        progress,
        _curated_names(project, vocabulary),
    )
    write_sorted(statements.quads(), out)
    return statements.tallies[0]


def candidates(snapshots: list[Snapshot], project: Project) -> list[Candidate]:
    """Pairs of incidents of different databases that may be one, for a person to judge. Nothing is merged by them."""
    vocabulary, judgements = project.vocabulary(), read_judgements(project.judgements)
    identity = identify(snapshots, judgements)
    described: dict[str, Described] = {}
    for snapshot in snapshots:
        for interpreted in interpret(SOURCES[snapshot.source], snapshot, vocabulary):
            if interpreted.incident is not None and (each := described_of(interpreted.incident)) is not None:
                described.setdefault(each.local, each)
    return Comparison(described.values()).candidates(identity, judged=judged_pairs(judgements, same=False))


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


def _all_quads(
    statements: Statements, project: Project, judgements: Iterable[Judgement], vocabulary: Vocabulary
) -> Iterator[Quad]:
    yield from background(project.ontology, vocabulary)
    for graph, label in GRAPHS.items():
        yield from provenance.harmgraph_provenance(graph_iri(graph), label, LICENCE, ())
    yield from statements.quads()
    known = statements.consolidation
    held = frozenset((*known.organisations(), *known.systems(), *map(iri_of, vocabulary.places)))
    yield from links(judgements, held)
    if project.slice.exists():
        items = read_slice(project.slice)
        yield from slice_quads(items, judgements, vocabulary, held)
        yield from item_quads(items)
        label = f"Wikidata, what it says of the linked things ({take_snapshot('wikidata', project.slice).version})"
        yield from provenance.harmgraph_provenance(slice_statements.GRAPH, label, linked.LICENCE, ())
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


def _part(snapshot: Snapshot) -> Part:
    return Part(snapshot, SOURCES[snapshot.source].title, SOURCES[snapshot.source].licence)
