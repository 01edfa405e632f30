"""Processes that are killed, releases that are damaged, and what is left behind: nothing."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import uvloop
from pyoxigraph import Literal, NamedNode, Quad, QueryResultsFormat, Store
from tests.waiting import eventually

from harmgraph.errors import AnswerBroken, HarmgraphError, QueryRefused, ReleaseUnreadable
from harmgraph.settings import Settings
from harmgraph.store.base import Answer
from harmgraph.store.local import isolation
from harmgraph.store.local.embedded import EmbeddedStore

from .conftest import Served, keepers, processes, workers

LONG = "SELECT * { ?s ?p ?o }"
LOOKUP = "ASK { hgi:S000007 a hg:Incident }"
RUNAWAY = "SELECT (COUNT(*) AS ?n) { ?a hg:issue ?c . ?d hg:technology ?f . ?g hg:issue ?i }"


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_worker_killed_in_mid_answer_breaks_it(serve: Callable[..., Served]) -> None:
    one = serve()

    async def read() -> None:
        answer = await one.begin(LONG)
        await anext(answer.chunks)
        killed = set(workers(one.keeper))
        for worker in killed:
            os.kill(worker, signal.SIGKILL)
        with pytest.raises(AnswerBroken, match="signal 9"):
            await answer.read()
        assert eventually(lambda: not killed & set(processes()), 1.0)

    one.run(read())
    assert one.ask(LOOKUP).endswith(b"true}"), "the idle workers that were killed with it are passed over"


def test_a_worker_killed_before_its_first_byte_breaks_the_answer(serve: Callable[..., Served]) -> None:
    one = serve()

    async def read() -> None:
        answer = asyncio.ensure_future(one.begin(RUNAWAY))
        await asyncio.sleep(0.1)
        killed = set(workers(one.keeper))
        for worker in killed:
            os.kill(worker, signal.SIGKILL)
        with pytest.raises(AnswerBroken):
            await answer
        assert eventually(lambda: not killed & set(processes()), 1.0)

    one.run(read())
    assert one.ask(LOOKUP).endswith(b"true}")


def test_workers_yield_to_the_service_itself_and_not_only_to_each_other(serve: Callable[..., Served]) -> None:
    one = serve()
    # Linux divides the processor among sessions first (autogroup), and nice counts within one only.
    assert {os.getsid(each) for each in (one.keeper, *workers(one.keeper))} == {os.getsid(0)}
    # The terminal's Ctrl-C goes to the group of processes in the foreground.
    assert os.getpgid(one.keeper) != os.getpgid(0)


def test_killed_idle_workers_are_replaced(serve: Callable[..., Served]) -> None:
    one = serve()
    one.ask(LOOKUP)
    killed = set(workers(one.keeper))
    for worker in killed:
        os.kill(worker, signal.SIGKILL)
    one.run(asyncio.sleep(0.6))
    assert len(workers(one.keeper)) == 4
    assert not killed & set(workers(one.keeper))


@pytest.mark.parametrize("storage", ["disk", "memory"])
def test_a_killed_keeper_is_replaced_and_queries_wait_for_it(serve: Callable[..., Served], storage: str) -> None:
    before = keepers()
    one = serve(store=storage)

    async def kill() -> bytes:
        answer = await one.begin(LONG)
        os.kill(one.keeper, signal.SIGKILL)
        with pytest.raises(AnswerBroken):
            await answer.read()
        return await one.read(LOOKUP)

    children = set(workers(one.keeper))
    assert one.run(kill()).endswith(b"true}")
    assert eventually(lambda: not children & set(processes()), 1.0), "its workers ended with it"
    (successor,) = keepers() - before
    assert successor != one.keeper


def test_a_query_that_overflows_the_stack_harms_only_itself(served: Served) -> None:
    with pytest.raises(QueryRefused, match="stack"):
        served.ask("SELECT (" + "(" * 50_000 + "1" + ")" * 50_000 + " AS ?x) {}")
    assert served.ask(LOOKUP).endswith(b"true}")


_SERVICE = """
import asyncio, sys
from pathlib import Path
from harmgraph.settings import Settings
from harmgraph.store.base import Query
from harmgraph.store.local.embedded import EmbeddedStore

