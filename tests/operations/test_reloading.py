"""A new release is served without a failed request, and a service finds its way back after any harm to its files."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from tests.waiting import eventually

from harmgraph.store.releases.release import Releases

from .conftest import VALUE, Running, children, publish

Start = Callable[..., Running]


class Load:
    """Clients that ask one query after another and count what they get."""

    def __init__(self, service: Running, clients: int = 3) -> None:
        self.answers: Counter[str] = Counter()
        self.failures: list[str] = []
        self._service = service
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(clients)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        with self._service.client() as client:
            while not self._ended.is_set():
                try:
                    response = client.get("/sparql", params={"query": VALUE}, headers={"Accept": "text/csv"})
                    page = client.get("/")
                except httpx.TransportError as error:
                    self.failures.append(repr(error))
                    continue
                if response.status_code != 200 or page.status_code != 200:
                    self.failures.append(f"{response.status_code} {page.status_code}: {response.text}")
                else:
                    self.answers[response.text.split()[-1]] += 1


@pytest.mark.parametrize("store", ["disk", "auto"])
def test_switching_under_load_fails_no_request(releases: Releases, start: Start, store: str) -> None:
    service = start(store=store)
    with Load(service) as load:
        assert eventually(lambda: load.answers["1"] > 5, 20)
        publish(releases, 2)
        assert eventually(lambda: load.answers["2"] > 5, 20)
        publish(releases, 3)
        assert eventually(lambda: load.answers["3"] > 5, 20)
    assert load.failures == []
    assert service.logs("was closed: its last request is over")
    assert eventually(lambda: len(children(service.process.pid)) == 1, 10), "one keeper is left"
    assert len(releases.prune(keep=0).deleted) == 2, "and no claim on the old releases"


def test_hangup_has_it_look_at_once(releases: Releases, start: Start) -> None:
    service = start()
    publish(releases, 2)
    service.process.send_signal(signal.SIGHUP)
    assert eventually(lambda: service.value() == "2", 10)


def test_an_answer_that_runs_is_of_one_release_to_its_end(releases: Releases, start: Start) -> None:
    service = start(store="disk")
    query = VALUE.replace("?v }", "?v . ?a ?p ?x . ?b ?q ?y . ?c ?r ?z } LIMIT 150000").replace("?v {", "* {")
    with (
        service.client() as client,
        client.stream("GET", "/sparql", params={"query": query, "format": "csv"}) as answer,
    ):
        lines = answer.iter_lines()
        next(lines)
        assert "1" in next(lines).split(",")
        publish(releases, 2)
        assert eventually(lambda: service.value() == "2", 10)
        rest = list(lines)
    assert len(rest) == 149_999
    assert all(",1," in f",{line}," for line in rest)


def test_a_release_that_does_not_open_leaves_the_old_one_serving(releases: Releases, start: Start) -> None:
    service = start()
    broken = publish(releases, 2)
    releases.switch(next(release.id for release in releases.all() if release.id != broken.id))
    (broken.path / "data.nq").write_text("nonsense")
    shutil.rmtree(broken.path / "store")
    releases.switch(broken.id)
    assert service.logs(rf"release {broken.id} is damaged.*goes on being served")
    assert service.value() == "1"
    publish(releases, 2)  # building again mends it, under the same id
    assert eventually(lambda: service.value() == "2", 20)


def test_the_link_may_dangle_for_a_while(releases: Releases, start: Start) -> None:
    service = start()
    link = releases.root / "current"
    link.unlink()
    assert service.logs("there is no release at")
    assert service.value() == "1"
    publish(releases, 2)
    assert eventually(lambda: service.value() == "2", 10)


@pytest.mark.parametrize("store", ["memory", "disk"])
def test_a_release_deleted_under_the_service(releases: Releases, start: Start, store: str) -> None:
    service = start(store=store)
    shutil.rmtree(releases.current().path)
    keeper = next(iter(children(service.process.pid)))
    for worker in children(keeper):
        os.kill(worker, signal.SIGKILL)
    if store == "memory":
        assert service.logs("goes on being served")
        assert eventually(lambda: service.value() == "1", 10)
        assert service.ready()
    else:
        # Before that, a query may get to a worker that was just killed, whose answer is broken.
        assert eventually(lambda: "#release-unavailable" in (service.problem() or {}).get("type", ""), 10)
        assert "harmgraph build" in (service.problem() or {})["detail"]
        assert not service.ready()
        assert service.client().get("/readyz").headers["retry-after"]
        assert service.client().get("/healthz").status_code == 200
    publish(releases, 2)
    assert eventually(lambda: service.value() == "2", 20)
    assert service.ready()


def test_a_killed_worker_and_a_killed_keeper_are_replaced(start: Start) -> None:
    service = start(store="memory")
    keeper = next(iter(children(service.process.pid)))
    for worker in children(keeper):
        os.kill(worker, signal.SIGKILL)
    assert eventually(lambda: service.value() == "1", 10)
    os.kill(keeper, signal.SIGKILL)
    assert eventually(lambda: service.value() == "1", 10)
    assert service.ready()


def test_a_killed_service_leaves_no_process_and_no_claim(releases: Releases, start: Start) -> None:
    service = start()
    keepers = children(service.process.pid)
    workers = {worker for keeper in keepers for worker in children(keeper)}
    assert keepers
    assert workers
    service.process.kill()
    assert eventually(lambda: not any(Path(f"/proc/{pid}/exe").exists() for pid in keepers | workers), 10)
    first = releases.current()
    publish(releases, 2)
    assert releases.prune(keep=0).deleted == [first.id]
