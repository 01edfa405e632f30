"""The folder of the inbox: a Turtle file for each suggestion, in ``new``, ``accepted`` or ``rejected``.

Whoever writes holds the lock of the folder, which ends with its process, so any number of server processes and
commands may write. A file comes whole or not at all: it is written beside its place, brought to the disk, renamed.
What a process that was killed has left beside is deleted by the next one that writes.
"""

from __future__ import annotations

import fcntl
import logging
import os
import re
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from pyoxigraph import RdfFormat, Triple, parse, serialize

from harmgraph.disk import FULL, sync
from harmgraph.errors import HarmgraphError, InboxUnavailable, TooManySuggestions
from harmgraph.inbox.suggestion import Suggestion, suggestion_of
from harmgraph.inbox.terms import PREFIXES
from harmgraph.settings import Settings

NEW: Final = "new"
STATES: Final = ("accepted", "rejected", NEW)
"""Where a suggestion may lie. What is in two places, because a move was cut short, is in the first of them."""

_NAME: Final = re.compile(r"\d{4}-\d{2}-\d{2}-[0-9a-f]{16}", re.ASCII)
_HALF: Final = ".half-"
_HOUR: Final = 3600

log = logging.getLogger(__name__)


def folder_of(settings: Settings) -> Path | None:
    """The folder that the settings name; None where there is no inbox.

    ``auto`` is on where nobody but this machine is served: others have to be wanted. A service with a public address
    has others, though it listens to a proxy on this machine alone.
    """
    if settings.inbox == "off":
        return None
    if settings.inbox != "auto":
        return Path(settings.inbox)
    return Path("inbox") if _is_loopback(settings.host) and not settings.public_url else None


def new_name(now: datetime) -> str:
    """A name that nobody can guess, which sorts by day.

    >>> len(new_name(datetime(2026, 12, 1, tzinfo=UTC)))
    27
    """
    return f"{now.astimezone(UTC):%Y-%m-%d}-{secrets.token_hex(8)}"


def is_name(text: str) -> bool:
    """Whether suggestions have names like this."""
    return _NAME.fullmatch(text) is not None


