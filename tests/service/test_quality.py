"""``/quality``: the measurements that a release carries, for people and machines; a clear word where there are none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from pyoxigraph import Quad, RdfFormat, parse

from harmgraph.quality import FILE
from harmgraph.settings import Settings

from .conftest import HOSTILE, Served

MEASURED: Final[dict[str, Any]] = {
    "built": "2026-01-01T00:00:00+00:00",
    "incidents": 3,
    "statements": 21,
    "sources": [{"source": "a", "version": "1", "read": 3, "new": 2, "merged": 0, "withdrawn": 0, "quarantined": 1}],
    "problems": {
        "kinds": [
            {
                "source": "a",
                "kind": "odd",
                "severity": "error",
                "count": 1,
                "examples": [{"record": "I1", "field": "f", "value": HOSTILE, "message": HOSTILE}],
            }
        ],
        "left_out": [
            {"source": "a", "kind": "odd", "record": "I1", "field": "f", "value": HOSTILE, "message": "cannot be read"}
        ],
    },
    "validation": {
        "Violation": 0,
        "Warning": 1,
        "Info": 0,
        "shapes": [
            {
                "shape": "recommended-actor",
                "severity": "Warning",
                "message": "An incident should name an actor.",
                "count": 1,
                "examples": ["https://w3id.org/harmgraph/id/incident/AIAAIC0850", "javascript:alert(1)"],
            }
        ],
    },
    "coverage": [
        {"name": "dated", "count": 2, "of": 3, "by_source": {"a": {"count": 1, "of": 2}}},
        {"name": "linked-systems", "count": 0, "of": 0},
        {"name": "of-a-later-version", "count": 1, "of": 1},
    ],
    "disagreements": [
        {
            "name": "occurred",
            "count": 1,
            "of": 2,
            "examples": ["https://w3id.org/harmgraph/id/incident/AIAAIC0850"],
        },
        {"name": "deployer", "count": 0, "of": 0, "examples": []},
    ],
}


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory, quads: list[Quad]) -> Iterator[httpx.Client]:
    """A client of a service whose release carries measurements."""
    server = Served(tmp_path_factory.mktemp("measured"), quads, Settings(store="memory", workers=1))
    (server.release.path / FILE).write_text(json.dumps(MEASURED), encoding="utf-8")
    with server, httpx.Client(base_url=server.address, timeout=30) as client:
        yield client


def test_the_page_says_what_was_measured(measured: httpx.Client) -> None:
    page = measured.get("/quality", headers={"Accept": "text/html"}).text
    assert "incidents with a date" in page and "66.7 %" in page and "2 of 3" in page
    assert "recommended-actor" in page and 'href="/doc/incident/AIAAIC0850"' in page
    assert "<script" not in page and "U+202E" in page and 'href="javascript' not in page and " style=" not in page
    assert 'href="/quality"' in measured.get("/", headers={"Accept": "text/html"}).text


def test_the_same_comes_as_data(measured: httpx.Client) -> None:
    assert measured.get("/quality.json").json() == MEASURED
    turtle = measured.get("/quality", headers={"Accept": "text/turtle"})
    assert turtle.headers["Content-Location"] == "/quality.ttl" and turtle.headers["Vary"].startswith("Accept")
    triples = {quad.triple for quad in parse(turtle.content, format=RdfFormat.TURTLE)}
    assert {quad.triple for quad in parse(measured.get("/quality.nt").content, format=RdfFormat.N_TRIPLES)} == triples
    assert len([t for t in triples if t.predicate.value == "http://www.w3.org/ns/dqv#value"]) == 9


def test_what_the_client_holds_is_not_sent_again(measured: httpx.Client) -> None:
    for path in ("/quality", "/quality.json", "/quality.ttl", "/quality.html"):
        first = measured.get(path, headers={"Accept": "*/*"})
        assert first.status_code == 200, path
        again = measured.get(path, headers={"If-None-Match": first.headers["ETag"], "Accept": "*/*"})
        assert again.status_code == 304, path
    tags = [measured.get(path).headers["ETag"] for path in ("/quality.json", "/quality.ttl", "/quality.html")]
    assert len(set(tags)) == 3


def test_there_are_no_other_formats(measured: httpx.Client) -> None:
    assert measured.get("/quality.xlsx").status_code == 404
    assert measured.get("/quality", headers={"Accept": "image/png"}).status_code == 406


def test_a_release_without_measurements_says_so(client: httpx.Client) -> None:
    answer = client.get("/quality")
    assert answer.status_code == 404 and "harmgraph quality" in answer.json()["detail"]
    assert 'href="/quality"' not in client.get("/", headers={"Accept": "text/html"}).text


@pytest.mark.slow
def test_a_build_measures_what_it_made(project: Path, tmp_path: Path) -> None:
    from harmgraph.pipeline import Project, build
    from harmgraph.quality import read
    from harmgraph.sources.snapshot import take_snapshot
    from harmgraph.store.releases import seal
    from harmgraph.store.releases.release import Releases

    curated = take_snapshot("curated", project / "data" / "incidents")
    release = build([curated], Project(project), Releases(tmp_path), lambda stage, done: None)
    found = read(release.path)
    assert found is not None and found["incidents"] == 169
    assert {each["name"]: each["of"] for each in found["coverage"]}["dated"] == 169
    assert FILE in {file.name for file in seal.sealed(release.path)}
