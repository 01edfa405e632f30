"""The table of contents of `harmgraph fetch`: address → download → check → unpack → put in place, with its sidecar.

Each step can fail, and until the last one has not failed the snapshot of before is what is there.
"""

from __future__ import annotations

import fcntl
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

import httpx

from harmgraph.checksums import sha256
from harmgraph.errors import FetchFailed
from harmgraph.fetching.checks import check, check_growth
from harmgraph.fetching.origins import Origin
from harmgraph.fetching.sidecar import Sidecar, contents, sidecar_path, size
from harmgraph.fetching.transfer import Representation, Transfer
from harmgraph.fetching.unpacking import Unpacked, unpack
from harmgraph.fetching.web import Patience, Progress, http_date, page, web

_LARGEST_PAGE: Final = 16 << 20
_DATE_IN_ADDRESS: Final = re.compile(r"\bbackup-(\d{4})(\d{2})(\d{2})\d{6}\b")


@dataclass(frozen=True, slots=True)
class Fetched:
    """What there is now, and whether it is new."""

    path: Path
    outcome: Literal["new", "updated", "current"]
    sidecar: Sidecar


def fetch(
    origin: Origin,
    folder: Path,
    url: str,
    progress: Progress = lambda *_: None,
    patience: Patience = Patience(),  # noqa: B008  # frozen
) -> Fetched:
    """Bring the snapshot of this origin in the folder up to date. Raises `FetchFailed`; then nothing has changed."""
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder), web(url, patience) as client:
        address = _address(client, origin, url, patience)
        target = folder / origin.place(address)
        _tidy(target)
        kept = _kept(target)
        transfer = Transfer(client, address, folder / f"{target.name}.part", origin.largest, progress)
        if not transfer.run(_conditions(target, kept, address), patience) and kept is not None:
            return Fetched(target, "current", kept)
        try:
            fetched = _put(origin, target, kept, transfer, progress)
        except FetchFailed:
            transfer.discard()
            raise
        except OSError as cause:  # what was fetched is not at fault, so it stays for the next run
            raise FetchFailed(
                f"{target}: {cause.strerror or cause}; mend that and run the same command again"
            ) from cause
        finally:
            shutil.rmtree(_beside(target)[0], ignore_errors=True)
        transfer.discard()
        return fetched


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / ".fetch.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as cause:
            raise FetchFailed(f"another fetch is at work in {folder}; wait for it to end") from cause
        yield


def _address(client: httpx.Client, origin: Origin, url: str, patience: Patience) -> str:
    """The address of the file itself."""
    if not origin.is_listing(url):
        return url
    try:
        found = origin.newest(page(client, url, _LARGEST_PAGE, patience), url)
    except ValueError as cause:  # of urllib, for what only looks like an address
        raise FetchFailed(
            f"{url}: names an archive by what is no URL ({cause}); give its address with --url"
        ) from cause
    if found is None:
        raise FetchFailed(f"{url}: names no snapshot archive; open it in a browser and give the address with --url")
    return found


def _tidy(target: Path) -> None:
    """Clear away what a killed run left behind; the folder of before comes back if it was already moved aside."""
    draft, before = _beside(target)
    shutil.rmtree(draft, ignore_errors=True)
    if before.exists() and not target.exists():
        before.rename(target)
    shutil.rmtree(before, ignore_errors=True)


def _beside(target: Path) -> tuple[Path, Path]:
    return target.with_name(f".{target.name}.new"), target.with_name(f".{target.name}.old")


def _kept(target: Path) -> Sidecar | None:
    kept = Sidecar.of(target)
    if kept is None and target.exists():
        raise FetchFailed(f"{target}: was not put there by `harmgraph fetch`; move it away, or give another --to")
    return kept if target.exists() else None


def _conditions(target: Path, kept: Sidecar | None, url: str) -> dict[str, str]:
    """Ask only for what is newer than what is here, if that is still as it came."""
    if kept is None or kept.url != url or contents(target) != kept.contents:
        return {}
    conditions = {"If-None-Match": kept.etag, "If-Modified-Since": kept.last_modified}
    return {name: value for name, value in conditions.items() if value}


def _put(origin: Origin, target: Path, kept: Sidecar | None, transfer: Transfer, progress: Progress) -> Fetched:
    version, part = transfer.version, transfer.part
    check(origin, origin.form(version.url), part, version.url)
    checksum = sha256(part)
    if kept is not None and kept.sha256 == checksum and kept.contents == contents(target):
        # The same bytes are the same version, whatever day it is and whatever their validators are by now.
        renewed = replace(kept, url=version.url, etag=version.etag, last_modified=version.last_modified)
        renewed.write(target)
        return Fetched(target, "current", renewed)
    new, unpacked = part, None
    if origin.archive is not None:
        new = _beside(target)[0]
        unpacked = unpack(part, new, origin.archive, progress)
    if kept is not None:
        check_growth(size(target), size(new), target, version.url)
    sidecar = _sidecar(origin, kept, version, unpacked, checksum, contents(new))
    _replace(target, new, sidecar)
    return Fetched(target, "new" if kept is None else "updated", sidecar)


def _sidecar(
    origin: Origin, kept: Sidecar | None, version: Representation, unpacked: Unpacked | None, checksum: str, inside: str
) -> Sidecar:
    now = datetime.now(UTC)
    date = _date(version, unpacked, now)
    # A version stands in IRIs: two snapshots of one day must not share it.
    taken = kept is not None and kept.version.partition("_")[0] == date
    return Sidecar(
        version=f"{date}_{checksum[:8]}" if taken else date,
        date=date,
        title=origin.title,
        licence=origin.licence,
        url=version.url,
        fetched=now.isoformat(timespec="seconds"),
        sha256=checksum,
        contents=inside,
        etag=version.etag,
        last_modified=version.last_modified,
        revision=unpacked.revision if unpacked is not None else "",
    )


def _date(version: Representation, unpacked: Unpacked | None, now: datetime) -> str:
    """The day of the snapshot: by its address, by what is in it, by its server, or else today."""
    if match := _DATE_IN_ADDRESS.search(version.url):
        return "-".join(match.groups())
    moment = unpacked.newest if unpacked is not None else None
    moment = moment or http_date(version.last_modified)
    return min(moment or now, now).date().isoformat()


def _replace(target: Path, new: Path, sidecar: Sidecar) -> None:
    if new.is_dir():
        sidecar.write(new)
        before = _beside(target)[1]
        if target.exists():
            target.rename(before)
        new.rename(target)
        shutil.rmtree(before, ignore_errors=True)
    else:
        # In this order a killed run leaves a file without a sidecar, never one with the sidecar of another.
        sidecar_path(target).unlink(missing_ok=True)
        new.replace(target)
        sidecar.write(target)
