"""Releases on disk: made aside, complete before anyone sees them, switched to in one step.

    releases/
      .lock                 held by the one build that may run
      .draft-…/             a release in the making; a killed build leaves one, the next build removes it
      <id>/data.nq          the named graphs, sorted; also release.json, report.ttl, problems.jsonl, store/, SHA256SUMS
      current -> <id>       replaced by rename(2), so a reader sees the old release or the new one

A release's id comes from the bytes of its dump: the same statements are the same release, whoever builds them.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyoxigraph import Quad

from harmgraph.checksums import sha256
from harmgraph.errors import BuildAborted, LookupFailed
from harmgraph.store.sorting import add_sorted, write_sorted


@dataclass(frozen=True, slots=True)
class Release:
    """One complete release. ``facts`` is its release.json: id, when and from what it was made, and counts."""

    path: Path
    facts: dict[str, Any]

    @property
    def id(self) -> str:
        """The local name of the release, and the stem of every ETag that is sent while it is served."""
        return str(self.facts["id"])

    @property
    def dump(self) -> Path:
        """The sorted N-Quads of all named graphs."""
        return self.path / "data.nq"


class Releases:
    """The folder of releases."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def current(self) -> Release:
        """The release that is served; raises `LookupFailed` with the remedy where there is none."""
        link = self.root / "current"
        if not link.exists():
            raise LookupFailed(f"no release in {self.root}: run `harmgraph build` first")
        return _read(link.resolve())

    def all(self) -> list[Release]:
        """Every complete release, the newest build first."""
        found = [_read(path.parent) for path in self.root.glob("*/release.json") if not path.parent.is_symlink()]
        return sorted(found, key=lambda release: str(release.facts["built"]), reverse=True)

    def switch(self, identifier: str) -> Release:
        """Serve this release from now on; raises `LookupFailed` for an unknown one."""
        path = self.root / identifier
        if identifier in ("", "current") or not (path / "release.json").is_file():
            known = ", ".join(release.id for release in self.all()) or "none"
            raise LookupFailed(f"{self.root} has no release {identifier!r}; there are: {known}")
        waiting = self.root / f".current-{os.getpid()}"
        waiting.unlink(missing_ok=True)
        waiting.symlink_to(identifier)
        waiting.replace(self.root / "current")
        _sync(self.root)
        return _read(path)

    def prune(self, keep: int) -> list[str]:
        """Delete all but the current release and the newest ``keep`` others; returns what was deleted."""
        with self._lock():
            served = self.current().id
            old = [release for release in self.all() if release.id != served][max(keep, 0) :]
            for release in old:
                # Renamed first: a reader must never find a release with half its files.
                doomed = self.root / f".draft-pruned-{release.id}"
                release.path.rename(doomed)
                shutil.rmtree(doomed)
        return [release.id for release in old]

    @contextmanager
    def draft(self) -> Iterator[Draft]:
        """A place to make a release in, gone at the end unless `Draft.publish` was called.

        Raises `BuildAborted` while another build runs. What killed builds left behind is removed here.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        with self._lock():
            for leftover in self.root.glob(".draft-*"):
                shutil.rmtree(leftover)
            for leftover in self.root.glob(".current-*"):
                leftover.unlink()
            path = Path(tempfile.mkdtemp(prefix=".draft-", dir=self.root))
            path.chmod(0o755)
            try:
                yield Draft(self, path)
            finally:
                shutil.rmtree(path, ignore_errors=True)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        with (self.root / ".lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as cause:
                raise BuildAborted(f"another build is at work in {self.root}; wait for it to end") from cause
            yield


class Draft:
    """A release in the making."""

    def __init__(self, releases: Releases, path: Path) -> None:
        self._releases = releases
        self.path = path

    @property
    def dump(self) -> Path:
        """Where the sorted N-Quads are written."""
        return self.path / "data.nq"

    def write_dump(self, quads: Iterable[Quad]) -> int:
        """Write the quads as sorted N-Quads, each once; returns their number."""
        return write_sorted(quads, self.dump)

    def add(self, quads: Iterable[Quad]) -> int:
        """Merge a few more quads into the dump that was written; returns how many were not in it."""
        return add_sorted(quads, self.dump)

    def publish(self, facts: dict[str, Any]) -> Release:
        """Seal the draft under its id and switch to it. Where the same release is there already, that one stays."""
        identifier = sha256(self.dump)[:16]
        (self.path / "release.json").write_text(
            json.dumps({"id": identifier, **facts}, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        self._seal()
        target = self._releases.root / identifier
        if not (target / "release.json").is_file():
            shutil.rmtree(target, ignore_errors=True)
            self.path.rename(target)
        else:  # what an older version made may lack a part, such as the index of text
            for part in list(self.path.iterdir()):
                if not (target / part.name).exists():
                    part.rename(target / part.name)
        _sync(target.parent)
        return self._releases.switch(identifier)

    def _seal(self) -> None:
        """Write SHA256SUMS over the published files and bring everything to the disk before the rename."""
        names = sorted(path.name for path in self.path.iterdir() if path.is_file())
        sums = "".join(f"{sha256(self.path / name)}  {name}\n" for name in names)
        (self.path / "SHA256SUMS").write_text(sums, encoding="ascii")
        for path in self.path.rglob("*"):
            _sync(path)
        _sync(self.path)


def _read(path: Path) -> Release:
    return Release(path, json.loads((path / "release.json").read_text(encoding="utf-8")))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
