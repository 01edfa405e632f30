"""The past of a document: which releases have it, what it said then, and how to get there by date (RFC 7089)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path

import pytest
from pyoxigraph import Quad, RdfFormat, parse

from harmgraph.errors import LimitExceeded
from harmgraph.iris import DCT, HG, RDF, mint
from harmgraph.service.linked_data.archive import Archive
from harmgraph.service.linked_data.mementos import describes
from harmgraph.store.base import Query
from harmgraph.store.releases.release import Release

from .conftest import Publication, publish
from .published import NEWER, OLDER

SEED = "doc/incident/AIAAIC0850"
OLD, NEW = "20250701100000", "20260101123000"
MOMENTS = {OLD: "Tue, 01 Jul 2025 10:00:00 GMT", NEW: "Thu, 01 Jan 2026 12:30:00 GMT"}


def titles(publication: Publication, path: str) -> set[str]:
    """The titles of the example, in a document as N-Triples."""
    body = publication.client.get(path, headers={"Accept": "application/n-triples"}).content
    seed = mint("incident", "AIAAIC0850")
    graph = {quad.triple for quad in parse(input=body, format=RdfFormat.N_TRIPLES)}
    return {t.object.value for t in graph if (t.subject, t.predicate) == (seed, DCT.title)}


def test_a_document_leads_to_its_past(publication: Publication) -> None:
    link = publication.client.get(f"/{SEED}").headers["Link"]
    assert f'</timegate/{SEED}>; rel="timegate"' in link
    assert f'</timemap/{SEED}>; rel="timemap"; type="application/link-format"' in link


def test_a_time_map_lists_the_releases_that_have_the_document(publication: Publication) -> None:
    response = publication.client.get(f"/timemap/{SEED}")
    assert response.headers["Content-Type"] == "application/link-format"
    address = publication.served.address
    found = dict(re.findall(r'<([^>]+)>; rel="(?:first |last )*memento"; datetime="([^"]+)"', response.text))
    assert found == {f"{address}/memento/{stamp}/{SEED}": date for stamp, date in MOMENTS.items()}
    assert f'<{address}/{SEED}>; rel="original"' in response.text
    assert f'from="{MOMENTS[OLD]}"; until="{MOMENTS[NEW]}"' in response.text


def test_a_time_map_comes_in_json(publication: Publication) -> None:
    response = publication.client.get(f"/timemap/{SEED}", headers={"Accept": "application/json"})
    mementos = response.json()["mementos"]
    assert [datetime.fromisoformat(each["datetime"]) for each in mementos["list"]] == [
        datetime.fromisoformat(OLDER),
        datetime.fromisoformat(NEWER),
    ]
    assert mementos["first"]["uri"].endswith(f"/memento/{OLD}/{SEED}")


def test_what_an_earlier_release_did_not_have_is_not_in_it(publication: Publication) -> None:
    path = "doc/incident/TEST-0001"
    assert OLD not in publication.client.get(f"/timemap/{path}").text
    assert publication.client.get(f"/memento/{OLD}/{path}").status_code == 404
    assert publication.client.get(f"/memento/{NEW}/{path}").status_code == 200
    assert publication.client.get("/timemap/doc/incident/NOPE").status_code == 404


@pytest.mark.parametrize(
    ("asked", "stamp"),
    [
        (None, NEW),
        ("Fri, 01 Aug 2025 00:00:00 GMT", OLD),
        ("Tue, 01 Jul 2025 10:00:00 GMT", OLD),
        ("Thu, 01 Jan 2026 12:29:59 GMT", OLD),
        ("Thu, 01 Jan 2026 12:30:00 GMT", NEW),
        ("Thu, 01 Jan 2099 00:00:00 GMT", NEW),
        ("Thu, 01 Jan 1970 00:00:00 GMT", OLD),
    ],
)
def test_a_time_gate_leads_to_the_state_at_a_time(publication: Publication, asked: str | None, stamp: str) -> None:
    headers = {"Accept-Datetime": asked} if asked else {}
    response = publication.client.get(f"/timegate/{SEED}", headers=headers)
    assert (response.status_code, response.headers["Location"]) == (302, f"/memento/{stamp}/{SEED}")
    assert response.headers["Vary"] == "Accept-Datetime"
    assert f'<{publication.served.address}/{SEED}>; rel="original"' in response.headers["Link"]


@pytest.mark.parametrize("path", [SEED, f"{SEED}.ttl", f"{SEED}.html"])
def test_a_document_is_its_own_time_gate(publication: Publication, path: str) -> None:
    asked = {"Accept-Datetime": "Fri, 01 Aug 2025 00:00:00 GMT", "Accept": "text/turtle"}
    response = publication.client.get(f"/{path}", headers=asked)
    assert (response.status_code, response.headers["Location"]) == (302, f"/memento/{OLD}/{path}")
    assert "Accept-Datetime" in response.headers["Vary"]
    link = response.headers["Link"]
    assert f'<{publication.served.address}/{path}>; rel="original"' in link
    assert f'/timemap/{SEED}>; rel="timemap"' in link
    memento = publication.client.get(response.headers["Location"], headers=asked)
    assert memento.status_code == 200
    assert memento.headers["Memento-Datetime"] == MOMENTS[OLD]


def test_a_document_says_that_it_depends_on_the_time_asked_for(publication: Publication) -> None:
    for path in (SEED, f"{SEED}.ttl"):
        response = publication.client.get(f"/{path}", headers={"Accept": "text/turtle"})
        assert response.status_code == 200
        assert "Accept-Datetime" in response.headers["Vary"]
        held = {"If-None-Match": response.headers["ETag"], "Accept": "text/turtle"}
        assert "Accept-Datetime" in publication.client.get(f"/{path}", headers=held).headers["Vary"]
        past = {**held, "Accept-Datetime": "Fri, 01 Aug 2025 00:00:00 GMT"}
        assert publication.client.get(f"/{path}", headers=past).status_code == 302, "what is held is the present"


def test_a_document_refuses_a_time_that_is_none(publication: Publication) -> None:
    assert publication.client.get(f"/{SEED}", headers={"Accept-Datetime": "last summer"}).status_code == 400
    nowhere = publication.client.get("/doc/incident/NOPE", headers={"Accept-Datetime": MOMENTS[OLD]})
    assert nowhere.status_code == 404


def test_a_time_that_is_none_is_refused(publication: Publication) -> None:
    response = publication.client.get(f"/timegate/{SEED}", headers={"Accept-Datetime": "last summer"})
    assert response.status_code == 400
    assert "last summer" in response.json()["detail"]


def test_a_memento_says_what_its_release_said(publication: Publication) -> None:
    assert titles(publication, f"/memento/{OLD}/{SEED}") == {"The title of before"}
    assert titles(publication, f"/memento/{NEW}/{SEED}") == titles(publication, f"/{SEED}") != {"The title of before"}
    for stamp, date in MOMENTS.items():
        response = publication.client.get(f"/memento/{stamp}/{SEED}", headers={"Accept": "text/turtle"})
        assert response.headers["Memento-Datetime"] == date
        assert f'<{publication.served.address}/{SEED}>; rel="original"' in response.headers["Link"]
        assert f'/timegate/{SEED}>; rel="timegate"' in response.headers["Link"]
        assert "Accept-Datetime" not in response.headers["Vary"]
        tag = response.headers["ETag"]
        again = publication.client.get(f"/memento/{stamp}/{SEED}.ttl", headers={"If-None-Match": tag})
        assert again.status_code == 200  # of another URL
        accept = {"Accept": "text/turtle", "If-None-Match": tag}
        assert publication.client.get(f"/memento/{stamp}/{SEED}", headers=accept).status_code == 304


def test_links_of_a_memento_stay_in_its_release(publication: Publication) -> None:
    page = publication.client.get(f"/memento/{OLD}/{SEED}.html").text
    links = re.findall(r'<a [^>]*href="(/[^"#]*)', page)
    assert f"/memento/{OLD}/doc/organisation/clearview-ai" in links
    for link in set(links):
        assert link.startswith(f"/memento/{OLD}/")
        response = publication.client.get(link, headers={"Accept": "text/html"}, follow_redirects=True)
        assert response.status_code in (200, 410), link
    style = re.search(r'<link rel="stylesheet" href="([^"]+)"', page)
    assert style is not None
    assert publication.client.get(style[1], follow_redirects=True).headers["Content-Type"].startswith("text/css")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/memento/{OLD}/id/incident/AIAAIC0850", 303),
        (f"/memento/{OLD}/doc/incident/INC-05349", 301),
        (f"/memento/{OLD}/doc/incident/INC-00004", 410),
        (f"/memento/{OLD}/doc/incident/NOPE", 404),
        (f"/memento/{OLD}/ns", 200),
        (f"/memento/{OLD}/", 200),
        (f"/memento/{OLD}/sparql?query=ASK%7B%7D", 302),
        (f"/memento/20240101000000/{SEED}", 404),
        (f"/memento/x/{SEED}", 404),
        ("/timemap/", 200),
        ("/timemap/incidents", 404),
        ("/timegate/doc/incident/AIAAIC0850/", 404),
    ],
)
def test_the_past_answers_like_the_present(publication: Publication, path: str, status: int) -> None:
    response = publication.client.get(path, headers={"Accept": "text/html, */*;q=0.5"})
    assert response.status_code == status
    if 300 < status < 304 and "/sparql" not in path:
        assert response.headers["Location"].startswith(f"/memento/{OLD}/")


def test_a_subject_is_found_in_a_dump_by_halving(publication: Publication) -> None:
    release = publication.releases[0]
    subjects = {line.split(b" ", 1)[0] + b" " for line in release.dump.read_bytes().splitlines()}
    assert len(subjects) > 1000
    assert all(describes(release, subject) for subject in subjects)
    for subject in (b"<a> ", b"<z> ", b"<https://w3id.org/harmgraph/id/incident/AIAAIC085> ", b""):
        assert describes(release, subject) is (subject == b"")


@pytest.fixture
def several(tmp_path: Path) -> Iterator[list[Release]]:
    """Four small releases."""
    graph = mint("graph", "consolidation")
    yield [
        publish(tmp_path, [Quad(mint("incident", str(n)), RDF.type, HG.Incident, graph)], f"202{n}-01-01T00:00:00Z")
        for n in range(4)
    ]


def test_few_releases_of_before_are_open_at_once(publication: Publication, several: list[Release]) -> None:
    assert publication.served.app is not None
    current = publication.served.app.state.serving.current

    async def run() -> None:
        archive = Archive()
        for release in several[:3]:
            async with archive.service(release, current) as past:
                answer = await past.store.query(
                    Query(f"ASK {{ {mint('incident', release.facts['built'][3])} ?p ?o }}", 5)
                )
                assert b"true" in await answer.read()
        assert archive.open == [release.id for release in several[1:3]]
        async with AsyncExitStack() as stack:
            for release in several[:2]:
                await stack.enter_async_context(archive.service(release, current))
            with pytest.raises(LimitExceeded):
                await stack.enter_async_context(archive.service(several[2], current))
        await archive.close()
        assert archive.open == []

    asyncio.run(run())


def test_a_release_of_before_is_closed_when_nobody_asks_for_it(
    publication: Publication, several: list[Release]
) -> None:
    assert publication.served.app is not None
    current = publication.served.app.state.serving.current

    async def run() -> None:
        archive = Archive(idle=0.2)
        async with archive.service(several[3], current):
            await asyncio.sleep(0.5)
            assert archive.open == [several[3].id]
        for _ in range(200):
            if not archive.open:
                break
            await asyncio.sleep(0.05)
        assert archive.open == []
        async with archive.service(several[3], current):
            assert archive.open == [several[3].id]
        await archive.close()

    asyncio.run(run())
