"""A release → the same release in a remote store, batch by batch, so that it can be killed and go on, and is counted.

Statements are added before old ones are removed, and RDF is a set: so a batch that is sent twice does no harm, and once
all are there, a graph is right if and only if its count is. The name of the release is written last.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Final

from harmgraph.errors import PublishFailed
from harmgraph.iris import BASE
from harmgraph.store.other_engines import publication
from harmgraph.store.other_engines.dump_lines import Census, batches, census
from harmgraph.store.other_engines.target import Target
from harmgraph.store.releases.release import Release

Progress = Callable[[str, int, int | None], None]
"""Called with what is being done, how much of it is done, and of how much, if that is known."""

_DROPPED: Final = 200
"""Graphs removed in one request."""
_NAMED: Final = 5
"""Graphs that a message names."""


@dataclass(frozen=True, slots=True)
class Published:
    """What became of it."""

    statements: int
    graphs: int
    triples: int
    sent: int
    removed: int
    """Graphs of an earlier release that are no more."""
    folded: int
    """Triples that the engine has taken for others: see `Dialect.folds_dates`."""


def publish(
    release: Release, target: Target, progress: Progress, *, batch: int | None = None, replace: bool = False
) -> Published:
    """Make the target hold this release and nothing else of ours.

    ``replace`` also removes what is not ours; without it, a store that holds such is refused. Raises `PublishFailed`.
    """
    return _Publishing(release, target, progress, batch or target.dialect.batch, replace).run()


class _Publishing:
    def __init__(self, release: Release, target: Target, progress: Progress, batch: int, replace: bool) -> None:
        self._release = release
        self._target = target
        self._progress = progress
        self._batch = batch
        self._replace = replace
        name = hashlib.sha256(target.address.encode()).hexdigest()[:12]
        self._note = release.path.parent / f".publishing-{name}.json"
        self._sent = 0

    def run(self) -> Published:
        state = self._target.state()
        self._refuse_foreign(known=bool(state))
        if state != self._release.id:
            self._target.update(publication.loading(self._release.id))
            self._send_all(self._offset() if state else 0)
        wanted = census(self._release.dump, folds_dates=self._target.dialect.folds_dates)
        removed = self._remove_rest(wanted)
        self._verify(wanted)
        if state != self._release.id:
            self._target.update(publication.loaded(self._release.id))
        self._note.unlink(missing_ok=True)
        return Published(wanted.graphs.total(), len(wanted.graphs), wanted.merged, self._sent, removed, wanted.folded)

    def _refuse_foreign(self, *, known: bool) -> None:
        """Refuse a store with statements of others in it, which removing and counting would not tell from ours."""
        if known or self._replace:
            return
        graphs = self._target.counts()
        if graphs or self._target.merged():
            shown = _shown(list(graphs)) or "the default graph"
            raise PublishFailed(
                f"{self._target.address} holds what was not published by this command, in {shown}; give it a store "
                "of its own, or say --replace to have all of that removed"
            )

    def _send_all(self, begin: int) -> None:
        size = self._release.dump.stat().st_size
        for each in batches(self._release.dump, self._batch, begin):
            self._target.add(each, merge=not self._target.dialect.unites)
            self._sent += each.size
            self._write_note(each.end)
            self._progress("sending", each.end, size)

    def _remove_rest(self, wanted: Census) -> int:
        """Remove what is not of this release; graphs that hold more than theirs are sent again from nothing."""
        self._progress("comparing", 0, None)
        found = self._target.counts()
        gone = [graph for graph in found if graph not in wanted.graphs and (self._replace or graph.startswith(BASE))]
        larger = [graph for graph in found if 0 < wanted.graphs[graph] < found[graph]]
        removed = iter([*gone, *larger])
        while some := list(islice(removed, _DROPPED)):
            self._target.drop(some)
        if larger:
            for each in batches(self._release.dump, self._batch, only=frozenset(larger)):
                self._target.add(each, merge=False)
                self._sent += each.size
        if not self._target.dialect.unites and self._target.merged() > wanted.merged:
            self._progress("tidying the default graph", 0, None)
            self._target.forget_unstated()
        return len(gone)

    def _verify(self, wanted: Census) -> None:
        found, merged = self._target.counts(), self._target.merged()
        if self._target.dialect.unites:
            merged -= 1  # the one statement about the release itself
        wrong = [graph for graph in {**wanted.graphs, **found} if wanted.graphs[graph] != found[graph]]
        if not wrong and merged == wanted.merged:
            return
        self._note.unlink(missing_ok=True)  # the next run sends all of it
        self._target.update(publication.loading(self._release.id))
        counted = [f"<{graph}> has {found[graph]:,}, not {wanted.graphs[graph]:,}" for graph in wrong]
        if merged != wanted.merged:
            counted.append(f"the default graph has {merged:,}, not {wanted.merged:,}")
        raise PublishFailed(
            f"{self._target.address} does not hold what release {self._release.id} has: {_shown(counted)} statements; "
            "run the same command again, and if it stays so, the engine changes statements: see docs/reference/store.md"
        )

    def _offset(self) -> int:
        """Where the run before this one was, if it was of the same release."""
        try:
            noted = json.loads(self._note.read_bytes())
            return int(noted["offset"]) if noted["release"] == self._release.id else 0
        except (OSError, ValueError, KeyError, TypeError):  # none, or cut off with the run that wrote it
            return 0

    def _write_note(self, offset: int) -> None:
        text = json.dumps({"release": self._release.id, "target": self._target.address, "offset": offset})
        draft = self._note.with_suffix(".draft")
        draft.write_text(text, encoding="utf-8")
        draft.replace(self._note)


def _shown(names: list[str]) -> str:
    more = len(names) - _NAMED
    return "; ".join(names[:_NAMED]) + (f"; and {more:,} more" if more > 0 else "")
