"""What the user names → the dump and the record graphs in it that are compared, and what these say of each thing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

from harmgraph.errors import LookupFailed, SnapshotUnreadable
from harmgraph.iris import BASE, mint
from harmgraph.store.releases.release import Release, Releases

_RECORDS: Final = f"{BASE}id/record/"
_INCIDENT: Final = f"<{BASE}id/incident/".encode()


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two things compared: the record graphs of a sorted dump whose names begin with ``graphs``."""

    name: str
    dump: Path
    graphs: str = _RECORDS


class Said(NamedTuple):
    """What a side's records say of one thing, each statement as property and value in the bytes of N-Triples."""

    subject: bytes
    statements: frozenset[tuple[bytes, bytes]]
    records: frozenset[str]
    """Of an incident: the records that speak of it, as source and local name, whatever their version."""


class _Line(NamedTuple):
    subject: bytes
    predicate: bytes
    term: bytes
    graph: bytes


def find_side(selector: str, releases: Releases) -> Side:
    """The side that the selector names.

    ``FILE`` is a sorted N-Quads file; ``RELEASE`` an id, the beginning of one, or ``current``; ``SOURCE@VERSION`` a
    snapshot in the current release and ``RELEASE/SOURCE@VERSION`` in another. Raises `LookupFailed`.
    """
    if Path(selector).is_file():
        return Side(selector, Path(selector))
    if "@" not in selector:
        release = _release(selector, releases)
        return Side(release.id, release.dump)
    identifier, _, snapshot = selector.rpartition("/")
    return _snapshot(snapshot, _release(identifier or "current", releases))


def _release(identifier: str, releases: Releases) -> Release:
    if identifier == "current":
        return releases.current()
    every = releases.all()
    found = [release for release in every if identifier and release.id.startswith(identifier)]
    if len(found) == 1:
        return found[0]
    known = ", ".join(release.id for release in every) or "none"
    what = f"{len(found)} releases whose ids begin with {identifier!r}" if found else f"no release {identifier!r}"
    raise LookupFailed(f"{releases.root} has {what}, and no such file is there; there are: {known}")


def _snapshot(name: str, release: Release) -> Side:
    known = [f"{row['source']}@{row['version']}" for row in release.facts["sources"]]
    if name not in known:
        raise LookupFailed(f"release {release.id} has no snapshot {name!r}; it has {', '.join(known)}")
    source, _, version = name.partition("@")
    return Side(name, release.dump, mint("record", source, version).value + "/")


def things(side: Side) -> Iterator[Said]:
    """All that the side's records speak of, in the order of the dump; the records' own raw strings are left out.

    Raises `SnapshotUnreadable` where the file is no sorted N-Quads or has no record graph.
    """
    last, found = b"", False
    for subject, lines in groupby(_lines(side), key=lambda line: line.subject):
        if subject < last:
            raise SnapshotUnreadable(f"{side.dump} is not sorted; `LC_ALL=C sort -u` sorts it")
        last, found = subject, True
        if subject.startswith(f"<{_RECORDS}".encode()):
            continue
        said = list(lines)
        records = {_record(line.graph) for line in said} if subject.startswith(_INCIDENT) else ()
        yield Said(subject, frozenset((line.predicate, line.term) for line in said), frozenset(records))
    if not found:
        raise SnapshotUnreadable(f"{side.dump} has no graph {side.graphs}…, so there is nothing to compare")


def _lines(side: Side) -> Iterator[_Line]:
    wanted = f"<{side.graphs}".encode()
    with side.dump.open("rb", buffering=1 << 20) as file:
        for number, line in enumerate(file, 1):
            try:
                subject, predicate, rest = line.split(b" ", 2)
                term, graph, _ = rest.rsplit(b" ", 2)
            except ValueError as cause:
                if not line.strip() or line.startswith(b"#"):
                    continue
                raise SnapshotUnreadable(
                    f"{side.dump}, line {number}: {line[:80]!r} is no statement of N-Quads in a graph"
                ) from cause
            if graph.startswith(wanted):
                yield _Line(subject, predicate, term, graph)


def _record(graph: bytes) -> str:
    source, _, local = graph[1:-1].decode().removeprefix(_RECORDS).split("/", 2)
    return f"{source} {local}"
