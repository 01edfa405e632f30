"""The countries of incidents in the `FacetIndex` → a map of the world, shaded, which a template writes as SVG.

The shapes of countries are no part of the repository: ``make`` writes them (`frontend/world/`) where there is npm.
Without them there is no map, and the list of countries says the same. Asks nothing, writes no markup.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Final

import pycountry

from harmgraph.service.pages.charts import LEVELS
from harmgraph.service.pages.facets import FACETS, FacetIndex
from harmgraph.service.terms import href

DOT: Final = 7
"""The radius of the dot that stands for a country too small to be seen."""


@dataclass(frozen=True, slots=True)
class Shapes:
    """Paths of SVG by ISO 3166-1 alpha-3, places of dots likewise, and land that has no code."""

    width: int
    height: int
    paths: Mapping[str, str]
    dots: Mapping[str, tuple[int, int]]
    elsewhere: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Country:
    """A country with incidents; ``path`` is empty where it is a dot alone, ``dot`` is None where it is none."""

    label: str
    href: str
    count: int
    level: int
    path: str
    dot: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Shade:
    """What a shade means: from how many incidents to how many."""

    level: int
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class WorldMap:
    """The map: countries with incidents, the most first, and the rest of the land; ``unplaced`` are on no map."""

    width: int
    height: int
    countries: tuple[Country, ...]
    land: str
    shades: tuple[Shade, ...]
    unplaced: tuple[Country, ...]
    radius: int = DOT


@cache
def shapes() -> Shapes | None:
    """The shapes of countries; None where they have not been made."""
    file = resources.files("harmgraph.service") / "static" / "world" / "countries.json"
    return shapes_of(json.loads(file.read_text("utf-8"))) if file.is_file() else None


def shapes_of(written: Mapping[str, object]) -> Shapes:
    """The shapes as the file has them, by numbers of ISO 3166-1; what ISO does not number goes by no code."""
    paths, dots = written["shapes"], written["dots"]
    assert isinstance(paths, dict)
    assert isinstance(dots, dict)
    elsewhere = [str(path) for path in written["elsewhere"]]  # type: ignore[attr-defined]  # a list, as our script writes
    elsewhere += [path for number, path in paths.items() if not _alpha3(number)]
    return Shapes(
        int(str(written["width"])),
        int(str(written["height"])),
        {code: path for number, path in paths.items() if (code := _alpha3(number))},
        {code: (int(x), int(y)) for number, (x, y) in dots.items() if (code := _alpha3(number))},
        tuple(elsewhere),
    )


def world_map(index: FacetIndex, drawn: Shapes | None, root: str) -> WorldMap | None:
    """The map; None without shapes, and without any country in an incident."""
    counted = index.counts("country", index.all)
    if drawn is None or not counted:
        return None
    shades = _shades(counted[0].count)
    countries = [
        Country(
            value.label,
            href(FACETS["country"].base + value.key, root) or "",
            value.count,
            next(shade.level for shade in shades if value.count <= shade.most),
            drawn.paths.get(value.key, ""),
            drawn.dots.get(value.key),
        )
        for value in counted
    ]
    placed = [each for each in countries if each.path or each.dot]
    with_incidents = {value.key for value in counted}
    rest = [path for code, path in drawn.paths.items() if code not in with_incidents]
    return WorldMap(
        drawn.width,
        drawn.height,
        tuple(placed),
        "".join((*rest, *drawn.elsewhere)),
        shades,
        tuple(each for each in countries if each not in placed),
    )


def _shades(highest: int) -> tuple[Shade, ...]:
    """Steps that grow by one factor, since a few countries have most incidents; the last one ends at the highest.

    >>> [(shade.least, shade.most) for shade in _shades(7394)]
    [(1, 5), (6, 20), (21, 200), (201, 1000), (1001, 7394)]
    >>> [(shade.least, shade.most) for shade in _shades(2)]
    [(1, 1), (2, 2)]
    """
    ends = [_rounded(highest ** (step / LEVELS)) for step in range(1, LEVELS)]
    bounds: Sequence[int] = sorted({0, *(end for end in ends if end < highest), highest})
    first = LEVELS - len(bounds) + 2
    return tuple(Shade(first + place, low + 1, high) for place, (low, high) in enumerate(pairwise(bounds)))


def _rounded(number: float) -> int:
    """The nearest below of 1, 2, 5, 10, 20, 50 and so on."""
    step = 1
    while step * 10 <= number:
        step *= 10
    return next(step * factor for factor in (5, 2, 1) if step * factor <= number)


@cache
def _alpha3(number: str) -> str:
    country = pycountry.countries.get(numeric=number)
    return str(country.alpha_3) if country is not None else ""
