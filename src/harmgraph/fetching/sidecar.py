"""What is known of a fetched snapshot ⇄ the TOML file beside it, which `harmgraph.sources.snapshot` reads too.

``sheet.csv.snapshot.toml`` stands beside a file, ``snapshot.toml`` in a folder. A person can write one by hand: every
key but ``version`` and ``date`` is for the next `harmgraph fetch`, and for whoever wants to know where a file is from.
"""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final, Self

import tomli_w

from harmgraph.checksums import sha256, sha256_of_folder
from harmgraph.errors import FetchFailed

NAME: Final = "snapshot.toml"


@dataclass(frozen=True, slots=True)
class Sidecar:
    """Where a snapshot came from, and how to tell whether it still is what came."""

    version: str
    date: str
    title: str
    licence: str
    url: str
    fetched: str
    sha256: str
    """Of what was downloaded: the file, or the archive that the folder was unpacked from."""
    contents: str
    """Of the file, or over the files of the folder; the next fetch downloads anew if it does not match."""
    etag: str = ""
    last_modified: str = ""
    revision: str = ""
    """The commit of a repository's archive."""

    @classmethod
    def of(cls, snapshot: Path) -> Self | None:
        """The sidecar of this file or folder, None where `harmgraph fetch` wrote none."""
        path = sidecar_path(snapshot)
        if not path.is_file():
            return None
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as cause:
            raise FetchFailed(f"{path}: {cause}; mend it, or move the snapshot away") from cause
        known = {field.name: str(values.get(field.name, "")) for field in fields(cls)}
        return cls(**known) if known["sha256"] else None

    def write(self, snapshot: Path) -> None:
        """Put the sidecar beside the file or into the folder, at once and as a whole."""
        path = sidecar_path(snapshot)
        draft = path.with_name(f".{path.name}.new")
        kept = {name: value for name, value in asdict(self).items() if value}
        draft.write_text(tomli_w.dumps(kept), encoding="utf-8")
        draft.replace(path)


def sidecar_path(snapshot: Path) -> Path:
    """Where the sidecar of this file or folder is."""
    return snapshot / NAME if snapshot.is_dir() else snapshot.with_name(f"{snapshot.name}.{NAME}")


def contents(snapshot: Path) -> str:
    """The checksum of a file, or over the names and checksums of a folder's files without its sidecar."""
    return sha256_of_folder(snapshot, data_files(snapshot)) if snapshot.is_dir() else sha256(snapshot)


def size(snapshot: Path) -> int:
    """Bytes of a file, or of a folder's files without its sidecar."""
    return sum(file.stat().st_size for file in data_files(snapshot))


def data_files(snapshot: Path) -> list[Path]:
    """The file itself, or the files of the folder without its sidecar, in order of name."""
    if not snapshot.is_dir():
        return [snapshot]
    return sorted(each for each in snapshot.rglob("*") if each.is_file() and each != snapshot / NAME)
