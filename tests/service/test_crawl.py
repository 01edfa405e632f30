"""Every IRI that the release of the real sheet and pages mints leads to a document: nobody finds a dead end."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from pyoxigraph import RdfFormat, parse
from tests.pipeline.conftest import harmgraph_project, real_release, seed_page, snapshots

from harmgraph.settings import Settings
from harmgraph.store.releases.release import Release

from .conftest import Served
from .test_dereferencing import dead, minted

__all__ = ["harmgraph_project", "real_release", "seed_page", "snapshots"]


@pytest.mark.slow
def test_every_iri_minted_in_the_real_release_dereferences(real_release: Release, tmp_path: Path) -> None:
    quads = list(parse(path=real_release.dump, format=RdfFormat.N_QUADS))
    iris = minted(quads)
    assert len(iris) > 9_000
    with (
        Served(tmp_path / "served", quads, Settings(store="memory", workers=2)) as served,
        httpx.Client(base_url=served.address, timeout=30) as client,
    ):
        assert dead(client, iris) == []
