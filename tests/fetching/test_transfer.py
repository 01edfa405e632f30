"""A download arrives whole or not at all, whatever the server does."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from tests.fetching.conftest import fetch_sheet, sheet
from tests.fetching.site import Answer, Asked, Framing, Site, packed, served, until

from harmgraph.errors import FetchFailed
from harmgraph.fetching import ORIGINS, fetch
from harmgraph.fetching.web import USER_AGENT, Patience, web

SHEET = sheet(3000)
FRAMINGS: tuple[Framing, ...] = ("length", "chunked")
CSV = {"Content-Type": "text/csv", "ETag": '"v1"'}


def arrived(folder: Path) -> bool:
    return (folder / "aiaaic-sheet.csv").read_bytes() == SHEET and not list(folder.glob("*.part*"))


def test_a_download_says_who_asks_and_for_bytes_as_they_are(site: Site, tmp_path: Path) -> None:
    fetch_sheet(tmp_path, site.at("/s.csv", served(SHEET)))
    assert arrived(tmp_path)
    assert site.headers(0)["User-Agent"] == USER_AGENT
    assert USER_AGENT.startswith("harmgraph/")
    assert site.headers(0)["Accept-Encoding"] == "identity"


def test_progress_is_told_up_to_the_last_byte(site: Site, tmp_path: Path) -> None:
    told: list[tuple[str, int, int | None]] = []
    fetch(ORIGINS["aiaaic"], tmp_path, site.at("/s.csv", served(SHEET)), lambda *each: told.append(each))
    assert told[-1] == ("fetching", len(SHEET), len(SHEET))
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)


@pytest.mark.parametrize("framing", FRAMINGS)
def test_a_dropped_answer_is_taken_up_where_it_broke_off(site: Site, tmp_path: Path, framing: Framing) -> None:
    dropped = Answer(SHEET, headers=CSV, framing=framing, cut=100_000)
    fetch_sheet(tmp_path, site.at("/s.csv", dropped, served(SHEET)))
    assert arrived(tmp_path)
    assert 0 < int(site.headers(1)["Range"].removeprefix("bytes=").rstrip("-")) <= 100_000
    assert site.headers(1)["If-Range"] == '"v1"'


def test_a_download_that_drops_three_times_arrives_in_four_pieces(site: Site, tmp_path: Path) -> None:
    whole = served(SHEET)

    def dropping(asked: Asked) -> Answer:
        answer = whole(asked)
        return Answer(answer.body, answer.status, answer.headers, cut=60_000)

    fetch_sheet(tmp_path, site.at("/s.csv", dropping, dropping, dropping, whole))
    assert arrived(tmp_path)
    assert len(site.asked) == 4


def test_a_later_run_goes_on_where_an_earlier_one_gave_up(site: Site, tmp_path: Path) -> None:
    url = site.at("/s.csv", Answer(SHEET, headers=CSV, cut=100_000), Answer(status=503))
    with pytest.raises(FetchFailed, match=r"503.*100,000 bytes are kept.*goes on from there"):
        fetch_sheet(tmp_path, url)
    assert (tmp_path / "aiaaic-sheet.csv.part").stat().st_size == 100_000
    assert not (tmp_path / "aiaaic-sheet.csv").exists()
    site.at("/s.csv", served(SHEET))
    fetch_sheet(tmp_path, url)
    assert arrived(tmp_path)
    assert site.headers(-1)["Range"] == "bytes=100000-"


def test_a_file_that_changed_between_two_tries_is_fetched_from_the_start(site: Site, tmp_path: Path) -> None:
    older = sheet(3000, word="Former")
    fetch_sheet(tmp_path, site.at("/s.csv", Answer(older, headers=CSV, cut=100_000), served(SHEET, etag='"v2"')))
    assert arrived(tmp_path)


def test_a_server_that_goes_on_with_another_file_is_not_believed(site: Site, tmp_path: Path) -> None:
    def ignoring_if_range(asked: Asked) -> Answer:
        given = f"bytes 100000-{len(SHEET) - 1}/{len(SHEET)}"
        return Answer(SHEET[100_000:], 206, {"ETag": '"v2"', "Content-Range": given})

    older = sheet(3000, word="Headlime")
    assert len(older) == len(SHEET)  # so that only the ETag tells them apart
    dropped = Answer(older, headers=CSV, cut=100_000)
    fetch_sheet(tmp_path, site.at("/s.csv", dropped, ignoring_if_range, served(SHEET, etag='"v2"')))
    assert arrived(tmp_path)
    assert "Range" not in site.headers(2)


@pytest.mark.parametrize("given", ["bytes 5-9/10", "bytes 0-99/100", "nonsense", ""])
def test_another_range_than_the_one_asked_for_makes_it_start_over(site: Site, tmp_path: Path, given: str) -> None:
    wrong = Answer(b"wrong", 206, {"Content-Range": given} if given else {})
    fetch_sheet(tmp_path, site.at("/s.csv", Answer(SHEET, headers=CSV, cut=100_000), wrong, served(SHEET)))
    assert arrived(tmp_path)


def test_a_range_that_begins_earlier_is_not_put_after_what_is_there(site: Site, tmp_path: Path) -> None:
    given = f"bytes 99990-{len(SHEET) - 11}/{len(SHEET)}"  # as many bytes as are missing, but other ones
    early = Answer(SHEET[99_990:-10], 206, {"ETag": '"v1"', "Content-Range": given})
    fetch_sheet(tmp_path, site.at("/s.csv", Answer(SHEET, headers=CSV, cut=100_000), early, served(SHEET)))
    assert arrived(tmp_path)
    assert "Range" not in site.headers(2)


def test_a_server_that_sends_less_of_the_rest_than_asked_for_is_asked_for_more(site: Site, tmp_path: Path) -> None:
    given = f"bytes 100000-149999/{len(SHEET)}"
    some = Answer(SHEET[100_000:150_000], 206, {"ETag": '"v1"', "Content-Range": given})
    fetch_sheet(tmp_path, site.at("/s.csv", Answer(SHEET, headers=CSV, cut=100_000), some, served(SHEET)))
    assert arrived(tmp_path)
    assert site.headers(2)["Range"] == "bytes=150000-"


def test_a_server_that_ignores_ranges_sends_the_whole_again(site: Site, tmp_path: Path) -> None:
    fetch_sheet(tmp_path, site.at("/s.csv", Answer(SHEET, headers=CSV, cut=100_000), Answer(SHEET, headers=CSV)))
    assert arrived(tmp_path)
    assert "Range" in site.headers(1)


@pytest.mark.parametrize("validators", [{}, {"ETag": 'W/"v1"'}, {"Last-Modified": "yesterday"}])
def test_without_a_strong_validator_nothing_is_resumed(site: Site, tmp_path: Path, validators: dict[str, str]) -> None:
    fetch_sheet(tmp_path, site.at("/s.csv", Answer(SHEET, headers=validators, cut=100_000), Answer(SHEET)))
    assert arrived(tmp_path)
    assert "Range" not in site.headers(1)


def test_an_old_last_modified_is_strong_enough_to_resume_with(site: Site, tmp_path: Path) -> None:
    stamp = "Thu, 01 Jan 2026 00:00:00 GMT"
    whole = served(SHEET, etag="", **{"Last-Modified": stamp})
    fetch_sheet(tmp_path, site.at("/s.csv", Answer(SHEET, headers={"Last-Modified": stamp}, cut=100_000), whole))
    assert arrived(tmp_path)
    assert site.headers(1)["If-Range"] == stamp


def test_a_part_that_was_already_whole_is_not_fetched_again(site: Site, tmp_path: Path) -> None:
    url = site.at("/s.csv", Answer(SHEET, headers=CSV, cut=100_000), Answer(status=503))
    with pytest.raises(FetchFailed):
        fetch_sheet(tmp_path, url)
    (tmp_path / "aiaaic-sheet.csv.part").write_bytes(SHEET)  # as if killed between the last byte and the renaming
    site.at("/s.csv", served(SHEET))
    before = len(site.asked)
    fetch_sheet(tmp_path, url)
    assert arrived(tmp_path)
    assert site.headers(before)["Range"] == f"bytes={len(SHEET)}-"
    assert len(site.asked) == before + 1


def test_a_part_longer_than_the_file_is_dropped(site: Site, tmp_path: Path) -> None:
    url = site.at("/s.csv", Answer(SHEET, headers=CSV, cut=100_000), Answer(status=503))
    with pytest.raises(FetchFailed):
        fetch_sheet(tmp_path, url)
    (tmp_path / "aiaaic-sheet.csv.part").write_bytes(SHEET + b"more")
    site.at("/s.csv", served(SHEET))
    fetch_sheet(tmp_path, url)
    assert arrived(tmp_path)


@pytest.mark.parametrize("asked", ["1", "date"])
def test_retry_after_is_waited_for(site: Site, tmp_path: Path, asked: str) -> None:
    value = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True) if asked == "date" else asked
    began = time.monotonic()
    fetch_sheet(tmp_path, site.at("/s.csv", Answer(status=429, headers={"Retry-After": value}), served(SHEET)))
    assert arrived(tmp_path)
    assert 0.9 < time.monotonic() - began < 3


def test_a_server_that_asks_to_wait_for_hours_is_not_asked_again(site: Site, tmp_path: Path) -> None:
    url = site.at("/s.csv", Answer(status=503, headers={"Retry-After": "7200"}), served(SHEET))
    with pytest.raises(FetchFailed, match=r"503.*asks to wait 7,200 s, and no more than 3 s"):
        fetch_sheet(tmp_path, url)
    assert len(site.asked) == 1


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_passing_fault_is_got_over(site: Site, tmp_path: Path, status: int) -> None:
    fetch_sheet(tmp_path, site.at("/s.csv", Answer(status=status), Answer(status=status), served(SHEET)))
    assert arrived(tmp_path)


def test_it_gives_up_after_as_many_tries_as_it_may(site: Site, tmp_path: Path) -> None:
    with pytest.raises(FetchFailed, match=r"503 Service Unavailable; gave up after 4 tries; run the same command"):
        fetch_sheet(tmp_path, site.at("/s.csv", Answer(status=503)))
    assert len(site.asked) == 4


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        (401, "not open to the public"),
        (403, "not open to the public"),
        (404, "new address"),
        (410, "new address"),
        (418, "by hand"),
    ],
)
def test_a_lasting_fault_is_asked_about_once(site: Site, tmp_path: Path, status: int, remedy: str) -> None:
    with pytest.raises(FetchFailed, match=rf"answered {status} .*{remedy}"):
        fetch_sheet(tmp_path, site.at("/s.csv", Answer(status=status)))
    assert len(site.asked) == 1


def test_a_server_that_falls_silent_is_asked_again(site: Site, tmp_path: Path) -> None:
    slow = Answer(SHEET, headers=CSV, pause=30)
    fetch_sheet(tmp_path, site.at("/s.csv", slow, served(SHEET)))
    assert arrived(tmp_path)
    assert int(site.headers(1)["Range"].removeprefix("bytes=").rstrip("-")) == len(SHEET) // 2


def test_silence_to_the_end_is_told_as_such(site: Site, tmp_path: Path) -> None:
    with pytest.raises(FetchFailed, match=r"no answer in time \(ReadTimeout\); gave up after 4 tries"):
        fetch_sheet(tmp_path, site.at("/s.csv", Answer(SHEET, pause=30)))


def test_nobody_listening_is_told_with_the_address(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(FetchFailed, match=rf"127\.0\.0\.1:{port}/s\.csv: .*refused.*4 tries"):
        fetch_sheet(tmp_path, f"http://127.0.0.1:{port}/s.csv")


def test_chunks_without_a_length_arrive_whole(site: Site, tmp_path: Path) -> None:
    fetch_sheet(tmp_path, site.at("/s.csv", Answer(SHEET, framing="chunked")))
    assert arrived(tmp_path)


def test_an_answer_encoded_unasked_is_decoded(site: Site, tmp_path: Path) -> None:
    fetch_sheet(tmp_path, site.at("/s.csv", packed(SHEET)))
    assert arrived(tmp_path)


def test_an_encoded_answer_that_drops_starts_over(site: Site, tmp_path: Path) -> None:
    whole = packed(sheet(30_000))
    dropped = Answer(whole.body, headers=whole.headers, cut=len(whole.body) // 2)
    fetch_sheet(tmp_path, site.at("/s.csv", dropped, served(SHEET)))
    assert arrived(tmp_path)
    assert "Range" not in site.headers(1)


def test_redirects_are_followed_to_another_host_of_this_machine(site: Site, tmp_path: Path) -> None:
    site.at("/moved.csv", served(SHEET))
    there = site.url.replace("127.0.0.1", "localhost") + "/moved.csv"
    fetch_sheet(tmp_path, site.at("/s.csv", Answer(status=307, headers={"Location": there})))
    assert arrived(tmp_path)
    assert site.headers(1)["Host"].startswith("localhost")


def test_a_circle_of_redirects_ends(site: Site, tmp_path: Path) -> None:
    site.at("/a.csv", Answer(status=302, headers={"Location": "/b.csv"}))
    with pytest.raises(FetchFailed, match="redirects more than 5 times"):
        fetch_sheet(tmp_path, site.at("/b.csv", Answer(status=302, headers={"Location": "/a.csv"})))
    assert len(site.asked) == 6


@pytest.mark.parametrize("location", ["http://example.org/s.csv", "ftp://127.0.0.1/s.csv", "file:///etc/passwd"])
def test_a_redirect_to_anything_but_https_is_refused(site: Site, tmp_path: Path, location: str) -> None:
    with pytest.raises(FetchFailed, match="not https"):
        fetch_sheet(tmp_path, site.at("/s.csv", Answer(status=302, headers={"Location": location})))
    assert len(site.asked) == 1


def test_a_site_on_the_network_cannot_send_one_to_this_machine(site: Site) -> None:
    with web("https://example.org/s.csv", Patience()) as client, pytest.raises(FetchFailed, match="not https"):
        client.get(site.at("/s.csv", served(SHEET)))
    assert not site.asked


@pytest.mark.parametrize("url", ["http://example.org/s.csv", "s.csv", "file:///etc/passwd", "http://[", ""])
def test_an_address_that_is_not_https_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(FetchFailed):
        fetch_sheet(tmp_path, url)


def test_what_is_larger_than_a_source_may_be_is_refused(site: Site, tmp_path: Path) -> None:
    small = replace(ORIGINS["aiaaic"], largest=100_000)
    for framing in FRAMINGS:
        url = site.at("/s.csv", Answer(SHEET, framing=framing))
        with pytest.raises(FetchFailed, match="larger than 100,000 bytes"):
            fetch(small, tmp_path, url)
    assert not list(tmp_path.glob("*.part*"))


def test_two_fetches_into_one_folder_do_not_mix(site: Site, tmp_path: Path) -> None:
    slow = site.at("/slow.csv", Answer(SHEET, pause=0.3))
    first = threading.Thread(target=fetch_sheet, args=(tmp_path, slow))
    first.start()
    until(lambda: bool(site.asked))
    with pytest.raises(FetchFailed, match="another fetch is at work"):
        fetch_sheet(tmp_path, slow)
    first.join()
    assert arrived(tmp_path)
