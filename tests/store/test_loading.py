"""A dump becomes a store whose default graph is the merge of its named graphs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, DefaultGraph, RdfFormat, Store, parse

from harmgraph.errors import SnapshotUnreadable
from harmgraph.store.releases import loading
from harmgraph.store.releases.loading import load_disk, load_memory

Load = Callable[[Path], Store]


@pytest.fixture(params=["memory", "disk"])
def load(request: pytest.FixtureRequest, tmp_path: Path) -> Load:
    """Both ways to load."""
    if request.param == "memory":
        return load_memory

    def on_disk(dump: Path) -> Store:
        load_disk(dump, tmp_path / "store")
        return Store.read_only(str(tmp_path / "store"))

    return on_disk


def dump_of(tmp_path: Path, text: str) -> Path:
    dump = tmp_path / "data.nq"
    dump.write_text(text, encoding="utf-8")
    return dump


def test_named_graphs_are_kept_and_merged(load: Load, tmp_path: Path) -> None:
    lines = [
        '<a:s> <a:p> "in both" <a:g> .',
        '<a:s> <a:p> "in both" <a:h> .',
        '<a:s> <a:p> "ends like a graph <a:x> ." <a:g> .',
        r'<a:s> <a:p> "a line\nand <a:y> .\n a quote \" " <a:g> .',
        '<a:s> <a:p> "2022-03"^^<http://www.w3.org/2001/XMLSchema#gYearMonth> <a:g> .',
        '<a:s> <a:p> "Defenсe 北京"@en-GB <a:g> .',
        "<a:s> <a:p> <a:g> <a:g> .",
    ]
    dump = dump_of(tmp_path, "\n".join(lines))  # and no line end after the last
    store = load(dump)
    quads = set(parse(path=str(dump), format=RdfFormat.N_QUADS))
    assert {quad for quad in store if quad.graph_name != DefaultGraph()} == quads
    merged = {quad.triple for quad in store.quads_for_pattern(None, None, None, DefaultGraph())}
    assert merged == {quad.triple for quad in quads}
    assert len(merged) == 6


def test_a_dump_of_many_blocks_is_loaded_whole(load: Load, release: Path) -> None:
    store = load(release / "data.nq")
    quads = set(parse(path=str(release / "data.nq"), format=RdfFormat.N_QUADS))
    assert len(store) == len(quads) + len({quad.triple for quad in quads})


def test_an_empty_dump_is_an_empty_store(load: Load, tmp_path: Path) -> None:
    assert len(load(dump_of(tmp_path, ""))) == 0


@pytest.mark.parametrize(
    "line",
    ["<a:s> <a:p> <a:o> .", '<a:s> <a:p> "o" .', '<a:s> <a:p> "o"^^<a:d> .', "nonsense", "<a:s> <a:p> <a:o> <a:g>"],
)
def test_a_line_that_is_no_quad_of_a_named_graph_is_not_loaded(load: Load, tmp_path: Path, line: str) -> None:
    with pytest.raises(SnapshotUnreadable, match=r"data\.nq cannot be loaded"):
        load(dump_of(tmp_path, f"<a:s> <a:p> <a:o> <a:g> .\n{line}\n"))


def test_a_dump_that_is_missing_is_named(load: Load, tmp_path: Path) -> None:
    with pytest.raises(SnapshotUnreadable, match=r"absent\.nq"):
        load(tmp_path / "absent.nq")


@pytest.fixture
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Portions and blocks of a few lines, so that a small dump has many of them."""
    monkeypatch.setattr(loading, "_BLOCK", 100)
    monkeypatch.setattr(loading, "_PORTION", 300)


@pytest.mark.usefixtures("small_portions")
def test_a_dump_of_many_portions_is_loaded_whole(load: Load, tmp_path: Path) -> None:
    lines = [f'<a:s{number}> <a:p> "{number}" <a:g> .' for number in range(200)]
    store = load(dump_of(tmp_path, "\n".join(lines) + "\n"))
    assert len(store) == 400
    assert len({quad.subject for quad in store.quads_for_pattern(None, None, None, DefaultGraph())}) == 200


@pytest.mark.usefixtures("small_portions")
def test_a_blank_node_is_one_node_through_all_portions(load: Load, tmp_path: Path) -> None:
    lines = [f'<a:s{number:03}> <a:p> "{number}" <a:g> .' for number in range(50)]
    lines += [f'_:b <a:p> "{number}" <a:g> .' for number in range(50)]
    store = load(dump_of(tmp_path, "\n".join(lines)))
    nodes = {quad.subject for quad in store if isinstance(quad.subject, BlankNode)}
    assert len(nodes) == 1
    assert len(store) == 200
