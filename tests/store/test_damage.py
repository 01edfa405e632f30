"""Damage to the files of a release is an error that says what to do, never a wrong answer."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad
from tests.small_disk import small_disk
from tests.waiting import eventually

from harmgraph.errors import BuildAborted, HarmgraphError, LimitExceeded, ReleaseUnreadable, StoreUnavailable
from harmgraph.settings import Settings
from harmgraph.store.base import Query
from harmgraph.store.local.embedded import EmbeddedStore
from harmgraph.store.releases import seal
from harmgraph.store.releases.claims import Claim
from harmgraph.store.releases.loading import load_disk
from harmgraph.store.releases.release import Release, Releases

from .conftest import MEMORY, Served, make_release

COUNT = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_release(tmp_path_factory.mktemp("small") / "small", 50)


@pytest.fixture
def copy(small: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small, tmp_path / "copy"))


def overwrite(path: Path, place: int | None = None) -> None:
    """Change one byte, by default the middle one, and leave the size."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2 if place is None else place] ^= 0xFF
    path.write_bytes(content)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def largest_table(directory: Path) -> Path:
    return max((directory / "store").glob("*.sst"), key=lambda path: path.stat().st_size)


def manifest(directory: Path) -> Path:
    return next((directory / "store").glob("MANIFEST-*"))


@pytest.mark.parametrize("storage", ["memory", "disk"])
@pytest.mark.parametrize("harm", [overwrite, cut, Path.unlink])
@pytest.mark.parametrize("part", ["release.json", "SIZES", "SHA256SUMS", "dump", "table", "manifest"])
def test_whatever_is_damaged_the_release_does_not_open(
    copy: Path, storage: str, harm: Callable[[Path], None], part: str
) -> None:
    if part in ("SIZES", "SHA256SUMS") and harm is Path.unlink:
        pytest.skip("a release without a seal is served with a warning")
    if part in ("dump", "table", "manifest") and (part == "dump") != (storage == "memory"):
        pytest.skip("this storage does not read that file")
    path = {"dump": copy / "data.nq", "table": largest_table(copy), "manifest": manifest(copy)}.get(part, copy / part)
    harm(path)
    with pytest.raises(ReleaseUnreadable, match=r"harmgraph build"), asyncio.Runner() as runner:
        runner.run(EmbeddedStore.open(copy, Settings(store=storage)))


def test_a_damaged_store_on_disk_is_served_from_memory_where_that_may_be(copy: Path) -> None:
    cut(manifest(copy))
    with asyncio.Runner() as runner:
        store = runner.run(EmbeddedStore.open(copy, Settings(store="auto", workers=1)))
        assert store.vitals().kind == "memory"
        runner.run(store.close())


def test_a_store_found_damaged_answers_no_more_and_says_why(copy: Path) -> None:
    async def condemned() -> None:
        store = await EmbeddedStore.open(copy, Settings(store="disk", workers=1))
        try:
            overwrite(largest_table(copy))
            await store._watch_over_disk()  # as it does once, after the start
            with pytest.raises(StoreUnavailable, match=r"damaged.*harmgraph build"):
                await store.query(Query(COUNT, 10))
            assert "damaged" in (store.vitals().fault or "")
        finally:
            await store.close()

    asyncio.run(condemned())


def test_a_changed_byte_in_a_table_is_an_error_and_no_other_answer(release: Path, tmp_path: Path) -> None:
    """What the engine does on its own, where nobody has compared the table with the seal yet."""
    copy = Path(shutil.copytree(release, tmp_path / "copy"))
    (copy / "SIZES").unlink()
    whole = asyncio.run(_rows(copy))
    assert len(whole) > 10_000
    for table in (copy / "store").glob("*.sst"):
        if table.stat().st_size > 100_000:
            overwrite(table)
    with pytest.raises((StoreUnavailable, LimitExceeded, ReleaseUnreadable)):
        assert asyncio.run(_rows(copy)) == whole


async def _rows(directory: Path) -> list[bytes]:
    store = await EmbeddedStore.open(directory, Settings(store="disk", workers=1, query_memory=MEMORY))
    try:
        found: list[bytes] = []
        for text in ("SELECT * { ?s ?p ?o }", "SELECT * { GRAPH ?g { ?s ?p ?o } }"):
            found += sorted((await (await store.query(Query(text, 60, "text/csv"))).read()).splitlines())
        return found
    finally:
        await store.close()


