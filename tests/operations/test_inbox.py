"""The inbox of `harmgraph serve` as it is run: several processes, one that is killed, and addresses for others."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pyoxigraph import Literal, Quad
from tests.waiting import eventually

from harmgraph.inbox.folder import Inbox
from harmgraph.iris import HG, RDF, RDFS, graph_iri, mint
from harmgraph.store.releases.loading import load_disk
from harmgraph.store.releases.release import Releases

from .conftest import Running, children

INCIDENT = mint("incident", "TEST-1")
NOTIFICATION = json.dumps(
    {
        "@context": "http://www.w3.org/ns/anno.jsonld",
        "type": "Annotation",
        "motivation": "commenting",
        "bodyValue": "Known elsewhere as well.",
        "target": INCIDENT.value,
    }
)


def with_incident(releases: Releases) -> None:
    """Make a release with one incident the current one."""
    graph = graph_iri("consolidation")
    with releases.draft() as draft:
        draft.write_dump(
            [Quad(INCIDENT, RDF.type, HG.Incident, graph), Quad(INCIDENT, RDFS.label, Literal("One"), graph)]
        )
        load_disk(draft.dump, draft.path / "store")
        draft.publish({"built": "2026-11-25T12:00:00+00:00", "incidents": 1, "quads": 2})


def post(running: Running) -> int:
    """Send the notification over a connection of its own; the status."""
    with running.client() as client:
        return client.post("/inbox", content=NOTIFICATION, headers={"Content-Type": "application/ld+json"}).status_code


def test_two_processes_take_no_more_together_than_there_is_room_for(
    releases: Releases, start: Callable[..., Running]
) -> None:
    with_incident(releases)
    running = start("--processes", "2", inbox_count="12", inbox_rate="0")
    with ThreadPoolExecutor(8) as pool:
        statuses = Counter(pool.map(lambda _: post(running), range(40)))
    assert statuses == {201: 12, 503: 28}
    assert len(Inbox(releases.root.with_name("inbox")).names("new")) == 12


def test_a_process_that_is_killed_loses_nothing_that_it_has_answered(
    releases: Releases, start: Callable[..., Running]
) -> None:
    with_incident(releases)
    running = start("--processes", "2", inbox_rate="0")
    assert post(running) == 201
    for child in children(running.process.pid):
        os.kill(child, signal.SIGKILL)
    assert eventually(lambda: running.ready() and post(running) == 201, 30)
    inbox = Inbox(releases.root.with_name("inbox"))
    assert len(inbox.names("new")) >= 2
    assert all(inbox.suggestion("new", name).thing == INCIDENT for name in inbox.names("new"))


def test_the_address_that_is_listened_on_decides_whether_there_is_an_inbox_by_itself(
    start: Callable[..., Running], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with start("--host", "127.0.0.1", host="192.0.2.1", inbox="auto").client() as client:
        assert client.get("/inbox").status_code == 200, "the option goes before the setting"
    with start(inbox="auto", public_url="https://graph.example").client() as client:
        response = client.get("/inbox", headers={"Accept": "text/turtle, application/problem+json;q=0.5"})
        assert response.status_code == 503 and response.json()["type"].endswith("#inbox-closed")
