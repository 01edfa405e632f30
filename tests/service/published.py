"""Two releases in one folder, the newer one served, each with the description of itself that a build writes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pyoxigraph import Literal, Quad

from harmgraph.dataset import Part, describe
from harmgraph.iris import DCT, mint
from harmgraph.model import Licence, Snapshot
from harmgraph.store.releases.sorting import write_sorted

OLDER = "2025-07-01T10:00:00+00:00"
NEWER = "2026-01-01T12:30:00+00:00"

_LICENCE = Licence("https://creativecommons.org/licenses/by-sa/4.0/", "AIAAIC", "", "https://www.aiaaic.org/")
_SNAPSHOTS = (("aiaaic-page", "2024-02"), ("aiaaic-sheet", "2026-06"), ("curated", "1"))


def described(quads: Iterable[Quad], folder: Path) -> list[Quad]:
    """The quads with the description that a build would add to them."""
    quads = list(quads)
    dump = folder / "data.nq"
    write_sorted(quads, dump)
    parts = [
        Part(Snapshot(source, folder, version, "0" * 64, version if "-" in version else None), source, _LICENCE)
        for source, version in _SNAPSHOTS
    ]
    return quads + describe(dump, parts)


def older(quads: Iterable[Quad]) -> list[Quad]:
    """What an earlier release might have said: one incident less, and another title of the example."""
    gone, seed = mint("incident", "TEST-0001"), mint("incident", "AIAAIC0850")
    found = []
    for quad in quads:
        if quad.subject == gone:
            continue
        if quad.subject == seed and quad.predicate == DCT.title:
            quad = Quad(seed, DCT.title, Literal("The title of before", language="en"), quad.graph_name)
        found.append(quad)
    return found
