"""Fixtures of the source tests: the real lookups, and snapshots of files that a test writes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harmgraph.model import Snapshot
from harmgraph.vocabulary import Vocabulary


@pytest.fixture(scope="session")
def vocabulary(project: Path) -> Vocabulary:
    """The lookups that ship with harmgraph."""
    return Vocabulary(project / "data" / "lookups")


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str, str | bytes], Snapshot]:
    """Writes a file under this name and gives its snapshot."""

    def write(name: str, content: str | bytes) -> Snapshot:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return Snapshot("test", path, "1", "0" * 64)

    return write


@pytest.fixture(scope="session")
def seed(shared_data: Path) -> Snapshot:
    """The page that the project began from."""
    path = shared_data / "aiaaic" / "pages" / "ukraine-war-clearview-ai.txt"
    return Snapshot("aiaaic-page", path, "1", "0" * 64)