def test_a_deleted_release_is_an_error_that_names_it_and_its_return_mends_it(
    copy: Path, serve: Callable[..., Served]
) -> None:
    served = serve(copy, workers=1)
    whole = served.ask(COUNT)
    away = copy.rename(copy.parent / "away")
    assert isinstance(served.store, EmbeddedStore)
    assert "deleted" in (served.store.vitals().fault or "")

    def unavailable() -> bool:
        try:
            assert served.ask(COUNT) == whole, "workers that have the files open may go on, with the right answer"
        except StoreUnavailable as error:
            assert "copy" in str(error)
            assert "harmgraph releases switch" in str(error)
            return True
        for pid in _workers_of(served):
            os.kill(pid, signal.SIGKILL)  # so that the next one has to open the store
        return False

    assert eventually(unavailable, 10)
    away.rename(copy)
    assert eventually(lambda: _answers(served, whole), 10)
    assert served.store.vitals().fault is None


def _workers_of(served: Served) -> set[int]:
    from .conftest import workers

    return set(workers(served.keeper))


def _answers(served: Served, whole: bytes) -> bool:
    try:
        return served.ask(COUNT) == whole
    except StoreUnavailable:
        return False


def test_memory_goes_on_when_the_release_is_deleted(copy: Path, serve: Callable[..., Served]) -> None:
    served = serve(copy, store="memory", workers=1)
    whole = served.ask(COUNT)
    shutil.rmtree(copy)
    for pid in _workers_of(served):
        os.kill(pid, signal.SIGKILL)
    served.run(asyncio.sleep(0.5))  # until the service has heard of it
    assert served.ask(COUNT) == whole


def publish(releases: Releases, number: int) -> Release:
    name = NamedNode(f"https://example.org/{number}")
    with releases.draft() as draft:
        draft.write_dump([Quad(name, name, Literal("x"), name)])
        load_disk(draft.dump, draft.path / "store")
        return draft.publish({"built": f"2026-11-24T12:00:{number:02}+00:00"})


def test_building_again_mends_a_damaged_release(tmp_path: Path) -> None:
    releases = Releases(tmp_path)
    first = publish(releases, 1)
    before = first.path.stat().st_ino
    assert publish(releases, 1).path.stat().st_ino == before, "an undamaged one stays"
    overwrite(largest_table(first.path))
    assert publish(releases, 1).id == first.id
    assert seal.intact(first.path)
    assert {path.name for path in tmp_path.iterdir()} == {".lock", "current", first.id}


def test_prune_leaves_what_a_service_uses(tmp_path: Path) -> None:
    releases = Releases(tmp_path)
    first, second, third = (publish(releases, number) for number in (1, 2, 3))
    claim = Claim(first.path)
    pruned = releases.prune(keep=0)
    assert (pruned.deleted, pruned.in_use) == ([second.id], [first.id])
    claim.release()
    assert releases.prune(keep=0).deleted == [first.id]
    assert releases.current().id == third.id


def test_a_claim_ends_with_its_process_however_that_ends(tmp_path: Path) -> None:
    releases = Releases(tmp_path)
    first = publish(releases, 1)
    publish(releases, 2)
    holder = subprocess.Popen(
        ["flock", "--shared", str(first.path), "sleep", "60"], start_new_session=True, stdout=subprocess.DEVNULL
    )
    assert eventually(lambda: not _prunable(first.path), 10)
    os.killpg(holder.pid, signal.SIGKILL)
    holder.wait()
    assert eventually(lambda: releases.prune(keep=0).deleted == [first.id], 10)


def _prunable(path: Path) -> bool:
    from harmgraph.store.releases.claims import unclaimed

    with unclaimed(path) as free:
        return free


def test_one_unreadable_release_hides_no_other(tmp_path: Path) -> None:
    releases = Releases(tmp_path)
    first, second = publish(releases, 1), publish(releases, 2)
    cut(first.path / "release.json")
    assert [release.id for release in releases.all()] == [second.id]


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of 24 MiB; needs the right to mount."""
    with small_disk(tmp_path / "full", "24m") as folder:
        yield folder


@pytest.mark.parametrize("quads", [1_000_000, 120_000])
def test_a_full_file_system_stops_the_build_and_leaves_the_old_release(full: Path, quads: int) -> None:
    """Full while the dump is written, or while the store is made."""
    releases = Releases(full)
    served = publish(releases, 1)
    name = NamedNode("https://example.org/p")
    many = (Quad(NamedNode(f"https://example.org/{n}"), name, Literal("x"), name) for n in range(quads))
    with pytest.raises(BuildAborted, match=rf"(?s)no space left in {full}.*MiB") as caught, releases.draft() as draft:
        draft.write_dump(many)
        load_disk(draft.dump, draft.path / "store")
    cause: BaseException | None = caught.value.__cause__
    assert isinstance(cause, HarmgraphError) or (isinstance(cause, OSError) and cause.errno == errno.ENOSPC)
    assert sorted(path.name for path in full.iterdir()) == sorted([".lock", "current", served.id])
    assert releases.current().id == served.id
    assert seal.intact(served.path)
