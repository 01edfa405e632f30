"""Releases on disk: made aside, complete before anyone sees them, switched to in one step.

    releases/
      .lock                 held by the one build that may run
      .draft-…/             a release in the making; a killed build leaves one, the next build removes it
      <id>/data.nq          the named graphs, sorted; also release.json, report.ttl, problems.jsonl, quality.json,
                            store/, text/, columns/, and the seal over all of them, SHA256SUMS and SIZES
      current -> <id>       replaced by rename(2), so a reader sees the old release or the new one

A release's id comes from the bytes of its dump: the same statements are the same release, whoever builds them.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from pyoxigraph import Quad

from harmgraph.checksums import sha256
from harmgraph.disk import FULL, sync
from harmgraph.errors import BuildAborted, LookupFailed
from harmgraph.store.releases import seal
from harmgraph.store.releases.claims import unclaimed
from harmgraph.store.releases.sorting import add_sorted, write_sorted

_logger = logging.getLogger(__name__)

_PER_DUMP: Final = 6
"""Bytes that a build takes at its peak for each byte of its dump: runs of sorting, the store, its compaction."""


class Pruned(NamedTuple):
    """What pruning did: the ids of the releases that it deleted, and of those that a service uses."""

    deleted: list[str]
    in_use: list[str]


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
        found = []
        for path in self.root.glob("[!.]*/release.json"):
            if not path.parent.is_symlink():
                try:
                    found.append(_read(path.parent))
                except LookupFailed as fault:
                    _logger.warning("%s", fault)
        return sorted(found, key=lambda release: str(release.facts.get("built")), reverse=True)

    def named(self, identifier: str) -> Release:
        """The release with this id; raises `LookupFailed` for an unknown one."""
        path = self.root / identifier
        if identifier in ("", "current") or not (path / "release.json").is_file():
            known = ", ".join(release.id for release in self.all()) or "none"
            raise LookupFailed(f"{self.root} has no release {identifier!r}; there are: {known}")
        return _read(path)

    def switch(self, identifier: str) -> Release:
        """Serve this release from now on; raises `LookupFailed` for an unknown one."""
        release = self.named(identifier)
        waiting = self.root / f".current-{os.getpid()}"
        waiting.unlink(missing_ok=True)
        waiting.symlink_to(identifier)
        waiting.replace(self.root / "current")
        sync(self.root)
        return release

    def prune(self, keep: int) -> Pruned:
        """Delete all but the current release, the newest ``keep`` others, and what a service uses."""
        pruned = Pruned([], [])
        with self._lock():
            served = self.current().id
            for release in [release for release in self.all() if release.id != served][max(keep, 0) :]:
                with unclaimed(release.path) as free:
                    if free:
                        self._remove(release.path)
                (pruned.deleted if free else pruned.in_use).append(release.id)
        return pruned

    def _remove(self, path: Path) -> None:
        # Renamed first: a reader must never find a release with half its files.
        doomed = self.root / f".draft-pruned-{path.name}"
        path.rename(doomed)
        shutil.rmtree(doomed)

    @contextmanager
    def draft(self) -> Iterator[Draft]:
        """A place to make a release in, gone at the end unless `Draft.publish` was called.

        Raises `BuildAborted` while another build runs, and where the file system is full. What killed builds left
        behind is removed here.
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
            except (OSError, BuildAborted) as cause:
                if _is_full(cause):
                    raise self._no_space(path) from cause
                raise
            finally:
                shutil.rmtree(path, ignore_errors=True)

    def _no_space(self, draft: Path) -> BuildAborted:
        taken = sum(file.stat().st_size for file in draft.rglob("*") if file.is_file())
        dump = draft / "data.nq"
        needed = _PER_DUMP * dump.stat().st_size if dump.is_file() else 0
        return BuildAborted(
            f"no space left in {self.root} (or a quota or a limit on the size of files is reached): the release took "
            f"{_mebibytes(taken)} so far, {_mebibytes(shutil.disk_usage(self.root).free)} are free beside it"
            + (f", and it needs about {_mebibytes(max(needed, taken))}" if needed else "")
            + "; make room, with `harmgraph releases prune` for instance, and build again. "
            "The current release is as it was, and the unfinished one is removed"
        )

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
        """Seal the draft under its id and switch to it.

        Where the same release is there already and undamaged, that one stays.
        """
        identifier = sha256(self.dump)[:16]
        (self.path / "release.json").write_text(
            json.dumps({"id": identifier, **facts}, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        self._seal()
        target = self._releases.root / identifier
        # What an older version made may lack a part, such as the index of text.
        parts = [part.name for part in self.path.iterdir()]
        if not seal.intact(target) or not all((target / part).exists() for part in parts):
            damaged = self._releases.root / f".draft-damaged-{identifier}"
            if target.exists():
                _logger.warning("release %s is damaged or incomplete, and is replaced", identifier)
                target.rename(damaged)
            self.path.rename(target)
            sync(target.parent)
            shutil.rmtree(damaged, ignore_errors=True)  # who reads it has its files open
        return self._releases.switch(identifier)

    def _seal(self) -> None:
        """Write the seal over the published files and bring everything to the disk before the rename."""
        seal.seal(self.path)
        for path in self.path.rglob("*"):
            sync(path)
        sync(self.path)


def _read(path: Path) -> Release:
    file = path / "release.json"
    try:
        facts = json.loads(file.read_text(encoding="utf-8"))
        str(facts["id"])
    except (OSError, ValueError, KeyError, TypeError) as cause:
        raise LookupFailed(
            f"{path} is not a whole release: {file.name}: {cause!r}; build again, or switch to another"
        ) from cause
    return Release(path, facts)


def _is_full(error: BaseException | None) -> bool:
    """Whether a full file system is behind an error, which the engine reports by its text alone."""
    while error is not None:
        if isinstance(error, OSError) and (error.errno in FULL or "No space left" in str(error)):
            return True
        error = error.__cause__
    return False


def _mebibytes(size: int) -> str:
    return f"{size / (1 << 20):,.0f} MiB"
