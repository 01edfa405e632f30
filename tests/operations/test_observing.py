"""What those who run the service see of it, and that it is nothing about those who use it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from tests.waiting import eventually

from harmgraph.store.releases.release import Releases

from .conftest import RUNAWAY, VALUE, Running, publish

Start = Callable[..., Running]


def metric(text: str, name: str) -> float:
    """The sum over all samples of this metric whose line begins like this."""
    return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name))


def test_metrics_count_queries_by_how_they_ended(start: Start) -> None:
    service = start(query_timeout="1", store="disk")
    for query in (VALUE, VALUE + " LIMIT 9", VALUE, "nonsense", RUNAWAY):
        service.client().get("/sparql", params={"query": query}, headers={"Accept": "text/csv"})
    service.client().get("/sparql", params={"query": VALUE}, headers={"Accept": "image/png"})
    service.client().get("/doc/incident/NOBODY")
    text = service.client().get("/metrics").text
    for outcome, count in {"whole": 2, "cached": 1, "refused": 1, "time": 1, "not-acceptable": 1, "queue": 0}.items():
        assert metric(text, f'harmgraph_queries_total{{outcome="{outcome}"}}') == count, outcome
    assert metric(text, "harmgraph_query_seconds_count") == 6
    assert metric(text, "harmgraph_worker_kills_total") == 1
    assert metric(text, "harmgraph_keeper_restarts_total") == 0
    assert metric(text, 'harmgraph_workers{state="idle"}') == 2
    assert metric(text, "harmgraph_response_bytes_total") > 100
    assert metric(text, 'harmgraph_requests_total{method="GET",route="/sparql",status="200"}') == 3
    assert "NOBODY" not in text, "routes are counted by their template"


def test_metrics_name_the_release_and_where_it_is_held(releases: Releases, start: Start) -> None:
    service = start(store="disk")
    first = releases.current().id
    second = publish(releases, 2).id
    assert eventually(lambda: service.value() == "2", 10)
    text = service.client().get("/metrics").text
    assert metric(text, f'harmgraph_release_info{{release="{first}",store="disk"}}') == 0
    assert metric(text, f'harmgraph_release_info{{release="{second}",store="disk"}}') == 1


def test_metrics_can_be_switched_off(start: Start) -> None:
    assert start(metrics="off").client().get("/metrics").status_code == 404


def test_the_access_log_is_json_and_names_nobody(releases: Releases, start: Start) -> None:
    service = start(log_format="json")
    headers = {"User-Agent": "somebody/1.0", "Accept": "text/csv", "X-Forwarded-For": "203.0.113.9"}
    service.client().get("/sparql", params={"query": VALUE}, headers=headers)
    assert service.logs(r'"/sparql"')
    lines = [json.loads(line) for line in service.lines]
    (line,) = [each for each in lines if each.get("route") == "/sparql"]
    known = "time level logger method route path status seconds bytes query outcome release"
    assert list(line) == known.split()
    assert (line["method"], line["status"], line["outcome"]) == ("GET", 200, "whole")
    assert re.fullmatch("[0-9a-f]{12}", line["query"])
    assert line["bytes"] == len("v\r\n1\r\n")
    assert line["release"] == releases.current().id
    for secret in ("somebody", "203.0.113.9", "127.0.0.1:", "example.org", "SELECT"):
        assert not any(secret in text for text in service.lines if "serving release" not in text), secret


@pytest.mark.parametrize("processes", ["1", "2"])
def test_what_is_answered_from_memory_is_logged_and_counted(start: Start, processes: str) -> None:
    service = start("--processes", processes, log_format="json", store="disk")
    with service.client() as client:  # one connection, so one process
        answers = [client.get("/sparql", params={"query": VALUE}, headers={"Accept": "text/csv"}) for _ in range(4)]
        assert len({answer.text for answer in answers}) == 1
        text = client.get("/metrics").text
    for outcome, count in {"whole": 1, "cached": 3}.items():
        assert metric(text, f'harmgraph_queries_total{{outcome="{outcome}"}}') == count
    assert metric(text, "harmgraph_query_seconds_count") == 4
    assert metric(text, 'harmgraph_requests_total{method="GET",route="/sparql",status="200"}') == 4
    assert service.logs(r'"/metrics"')
    lines = [json.loads(line) for line in service.lines if '"route": "/sparql"' in line]
    assert [line["outcome"] for line in lines] == ["whole", "cached", "cached", "cached"]
    assert {(line["bytes"], line["query"]) for line in lines} == {(len("v\r\n1\r\n"), lines[0]["query"])}


def test_links_and_redirects_lie_below_the_base_path(start: Start) -> None:
    service = start(base_path="/graph")
    client = service.client()
    for path in ("/", "/graph/", "/sparql", "/graph/sparql"):
        page = client.get(path, headers={"Accept": "text/html"})
        assert page.status_code == 200, path
        links = re.findall(r'(?:href|src|action)="(/[^"]*)"', page.text)
        assert links
        assert all(link.startswith("/graph/") for link in links), path
    assert client.get("/graph/static/style.css").status_code == 200
    moved = client.get("/graph/id/incident/o'neil")
    assert moved.headers.get("location", "/graph/").startswith("/graph/")


def test_a_prefix_is_believed_of_trusted_proxies_only(start: Start) -> None:
    asked = {"Accept": "text/html", "X-Forwarded-Prefix": "/below"}
    with start().client() as trusting:
        assert 'href="/below/static/' in trusting.get("/", headers=asked).text
        hostile = {**asked, "X-Forwarded-Prefix": '/"><script>'}
        assert 'href="/static/' in trusting.get("/", headers=hostile).text
    assert 'href="/static/' in start(trusted_proxies="203.0.113.1").client().get("/", headers=asked).text
