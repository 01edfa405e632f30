"""The lines of a sorted dump → terms as they are written there, batches to be sent, and counts to be compared.

Reads canonical N-Quads, one blank between terms, which is what releases hold; parses nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from harmgraph.iris import BASE

_DATE: Final = re.compile(
    rb'"([0-9]{4}(?:-[0-9]{2}){0,2})"\^\^<http://www\.w3\.org/2001/XMLSchema#(?:gYear|gYearMonth|date)>\Z'
)
_SKOLEM: Final = f"<{BASE}.well-known/genid/".encode()


@dataclass(slots=True)
class Batch:
    """Some consecutive statements: those of each named graph, and those that are new in the merge of all."""

    end: int
    """The offset in the dump after the last one."""
    graphs: dict[str, list[bytes]] = field(default_factory=dict)
    merged: list[bytes] = field(default_factory=list)
    size: int = 0


@dataclass(frozen=True, slots=True)
class Census:
    """How many statements each named graph of a dump has, and how many different triples there are."""

    graphs: Counter[str]
    merged: int
    folded: int = 0
    """Triples among the merged that the engine takes for others, and so does not count."""


def batches(dump: Path, size: int, begin: int = 0, only: Collection[str] | None = None) -> Iterator[Batch]:
    """The statements from an offset on, ``size`` at a time; of these graphs only, where any are named."""
    with dump.open("rb", buffering=1 << 20) as lines:
        lines.seek(begin)
        batch, before = Batch(begin), b""
        for line in lines:
            batch.end += len(line)
            triple, graph = divided(line)
            if only is not None and graph not in only:
                continue
            batch.graphs.setdefault(graph, []).append(triple)
            if triple != before:  # the dump is sorted, so the same triple of another graph is next to it
                batch.merged.append(triple)
            before, batch.size = triple, batch.size + 1
            if batch.size >= size:
                yield batch
                batch = Batch(batch.end)
        if batch.size:
            yield batch


def census(dump: Path, *, folds_dates: bool = False) -> Census:
    """The counts of a dump, as an engine has them that takes a year or a month for its first day if ``folds_dates``."""
    graphs: Counter[str] = Counter()
    merged, folded, before = 0, 0, b""
    about, days = b"", set[tuple[str | None, bytes]]()  # subject and predicate, and the days that were said of them
    with dump.open("rb", buffering=1 << 20) as lines:
        for line in lines:
            triple, graph = divided(line)
            new = triple != before
            before = triple
            if folds_dates and (found := _DATE.search(triple)) is not None:
                if triple[: found.start()] != about:
                    about = triple[: found.start()]
                    days.clear()
                day = (found[1] + b"-01-01")[:10]
                if new and (None, day) in days:
                    folded += 1
                    new = False
                stated = (graph, day) not in days
                days.update({(None, day), (graph, day)})
            else:
                stated = True
            graphs[graph] += stated
            merged += new
    return Census(graphs, merged, folded)


def divided(line: bytes) -> tuple[bytes, str]:
    """The triple of a line as N-Triples without its end, and the IRI of its graph.

    A blank node becomes an IRI (RDF 1.1 Concepts §3.5): it has to stay itself from one request to the next.

    >>> divided(b'_:b1 <http://a/p> "x <y> ." <http://a/g> .')
    (b'<https://w3id.org/harmgraph/.well-known/genid/b1> <http://a/p> "x <y> ."', 'http://a/g')
    """
    triple, _, graph = line.rstrip()[:-2].rpartition(b" ")
    if triple.startswith(b"_:") or b" _:" in triple:
        subject, predicate, value = triple.split(b" ", 2)
        triple = b" ".join((_named(subject), predicate, _named(value)))
    return triple, graph[1:-1].decode()


def _named(term: bytes) -> bytes:
    return _SKOLEM + term[2:] + b">" if term.startswith(b"_:") else term
