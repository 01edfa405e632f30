"""SERVICE over HTTP: what a client gets of another endpoint's answer, and of its failure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from harmgraph.settings import Settings

from .conftest import Served


@pytest.fixture
def asking(tmp_path: Any, scripted: Any, served: Served, quads: list[Any]) -> Iterator[httpx.Client]:
    """A service that may ask the service of the other tests, and a scripted endpoint."""
    listed = f"{served.address}/sparql, {scripted.address}"
    with (
        Served(tmp_path / "releases", quads[:50], Settings(store="memory", workers=1, federation=listed)) as service,
        httpx.Client(base_url=service.address, timeout=30) as client,
    ):
        yield client


def test_a_query_joins_what_another_service_holds(asking: httpx.Client, served: Served) -> None:
    clause = f"SERVICE <{served.address}/sparql> {{ ?i hg:deployer hgo:acme }}"
    query = f"SELECT (COUNT(DISTINCT ?i) AS ?n) {{ {clause} }}"
    answer = asking.get("/sparql", params={"query": query, "format": "csv"})
    assert (answer.status_code, answer.text.split()) == (200, ["n", "120"])
    page = asking.get("/sparql", params={"query": query, "format": "html"})
    assert "120" in page.text


def test_a_failure_of_another_endpoint_is_a_bad_gateway(asking: httpx.Client, scripted: Any) -> None:
    scripted.sends(b"busy", 429, media_type="text/plain", Retry_After="17")
    query = f"SELECT * {{ SERVICE <{scripted.address}> {{ ?s ?p ?o }} }}"
    answer = asking.get("/sparql", params={"query": query})
    assert (answer.status_code, answer.headers["Retry-After"]) == (502, "17")
    assert answer.headers["Cache-Control"] == "no-store"
    problem = answer.json()
    assert problem["type"].endswith("problems#service-failed")
    assert problem["endpoint"] == scripted.address
    assert problem["detail"].endswith("answered with status 429: busy")
    silent = asking.get("/sparql", params={"query": query.replace("SERVICE", "SERVICE SILENT"), "format": "csv"})
    assert silent.status_code == 200


def test_an_endpoint_that_is_not_listed_is_the_fault_of_the_query(asking: httpx.Client, scripted: Any) -> None:
    query = f"SELECT * {{ SERVICE <http://localhost:{scripted.port}/sparql> {{ ?s ?p ?o }} }}"
    answer = asking.get("/sparql", params={"query": query})
    assert answer.status_code == 400
    assert scripted.address in answer.json()["detail"]
    assert scripted.asked == []


def test_the_description_says_whether_the_service_federates(
    asking: httpx.Client, tmp_path: Any, quads: list[Any]
) -> None:
    turtle = {"Accept": "text/turtle"}
    assert "BasicFederatedQuery" in asking.get("/sparql", headers=turtle).text
    with Served(tmp_path / "others", quads[:5], Settings(store="memory", federation="")) as service:
        assert "BasicFederatedQuery" not in httpx.get(f"{service.address}/sparql", headers=turtle).text
