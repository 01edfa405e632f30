"""The incidents of one thing → what comes together in them, as a network on a circle and as a list of pairs.

Nodes are the values that most of these incidents state, grouped by facet; a line joins two that incidents state
together, the thicker the more. Geometry alone, from the `FacetIndex`; templates write the SVG and the table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import cos, pi, sin, sqrt
from typing import Final

from harmgraph.service.pages.facets import FACETS, FacetIndex, positions_of
from harmgraph.service.pages.selection import Selection
from harmgraph.service.terms import href

WIDTH: Final = 760
HEIGHT: Final = 440
MOST_NODES: Final = 16
MOST_OF_A_FACET: Final = 6
"""Nodes of one facet, lest countries be all there is to see."""
MOST_LINES: Final = 40
FEWEST_NODES: Final = 4
_FACETS: Final = ("technology", "issue", "harm", "organisation", "country")
_RADIUS: Final = 165
_LONGEST_LABEL: Final = 30

Key = tuple[str, str]
"""The name of a facet and the key of one of its values."""


@dataclass(frozen=True, slots=True)
class Node:
    """A value with its place on the circle; ``number`` is that of its facet among those shown."""

    label: str
    short: str
    href: str
    count: int
    number: int
    x: float
    y: float
    radius: float
    text_x: float
    text_y: float
    anchor: str


@dataclass(frozen=True, slots=True)
class Line:
    """Two values that incidents state together; ``href`` leads to these incidents, empty where no search finds them."""

    first: Node
    second: Node
    count: int
    path: str
    width: float
    href: str


@dataclass(frozen=True, slots=True)
class Network:
    """The nodes, the lines with the most incidents first, and what the colours of nodes mean."""

    nodes: tuple[Node, ...]
    lines: tuple[Line, ...]
    kinds: tuple[tuple[int, str], ...]
    width: int = WIDTH
    height: int = HEIGHT


def network(index: FacetIndex, name: str, key: str, root: str) -> Network | None:
    """What comes together in the incidents of this value; None where that is too little for a picture."""
    among = index.columns[name].bits.get(key, 0)
    stated = [_stated(index, position, (name, key)) for position in positions_of(among)]
    chosen = _commonest(Counter(each for values in stated for each in values))
    wanted = set(chosen)
    pairs = Counter(
        pair for values in stated for pair in combinations(sorted(wanted.intersection(values)), 2)
    ).most_common()
    joined = sorted(pairs, key=lambda each: (-each[1], each[0]))[:MOST_LINES]
    linked = {each for pair, _ in joined for each in pair}
    shown = {each: count for each, count in chosen.items() if each in linked}
    if len(shown) < FEWEST_NODES:
        return None
    nodes = _placed(index, shown, root)
    most = joined[0][1]
    search = Selection().toggled(name, key)
    lines = [_line(nodes, pair, count, most, _search(search, name, pair, root)) for pair, count in joined]
    kinds = {facet: FACETS[facet].label for facet, _ in nodes}
    return Network(tuple(nodes.values()), tuple(lines), tuple((_FACETS.index(f), label) for f, label in kinds.items()))


def _stated(index: FacetIndex, position: int, own: Key) -> list[Key]:
    return [(f, key) for f in _FACETS for key in index.columns[f].stated[position] if (f, key) != own]


def _commonest(counts: Counter[Key]) -> dict[Key, int]:
    """The values of most incidents, some of each facet at most, in the order of facets."""
    taken: Counter[str] = Counter()
    found: dict[Key, int] = {}
    for key, count in sorted(counts.items(), key=lambda each: (-each[1], each[0])):
        if len(found) < MOST_NODES and taken[key[0]] < MOST_OF_A_FACET:
            taken[key[0]] += 1
            found[key] = count
    return dict(sorted(found.items(), key=lambda each: (_FACETS.index(each[0][0]), -each[1], each[0])))


def _placed(index: FacetIndex, shown: dict[Key, int], root: str) -> dict[Key, Node]:
    most = max(shown.values())
    nodes = {}
    for place, ((facet, key), count) in enumerate(shown.items()):
        angle = 2 * pi * place / len(shown) - pi / 2
        across, down = cos(angle), sin(angle)
        radius = 4 + 9 * sqrt(count / most)
        label = index.columns[facet].label(key)
        out = _RADIUS + radius + 8
        nodes[facet, key] = Node(
            label,
            label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1].rstrip()}…",
            href(FACETS[facet].base + key, root) or "",
            count,
            _FACETS.index(facet),
            round(WIDTH / 2 + _RADIUS * across, 1),
            round(HEIGHT / 2 + _RADIUS * down, 1),
            round(radius, 1),
            round(WIDTH / 2 + out * across, 1),
            round(HEIGHT / 2 + out * down + 4, 1),
            "middle" if abs(across) < 0.15 else "start" if across > 0 else "end",
        )
    return nodes


def _line(nodes: dict[Key, Node], pair: tuple[Key, Key], count: int, most: int, address: str) -> Line:
    """A curve that bends towards the middle, so that lines between neighbours keep clear of the nodes."""
    first, second = nodes[pair[0]], nodes[pair[1]]
    across = WIDTH / 2 + ((first.x + second.x) / 2 - WIDTH / 2) * 0.45
    down = HEIGHT / 2 + ((first.y + second.y) / 2 - HEIGHT / 2) * 0.45
    path = f"M{first.x} {first.y}Q{across:.1f} {down:.1f} {second.x} {second.y}"
    return Line(first, second, count, path, round(0.8 + 5 * count / most, 1), address)


def _search(search: Selection, name: str, pair: Sequence[Key], root: str) -> str:
    """The search that finds these incidents; of one facet it would find those of either value."""
    if len({name, *(facet for facet, _ in pair)}) < 1 + len(pair):
        return ""
    for facet, key in pair:
        search = search.toggled(facet, key)
    return search.url(f"{root}/search")