async def main(directory, storage, text):
    store = await EmbeddedStore.open(Path(directory), Settings(store=storage))
    asyncio.ensure_future(store.query(Query(text, 60)))
    await asyncio.sleep(0.3)
    print("running", flush=True)
    await asyncio.sleep(60)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.parametrize("storage", ["disk", "memory", "auto"])
def test_nothing_outlives_a_killed_service(release: Path, project: Path, storage: str) -> None:
    command = [sys.executable, "-c", _SERVICE, str(release), storage, RUNAWAY]
    environment = {**os.environ, "PYTHONPATH": str(project / "src")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as service:
        assert service.stdout is not None
        assert service.stdout.readline() == b"running\n"
        groups = keepers(service.pid)
        family = {p.pid for p in processes().values() if p.group in groups}
        assert len(family) > 4
        service.kill()
    # "auto" is still loading its second keeper, which reads no socket meanwhile.
    assert eventually(lambda: not family & set(processes()), 1.0)


def test_closing_leaves_no_process_and_no_descriptor(release: Path) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.sleep(0))  # uvloop keeps a pipe of its own from its first loop on
    before, open_before = keepers(), descriptors()

    async def live(storage: str) -> None:
        store = await EmbeddedStore.open(release, Settings(store=storage))
        one = Served(store)
        await asyncio.gather(*(one.read(LOOKUP) for _ in range(20)))
        await (await one.begin(LONG)).close()
        await one.begin(LONG)  # left running
        assert len(keepers() - before) >= 1
        await store.close()
        await store.close()

    for loop_factory in (asyncio.new_event_loop, uvloop.new_event_loop):
        for storage in ("disk", "memory", "auto"):
            with asyncio.Runner(loop_factory=loop_factory) as runner:
                runner.run(live(storage))
    assert keepers() == before
    assert eventually(lambda: descriptors() <= open_before, 1.0)


def test_a_store_moves_from_disk_to_memory_without_losing_a_query(release: Path) -> None:
    before = keepers()

    async def live() -> int:
        store = await EmbeddedStore.open(release, Settings(store="auto"))
        one = Served(store)
        (first,) = keepers() - before
        slow: Answer | None = await one.begin(LONG, timeout=60)
        answered = 0
        while first in processes() and answered < 100_000:
            assert (await one.read(LOOKUP)).endswith(b"true}")
            answered += 1
            if keepers() - before > {first} and slow is not None and answered % 50 == 0:
                assert len(await slow.read()) > 10 << 20, "what began on disk ends there"
                slow = None
        assert slow is None, "it was read while both keepers lived"
        await store.close()
        return answered

    assert asyncio.run(live()) > 10
    assert keepers() == before


def test_a_store_works_in_uvloop(release: Path) -> None:
    async def live() -> None:
        store = await EmbeddedStore.open(release, Settings(store="disk"))
        one = Served(store)
        pages = await asyncio.gather(*(one.read("SELECT * { hgi:S000007 ?p ?o }") for _ in range(30)))
        assert len(set(pages)) == 1
        assert len(await one.read(LONG)) > 10 << 20
        await store.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(live())


def test_a_store_opened_in_a_thread_outlives_it(release: Path) -> None:
    """The kernel's parent-death signal would be sent when that thread ends."""
    opened: list[tuple[asyncio.AbstractEventLoop, EmbeddedStore]] = []

    def open_in_thread() -> None:
        loop = asyncio.new_event_loop()
        opened.append((loop, loop.run_until_complete(EmbeddedStore.open(release, Settings(store="disk")))))

    thread = threading.Thread(target=open_in_thread)
    thread.start()
    thread.join()
    time.sleep(0.1)
    loop, store = opened[0]
    one = Served(store)
    assert loop.run_until_complete(one.read(LOOKUP)).endswith(b"true}")
    loop.run_until_complete(store.close())
    loop.close()


