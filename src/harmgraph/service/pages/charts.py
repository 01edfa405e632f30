"""Counts of the `FacetIndex` → bars and heat maps as lengths and shades, which templates write as SVG and HTML.

No script, no inline style: places and sizes are attributes of SVG, colours are classes of the style sheet. Every chart
has its numbers as text, so that nobody depends on seeing it. Pure: asks nothing, writes no markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from harmgraph.service.pages.facets import FACETS, FacetIndex
from harmgraph.service.pages.selection import Selection
from harmgraph.service.terms import href

LEVELS: Final = 5
"""Shades of a heat map."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A value with its count; ``share`` is the length of its bar, of 100."""

    key: str
    label: str
    count: int
    share: float
    href: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A field of a heat map."""

    count: int
    level: int
    href: str


@dataclass(frozen=True, slots=True)
class HeatMap:
    """How often two facets meet: one row for each value of the first."""

    columns: tuple[Bar, ...]
    rows: tuple[tuple[Bar, tuple[Cell, ...]], ...]


def bars(index: FacetIndex, name: str, among: int, most: int, root: str, chosen: Selection) -> tuple[Bar, ...]:
    """The commonest values of a facet among these incidents; each leads to a search for it beside what is chosen."""
    counted = index.counts(name, among)[:most]
    longest = max((value.count for value in counted), default=1)
    return tuple(
        Bar(
            value.key,
            value.label,
            value.count,
            round(100 * value.count / longest, 1),
            chosen.toggled(name, value.key).url(f"{root}/search"),
        )
        for value in counted
    )


def beside(index: FacetIndex, name: str, key: str, among: int, most: int, root: str) -> tuple[Bar, ...]:
    """What else of its facet these incidents state; each leads to its page, since a search would add its incidents."""
    counts = {each: (bits & among).bit_count() for each, bits in index.stating(name).items() if each != key}
    ordered = sorted((each for each in counts if counts[each]), key=lambda each: (-counts[each], each))[:most]
    longest = max((counts[each] for each in ordered), default=1)
    column, base = index.columns[name], FACETS[name].base
    return tuple(
        Bar(
            each,
            column.label(each),
            counts[each],
            round(100 * counts[each] / longest, 1),
            href(base + each, root) or "",
        )
        for each in ordered
    )


def heat_map(index: FacetIndex, down: str, across: str, most: tuple[int, int], root: str) -> HeatMap:
    """How many incidents state both a value of one facet and one of another, the commonest of each."""
    rows, columns = (_stated(index, name, number, root) for name, number in zip((down, across), most, strict=True))
    stating = index.stating(down), index.stating(across)
    counts = [[(stating[0][row.key] & stating[1][column.key]).bit_count() for column in columns] for row in rows]
    highest = max((count for line in counts for count in line), default=0)
    return HeatMap(
        columns,
        tuple(
            (
                row,
                tuple(
                    Cell(
                        count,
                        -(-count * LEVELS // highest) if count else 0,
                        Selection().toggled(down, row.key).toggled(across, column.key).url(f"{root}/search"),
                    )
                    for column, count in zip(columns, line, strict=True)
                ),
            )
            for row, line in zip(rows, counts, strict=True)
        ),
    )


def _stated(index: FacetIndex, name: str, most: int, root: str) -> tuple[Bar, ...]:
    stating: Mapping[str, int] = {key: bits.bit_count() for key, bits in index.stating(name).items()}
    ordered: Iterable[str] = sorted(stating, key=lambda key: (-stating[key], key))[:most]
    column = index.columns[name]
    return tuple(
        Bar(k, column.label(k), stating[k], 0, Selection().toggled(name, k).url(f"{root}/search")) for k in ordered
    )
