"""Measures a build from made-up records to a validated release: seconds, incidents a second, peak memory.

    python benchmarks/building.py [INCIDENTS …]

Each size is a process of its own, so that its peak memory is its own. Sizes are those of `generator`.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]


def measure(incidents: int, folder: Path) -> tuple[float, int, int]:
    """Seconds, peak memory in bytes, and statements of one build."""
    snapshot = folder / "snapshot"
    subprocess.run(
        [sys.executable, str(PROJECT / "benchmarks" / "generator.py"), str(incidents), str(snapshot)], check=True
    )
    started = time.perf_counter()
    subprocess.run(
        [str(Path(sys.executable).parent / "harmgraph"), "build", f"aiid={snapshot}"],
        env={**os.environ, "HARMGRAPH_RELEASES": str(folder / "releases")},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    seconds = time.perf_counter() - started
    facts = json.loads((folder / "releases" / "current" / "release.json").read_text(encoding="utf-8"))
    # The largest child so far: sizes go up, so it is this one (Linux counts in KiB).
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss << 10, facts["quads"]


def main() -> None:
    """Build each size, smallest first, and print a table."""
    sizes = sorted(map(int, sys.argv[1:])) or [2_000, 20_000]
    print("| incidents | statements | seconds | incidents a second | peak memory |\n|---:|---:|---:|---:|---:|")
    for incidents in sizes:
        with tempfile.TemporaryDirectory() as folder:
            seconds, peak, quads = measure(incidents, Path(folder))
        print(
            f"| {incidents:,} | {quads:,} | {seconds:.1f} | {incidents / seconds:,.0f} | {peak / 2**20:,.0f} MiB |",
            flush=True,
        )


if __name__ == "__main__":
    main()
