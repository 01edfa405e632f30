"""File or folder → Snapshot: its version, date and checksum, without interpreting a byte of it.

A snapshot's version stands in the IRIs of its records, so it must not depend on when or where a build runs:
it comes from a sidecar (``sheet.csv.snapshot.toml`` beside a file, ``snapshot.toml`` in a folder, written by
`harmgraph fetch` or by hand), else from a date in the file's name, else from its checksum.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Final

from harmgraph.checksums import sha256, sha256_of_folder
from harmgraph.errors import SnapshotUnreadable
from harmgraph.model import Snapshot

_DATE_IN_NAME: Final = re.compile(r"(?<!\d)((?:19|20)\d{2}-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)(?!\d)")
_VERSION: Final = re.compile(r"[\w.-]{1,40}")


def take_snapshot(source: str, path: Path) -> Snapshot:
    """The snapshot at this path; raises `SnapshotUnreadable` where there is none or its sidecar is wrong."""
    files = _files(source, path)
    checksum = _checksum(path, files)
    version, published = _sidecar(path)
    if published is None and (match := _DATE_IN_NAME.search(path.name)):
        published = match[1]
    return Snapshot(source, path, version or published or checksum[:12], checksum, published)


def _files(source: str, path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    sidecar = path / "snapshot.toml"  # says when it was fetched, which is no part of what was fetched
    visible = (each for each in path.rglob("*") if each.is_file() and not each.name.startswith("."))
    files = sorted(each for each in visible if each != sidecar)
    if not files:
        raise SnapshotUnreadable(f"{source}: {path} is neither a file nor a folder with files in it")
    return files


def _checksum(path: Path, files: list[Path]) -> str:
    """SHA-256 of a file's bytes; of a folder, over the names and checksums of its files in order of name."""
    return sha256(path) if path.is_file() else sha256_of_folder(path, files)


def _sidecar(path: Path) -> tuple[str | None, str | None]:
    sidecar = path / "snapshot.toml" if path.is_dir() else path.with_name(path.name + ".snapshot.toml")
    if not sidecar.exists():
        return None, None
    try:
        values = tomllib.loads(sidecar.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as cause:
        raise SnapshotUnreadable(f"{sidecar}: {cause}") from cause
    version, published = values.get("version"), values.get("date")
    if version is not None and not _VERSION.fullmatch(str(version)):
        raise SnapshotUnreadable(f"{sidecar}: version {version!r} should be letters, digits, '.', '_' or '-' only")
    if published is not None and not _DATE_IN_NAME.fullmatch(str(published)):
        raise SnapshotUnreadable(f"{sidecar}: date {published!r} should be like 2026-06 or 2026-06-30")
    return (str(version) if version is not None else None), (str(published) if published is not None else None)
