"""Ten seconds of the soak: mixed traffic with many runaways and clients that hang up, and every answer right.

The whole of it is ``benchmarks/soak.py``, which is run here as it is, with fewer clients, more harm and loose times.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.store.conftest import make_release

BARS = {
    "no wrong answer",
    "no failure but the announced limits",
    "at most 1 in 1,000 ordinary requests refused",
    "no crash",
    "every runaway ended within 2 s of its deadline",
    "no runaway ended by a failure",
    "workers replaced, none left behind",
}


def test_mixed_traffic_with_runaways_gets_right_answers_and_leaves_nothing_behind(
    project: Path, tmp_path: Path
) -> None:
    releases = tmp_path / "releases"
    make_release(releases / "synthetic", 1_000)
    (releases / "current").symlink_to("synthetic")
    report = tmp_path / "report.json"
    traffic = ["--seconds", "8", "--clients", "8", "--think", "0.1", "--rare", "0.1", "--timeouts", "0.5", "1"]
    scope = ["--brief", "--baseline", "1", "--things", "20", "--slip", "2", "--memory"]
    command = [sys.executable, "-m", "benchmarks.soak", *traffic, *scope]
    run = subprocess.run(
        [*command, "--releases", str(releases), "--report", str(report)],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project / "src")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert report.exists(), run.stderr
    found = json.loads(report.read_text())
    bars = found["bars"]
    assert {bar for bar, reached in bars.items() if not reached} <= {"no processor busy afterwards"}, run.stdout
    assert bars.keys() >= BARS
    soaked = found["soak"]
    ordinary = [counts for kind, counts in soaked["outcomes"].items() if not kind.startswith("runaway")]
    assert sum(counts.get("right", 0) for counts in ordinary) > 50
    assert soaked["past_deadline_ms"]["count"] > 3
    assert soaked["hang_ups"] > 3
