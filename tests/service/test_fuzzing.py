"""Requests that nobody would write: made after the OpenAPI description, and as bytes that are hardly HTTP.

Whatever comes, the service never fails (500) and answers the next request.
"""

from __future__ import annotations

import random
import re
import socket
from typing import Any

import httpx
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.routing import Route

from harmgraph.service.openapi import description

from .conftest import Served

SCHEMA = schemathesis.openapi.from_dict(description("harmgraph", "0", ""))
"""What requests are made of; where they go, each test says."""
UNDESCRIBED = {"/problems", "/ns.{suffix}", "/ns/{version}", "/{name}", "/search", "/compare"}
"""Pages for people, and further names of what is described."""
MANY = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@SCHEMA.parametrize()
@MANY
def test_every_request_of_the_description_is_answered_as_described(case: Case[Any], served: Served) -> None:
    response = case.call(base_url=served.address, allow_redirects=False)
    case.validate_response(
        response,
        checks=[status_code_conformance, content_type_conformance, response_schema_conformance],
    )


def test_the_description_has_every_path_there_is(served: Served, client: httpx.Client) -> None:
    assert served.app is not None
    described = set(client.get("/openapi.json").json()["paths"])
    routed = {route.path.replace(":path}", "}") for route in served.app.routes if isinstance(route, Route)}
    assert described == routed - UNDESCRIBED


METHODS = ("GET", "POST", "HEAD", "PUT", "OPTIONS", "get", "BREW", "", "GET GET")
TARGETS = (
    "/sparql",
    "/sparql?query=ASK%7B%7D",
    "/graphs?default",
    "/doc/incident/AIAAIC0850",
    "/id/%ff",
    "*",
    "//",
    "/%00",
)
LINES = (
    "Host: localhost",
    "Accept: text/turtle;q=0.5, */*;q=banana",
    "Accept: " + "text/turtle," * 500,
    "Accept-Encoding: gzip;q=2, \x00",
    "Content-Type: application/sparql-query",
    "Content-Type: application/x-www-form-urlencoded; charset=\xff",
    "Content-Length: 7",
    "Content-Length: -1",
    "Content-Length: 99999999999999999999",
    "Transfer-Encoding: chunked",
    'If-None-Match: "a, W/b", *',
    "Expect: 100-continue",
    "Upgrade: websocket\r\nConnection: Upgrade",
    "X: " + "x" * 20_000,
    ": no name",
    "no colon",
)
BODIES = (b"", b"ASK {}", b"5\r\nASK{}\r\n0\r\n\r\n", b"query=ASK%20%7B%7D", b"\xff" * 100, b"zz\r\n")
requests = st.builds(
    lambda method, target, version, lines, body: (
        f"{method} {target} {version}\r\n".encode("latin-1", "replace")
        + "".join(f"{line}\r\n" for line in lines).encode("latin-1", "replace")
        + b"\r\n"
        + body
    ),
    st.sampled_from(METHODS),
    st.sampled_from(TARGETS) | st.text(max_size=30),
    st.sampled_from(("HTTP/1.1", "HTTP/1.0", "HTTP/9.9", "")),
    st.lists(st.sampled_from(LINES), max_size=6),
    st.sampled_from(BODIES) | st.binary(max_size=50),
)


@given(raw=requests, cut=st.none() | st.integers(1, 60))
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_bytes_make_the_service_fail(served: Served, raw: bytes, cut: int | None) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection:
        connection.sendall(raw[:cut])
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while part := connection.recv(1 << 16):
            received += part
    assert not re.match(rb"HTTP/1\.1 50\d", received), received[:300]


def test_it_still_answers_after_all_that(client: httpx.Client) -> None:
    assert client.get("/healthz").status_code == 200


def test_a_query_of_random_tokens_is_answered_or_refused(client: httpx.Client) -> None:
    choice = random.Random(2026)
    words = [
        "SELECT",
        "ASK",
        "CONSTRUCT",
        "DESCRIBE",
        "*",
        "{",
        "}",
        "(",
        ")",
        "?s",
        "?p",
        "a",
        "hg:Incident",
        "FILTER",
        "OPTIONAL",
        "UNION",
        "GRAPH",
        "VALUES",
        "BIND",
        "AS",
    ]
    words += ["'x'", "1", "<http://a/>", "[]", "_:b", "SERVICE", "WHERE", "LIMIT", "\\u0041", "<<", ">>", "\x00", "."]
    statuses = set()
    for _ in range(150):
        query = " ".join(choice.choices(words, k=choice.randrange(1, 14)))
        statuses.add(client.get("/sparql", params={"query": query, "timeout": 2}).status_code)
    assert statuses <= {200, 400, 403, 406, 503}
