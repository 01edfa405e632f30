"""What the documentation tells of: the release that `make serve` builds, and a service over it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.once import once
from tests.operations.conftest import Running


@dataclass(frozen=True)
class Shipped:
    """The folder of releases with the one of what ships, and the address of the service over it."""

    releases: Path
    address: str


@pytest.fixture(scope="session")
def shipped(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shipped]:
    """Built as `make serve` does, in a minute; a folder in ``HARMGRAPH_TEST_RELEASES`` that has it saves the time."""
    pytest.importorskip("genai_incidents", reason="the corpus that ships (genai-incidents) is not installed")
    given = os.environ.get("HARMGRAPH_TEST_RELEASES")

    def make(folder: Path) -> None:
        environment = {**os.environ, "HARMGRAPH_RELEASES": str(folder)}
        command = [sys.executable, "-m", "harmgraph", "build"]
        subprocess.run(command, cwd=project, env=environment, check=True, capture_output=True, timeout=900)

    folder = Path(given) if given else once(tmp_path_factory, "shipped", make)
    running = Running(folder, "--port", "0")
    try:
        yield Shipped(folder.resolve(), running.started().address)
    finally:
        running.end()
