"""What somebody begins to write → the things whose names begin so, for the search page and for suggestions.

Names are those of the `FacetIndex`, the things that incidents have in common. Asks nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from anyascii import anyascii

from harmgraph.service.context import Service
from harmgraph.service.pages.facets import FACETS, FacetIndex

MOST: Final = 8
FEWEST_LETTERS: Final = 2
_NAMED: Final = ("organisation", "country", "technology", "issue", "sector", "harm")


@dataclass(frozen=True, slots=True)
class Named:
    """A thing with its name, what kind of thing it is, and in how many incidents it occurs."""

    label: str
    kind: str
    iri: str
    count: int
    folded: str


def names_of(service: Service, index: FacetIndex) -> tuple[Named, ...]:
    """All things of a release that may be looked for by name."""
    return service.remembered("names", lambda: tuple(names_in(index)))


def names_in(index: FacetIndex) -> Iterable[Named]:
    """Every value of the facets that are things, with its name."""
    for name in _NAMED:
        column = index.columns[name]
        for key, bits in column.bits.items():
            label = column.label(key)
            yield Named(label, FACETS[name].label, FACETS[name].base + key, bits.bit_count(), folded(label))


def folded(text: str) -> str:
    """The text as names are compared: without case, accents and other scripts.

    >>> folded("  Université de Montréal ")
    'universite de montreal'
    """
    return " ".join(anyascii(text).casefold().split())


def called(names: Iterable[Named], text: str, most: int = MOST) -> list[Named]:
    """Those called so, then those whose name begins so, then those of which a word does; the commonest first."""
    wanted = folded(text)
    if len(wanted) < FEWEST_LETTERS:
        return []
    found = [(place, each) for each in names if (place := _place(each.folded, wanted)) is not None]
    found.sort(key=lambda each: (each[0], -each[1].count, each[1].folded))
    return [each for _, each in found[:most]]


def _place(name: str, wanted: str) -> int | None:
    if name == wanted:
        return 0
    if name.startswith(wanted):
        return 1
    return 2 if f" {wanted}" in name else None


def remark(named: Named) -> str:
    """What kind of thing it is, and in how many incidents."""
    return f"{named.kind}, {named.count:,} {'incident' if named.count == 1 else 'incidents'}"
