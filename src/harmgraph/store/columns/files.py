"""The default graph of a release as columns of numbers, in files that are mapped into memory.

    columns/
      terms.bin        every term once, as N-Triples writes it, in the order of these bytes
      ends.npy         where each term ends in it: the number of a term is its place in that order
      predicates.npy   the numbers of the predicates, and where the triples of each begin and end in what follows
      by_subject.npy   two rows, subjects and objects: the triples by predicate, subject and object
      by_object.npy    the same triples by predicate, object and subject

Made of the store (`make`), whose terms are the ones that queries are answered with; opened by the keeper, so that all
its workers share one mapping.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray
from pyoxigraph import DefaultGraph, RdfFormat, Store

from harmgraph.store.columns.tables import Ids, Table

SUBJECT: Final = "s"
OBJECT: Final = "o"


class Columns:
    """The columns of one release, open for reading."""

    def __init__(self, folder: Path) -> None:
        self._ends = _mapped(folder / "ends.npy").data  # whose items are plain integers
        self._terms = np.memmap(folder / "terms.bin", np.uint8, "r").data
        self._by_subject = _mapped(folder / "by_subject.npy")
        self._by_object = _mapped(folder / "by_object.npy")
        self._spans = {int(number): (int(first), int(end)) for number, first, end in _mapped(folder / "predicates.npy")}

    @classmethod
    def open(cls, folder: Path) -> Self | None:
        """The columns in this folder; None where there are none, or some that this version cannot read."""
        try:
            return cls(folder)
        except (OSError, ValueError, EOFError):
            return None

    def __len__(self) -> int:
        """How many terms there are; their numbers are below."""
        return len(self._ends)

    def term(self, number: int) -> str:
        """The term with this number, as N-Triples writes it."""
        return self._bytes(number).decode()

    def size(self, numbers: Ids) -> int:
        """Bytes that these terms have together."""
        ends = np.asarray(self._ends)
        return int((ends[numbers] - np.where(numbers > 0, ends[numbers - 1], 0)).sum())

    def number(self, term: str) -> int | None:
        """The number of a term in its canonical form; None where the graph does not have it."""
        wanted = term.encode()
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self._bytes(middle) < wanted:
                low = middle + 1
            else:
                high = middle
        return low if low < len(self) and self._bytes(low) == wanted else None

    def are_nodes(self, numbers: Ids) -> bool:
        """Whether all of these terms are subjects or objects for certain: in the graph, and no predicates."""
        return not len(numbers) or (
            int(numbers.max()) < len(self) and not any(map(self._spans.__contains__, numbers.tolist()))
        )

    def triples(self, predicate: int) -> tuple[Table, Table]:
        """The subjects and objects of a predicate, as `SUBJECT` and `OBJECT`: sorted by subject, and by object."""
        first, end = self._spans.get(predicate, (0, 0))
        by_subject, by_object = self._by_subject[:, first:end], self._by_object[:, first:end]
        return (
            Table({SUBJECT: by_subject[0], OBJECT: by_subject[1]}, end - first, order=(SUBJECT, OBJECT)),
            Table({SUBJECT: by_object[0], OBJECT: by_object[1]}, end - first, order=(OBJECT, SUBJECT)),
        )

    def _bytes(self, number: int) -> bytes:
        return bytes(self._terms[self._ends[number - 1] if number else 0 : self._ends[number]])


def make(store: Store, folder: Path) -> int:
    """Write the columns of the default graph of a store; returns the number of its triples."""
    folder.mkdir()
    lines = _Lines()
    # The type stub asks for a whole IO object; the engine calls write() and flush() alone.
    store.dump(lines, RdfFormat.N_TRIPLES, from_graph=DefaultGraph())  # type: ignore[arg-type]
    ranks = _write_terms(list(lines.numbers), folder)
    triples = [ranks[np.frombuffer(column, np.int32)] for column in (lines.predicates, lines.subjects, lines.objects)]
    del lines
    predicates, subjects, objects = triples
    order = np.lexsort((objects, subjects, predicates))
    np.save(folder / "by_subject.npy", np.stack((subjects[order], objects[order])))
    order = np.lexsort((subjects, objects, predicates))
    np.save(folder / "by_object.npy", np.stack((subjects[order], objects[order])))
    numbers, counts = np.unique(predicates, return_counts=True)
    ends = np.cumsum(counts)
    np.save(folder / "predicates.npy", np.stack((numbers, ends - counts, ends), axis=1).astype(np.int64))
    return len(predicates)


class _Lines:
    """Takes N-Triples as they are written, and numbers their terms as they come."""

    def __init__(self) -> None:
        self.numbers: dict[bytes, int] = {}
        self.subjects, self.predicates, self.objects = array("i"), array("i"), array("i")
        self._rest = b""

    def write(self, data: bytes) -> int:
        """Take some bytes."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._take(lines)
        return len(data)

    def flush(self) -> None:
        """Called by the engine at the end, which is the end of a line."""

    def _take(self, lines: Iterable[bytes]) -> None:
        numbers = self.numbers
        for line in lines:
            subject, predicate, rest = line.split(b" ", 2)
            self.subjects.append(numbers.setdefault(subject, len(numbers)))
            self.predicates.append(numbers.setdefault(predicate, len(numbers)))
            self.objects.append(numbers.setdefault(rest[:-2], len(numbers)))


def _write_terms(terms: list[bytes], folder: Path) -> Ids:
    """Write the terms in order; returns the new number of each."""
    order = sorted(range(len(terms)), key=terms.__getitem__)
    with (folder / "terms.bin").open("wb") as file:
        file.writelines(terms[number] for number in order)
    lengths = np.fromiter((len(terms[number]) for number in order), np.int64, len(order))
    np.save(folder / "ends.npy", np.cumsum(lengths))
    ranks = np.empty(len(order), np.int32)
    ranks[order] = np.arange(len(order), dtype=np.int32)
    return ranks


def _mapped(file: Path) -> NDArray[Any]:
    return np.asarray(np.load(file, mmap_mode="r", allow_pickle=False))  # the subclass for files is slow to slice
