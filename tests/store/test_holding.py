"""Where a release is held: in memory while the machine has room for it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harmgraph.errors import HarmgraphError, ReleaseUnreadable
from harmgraph.settings import Settings
from harmgraph.store.local import holding
from harmgraph.store.local.holding import fits_in_memory, memory, storages

GIB = 1 << 30


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A release whose dump has 2 GiB, all of them a hole."""
    with (tmp_path / "data.nq").open("wb") as dump:
        dump.truncate(2 * GIB)
    return tmp_path


@pytest.mark.parametrize(
    ("machine", "processes", "expected"),
    [(24, 1, ("disk", "memory")), (23, 1, ("disk",)), (24, 2, ("disk",)), (48, 2, ("disk", "memory"))],
)
def test_the_memory_of_the_machine_decides(
    release: Path, monkeypatch: pytest.MonkeyPatch, machine: int, processes: int, expected: tuple[str, ...]
) -> None:
    monkeypatch.setattr(holding, "memory", lambda: machine * GIB)
    assert storages(release, Settings(processes=processes)) == expected


def test_a_limit_that_is_set_decides_alone(release: Path) -> None:
    dump = release / "data.nq"
    assert fits_in_memory(dump, Settings(memory_store_limit=2 * GIB, processes=100))
    assert not fits_in_memory(dump, Settings(memory_store_limit=2 * GIB - 1))


def test_a_control_group_bounds_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    bound = tmp_path / "memory.max"
    monkeypatch.setattr(holding, "_CONTROL_GROUPS", (tmp_path / "absent", bound))
    for text, expected in (("max\n", whole), ("1048576\n", 1 << 20), ("9223372036854771712\n", whole)):
        bound.write_text(text)
        assert memory() == expected


def test_what_is_chosen_by_name_is_held_there(release: Path) -> None:
    assert storages(release, Settings(store="disk", memory_store_limit=4 * GIB)) == ("disk",)
    assert storages(release, Settings(store="memory", memory_store_limit=1)) == ("memory",)
    with pytest.raises(HarmgraphError, match="HARMGRAPH_STORE='tape' is none of"):
        storages(release, Settings(store="tape"))
    (release / "data.nq").unlink()
    with pytest.raises(ReleaseUnreadable, match="run `harmgraph build`"):
        storages(release, Settings())
