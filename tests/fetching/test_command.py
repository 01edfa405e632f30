"""`harmgraph fetch` as people run it: in a process of its own, which can be interrupted and can run out of room."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.fetching.conftest import sheet
from tests.fetching.site import Answer, Site, served, until
from tests.fetching.test_archives import tarred

from harmgraph.fetching import ORIGINS, fetch

SHEET = sheet(3000)
HEADERS = {"ETag": '"v1"', "Content-Type": "text/csv"}
# A real limit of the operating system on the size of a file: to a program it looks like a disk that is full.
LIMITED = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000)); "


def command(database: str, folder: Path, *more: str, before: str = "") -> list[str]:
    program = f"{before}from harmgraph.cli import app; app()"
    return [sys.executable, "-c", program, "fetch", database, "--to", str(folder), *more]


def environment(url: str = "") -> Mapping[str, str]:
    return {**os.environ, "HARMGRAPH_AIAAIC_URL": url, "COLUMNS": "500"}


def run(arguments: list[str], url: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(arguments, env=environment(url), capture_output=True, text=True, check=False, timeout=120)


def test_it_says_what_it_fetched_and_what_to_do_next(site: Site, tmp_path: Path) -> None:
    url = site.at("/s.csv", served(SHEET))
    first, second = run(command("aiaaic", tmp_path), url), run(command("aiaaic", tmp_path), url)
    assert (first.returncode, second.returncode) == (0, 0)
    assert first.stdout.startswith(f"{tmp_path}/aiaaic-sheet.csv is new: AIAAIC Repository, the sheet of incidents, 20")
    assert "licenses/by-sa/4.0/" in first.stdout
    assert f"next: harmgraph build aiaaic-sheet={tmp_path}/aiaaic-sheet.csv" in first.stderr
    assert " is current: " in second.stdout


def test_an_address_on_the_command_line_comes_before_the_setting(site: Site, tmp_path: Path) -> None:
    done = run(command("aiaaic", tmp_path, "--url", site.at("/s.csv", served(SHEET))), "https://example.org/never")
    assert done.returncode == 0
    assert (tmp_path / "aiaaic-sheet.csv").read_bytes() == SHEET


def test_a_refusal_is_a_message_and_not_a_traceback(site: Site, tmp_path: Path) -> None:
    page = Answer(b"<html><title>Sign in</title>", headers={"Content-Type": "text/html"})
    done = run(command("aiaaic", tmp_path), site.at("/s.csv", page))
    assert done.returncode == 2
    assert "answered with text/html titled 'Sign in' where a file was expected" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_database_is_named_with_those_there_are(tmp_path: Path) -> None:
    done = run(command("oecd", tmp_path))
    assert done.returncode == 2
    assert "there are aiaaic, aiid, avid" in done.stderr


def test_an_interrupted_run_is_taken_up_by_the_next(site: Site, tmp_path: Path) -> None:
    url = site.at("/s.csv", Answer(SHEET, headers=HEADERS, pause=60), served(SHEET))
    part, half = tmp_path / "aiaaic-sheet.csv.part", len(SHEET) // 2
    with subprocess.Popen(
        command("aiaaic", tmp_path),
        env=environment(url),
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a test run in the background ignores it
    ) as process:
        until(lambda: part.exists() and part.stat().st_size == half)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) != 0
    assert part.read_bytes() == SHEET[:half]
    assert not (tmp_path / "aiaaic-sheet.csv").exists()

    assert run(command("aiaaic", tmp_path), url).returncode == 0
    assert site.headers(1)["Range"] == f"bytes={half}-"
    assert (tmp_path / "aiaaic-sheet.csv").read_bytes() == SHEET


def test_a_run_that_had_no_room_is_taken_up_by_the_next(site: Site, tmp_path: Path) -> None:
    url = site.at("/s.csv", served(SHEET))
    full = run(command("aiaaic", tmp_path, before=LIMITED), url)
    assert full.returncode == 2
    assert "File too large; make room, then: 150,000 bytes are kept" in full.stderr
    assert (tmp_path / "aiaaic-sheet.csv.part").read_bytes() == SHEET[:150_000]

    assert run(command("aiaaic", tmp_path), url).returncode == 0
    assert site.headers(1)["Range"] == "bytes=150000-"
    assert (tmp_path / "aiaaic-sheet.csv").read_bytes() == SHEET


def test_no_room_to_unpack_keeps_the_archive_for_the_next_run(site: Site, tmp_path: Path) -> None:
    content = b"incident_id\r\n" + b"1\r\n" * 100_000
    url = site.at("/a.tar.bz2", served(tarred({"x/incidents.csv": content})))
    full = run(command("aiid", tmp_path, "--url", url, before=LIMITED))
    assert full.returncode == 2
    assert "File too large; mend that and run the same command again" in full.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == [".fetch.lock", "aiid.part", "aiid.part.toml"]

    assert (fetch(ORIGINS["aiid"], tmp_path, url).path / "incidents.csv").read_bytes() == content
    assert site.headers(1)["Range"].startswith("bytes=")
    assert len(site.asked) == 2
