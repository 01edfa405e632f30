"""Any RDF files → a release that is current: the way in for graphs that harmgraph did not build.

The same release machinery as a build: made aside, complete before anyone sees it, and a load that is killed or fails
leaves the current release as it was. The shapes judge it only where they are asked to.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from pyoxigraph import Quad

from harmgraph import __version__
from harmgraph.checksums import sha256
from harmgraph.errors import DoesNotConform
from harmgraph.iris import HG, RDF
from harmgraph.statements import Progress
from harmgraph.store.preparing import prepare
from harmgraph.store.releases.rdf_files import RdfFile
from harmgraph.store.releases.release import Release, Releases
from harmgraph.validation import Report

_logger = logging.getLogger(__name__)

Judge = Callable[[Path], Report]
"""Says how a dump fits the shapes."""


def load(files: Iterable[RdfFile], releases: Releases, progress: Progress, judge: Judge | None = None) -> Release:
    """Make a release of what these files say, and switch to it.

    Raises `SnapshotUnreadable` for a file that cannot be read, `DoesNotConform` where ``judge`` finds violations.
    """
    loading = _Loading(tuple(files), progress)
    with releases.draft() as draft:
        quads = draft.write_dump(loading.quads())
        warnings = _judged(draft.dump, judge, progress) if judge is not None else 0
        progress("store", quads)
        prepare(draft.path)
        release = draft.publish(loading.facts() | {"quads": quads, "warnings": warnings})
    _logger.info("release %s: %d quads of %d files", release.id, quads, len(loading.files))
    return release


def _judged(dump: Path, judge: Judge, progress: Progress) -> int:
    progress("validation", 0)
    report = judge(dump)
    (dump.parent / "report.ttl").write_text(report.to_turtle(), encoding="utf-8")
    if report.violations:
        shown = "\n".join(islice(report.lines(), 20))
        raise DoesNotConform(f"{report.summary()}; load without --validate to publish it as it is\n{shown}")
    return report.warnings


class _Loading:
    """The statements of the files, counted as they pass."""

    def __init__(self, files: tuple[RdfFile, ...], progress: Progress) -> None:
        self.files = files
        self._progress = progress
        self._counts = [0] * len(files)
        self._incidents: set[object] = set()

    def quads(self) -> Iterator[Quad]:
        """What all files say, one file after another."""
        for index, file in enumerate(self.files):
            for count, quad in enumerate(file.quads(index + 1), start=1):
                if quad.predicate == RDF.type and quad.object == HG.Incident:
                    self._incidents.add(quad.subject)
                self._counts[index] = count
                if not count % 10_000:
                    self._progress(file.path.name, count)
                yield quad
            self._progress(file.path.name, self._counts[index])

    def facts(self) -> dict[str, Any]:
        """What release.json says of a release that was loaded; no source record stands behind it."""
        return {
            "built": datetime.now(UTC).isoformat(timespec="seconds"),
            "harmgraph": __version__,
            "incidents": len(self._incidents),
            "sources": [],
            "files": [
                {"name": file.path.name, "graph": file.graph.value, "sha256": sha256(file.path), "quads": count}
                for file, count in zip(self.files, self._counts, strict=True)
            ],
        }
