"""Every IRI that the release of the real sheet and pages mints leads to a document: nobody finds a dead end."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from pyoxigraph import RdfFormat, parse

from harmgraph.pipeline import Project, build
from harmgraph.settings import Settings
from harmgraph.sources.snapshot import take_snapshot
from harmgraph.store.releases.release import Releases

from .conftest import Served
from .test_dereferencing import dead, minted


@pytest.mark.slow
def test_every_iri_minted_in_the_real_release_dereferences(project: Path, shared_data: Path, tmp_path: Path) -> None:
    snapshots = [
        take_snapshot("curated", project / "data" / "incidents"),
        take_snapshot("aiaaic-sheet", shared_data / "aiaaic" / "aiaaic_incidents_2026-06.csv"),
        take_snapshot("aiaaic-page", shared_data / "aiaaic" / "pages_2024-02.jsonl"),
    ]
    release = build(snapshots, Project(project), Releases(tmp_path / "built"), lambda stage, done: None)
    quads = list(parse(path=release.dump, format=RdfFormat.N_QUADS))
    iris = minted(quads)
    assert len(iris) > 9_000
    with (
        Served(tmp_path / "served", quads, Settings(store="memory", workers=2)) as served,
        httpx.Client(base_url=served.address, timeout=30) as client,
    ):
        assert dead(client, iris) == []
