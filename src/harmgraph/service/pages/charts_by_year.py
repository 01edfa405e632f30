"""Counts of the `FacetIndex` by year → a chart of stacked bars as geometry, which templates write as SVG.

As in `harmgraph.service.pages.charts`, no script and no inline style, and every number as text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from harmgraph.service.pages.facets import FacetIndex
from harmgraph.service.pages.selection import Selection

WIDTH: Final = 760
HEIGHT: Final = 250
_LEFT: Final = 58
_RIGHT: Final = 14
_TOP: Final = 12
_BOTTOM: Final = 26
MOST_YEARS: Final = 25
MOST_SERIES: Final = 5


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
