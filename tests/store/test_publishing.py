"""Publishing a release to real engines: whole, resumed after a kill, over an older one, and all that can go wrong."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harmgraph.errors import PublishFailed
from harmgraph.iris import BASE
from harmgraph.store.other_engines.dump_lines import batches, census
from harmgraph.store.other_engines.publishing import publish
from harmgraph.store.other_engines.target import Addresses, Patience, Target
from harmgraph.store.releases.release import Release

from .conftest import FEW_INCIDENTS, as_release, ignore, synthetic_lines
from .engines import Engine, free_port, oxigraph, virtuoso
from .scripted import TRUE, response, scripted

GRAPH = f"{BASE}id/record/synthetic/2024-02/S000007"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An oxigraph that the tests of this module share; each empties it first."""
    with oxigraph(tmp_path_factory.mktemp("oxigraph")) as each:
        yield each


@pytest.fixture(scope="module")
def other_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A Virtuoso that two tests share; each replaces what is in it."""
    with virtuoso(tmp_path_factory.mktemp("virtuoso")) as each:
        yield each


@pytest.fixture
def target(engine: Engine) -> Iterator[Target]:
    """The shared engine, empty."""
    with engine.target() as each:
        each.update("DROP ALL")
        yield each


def make(folder: Path, name: str, lines: list[str]) -> Release:
    """A release of these lines of N-Quads."""
    (folder / name).mkdir(parents=True)
    (folder / name / "data.nq").write_text("".join(sorted(set(lines))), encoding="utf-8")
    (folder / name / "release.json").write_text(json.dumps({"id": name}), encoding="utf-8")
    return as_release(folder / name)


def test_a_release_is_whole_and_named_in_the_end(target: Target, small_release: Path) -> None:
    release = as_release(small_release)
    done = publish(release, target, ignore, batch=1000)
    lines = release.dump.read_bytes().splitlines()
    assert (done.statements, done.sent, done.graphs) == (len(lines), len(lines), 2 * FEW_INCIDENTS + 1)
    assert target.counts() == census(release.dump).graphs
    assert target.merged() == done.triples == len({line.rpartition(b" <")[0] for line in lines})
    assert target.state() == release.id
    assert publish(release, target, ignore).sent == 0, "what is there already is counted, not sent"


def test_the_graph_store_protocol_loads_the_same(target: Target, engine: Engine, small_release: Path) -> None:
    addresses = Addresses(engine.address, graph_store=engine.address.replace("/query", "/store"))
    by_graph = Target(addresses, patience=Patience(3, 0.1))
    done = publish(as_release(small_release), by_graph, ignore)
    by_graph.close()
    assert target.counts().total() == done.statements
    assert target.merged() == done.triples


def test_another_release_takes_the_place_of_the_old_one(target: Target, tmp_path: Path) -> None:
    lines = list(synthetic_lines(20))
    publish(make(tmp_path, "old", lines), target, ignore)
    changed = [line.replace("raw", "new") for line in lines if "S000003" not in line]
    new = make(tmp_path, "new", changed)
    done = publish(new, target, ignore, batch=100)
    assert done.removed == 2, "the graphs of the incident that is no more"
    assert target.counts() == census(new.dump).graphs
    assert target.merged() == census(new.dump).merged
    assert target.state() == "new"


def test_a_run_that_was_killed_goes_on_where_it_was(target: Target, engine: Engine, tmp_path: Path) -> None:
    release = make(tmp_path / "releases", "killed", list(synthetic_lines(60)))
    (tmp_path / "releases" / "current").symlink_to("killed")
    command = [sys.executable, "-m", "harmgraph", "publish", "--to", engine.address, "--batch", "40"]
    environment = {**os.environ, "HARMGRAPH_RELEASES": str(tmp_path / "releases")}
    first = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not (noted := offset(release)):
            assert first.poll() is None, "it ended before it could be killed"
            time.sleep(0.005)
    finally:
        first.send_signal(signal.SIGKILL)
        first.wait(20)
    assert 0 < noted < release.dump.stat().st_size
    assert target.state() == "release killed is being loaded"
    second = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert second.returncode == 0, second.stderr
    total = census(release.dump).graphs.total()
    sent = int(" ".join(second.stdout.split()).split("counted there; ")[1].split()[0].replace(",", ""))
    assert 0 < sent < total
    assert (target.counts().total(), target.state()) == (total, "killed")
    assert not list(release.path.parent.glob(".publishing-*")), "nothing is left to go on with"


def offset(release: Release) -> int:
    """How far the run has noted that it has come."""
    for note in release.path.parent.glob(".publishing-*.json"):
        return int(json.loads(note.read_bytes())["offset"])
    return 0


def test_a_note_of_a_store_that_was_emptied_is_not_believed(target: Target, tmp_path: Path) -> None:
    release = make(tmp_path, "again", list(synthetic_lines(3)))
    publish(release, target, ignore)
    target.update("DROP ALL")
    name = hashlib.sha256(target.address.encode()).hexdigest()[:12]
    (tmp_path / f".publishing-{name}.json").write_text('{"release": "again", "offset": 500}', encoding="utf-8")
    assert publish(release, target, ignore).sent == census(release.dump).graphs.total()


def test_statements_that_the_engine_takes_for_the_same_are_a_mismatch(other_engine: Engine, tmp_path: Path) -> None:
    xsd = "http://www.w3.org/2001/XMLSchema#"
    values = f'"1"^^<{xsd}integer>', f'"true"^^<{xsd}boolean>'  # Virtuoso keeps a boolean as a number
    release = make(tmp_path, "odd", [f"<{BASE}s> <{BASE}p> {value} <{BASE}g> .\n" for value in values])
    with other_engine.target() as target:
        with pytest.raises(PublishFailed, match=rf"<{BASE}g> has 1, not 2; the default graph has 1, not 2"):
            publish(release, target, ignore, replace=True)
        assert target.state() == "release odd is being loaded"
        wrong = Target(Addresses(other_engine.address), "dba", "wrong", patience=Patience(2, 0.1))
        with pytest.raises(PublishFailed, match="HARMGRAPH_STORE_USER"):
            publish(release, wrong, ignore, replace=True)
        wrong.close()


def test_what_others_have_put_there_is_removed_only_when_asked(target: Target, tmp_path: Path) -> None:
    release = make(tmp_path, "mine", list(synthetic_lines(3)))
    target.update(
        "INSERT DATA { <http://a/s> <http://a/p> 1 . GRAPH <http://a/theirs> { <http://a/s> <http://a/p> 2 } }"
    )
    with pytest.raises(PublishFailed, match=r"in http://a/theirs; .*--replace"):
        publish(release, target, ignore)
    assert (target.counts().total(), target.merged()) == (1, 1)
    assert publish(release, target, ignore, replace=True).removed == 1
    assert target.counts() == census(release.dump).graphs
    assert target.merged() == census(release.dump).merged


def test_a_blank_node_stays_one_node_from_batch_to_batch(target: Target, tmp_path: Path) -> None:
    lines = [f'_:b <{BASE}p{n}> "_:b a" <{BASE}g> .\n' for n in range(5)] + [f"<{BASE}s> <{BASE}p> _:b <{BASE}g> .\n"]
    publish(make(tmp_path, "blank", lines), target, ignore, batch=2)
    assert target.rows(f"SELECT (COUNT(DISTINCT ?s) AS ?n) {{ ?s ?p '_:b a' . <{BASE}s> ?q ?s }}") == [{"n": "1"}]


def test_a_target_that_is_down_is_tried_again_and_named() -> None:
    address = f"http://127.0.0.1:{free_port()}/query"
    with pytest.raises(PublishFailed, match=f"{address} cannot be reached: .*, 2 times; .*run the same command again"):
        Target(Addresses(address), patience=Patience(2, 0.1))


@pytest.mark.parametrize("status", ["503 Service Unavailable", "429 Too Many Requests"])
def test_a_busy_target_is_tried_again_when_it_says(status: str) -> None:
    busy = response(b"in a moment", status, Retry_After="1")
    with scripted(busy, TRUE) as server:
        begin = time.monotonic()
        Target(Addresses(server.address), patience=Patience(3, 10)).close()
        assert 1 <= time.monotonic() - begin < 8
        assert len(server.asked) == 2


def test_a_target_that_stays_busy_is_given_up() -> None:
    with scripted(response(b"later", "503 Service Unavailable", Retry_After="0")) as server:
        with pytest.raises(PublishFailed, match="answered 503: later, 3 times"):
            Target(Addresses(server.address), patience=Patience(3, 0.1))
        assert len(server.asked) == 3


def test_an_address_that_takes_no_updates_asks_for_another(engine: Engine, tmp_path: Path) -> None:
    elsewhere = Target(Addresses(engine.address, update=engine.address.replace("/query", "/nowhere")))
    with pytest.raises(PublishFailed, match=r"answered 404.*--update-url"):
        publish(make(tmp_path, "lost", list(synthetic_lines(1))), elsewhere, ignore, replace=True)
    elsewhere.close()


def test_batches_begin_where_the_last_one_ended(small_release: Path) -> None:
    dump = small_release / "data.nq"
    whole = list(batches(dump, 500))
    rest = list(batches(dump, 500, whole[2].end))
    assert [each.end for each in rest] == [each.end for each in whole[3:]]
    assert sum(each.size for each in whole) == sum(1 for _ in dump.open("rb"))


def test_virtuoso_takes_a_year_for_its_first_day(other_engine: Engine, tmp_path: Path) -> None:
    xsd = "http://www.w3.org/2001/XMLSchema#"
    dates = [
        ("2014", "gYear"),
        ("2014-01", "gYearMonth"),
        ("2014-01-01", "date"),
        ("2014-01-02", "date"),
        ("2015", "gYear"),
    ]
    lines = [f'<{BASE}s> <{BASE}p> "{v}"^^<{xsd}{t}> <{BASE}g{n % 2}> .\n' for n, (v, t) in enumerate(dates)]
    release = make(tmp_path, "dated", lines)
    with other_engine.target() as target:
        done = publish(release, target, ignore, replace=True)
        assert (done.statements, done.triples, done.folded) == (4, 3, 2)
        assert target.state() == "dated"


def test_an_engine_that_unites_all_graphs_gets_no_merge(tmp_path: Path) -> None:
    lines = [f"<{BASE}s{n}> <{BASE}p> <{BASE}o> <{BASE}g{n % 3}> .\n" for n in range(9)]
    release = make(tmp_path, "united", lines)
    with oxigraph(tmp_path, "--union-default-graph") as engine:
        addresses = Addresses(engine.address, update=engine.address.replace("/query", "/update"))
        target = Target(addresses, dialect="union")
        done = publish(release, target, ignore)
        assert (done.statements, done.triples, target.state()) == (9, 9, "united")
        target.close()
