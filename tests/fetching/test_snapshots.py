"""A snapshot is replaced only by a better one, and its sidecar says where it is from."""

from __future__ import annotations

import io
import tomllib
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest
from tests.fetching.conftest import fetch_sheet, sheet
from tests.fetching.site import Answer, Site, served

from harmgraph.errors import FetchFailed
from harmgraph.sources.aiaaic_sheet import AiaaicSheet
from harmgraph.sources.snapshot import take_snapshot

OLD = sheet(2000)
NEW = sheet(2100)
HTML = b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>AIAAIC0001</body></html>"


def sidecar(folder: Path) -> dict[str, str]:
    return tomllib.loads((folder / "aiaaic-sheet.csv.snapshot.toml").read_text(encoding="utf-8"))


@pytest.fixture
def fetched(site: Site, tmp_path: Path) -> Path:
    """A folder into which the old sheet was fetched; the same address can answer otherwise from now on."""
    fetch_sheet(tmp_path, site.at("/s.csv", served(OLD)))
    return tmp_path


def test_the_sidecar_records_where_the_file_is_from(site: Site, fetched: Path) -> None:
    noted = sidecar(fetched)
    snapshot = take_snapshot("aiaaic-sheet", fetched / "aiaaic-sheet.csv")
    today = datetime.now(UTC).date().isoformat()
    assert noted["licence"] == "https://creativecommons.org/licenses/by-sa/4.0/"
    assert noted["url"] == f"{site.url}/s.csv"
    assert noted["etag"] == '"v1"'
    assert noted["sha256"] == noted["contents"] == snapshot.checksum
    assert noted["version"] == snapshot.version == noted["date"] == snapshot.date == today
    assert noted["fetched"].startswith(today)


def test_a_real_sheet_that_was_fetched_is_read_like_the_one_that_was_served(
    site: Site, tmp_path: Path, shared_data: Path
) -> None:
    real = shared_data / "aiaaic" / "aiaaic_incidents_2026-06.csv"
    fetched = fetch_sheet(tmp_path, site.at("/export", served(real.read_bytes(), **{"Content-Type": "text/csv"})))
    records = [*AiaaicSheet().records(take_snapshot("aiaaic-sheet", fetched.path))]
    assert len(records) > 2000
    assert records == [*AiaaicSheet().records(take_snapshot("aiaaic-sheet", real))]


@pytest.mark.parametrize("name", ["2024-02_raw", "2024-03_raw", "2024-08_raw"])
def test_sheets_of_other_years_pass_the_checks(site: Site, tmp_path: Path, shared_data: Path, name: str) -> None:
    real = (shared_data / "aiaaic" / f"aiaaic_sheet_{name}.csv").read_bytes()
    assert fetch_sheet(tmp_path, site.at("/s.csv", served(real))).path.read_bytes() == real


def test_what_has_not_changed_is_not_sent_again(site: Site, fetched: Path) -> None:
    before = sidecar(fetched)
    assert fetch_sheet(fetched, f"{site.url}/s.csv").outcome == "current"
    assert site.headers(1)["If-None-Match"] == '"v1"'
    assert sidecar(fetched) == before
    assert not list(fetched.glob("*.part*"))


def test_last_modified_makes_a_condition_where_there_is_no_etag(site: Site, tmp_path: Path) -> None:
    stamp = "Tue, 06 Jan 2026 10:00:00 GMT"
    url = site.at("/s.csv", Answer(OLD, headers={"Last-Modified": stamp}), Answer(status=304))
    assert fetch_sheet(tmp_path, url).sidecar.date == "2026-01-06"
    assert fetch_sheet(tmp_path, url).outcome == "current"
    assert site.headers(1)["If-Modified-Since"] == stamp


def test_the_same_bytes_without_a_304_stay_the_same_version(site: Site, fetched: Path) -> None:
    before = sidecar(fetched)
    fetched_again = fetch_sheet(fetched, site.at("/s.csv", served(OLD, etag='"v2"')))
    assert fetched_again.outcome == "current"
    assert sidecar(fetched) == {**before, "etag": '"v2"'}


def test_a_304_that_nobody_asked_for_is_refused(site: Site, tmp_path: Path) -> None:
    with pytest.raises(FetchFailed, match="304 Not Modified to a request without conditions"):
        fetch_sheet(tmp_path, site.at("/s.csv", Answer(status=304)))


def test_a_newer_sheet_replaces_the_older_one(site: Site, fetched: Path) -> None:
    older = sidecar(fetched)
    assert fetch_sheet(fetched, site.at("/s.csv", served(NEW, etag='"v2"'))).outcome == "updated"
    assert (fetched / "aiaaic-sheet.csv").read_bytes() == NEW
    assert sidecar(fetched)["etag"] == '"v2"'
    assert sidecar(fetched)["version"] == f"{older['version']}_{sidecar(fetched)['sha256'][:8]}"


