"""Counts of the `FacetIndex` → charts as geometry and tables, which templates write as SVG and HTML.

No script, no inline style: places and sizes are attributes of SVG, colours are classes of the style sheet. Every chart
has its numbers as text, so that nobody depends on seeing it. Pure: asks nothing, writes no markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from harmgraph.service.pages.facets import FACETS, FacetIndex
from harmgraph.service.pages.selection import Selection
from harmgraph.service.terms import href

WIDTH: Final = 760
HEIGHT: Final = 250
_LEFT: Final = 58
_RIGHT: Final = 14
_TOP: Final = 12
_BOTTOM: Final = 26
MOST_YEARS: Final = 25
MOST_SERIES: Final = 5
LEVELS: Final = 5
"""Shades of a heat map."""


@dataclass(frozen=True, slots=True)
class Series:
    """A part of every bar, under the class ``s{number}``."""

    number: int
    label: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A rectangle of a bar."""

    series: Series
    y: float
    height: float
    count: int


@dataclass(frozen=True, slots=True)
class Year:
    """The bar of a year, with where it leads."""

    label: str
    href: str
    x: float
    width: float
    segments: tuple[Segment, ...]
    counts: tuple[int, ...]
    is_labelled: bool

    @property
    def total(self) -> int:
        """Incidents of the year."""
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class Line:
    """A line across the chart at a round number."""

    y: float
    label: int


@dataclass(frozen=True, slots=True)
class Years:
    """Incidents by year, stacked; ``earlier`` are those before the first bar, ``undated`` those without a year."""

    series: tuple[Series, ...]
    years: tuple[Year, ...]
    lines: tuple[Line, ...]
    earlier: int
    undated: int
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    foot: int = HEIGHT - _BOTTOM

    @property
    def total(self) -> int:
        """Incidents in the bars."""
        return sum(year.total for year in self.years)


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


def parted(index: FacetIndex, name: str, among: int) -> list[tuple[str, int]]:
    """The incidents in parts that do not overlap: by each of the commonest values, by several of them, by another."""
    stating = {key: bits & among for key, bits in index.stating(name).items()}
    commonest = sorted(stating, key=lambda key: (-stating[key].bit_count(), key))[:MOST_SERIES]
    seen = several = 0
    for key in commonest:
        several |= seen & stating[key]
        seen |= stating[key]
    others = 0
    for bits in stating.values():
        others |= bits
    label = index.columns[name].label
    parts = [(label(key), stating[key] & ~several) for key in commonest]
    return [(text, bits) for text, bits in (*parts, ("several of these", several), ("another", others & ~seen)) if bits]


def years(
    index: FacetIndex,
    parts: Sequence[tuple[str, int]],
    root: str,
    chosen: Selection,
    *,
    highest: int = 0,
    span: tuple[int, int] | None = None,
) -> Years | None:
    """The bars of these parts by year; None where no incident of theirs has one.

    Charts that are compared get the same scale: at least up to ``highest``, and over the same ``span`` of years.
    """
    columns = index.columns["year"].bits
    everything = 0
    for _, bits in parts:
        everything |= bits
    found = sorted(year for year, bits in columns.items() if bits & everything)
    if not found:
        return None
    first, last = span or (int(found[0]), int(found[-1]))
    labels = [f"{year:04}" for year in range(max(first, last - MOST_YEARS + 1), last + 1)]
    counts = {label: tuple((columns.get(label, 0) & bits).bit_count() for _, bits in parts) for label in labels}
    top = _ceiling(max(highest, *map(sum, counts.values())))
    series = tuple(Series(number, label) for number, (label, _) in enumerate(parts))
    step = (WIDTH - _LEFT - _RIGHT) / len(labels)
    labelled = 1 if len(labels) <= 13 else 2 if len(labels) <= 18 else 4
    shown = tuple(
        Year(
            label,
            chosen.toggled("year", label).url(f"{root}/search"),
            round(_LEFT + place * step + step * 0.12, 1),
            round(step * 0.76, 1),
            tuple(_segments(series, counts[label], top)),
            counts[label],
            (len(labels) - 1 - place) % labelled == 0,
        )
        for place, label in enumerate(labels)
    )
    dated = sum(sum(counts[label]) for label in labels)
    with_year = sum((columns[year] & everything).bit_count() for year in found)
    lines = tuple(Line(_y(top * part // 4, top), top * part // 4) for part in range(5))
    return Years(series, shown, lines, with_year - dated, everything.bit_count() - with_year)


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


def _segments(series: Sequence[Series], counts: Sequence[int], top: int) -> Iterable[Segment]:
    below = 0
    for each, count in zip(series, counts, strict=True):
        if count:
            y, foot = _y(below + count, top), _y(below, top)
            yield Segment(each, y, round(foot - y, 1), count)
        below += count


def _y(count: int, top: int) -> float:
    return round(HEIGHT - _BOTTOM - count / top * (HEIGHT - _BOTTOM - _TOP), 1)


def _ceiling(highest: int) -> int:
    """The next number above that is four times a round one.

    >>> [_ceiling(n) for n in (1, 7, 41, 7394)]
    [4, 8, 80, 8000]
    """
    step = 1
    while True:
        for factor in (1, 2, 5):
            if highest <= 4 * step * factor:
                return 4 * step * factor
        step *= 10
