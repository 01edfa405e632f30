"""The manners of the client: who it says it is, when it waits, what it keeps, and that an error with 200 is one."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from tests.fetching.conftest import HASTY
from tests.fetching.site import Answer, Site, packed
from tests.linking.wikidata_site import API, SERVICE, error, sent

from harmgraph.errors import FetchFailed, LookupFailed
from harmgraph.fetching.web import Patience
from harmgraph.wikidata.client import Client

FINE = {"success": 1}


def client(url: str, cache: Path | None = None, patience: Patience = HASTY, pause: float = 0.0) -> Client:
    return Client(url, cache, "ops@example.org", patience, pause)


def test_it_says_who_it_is_and_how_to_reach_whoever_runs_it(site: Site) -> None:
    client(site.at(API, sent(FINE))).get({"action": "query"})
    assert site.headers(0)["User-Agent"].startswith("harmgraph/")
    assert "https://w3id.org/harmgraph/; ops@example.org)" in site.headers(0)["User-Agent"]
    assert site.headers(0)["Accept-Encoding"] == "gzip"


def test_a_compressed_answer_is_read(site: Site) -> None:
    assert client(site.at(API, packed(b'{"success": 1}'))).get({}) == FINE


@pytest.mark.parametrize(
    "first",
    [
        error("maxlag", Retry_After="0"),
        error("ratelimited"),
        error("internal_api_error_DBQueryError"),
        sent({}, 429, Retry_After="0"),
        sent({}, 503),
        Answer(b"<html>Our servers are busy</html>", headers={"Content-Type": "text/html"}),
        Answer(b'{"success": 1}', cut=5),
        Answer(b'{"success": 1}', pause=2.0),
    ],
    ids=["maxlag", "ratelimited", "internal", "429", "503", "a page", "cut off", "silent"],
)
def test_what_another_try_may_cure_is_tried_again(site: Site, first: Answer) -> None:
    assert client(site.at(API, first, sent(FINE))).get({}) == FINE
    assert len(site.asked) == 2


@pytest.mark.parametrize("asks", [sent({}, 429, Retry_After="1"), error("maxlag", Retry_After="1")])
def test_it_waits_as_long_as_the_server_asks(site: Site, asks: Answer) -> None:
    start = time.monotonic()
    client(site.at(API, asks, sent(FINE))).get({})
    assert time.monotonic() - start >= 1


def test_a_server_that_asks_for_more_than_that_is_not_asked_again(site: Site) -> None:
    with pytest.raises(FetchFailed, match="asks to wait 3,600 s"):
        client(site.at(API, error("maxlag", Retry_After="3600"))).get({})
    assert len(site.asked) == 1


def test_it_gives_up_in_the_end_and_says_why(site: Site) -> None:
    with pytest.raises(FetchFailed, match="maxlag: as it happens; gave up after 4 tries"):
        client(site.at(API, error("maxlag"))).get({})


@pytest.mark.parametrize(
    "answer", [error("no-such-entity"), sent({"status": "error", "message": "bad query"}), sent({"error": "no"})]
)
def test_an_error_with_status_200_is_no_answer_and_is_not_kept(site: Site, tmp_path: Path, answer: Answer) -> None:
    asking = client(site.at(API, answer, sent(FINE)), tmp_path)
    with pytest.raises(LookupFailed, match=r"no|bad query"):
        asking.get({})
    assert asking.get({}) == FINE


def test_an_answer_is_kept_and_each_question_asked_once(site: Site, tmp_path: Path) -> None:
    url = site.at(API, sent(FINE))
    for _ in range(2):
        with client(url, tmp_path / "kept") as asking:
            assert asking.get({"a": "1"}) == asking.get({"a": "1"}) == FINE
            assert asking.post({"queries": "{}"}) == FINE
    assert len(site.asked) == 2
    assert asking.requests == 0


def test_a_kept_answer_that_is_old_or_damaged_is_asked_for_again(site: Site, tmp_path: Path) -> None:
    asking = client(site.at(API, sent(FINE)), tmp_path)
    asking.get({})
    (kept,) = tmp_path.glob("*.json")
    kept.write_text('{"answer": {"suc')
    assert asking.get({}) == FINE
    assert len(site.asked) == 2


def test_there_is_a_pause_between_requests(site: Site) -> None:
    asking = client(site.at(API, sent(FINE)), pause=0.3)
    start = time.monotonic()
    for _ in range(3):
        asking.get({})
    assert time.monotonic() - start >= 0.6


def test_a_redirect_is_followed(site: Site) -> None:
    site.at(API, sent(FINE))
    old = site.at("/old", Answer(status=308, headers={"Location": API}))
    assert client(old).post({"queries": "{}"}) == FINE
    assert site.headers(1)[":body"] == "queries=%7B%7D"


def test_a_form_that_a_redirect_would_lose_is_a_failure(site: Site) -> None:
    site.at(API, sent(FINE))
    with pytest.raises(FetchFailed, match="HARMGRAPH_WIKIDATA_RECONCILIATION_URL"):
        client(site.at(SERVICE, Answer(status=302, headers={"Location": API}))).post({"queries": "{}"})


@pytest.mark.parametrize("to", ["http://example.org/", "ftp://127.0.0.1/"])
def test_a_redirect_away_from_https_is_refused(site: Site, to: str) -> None:
    with pytest.raises(FetchFailed):
        client(site.at(API, Answer(status=302, headers={"Location": to}))).get({})


def test_what_is_gone_names_the_setting(site: Site) -> None:
    with pytest.raises(FetchFailed, match=r"404.*HARMGRAPH_WIKIDATA_API_URL"):
        client(site.at(API, sent({}, 404))).get({})


def test_a_server_that_is_silent_for_good_is_given_up(site: Site) -> None:
    patience = replace(HASTY, attempts=2, silence=0.1)
    with pytest.raises(FetchFailed, match="no answer in time"):
        client(site.at(API, Answer(b"{}", pause=1.0)), patience=patience).get({})