def test_a_file_that_was_changed_by_hand_is_fetched_whole(site: Site, fetched: Path) -> None:
    (fetched / "aiaaic-sheet.csv").write_bytes(OLD + b"AIAAIC9999,mine,2024,\r\n")
    assert fetch_sheet(fetched, f"{site.url}/s.csv").outcome == "updated"
    assert "If-None-Match" not in site.headers(1)
    assert (fetched / "aiaaic-sheet.csv").read_bytes() == OLD


def test_a_file_from_elsewhere_is_not_overwritten(site: Site, tmp_path: Path) -> None:
    (tmp_path / "aiaaic-sheet.csv").write_bytes(b"mine")
    with pytest.raises(FetchFailed, match="was not put there by `harmgraph fetch`; move it away"):
        fetch_sheet(tmp_path, site.at("/s.csv", served(NEW)))
    assert (tmp_path / "aiaaic-sheet.csv").read_bytes() == b"mine"
    assert not site.asked


def test_a_sidecar_that_cannot_be_read_is_named(site: Site, fetched: Path) -> None:
    (fetched / "aiaaic-sheet.csv.snapshot.toml").write_text("version = ", encoding="utf-8")
    with pytest.raises(FetchFailed, match=r"snapshot\.toml: .*mend it"):
        fetch_sheet(fetched, f"{site.url}/s.csv")


REFUSED = {
    "a page": (Answer(HTML, headers={"Content-Type": "text/html; charset=utf-8"}), "text/html titled 'Sign in'"),
    "a page that says it is a sheet": (Answer(HTML, headers={"Content-Type": "text/csv"}), "answered with a page"),
    "an API's message": (Answer(b'{"error": 1}', headers={"Content-Type": "application/json"}), "application/json"),
    "a picture": (Answer(b"\x89PNG\r\n", headers={"Content-Type": "image/png"}), "image/png where a file"),
    "nothing": (Answer(b""), "the answer is empty"),
    "blanks": (Answer(b" \r\n" * 9), "the answer is empty"),
    "another sheet": (Answer(b"Name,Age\r\nAda,36\r\n" * 9000), "is not from AIAAIC"),
    "a workbook": (Answer(b"PK\x03\x04\0\0\0\0AIAAIC0001" * 9000), "is no CSV in UTF-8"),
    "a sheet cut in a cell": (Answer(NEW[:-40], framing="none"), "is cut off or broken"),
    "a sheet cut in a row": (Answer(NEW[: NEW.rindex(b",2024")], framing="none"), "the last row has 2 cells"),
    "a sheet cut in a letter": (Answer(NEW + "AIAAIC7,é".encode()[:-1], framing="none"), "is cut off or broken"),
    "half a sheet": (Answer(OLD[: OLD.index(b"AIAAIC2000")]), "bytes where .* so a part may be missing"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_a_whole_sheet_is_refused_and_the_old_one_stays(site: Site, fetched: Path, case: str) -> None:
    before = {path.name: path.read_bytes() for path in fetched.iterdir()}
    answer, message = REFUSED[case]
    with pytest.raises(FetchFailed, match=message):
        fetch_sheet(fetched, site.at("/s.csv", answer))
    assert {path.name: path.read_bytes() for path in fetched.iterdir()} == before


def test_a_page_in_between_does_not_cost_what_had_come(site: Site, tmp_path: Path) -> None:
    headers = {"ETag": '"v1"'}
    portal = Answer(HTML, headers={"Content-Type": "text/html"})
    url = site.at("/s.csv", Answer(OLD, headers=headers, cut=100_000), portal)
    with pytest.raises(FetchFailed, match="titled 'Sign in'"):
        fetch_sheet(tmp_path, url)
    site.at("/s.csv", served(OLD))
    fetch_sheet(tmp_path, url)
    assert site.headers(-1)["Range"] == "bytes=100000-"


def workbook() -> bytes:
    book = openpyxl.Workbook()
    book.active.append(["AIAAIC ID#", "Headline"])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def test_a_workbook_is_kept_as_one(site: Site, tmp_path: Path) -> None:
    site.at("/export", served(workbook()))
    assert fetch_sheet(tmp_path, f"{site.url}/export?format=xlsx").path.name == "aiaaic-sheet.xlsx"


def test_what_is_no_workbook_is_refused(site: Site, tmp_path: Path) -> None:
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("readme.txt", "hello")
    for body, message in (
        (workbook()[:-200], "is cut off"),
        (OLD, "is no XLSX"),
        (other.getvalue(), "is a zip file but no XLSX"),
    ):
        with pytest.raises(FetchFailed, match=message):
            fetch_sheet(tmp_path, site.at("/s.xlsx", Answer(body, framing="none")))
    assert [path.name for path in tmp_path.iterdir()] == [".fetch.lock"]
