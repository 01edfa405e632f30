"""Archives become folders that the adapters read; hostile ones become nothing."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest
from tests.fetching.conftest import HASTY
from tests.fetching.site import Answer, Site, served

from harmgraph.errors import FetchFailed
from harmgraph.fetching import ORIGINS, Fetched, Origin, fetch
from harmgraph.sources.aiid import Aiid
from harmgraph.sources.avid import Avid
from harmgraph.sources.base import Source
from harmgraph.sources.snapshot import take_snapshot

INCIDENTS = b"incident_id,date,title\r\n" + b"".join(b"%d,2024-01-01,Something\r\n" % each for each in range(2000))
COMMIT = "8eda5f4e" * 5


def tarred(
    files: Mapping[str, bytes],
    mode: Literal["w", "w:gz", "w:bz2"] = "w:bz2",
    mtime: float = 1_780_000_000,
    comment: str | None = None,
) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode=mode, pax_headers={"comment": comment} if comment else {}) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(content), mtime
            archive.addfile(member, io.BytesIO(content))
    return written.getvalue()


def odd(**attributes: Any) -> Callable[[], bytes]:
    """An archive of incidents with one odd member before them."""

    def made() -> bytes:
        written = io.BytesIO()
        with tarfile.open(fileobj=written, mode="w:gz") as archive:
            member = tarfile.TarInfo("mongodump_full_snapshot/x")
            for name, value in attributes.items():
                setattr(member, name, value)
            archive.addfile(member, io.BytesIO(b"x" * member.size))
            member = tarfile.TarInfo("mongodump_full_snapshot/incidents.csv")
            member.size = len(INCIDENTS)
            archive.addfile(member, io.BytesIO(INCIDENTS))
        return written.getvalue()

    return made


def fetch_from(origin: str, folder: Path, url: str) -> Fetched:
    return fetch(ORIGINS[origin], folder, url, patience=HASTY)


def records(source: Source, path: Path) -> list[object]:
    return [(each.local, each.fields) for each in source.records(take_snapshot(source.name, path))]


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_newest_archive_of_the_page_becomes_a_folder_that_the_adapter_reads(
    site: Site, tmp_path: Path, shared_data: Path
) -> None:
    real = shared_data / "aiid" / "snapshot_2026-02"
    files = {f"mongodump_full_snapshot/{file.name}": file.read_bytes() for file in real.iterdir()}
    unkept = {"reports.csv": b"the press", "submissions.csv": b"", "aiidprod/incidents.bson": b"\0" * 4096}
    files |= {f"mongodump_full_snapshot/{name}": content for name, content in unkept.items()}
    site.at("/backup-20260223102103.tar.bz2", served(tarred(files)))
    links = ("20260216101111", "20260223102103", "20251229101010")
    body = "".join(f'<li><a href="{site.url}/backup-{each}.tar.bz2">{each}</a></li>' for each in links).encode()
    listing = site.at("/research/snapshots/", Answer(body, headers={"Content-Type": "text/html"}))

    fetched = fetch_from("aiid", tmp_path, listing)

    assert names(fetched.path) == {file.name for file in real.iterdir()} | {"snapshot.toml"}
    assert names(tmp_path) == {f"aiid/{name}" for name in names(fetched.path)} | {".fetch.lock"}
    assert records(Aiid(), fetched.path) == records(Aiid(), real)
    snapshot = take_snapshot("aiid", fetched.path)
    assert (snapshot.version, snapshot.date, snapshot.checksum) == (
        "2026-02-23",
        "2026-02-23",
        fetched.sidecar.contents,
    )
    assert fetch_from("aiid", tmp_path, listing).outcome == "current"
    assert site.headers(-1)["If-None-Match"] == '"v1"'


def test_a_repository_becomes_a_folder_that_the_adapter_reads(site: Site, tmp_path: Path, shared_data: Path) -> None:
    real = shared_data / "avid"
    files = {f"avid-db-main/{file.relative_to(real)}": file.read_bytes() for file in real.rglob("*") if file.is_file()}
    one = next(content for name, content in files.items() if "/reports/2022/" in name)
    unkept = {"README.md": b"#", "reports/2022old/AVID-2022-R0001.json": one, "notebooks/x.json": b"{}"}
    files |= {f"avid-db-main/{name}": content for name, content in unkept.items()}
    archive = tarred(files, "w:gz", comment=COMMIT)
    site.at("/codeload/main", Answer(archive, framing="chunked", headers={"Content-Type": "application/x-gzip"}))
    url = site.at("/main.tar.gz", Answer(status=302, headers={"Location": "/codeload/main"}))

    fetched = fetch_from("avid", tmp_path, url)

    assert len(records(Avid(), fetched.path)) > 100
    assert records(Avid(), fetched.path) == records(Avid(), real)
    noted = tomllib.loads((fetched.path / "snapshot.toml").read_text(encoding="utf-8"))
    assert noted["revision"] == COMMIT
    assert noted["version"] == noted["date"] == "2026-05-28"  # of the commit, which git gives to every file
    assert noted["licence"] == "https://opensource.org/licenses/MIT"


def test_a_page_without_archives_says_what_to_do(site: Site, tmp_path: Path) -> None:
    url = site.at("/research/snapshots/", Answer(b"<html>moved</html>", headers={"Content-Type": "text/html"}))
    with pytest.raises(FetchFailed, match=r"names no snapshot archive; .*--url"):
        fetch_from("aiid", tmp_path, url)


def test_a_listed_archive_on_plain_http_elsewhere_is_not_fetched(site: Site, tmp_path: Path) -> None:
    page = Answer(b'<a href="http://example.org/backup-20260223102103.tar.bz2">')
    with pytest.raises(FetchFailed, match="not https"):
        fetch_from("aiid", tmp_path, site.at("/research/snapshots/", page))


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_every_packing_of_tar_is_read(site: Site, tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    url = site.at("/a.tar", served(pack(tarred({"./x/incidents.csv": INCIDENTS}, "w"))))
    assert (fetch_from("aiid", tmp_path, url).path / "incidents.csv").read_bytes() == INCIDENTS


def test_a_newer_archive_replaces_the_folder_as_a_whole(site: Site, tmp_path: Path) -> None:
    both = {"x/incidents.csv": INCIDENTS, "x/duplicates.csv": b"a,b\r\n"}
    url = site.at("/a.tar.bz2", served(tarred(both)))
    fetch_from("aiid", tmp_path, url)
    site.at("/a.tar.bz2", served(tarred({"x/incidents.csv": INCIDENTS}), etag='"v2"'))
    assert fetch_from("aiid", tmp_path, url).outcome == "updated"
    assert names(tmp_path / "aiid") == {"incidents.csv", "snapshot.toml"}


def test_a_folder_moved_aside_by_a_run_that_was_killed_comes_back(site: Site, tmp_path: Path) -> None:
    url = site.at("/a.tar.bz2", served(tarred({"x/incidents.csv": INCIDENTS})))
    fetch_from("aiid", tmp_path, url)
    (tmp_path / "aiid").rename(tmp_path / ".aiid.old")
    assert fetch_from("aiid", tmp_path, url).outcome == "current"
    assert names(tmp_path / "aiid") == {"incidents.csv", "snapshot.toml"}


def test_a_folder_from_elsewhere_is_not_replaced(site: Site, tmp_path: Path) -> None:
    (tmp_path / "aiid").mkdir()
    (tmp_path / "aiid" / "incidents.csv").write_bytes(b"mine")
    with pytest.raises(FetchFailed, match="was not put there"):
        fetch_from("aiid", tmp_path, site.at("/a.tar.bz2", served(tarred({"x/incidents.csv": INCIDENTS}))))
    assert (tmp_path / "aiid" / "incidents.csv").read_bytes() == b"mine"


WHOLE = tarred({"x/incidents.csv": INCIDENTS, "x/reports.csv": bytes(range(256)) * 4000})
REFUSED: Mapping[str, tuple[Callable[[], bytes], str]] = {
    "a page": (lambda: b"<html><title>x</title>", "answered with a page"),
    "a zip": (lambda: b"PK\x03\x04" * 200, "is no tar archive"),
    "cut off": (lambda: WHOLE[: len(WHOLE) // 2], "cut off or broken"),
    "cut off in its last byte": (lambda: gzip.compress(tarred({"x/incidents.csv": INCIDENTS}, "w"))[:-1], "cut off"),
    "with a wrong bit": (lambda: WHOLE[:2000] + b"\xff\xff\xff" + WHOLE[2003:], "cut off or broken"),
    "cut off before it was packed": (
        lambda: gzip.compress(tarred({"x/incidents.csv": INCIDENTS}, "w")[:20_000]),
        "cut off or broken",
    ),
    "of random bytes, packed": (lambda: gzip.compress(bytes(range(256)) * 40), "cut off or broken"),
    "packed emptiness": (lambda: gzip.compress(b""), "broken|holds no"),
    "without incidents": (lambda: tarred({"x/reports.csv": b"x"}), "holds no incidents"),
    "with a kept file twice": (lambda: tarred({"x/incidents.csv": INCIDENTS, "y/incidents.csv": b"x"}), "two files"),
    "leading out": (odd(name="../../incidents.csv"), r"is not safe .*outside"),
    "leading out deeply": (odd(name="a/b/../../../c"), r"is not safe .*outside"),
    "with a link out": (odd(type=tarfile.SYMTYPE, linkname="../../../etc/passwd"), "is not safe"),
    "with an absolute link": (odd(type=tarfile.SYMTYPE, linkname="/etc/passwd"), "is not safe"),
    "with a hard link out": (odd(type=tarfile.LNKTYPE, linkname="/etc/passwd"), "is not safe"),
    "with a device": (odd(type=tarfile.CHRTYPE), "is not safe"),
    "with a pipe": (odd(type=tarfile.FIFOTYPE), "is not safe"),
    "with a name of megabytes": (odd(name="x/" + "n" * 2_000_000), "a header of 2,"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_a_whole_and_harmless_archive_is_refused(site: Site, tmp_path: Path, case: str) -> None:
    url = site.at("/a.tar.bz2", served(tarred({"x/incidents.csv": INCIDENTS})))
    fetch_from("aiid", tmp_path, url)
    before = {name: (tmp_path / name).read_bytes() for name in names(tmp_path)}
    made, message = REFUSED[case]
    site.at("/a.tar.bz2", Answer(made(), framing="none"))
    with pytest.raises(FetchFailed, match=message):
        fetch_from("aiid", tmp_path, url)
    assert {name: (tmp_path / name).read_bytes() for name in names(tmp_path)} == before


def test_a_link_to_a_kept_name_is_not_followed(site: Site, tmp_path: Path) -> None:
    link = odd(name="mongodump_full_snapshot/duplicates.csv", type=tarfile.SYMTYPE, linkname="incidents.csv")
    fetched = fetch_from("aiid", tmp_path, site.at("/a.tar.gz", served(link())))
    assert names(fetched.path) == {"incidents.csv", "snapshot.toml"}


def limited(largest: int = 1_000_000, most: int = 1000) -> Origin:
    rules = ORIGINS["aiid"].archive
    assert rules is not None
    return replace(ORIGINS["aiid"], archive=replace(rules, largest=largest, most=most))


@pytest.mark.parametrize("bomb", ["incidents.csv", "skipped.bson"])
def test_a_bomb_is_refused_whether_it_would_be_kept_or_not(site: Site, tmp_path: Path, bomb: str) -> None:
    packed = tarred({"x/duplicates.csv": b"a,b", f"x/{bomb}": bytes(20_000_000)})
    assert len(packed) < 20_000
    with pytest.raises(FetchFailed, match="unpacks to more than 1,000,000 bytes"):
        fetch(limited(), tmp_path, site.at("/a.tar.bz2", served(packed)))
    assert names(tmp_path) == {".fetch.lock"}


def test_a_member_that_says_it_is_huge_is_refused_before_it_is_unpacked(site: Site, tmp_path: Path) -> None:
    member = tarfile.TarInfo("x/skipped.bson")
    member.size = 1 << 40
    url = site.at("/a.tar.gz", served(gzip.compress(member.tobuf(tarfile.GNU_FORMAT) + bytes(5000))))
    with pytest.raises(FetchFailed, match="unpacks to more than 1,000,000 bytes"):
        fetch(limited(), tmp_path, url)


def test_a_bomb_after_the_end_is_refused(site: Site, tmp_path: Path) -> None:
    plain = tarred({"x/incidents.csv": INCIDENTS}, "w") + bytes(20_000_000)
    with pytest.raises(FetchFailed, match="unpacks to more than 1,000,000 bytes"):
        fetch(limited(), tmp_path, site.at("/a.tar.gz", served(gzip.compress(plain))))


def test_too_many_members_are_refused(site: Site, tmp_path: Path) -> None:
    many = tarred({f"x/{number}": b"" for number in range(50)})
    with pytest.raises(FetchFailed, match="more than 20 members"):
        fetch(limited(most=20), tmp_path, site.at("/a.tar.bz2", served(many)))
