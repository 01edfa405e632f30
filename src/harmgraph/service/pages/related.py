"""An incident → those that have most in common with it: who was involved, with what technology, issue and harm.

What few incidents share counts for more than what many do (the logarithm of how rare a value is). Works on the
`FacetIndex` alone; a relation that a record states is a fact of the incident and stands elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Final

from harmgraph.service.pages.facets import FacetIndex, positions_of

_WEIGHTS: Final = {"organisation": 2.0, "technology": 1.0, "issue": 1.0, "harm": 1.0, "sector": 0.5, "country": 0.5}
_TOO_COMMON: Final = 5_000
"""Incidents with a value beyond which it tells nothing, and would only cost time."""
_ENOUGH: Final = 2
"""Values that two incidents must share; a country alone makes no relation."""


@dataclass(frozen=True, slots=True)
class Related:
    """Another incident and what both have."""

    iri: str
    label: str
    year: str
    shared: tuple[str, ...]


def related(index: FacetIndex, iri: str, most: int) -> tuple[Related, ...]:
    """The most closely related first, of equals the newest."""
    own = index.position(iri)
    if own is None:
        return ()
    scores: dict[int, float] = {}
    shared: dict[int, list[str]] = {}
    for name, weight in _WEIGHTS.items():
        column = index.columns[name]
        for key in column.stated[own]:
            bits = column.bits[key]
            if (count := bits.bit_count()) <= _TOO_COMMON:
                worth = weight * log(len(index.incidents) / count)
                for position in positions_of(bits):
                    scores[position] = scores.get(position, 0.0) + worth
                    shared.setdefault(position, []).append(column.label(key))
    close = (position for position in scores if position != own and len(shared[position]) >= _ENOUGH)
    best = sorted(close, key=lambda position: (-round(scores[position], 6), position))[:most]
    return tuple(
        Related(each.iri, each.label, each.date[:4], tuple(shared[position]))
        for position in best
        for each in (index.incidents[position],)
    )
