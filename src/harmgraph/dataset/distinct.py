"""How many distinct terms there are, of any number of them, in memory that does not grow with their number.

Each term becomes a digest of 128 bits, and digests go to 256 buckets that spill to files. A bucket is then small
enough to be a set. Two terms of the same digest would count as one; in 10¹² terms the odds of that are 1 to 10¹⁴.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Final

_SIZE: Final = 16
_SPILL: Final = 16 << 10
"""Bytes of one bucket that are kept in memory: 4 MiB for all of them."""


def digest(term: bytes) -> bytes:
    """What stands for the term here."""
    return blake2b(term, digest_size=_SIZE).digest()


class Distinct:
    """A set of terms that can be added to, counted and asked, but not listed."""

    def __init__(self, folder: Path) -> None:
        """``folder`` is where buckets spill to; it is made when the first of them does."""
        self._folder = folder
        self._buckets = [bytearray() for _ in range(256)]

    def add(self, key: bytes) -> None:
        """Take the `digest` of a term: made once by the caller, who may hold several sets."""
        bucket = self._buckets[key[0]]
        bucket += key
        if len(bucket) >= _SPILL:
            self._folder.mkdir(exist_ok=True)
            with self._file(key[0]).open("ab") as file:
                file.write(bucket)
            bucket.clear()

    def count(self, more: Iterable[bytes] = ()) -> int:
        """How many terms there are, and would be with these digests besides."""
        added: defaultdict[int, set[bytes]] = defaultdict(set)
        for key in more:
            added[key[0]].add(key)
        return sum(len(self._bucket(number) | added[number]) for number in range(256))

    def __contains__(self, key: bytes) -> bool:
        return key in self._bucket(key[0])

    def _bucket(self, number: int) -> set[bytes]:
        return set(_keys(self._buckets[number])) | self._spilt(number)

    def _spilt(self, number: int) -> set[bytes]:
        file = self._file(number)
        return set(_keys(file.read_bytes())) if file.exists() else set()

    def _file(self, number: int) -> Path:
        return self._folder / f"{number:02x}"


def _keys(packed: bytes | bytearray) -> Iterator[bytes]:
    return (bytes(packed[start : start + _SIZE]) for start in range(0, len(packed), _SIZE))
