"""What any source's snapshot bears witness to beyond its incidents: keys of records, redirects and tombstones.

A source has the methods only where it has something to say; here stands what the others have, so that nobody asks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Protocol, runtime_checkable

from harmgraph.model import Snapshot, SourceRecord, Tombstone
from harmgraph.sources.base import Source
from harmgraph.sources.keys import key_of_url


@runtime_checkable
class Keyed(Protocol):
    """A source that reads its records' keys itself."""

    def keys(self, record: SourceRecord) -> frozenset[str]: ...


@runtime_checkable
class Redirecting(Protocol):
    """A source that has given up ids for others."""

    def redirects(self, snapshot: Snapshot) -> Iterator[tuple[str, str]]: ...


@runtime_checkable
class Withdrawing(Protocol):
    """A source that has given up ids for nothing."""

    def tombstones(self, snapshot: Snapshot) -> Iterator[Tombstone]: ...


@runtime_checkable
class Judging(Protocol):
    """A source whose records name the records of others that tell of the same incident, as a person judged."""

    def judged(self, record: SourceRecord) -> Iterator[tuple[str, str]]: ...


def judged_of(source: Source, record: SourceRecord) -> Iterator[tuple[str, str]]:
    """Pairs of names of incidents that this record says are one."""
    return source.judged(record) if isinstance(source, Judging) else iter(())


def keys_of(source: Source, record: SourceRecord) -> frozenset[str]:
    """By what else the incident of this record is known; by default the address of its page, or its list of pages."""
    if isinstance(source, Keyed):
        return source.keys(record)
    pages = [record.page] if record.page is not None else _pages(record)
    return frozenset(key for page in pages if (key := key_of_url(page)) is not None)


def redirects_of(source: Source, snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """Names of incidents that the source has given up, each with the one that stands in its place."""
    return source.redirects(snapshot) if isinstance(source, Redirecting) else iter(())


def tombstones_of(source: Source, snapshot: Snapshot) -> Iterator[Tombstone]:
    """Names of incidents that the source has given up for none, or for several others."""
    return source.tombstones(snapshot) if isinstance(source, Withdrawing) else iter(())


def _pages(record: SourceRecord) -> list[str]:
    """The addresses in the list ``pages`` of a curated record."""
    pages = json.loads(record.fields.get("pages", "[]")) if record.fields.get("pages", "").startswith("[") else []
    return [page for page in pages if isinstance(page, str)]
