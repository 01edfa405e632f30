"""A release is complete or not there, whatever kills its build."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse

from harmgraph.errors import BuildAborted, LookupFailed
from harmgraph.store.releases.release import Release, Releases
from harmgraph.store.releases.sorting import write_sorted

FACTS = {"built": "2026-11-24T12:00:00+00:00", "incidents": 1, "quads": 1}


def quad(number: int, text: str = "x") -> Quad:
    return Quad(
        NamedNode(f"https://example.org/{number}"),
        NamedNode("https://example.org/p"),
        Literal(text),
        NamedNode("https://example.org/g"),
    )


def make(releases: Releases, number: int) -> Release:
    with releases.draft() as draft:
        draft.write_dump([quad(number)])
        return draft.publish(FACTS)


def test_publishing_switches_to_the_new_release(tmp_path: Path) -> None:
    releases = Releases(tmp_path)
    first, second = make(releases, 1), make(releases, 2)
    assert releases.current().id == second.id != first.id
    assert {release.id for release in releases.all()} == {first.id, second.id}


def test_the_same_statements_are_the_same_release(tmp_path: Path) -> None:
    releases = Releases(tmp_path)
    assert make(releases, 1).id == make(releases, 1).id
    assert len(releases.all()) == 1


def test_a_part_that_an_older_version_did_not_make_is_added_to_the_same_release(tmp_path: Path) -> None:
    releases = Releases(tmp_path)
    old = make(releases, 1)
    with releases.draft() as draft:
        draft.write_dump([quad(1)])
        (draft.path / "text").mkdir()
        (draft.path / "text" / "index").write_text("made", encoding="utf-8")
        assert draft.publish(FACTS | {"built": "2027-01-01T00:00:00+00:00"}).id == old.id
    assert (old.path / "text" / "index").read_text(encoding="utf-8") == "made"
    assert releases.current().id == old.id


def test_switching_back_serves_the_old_release(tmp_path: Path) -> None:
    releases = Releases(tmp_path)
    first = make(releases, 1)
    make(releases, 2)
    releases.switch(first.id)
    assert releases.current().id == first.id


def test_switching_to_an_unknown_release_names_those_that_exist(tmp_path: Path) -> None:
    releases = Releases(tmp_path)
    known = make(releases, 1)
    with pytest.raises(LookupFailed, match=known.id):
        releases.switch("none-such")
    assert releases.current().id == known.id


def test_without_a_release_the_error_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(LookupFailed, match="harmgraph build"):
        Releases(tmp_path).current()


def test_a_failing_build_leaves_the_old_release_and_nothing_else(tmp_path: Path) -> None:
    releases = Releases(tmp_path)
    served = make(releases, 1)
    with pytest.raises(BuildAborted, match="for this test"), releases.draft() as draft:
        draft.write_dump([quad(2)])
        raise BuildAborted("for this test")
    assert releases.current().id == served.id
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([".lock", served.id, "current"])


def test_prune_keeps_the_current_release(tmp_path: Path) -> None:
    releases = Releases(tmp_path)
    first, second, third = (make(releases, number) for number in (1, 2, 3))
    releases.switch(first.id)
    assert set(releases.prune(keep=0).deleted) == {second.id, third.id}
    assert [release.id for release in releases.all()] == [first.id]


def test_two_builds_at_once_are_refused(tmp_path: Path) -> None:
    releases = Releases(tmp_path)
    with releases.draft(), pytest.raises(BuildAborted, match="another build"), releases.draft():
        pass


def test_the_checksums_are_those_of_the_files(tmp_path: Path) -> None:
    release = make(Releases(tmp_path), 1)
    lines = [line.partition("  ") for line in (release.path / "SHA256SUMS").read_text().splitlines()]
    sums = {name: checksum for checksum, _, name in lines}
    assert set(sums) == {"data.nq", "release.json", "SIZES"}
    for name, checksum in sums.items():
        assert hashlib.sha256((release.path / name).read_bytes()).hexdigest() == checksum


@given(st.lists(st.tuples(st.integers(0, 5), st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0")))))
def test_the_dump_holds_each_quad_once_in_the_order_of_bytes(
    tmp_path_factory: pytest.TempPathFactory, statements: list[tuple[int, str]]
) -> None:
    target = tmp_path_factory.mktemp("dump") / "data.nq"
    quads = [quad(number, text) for number, text in statements]
    assert write_sorted(quads, target) == len(set(quads))
    lines = target.read_bytes().split(b"\n")[:-1]
    assert lines == sorted(set(lines))
    assert set(parse(path=target, format=RdfFormat.N_QUADS)) == set(quads)


def test_the_dump_does_not_depend_on_the_order_of_statements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harmgraph.store.releases.sorting._RUN", 7)  # several runs to merge

    def many() -> Iterator[Quad]:
        return (quad(number % 60) for number in range(100))

    write_sorted(many(), tmp_path / "a.nq")
    write_sorted(reversed(list(many())), tmp_path / "b.nq")
    assert (tmp_path / "a.nq").read_bytes() == (tmp_path / "b.nq").read_bytes()


BUILDER = """
import sys
from pathlib import Path
from pyoxigraph import Literal, NamedNode, Quad
from harmgraph.store.releases.release import Releases
n = int(sys.argv[2])
quads = (Quad(NamedNode(f"https://example.org/{i}"), NamedNode("https://example.org/p"), Literal(str(n)),
              NamedNode("https://example.org/g")) for i in range(30_000))
print("ready", flush=True)
with Releases(Path(sys.argv[1])).draft() as draft:
    draft.write_dump(quads)
    draft.publish({"built": "2026-11-24T12:00:00+00:00", "incidents": n, "quads": n})
"""


def _builder(folder: Path, number: int) -> subprocess.Popen[bytes]:
    """A process that is about to make a release."""
    builder = subprocess.Popen([sys.executable, "-c", BUILDER, str(folder), str(number)], stdout=subprocess.PIPE)
    assert builder.stdout is not None
    builder.stdout.readline()
    builder.stdout.close()
    return builder


def test_kill_minus_nine_at_any_moment_leaves_a_whole_release(tmp_path: Path) -> None:
    releases = Releases(tmp_path)
    served = make(releases, 0)
    first, begun = _builder(tmp_path, 100), time.monotonic()
    assert first.wait() == 0
    whole = time.monotonic() - begun
    killed = 0
    for attempt in range(12):
        builder = _builder(tmp_path, attempt)
        time.sleep(whole * attempt / 12)
        os.kill(builder.pid, signal.SIGKILL)
        killed += builder.wait() == -signal.SIGKILL
        current = releases.current()
        assert current.id == served.id or len(current.dump.read_bytes().splitlines()) == 30_000
        served = current
    assert killed >= 6  # most must have died at work, or this shows nothing
    make(releases, 99)
    assert not list(tmp_path.glob(".draft-*"))
