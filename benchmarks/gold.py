"""A gold standard of mentions → what a system finds of it: precision, recall and F1 with intervals of 95 %.

A gold standard is a CSV file with the columns mention, kind, mode and qids, and a field or the source that it is from.
``LINK`` mentions have items: all of them with mode ``parts``, one of them with ``any``. Every other kind has to stay
without an item.
"""

from __future__ import annotations

import csv
import math
import random
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

_NORMAL = 1.959964
"""What 95 % of a normal distribution lie within."""
_RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Mention:
    """One mention, as a value of which field, and the items that it names."""

    text: str
    field: str
    items: frozenset[str]
    one_is_enough: bool
    part: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one mention or several: items found that are right, found that are wrong, and not found."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def __add__(self, other: Outcome) -> Outcome:
        return Outcome(self.right + other.right, self.wrong + other.wrong, self.missed + other.missed)

    @property
    def precision(self) -> float:
        return _share(self.right, self.right + self.wrong)

    @property
    def recall(self) -> float:
        return _share(self.right, self.right + self.missed)

    @property
    def f1(self) -> float:
        return _share(2 * self.right, 2 * self.right + self.wrong + self.missed)


def read_gold(path: Path, part: str | None = None) -> list[Mention]:
    """The mentions of a gold standard, or of one part of it; one from a slug is read as a slug."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if part in (None, row.get("part"))]
    return [
        Mention(
            row["mention"],
            row.get("field") or ("slug" if "slug" in row["source"] else "organisation"),
            frozenset(filter(None, row["qids"].split("|"))) if row["kind"] == "LINK" else frozenset(),
            row["mode"] == "any",
            row.get("part") or "",
        )
        for row in rows
    ]


def judged(mention: Mention, found: Set[str]) -> Outcome:
    """What these items are for this mention."""
    enough = mention.one_is_enough and bool(found & mention.items)
    missed = 0 if enough else len(mention.items - found)
    return Outcome(len(found & mention.items), len(found - mention.items), missed)


def outcomes(gold: Sequence[Mention], find: Callable[[Mention], Set[str]]) -> list[Outcome]:
    """One outcome for each mention."""
    return [judged(mention, find(mention)) for mention in gold]


def total(each: Iterable[Outcome]) -> Outcome:
    """All outcomes as one."""
    return sum(each, Outcome())


def wilson(right: int, of: int) -> tuple[float, float]:
    """The interval of Wilson for a share: sound for few cases and for shares near 0 and 1, too.

    >>> [round(bound, 3) for bound in wilson(9, 10)]
    [0.596, 0.982]
    """
    if of == 0:
        return 0.0, 1.0
    share, square = right / of, _NORMAL**2
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = _NORMAL * math.sqrt(share * (1 - share) / of + square / (4 * of**2)) / (1 + square / of)
    return max(0.0, middle - half), min(1.0, middle + half)


def bootstrap(each: Sequence[Outcome], seed: int = 17) -> tuple[float, float]:
    """The interval of F1, which is no share of independent cases: mentions are drawn again, with a fixed seed."""
    chance = random.Random(seed)
    scores = sorted(total(chance.choices(each, k=len(each))).f1 for _ in range(_RESAMPLES))
    return scores[int(0.025 * _RESAMPLES)], scores[int(0.975 * _RESAMPLES) - 1]


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0