@pytest.mark.parametrize(
    ("damage", "storage", "message"),
    [
        (lambda d: (d / "release.json").unlink(), "auto", r"not a release.*release\.json"),
        (lambda d: (d / "release.json").write_text("{}"), "auto", r"not a release"),
        (lambda d: (d / "data.nq").unlink(), "auto", r"data\.nq"),
        (lambda d: shutil.rmtree(d / "store"), "disk", "no such directory"),
        (lambda d: (d / "store" / "CURRENT").write_text("nonsense\n"), "disk", "cannot be opened"),
        (lambda d: (d / "store" / "CURRENT").unlink(), "disk", "cannot be opened"),
        (lambda d: (d / "data.nq").write_text("<a> nonsense\n"), "memory", r"data\.nq cannot be loaded"),
        (lambda d: (d / "data.nq").write_text("<a:a> <a:b> 'x' .\n"), "memory", "no graph name|cannot be loaded"),
    ],
)
def test_a_damaged_release_is_not_served(
    release: Path, tmp_path: Path, damage: Callable[[Path], object], storage: str, message: str
) -> None:
    before = keepers()
    copy = tmp_path / "copy"
    shutil.copytree(release, copy)
    (copy / "SIZES").unlink()  # without a seal, what the engine itself notices has to do
    damage(copy)
    with pytest.raises(ReleaseUnreadable, match=message):
        asyncio.run(EmbeddedStore.open(copy, Settings(store=storage)))
    assert keepers() == before


def test_a_release_whose_dump_is_damaged_stays_on_disk(release: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(release, copy)
    (copy / "data.nq").write_text("<a> nonsense\n")

    async def live() -> None:
        store = await EmbeddedStore.open(copy, Settings(store="auto"))
        one = Served(store)
        await asyncio.sleep(0.8)
        assert (await one.read(LOOKUP)).endswith(b"true}")
        await store.close()

    asyncio.run(live())


def test_an_unknown_storage_is_named(release: Path) -> None:
    with pytest.raises(HarmgraphError, match="HARMGRAPH_STORE='cloud' is none of auto, memory, disk"):
        asyncio.run(EmbeddedStore.open(release, Settings(store="cloud")))


def test_serving_writes_nothing_into_the_release(serve: Callable[..., Served], release: Path) -> None:
    def listing() -> dict[str, tuple[int, int]]:
        return {str(p): (p.stat().st_size, p.stat().st_mtime_ns) for p in release.rglob("*") if p.is_file()}

    one = serve()
    before = listing()
    one.ask(LONG)
    assert listing() == before


def in_a_child(act: Callable[[], object]) -> str:
    """What became of an act in a forked process: the name of the exception, or "done"."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            act()
            said = "done"
        except BaseException as error:  # noqa: BLE001  the parent wants to know
            said = f"{type(error).__name__}: {error}"
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode()
    os.waitpid(pid, 0)
    return said


@pytest.mark.parametrize("isolate", [isolation.leave_network, isolation.open_nothing_more])
def test_a_service_clause_past_the_check_of_the_text_reaches_nobody(isolate: Callable[[], object]) -> None:
    def call() -> None:
        isolate()
        result = Store().query(f"SELECT * {{ SERVICE <http://127.0.0.1:{port}/> {{ ?s ?p ?o }} }}")
        result.serialize(format=QueryResultsFormat.JSON)  # type: ignore[arg-type]  # a table

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        port = listener.getsockname()[1]
        assert in_a_child(call).startswith(("OSError", "PermissionError"))
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_a_worker_over_memory_can_open_no_file(tmp_path: Path) -> None:
    def write() -> None:
        isolation.open_nothing_more()
        (tmp_path / "file").write_text("x")

    assert in_a_child(write).startswith("OSError")
    assert not (tmp_path / "file").exists()


def test_a_store_of_more_tables_than_are_opened_at_first_is_read_whole(
    serve: Callable[..., Served], tmp_path: Path
) -> None:
    store = Store(tmp_path / "store")
    for number in range(40):  # each load writes new tables
        subject = NamedNode(f"http://a.example/{number}")
        store.bulk_extend([Quad(subject, NamedNode("http://a.example/p"), Literal(str(number)))])
    store.flush()
    del store
    (tmp_path / "data.nq").write_text("")
    (tmp_path / "release.json").write_text('{"id": "many"}')
    assert len(list((tmp_path / "store").glob("*.sst"))) > 100
    one = serve(tmp_path)
    page = one.ask("SELECT ?o { ?s ?p ?o }", results_format="text/csv")
    assert sorted(page.split()[1:]) == sorted(str(number).encode() for number in range(40))


def test_a_worker_is_refused_memory_beyond_its_cap() -> None:
    def take() -> None:
        isolation.limit_memory(32 << 20)
        bytearray(16 << 20)
        bytearray(4 << 30)  # more than the allocator can have kept free from the tests before

    assert in_a_child(take).startswith("MemoryError")
    assert resource.getrlimit(resource.RLIMIT_DATA)[0] == resource.RLIM_INFINITY
