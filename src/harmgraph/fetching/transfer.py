"""A URL → a whole file under a name that ends in ``.part``, over as many answers as it takes.

Beside it, ``….part.toml`` holds the validator of the representation that is being fetched. With it the next answer, of
this run or of the next, goes on where the last one broke off (RFC 9110, 13.1.5 and 14), or starts over if the file has
changed on the server.
"""

from __future__ import annotations

import io
import os
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import httpx
import tomli_w
from webob.byterange import ContentRange

from harmgraph.errors import FetchFailed
from harmgraph.fetching.web import Again, Patience, Progress, answer, http_date, persist, refuse_pages


@dataclass(frozen=True, slots=True)
class Representation:
    """Which version of a file is being fetched."""

    url: str
    etag: str = ""
    last_modified: str = ""
    validator: str = ""
    """What If-Range can be asked with; blank where the server gives nothing that is strong enough."""
    total: int = -1
    """Its size in bytes, -1 where the server does not say it."""

    @classmethod
    def of(cls, url: str, response: httpx.Response) -> Self:
        """The representation that this answer, with status 200, is of."""
        etag = response.headers.get("ETag", "")
        modified = response.headers.get("Last-Modified", "")
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            return cls(url, etag, modified)  # lengths and ranges count the bytes as encoded, which are not what is kept
        validator = etag if etag.startswith('"') else modified if _is_strong(response.headers) else ""
        return cls(url, etag, modified, validator, int(response.headers.get("Content-Length", -1)))

    @classmethod
    def from_file(cls, path: Path, url: str) -> Self:
        """What an earlier run noted, if it was of this URL."""
        try:
            noted = cls(**tomllib.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):  # none, or cut off with the run that wrote it
            return cls(url)
        return noted if noted.url == url else cls(url)


def _is_strong(headers: Mapping[str, str]) -> bool:
    """Whether Last-Modified identifies the bytes: RFC 9110, 8.8.2.2, wants it older than Date by a second or more."""
    modified, date = http_date(headers.get("Last-Modified")), http_date(headers.get("Date"))
    return modified is not None and date is not None and (date - modified).total_seconds() >= 1


class Transfer:
    """The download of one URL into one file."""

    def __init__(self, client: httpx.Client, url: str, part: Path, largest: int, progress: Progress) -> None:
        self.part = part
        self._client = client
        self._url = url
        self._largest = largest
        self._progress = progress
        self._notes = part.with_name(f"{part.name}.toml")
        self._conditions: Mapping[str, str] = {}
        self.version = Representation.from_file(self._notes, url)

    def run(self, conditions: Mapping[str, str], patience: Patience) -> bool:
        """Fetch it; False where the server says that these conditions do not hold, so that it need not be fetched.

        Raises `FetchFailed`. What came until then stays for the next run wherever that can go on with it.
        """
        self._conditions = conditions
        # Without a buffer, every byte that was received is in the file, however the run ends.
        came = False
        try:
            with self.part.open("a+b", buffering=0) as file:
                came = persist(lambda: self._attempt(file), patience, self._remedy)
                os.fsync(file.fileno())
        finally:
            if not came and not self._can_go_on():
                self.discard()
        if not came:
            self.discard()
        return came

    def discard(self) -> None:
        """Remove the file and what was noted about it."""
        self.part.unlink(missing_ok=True)
        self._notes.unlink(missing_ok=True)

    def _can_go_on(self) -> bool:
        """Whether a later run can do something with what has come."""
        return bool(self.version.validator) and self.part.exists() and self.part.stat().st_size > 0

    def _remedy(self) -> str:
        if self._can_go_on():
            done = self.part.stat().st_size
            return f"{done:,} bytes are kept in {self.part}, and the same command goes on from there"
        return "run the same command again later"

    def _attempt(self, file: io.FileIO) -> bool:
        done = file.seek(0, io.SEEK_END)
        headers = dict(self._conditions)
        if done and self.version.validator:
            headers |= {"Range": f"bytes={done}-", "If-Range": self.version.validator}
        elif done:
            self._start_over(file)
        with answer(self._client, self._url, headers) as response:
            if response.status_code == 304:
                if not self._conditions:
                    raise FetchFailed(f"{self._url}: answered 304 Not Modified to a request without conditions")
                return False
            if response.status_code == 416:
                return self._beyond(file, response, done)
            refuse_pages(self._url, response)
            if response.status_code == 206:
                self._go_on(file, response, done)
            else:
                self._start_over(file)
                self.version = Representation.of(self._url, response)
                self._notes.write_text(tomli_w.dumps(asdict(self.version)), encoding="utf-8")
            self._receive(file, response)
        return True

    def _beyond(self, file: io.FileIO, response: httpx.Response, done: int) -> bool:
        """Nothing is left to fetch: the run before ended between the last byte and putting the file in its place."""
        there = ContentRange.parse(response.headers.get("Content-Range", ""))
        if done and there is not None and there.length == done:
            return True
        self._start_over(file)
        raise Again(f"{self._url}: has no bytes after the {done:,} that had come; starting over")

    def _go_on(self, file: io.FileIO, response: httpx.Response, done: int) -> None:
        """Check that the answer is the rest of what is there, and of the same representation."""
        given = ContentRange.parse(response.headers.get("Content-Range", ""))
        etag = response.headers.get("ETag", self.version.etag)
        same = etag == self.version.etag and given is not None and self.version.total in (-1, given.length)
        if not done or not same or given.start != done or "Content-Encoding" in response.headers:
            shown = response.headers.get("Content-Range", "no Content-Range")
            self._start_over(file)
            raise Again(f"{self._url}: answered with {shown} where the bytes from {done} were asked for; starting over")

    def _start_over(self, file: io.FileIO) -> None:
        file.truncate(0)
        self.version = Representation(self._url)
        self._notes.unlink(missing_ok=True)

    def _receive(self, file: io.FileIO, response: httpx.Response) -> None:
        done, total = file.seek(0, io.SEEK_END), self.version.total
        self._limit(max(done, total))
        for chunk in response.iter_bytes():
            self._write(file, chunk)
            done += len(chunk)
            self._limit(done)
            self._progress("fetching", done, total if total >= 0 else None)
        if done < total:
            raise Again(f"{self._url}: {done:,} of {total:,} bytes came, then the answer ended")
        if done > total >= 0:
            self._start_over(file)
            raise Again(f"{self._url}: more than the announced {total:,} bytes came; starting over")

    def _limit(self, size: int) -> None:
        if size > self._largest:
            self.discard()
            raise FetchFailed(
                f"{self._url}: is larger than {self._largest:,} bytes, the most that this source may have"
            )

    def _write(self, file: io.FileIO, chunk: bytes) -> None:
        rest = memoryview(chunk)
        try:
            while rest:
                rest = rest[file.write(rest) :]
        except OSError as cause:
            raise FetchFailed(f"{self.part}: {cause.strerror}; make room, then: {self._remedy()}") from cause
