"""What tests share is made once, and what failed in the making is made anew."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.once import once


def test_a_folder_is_made_once(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    made: list[Path] = []
    first, second = (once(tmp_path_factory, "a-folder", made.append) for _ in range(2))
    assert made == [first] == [second]
    assert first.is_dir()


def test_what_failed_is_made_by_the_next(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)

    def fail(folder: Path) -> None:
        raise ValueError("no space")

    with pytest.raises(ValueError, match="no space"):
        once(tmp_path_factory, "another", fail)
    assert (once(tmp_path_factory, "another", lambda folder: (folder / "x").touch()) / "x").exists()


def test_processes_of_one_run_share_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Factory:
        def __init__(self, worker: str) -> None:
            self.base = tmp_path / f"popen-{worker}"
            self.base.mkdir()

        def getbasetemp(self) -> Path:
            return self.base

    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw0")
    made: list[Path] = []
    for worker in ("gw0", "gw1"):
        once(Factory(worker), "shared", made.append)  # type: ignore[arg-type]  # all that is asked of a factory
    assert made == [tmp_path / "once" / "shared"]