class Inbox:
    """The suggestions in a folder, which need not be there yet."""

    def __init__(self, folder: Path, *, count: int = 0, size: int = 0, rate: int = 0) -> None:
        self.folder = folder
        self._count, self._size, self._rate = count, size, rate

    @classmethod
    def of(cls, settings: Settings) -> Inbox | None:
        """The inbox of these settings, if there is one."""
        folder = folder_of(settings)
        limits = {"count": settings.inbox_count, "size": settings.inbox_bytes, "rate": settings.inbox_rate}
        return cls(folder, **limits) if folder is not None else None

    def keep(self, name: str, triples: Iterable[Triple]) -> Path:
        """Write a new suggestion; raises `TooManySuggestions` or `InboxUnavailable`, and then nothing is written."""
        text = turtle(triples)
        try:
            with self._locked():
                self._require_room(len(text))
                return self._write(self._path(NEW, name), text)
        except OSError as cause:
            raise _unavailable(self.folder, cause) from cause

    def names(self, state: str) -> list[str]:
        """The names of the suggestions in this state, the oldest first."""
        before = STATES[: STATES.index(state)]
        found = sorted(path.stem for path in (self.folder / state).glob("*.ttl") if _NAME.fullmatch(path.stem))
        return [name for name in found if not any(self._path(each, name).exists() for each in before)]

    def find(self, wanted: str) -> tuple[str, str]:
        """State and name of the one suggestion whose name begins or ends like this."""
        every = [(state, name) for state in STATES for name in self.names(state)]
        found = [each for each in every if wanted and (each[1].startswith(wanted) or each[1].endswith(wanted))]
        if len(found) != 1:
            many = f"{len(found)} suggestions in {self.folder} have names" if found else f"{self.folder} has none"
            raise HarmgraphError(f"{many} like {wanted!r}; harmgraph inbox list has the names")
        return found[0]

    def triples(self, state: str, name: str) -> list[Triple]:
        """Everything in the file of this suggestion."""
        path = self._path(state, name)
        try:
            return [quad.triple for quad in parse(path=path, format=RdfFormat.TURTLE)]
        except SyntaxError as cause:
            raise HarmgraphError(f"{path}:{cause.lineno}: {cause.msg}; mend the file or take it away") from cause

    def suggestion(self, state: str, name: str) -> Suggestion:
        """The suggestion of this name."""
        try:
            return suggestion_of(self.triples(state, name), name)
        except ValueError as cause:
            raise HarmgraphError(f"{self._path(state, name)}: {cause}; mend the file or take it away") from cause

    def move(self, name: str, old: str, new: str, triples: Iterable[Triple], beside: str | None = None) -> Path:
        """Write the suggestion in its new state, with the text ``beside`` it, and take it from the old one.

        Cut short in between, it is in both: then `STATES` says where it counts, and the next decision mends it.
        """
        text = turtle(triples)
        with self._locked():
            if not self._path(old, name).exists():
                raise HarmgraphError(f"{name} is no longer among the {old} ones: somebody else has just decided")
            draft = self._path(new, name).with_suffix(".toml")
            if beside is not None:
                self._write(draft, beside.encode())
            path = self._write(self._path(new, name), text)
            for state in {*STATES, old} - {new}:
                for suffix in (".ttl", ".toml"):
                    self._path(state, name).with_suffix(suffix).unlink(missing_ok=True)
            return path

    def _path(self, state: str, name: str) -> Path:
        return self.folder / state / f"{name}.ttl"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # names of people are in it
        for state in STATES:
            (self.folder / state).mkdir(exist_ok=True)
        with (self.folder / ".lock").open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _require_room(self, size: int) -> None:
        """Raise where no more may wait for review, or too many came within the hour."""
        files = [entry.stat() for entry in os.scandir(self.folder / NEW) if entry.name.endswith(".ttl")]
        if len(files) >= self._count or sum(each.st_size for each in files) + size > self._size:
            raise InboxUnavailable(f"{len(files)} suggestions wait for review, and no more are taken", "full")
        now = time.time()
        recent = sorted(age for each in files if (age := now - each.st_mtime) < _HOUR)
        if self._rate and len(recent) >= self._rate:
            wait = max(1, int(_HOUR - recent[self._rate - 1]) + 1)
            raise TooManySuggestions(f"{self._rate} suggestions came within the hour, which is the limit", wait)

    def _write(self, path: Path, text: bytes) -> Path:
        """The file with this text, whole and on the disk. The lock is held, so every half file is a dead one's."""
        for half in path.parent.glob(f"{_HALF}*"):
            half.unlink(missing_ok=True)
        half = path.with_name(f"{_HALF}{path.name}")
        try:
            with half.open("xb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            half.replace(path)
        except OSError:
            with suppress(OSError):
                half.unlink(missing_ok=True)
            raise
        sync(path.parent)
        return path


def turtle(triples: Iterable[Triple]) -> bytes:
    """The triples as a person reads them, the annotation before its parts."""
    ordered = sorted(triples, key=lambda triple: (len(str(triple.subject)), str(triple)))
    text = "\n".join(map(str, ordered))
    used = {prefix: iri for prefix, iri in PREFIXES.items() if f"<{iri}" in text}
    return serialize(ordered, format=RdfFormat.TURTLE, prefixes=used) or b""  # None only with an output


def _unavailable(folder: Path, cause: OSError) -> InboxUnavailable:
    log.error("the inbox %s cannot be written: %s", folder, cause.strerror or cause)
    if cause.errno in FULL:
        return InboxUnavailable("there is no space left to keep suggestions in", "disk")
    return InboxUnavailable("the inbox cannot be written; the log of the service says why", "broken")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
