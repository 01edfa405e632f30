"""A real release for the tests of the pipeline: the newest sheet, the scraped pages and the seed page, built once."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.once import once

from harmgraph.model import Snapshot
from harmgraph.pipeline import Project, build
from harmgraph.sources.snapshot import take_snapshot
from harmgraph.store.releases.release import Release, Releases


def silent(stage: str, done: int) -> None:
    """Nobody watches."""


@pytest.fixture(scope="session")
def harmgraph_project(project: Path) -> Project:
    return Project(project)


@pytest.fixture(scope="session")
def seed_page(shared_data: Path) -> Snapshot:
    return take_snapshot("aiaaic-page", shared_data / "aiaaic" / "pages" / "ukraine-war-clearview-ai.txt")


@pytest.fixture(scope="session")
def snapshots(harmgraph_project: Project, shared_data: Path, seed_page: Snapshot) -> list[Snapshot]:
    return [
        seed_page,
        take_snapshot("curated", harmgraph_project.curated),
        take_snapshot("aiaaic-sheet", shared_data / "aiaaic" / "aiaaic_incidents_2026-06.csv"),
        take_snapshot("aiaaic-page", shared_data / "aiaaic" / "pages_2024-02.jsonl"),
    ]


@pytest.fixture(scope="session")
def real_release(
    harmgraph_project: Project, snapshots: list[Snapshot], tmp_path_factory: pytest.TempPathFactory
) -> Release:
    """Built once for these tests and those of other folders that read it."""

    def make(folder: Path) -> None:
        build(snapshots, harmgraph_project, Releases(folder), silent)

    return Releases(once(tmp_path_factory, "real", make)).current()
