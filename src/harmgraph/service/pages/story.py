"""The `FacetIndex` of a release → the charts of the start page and of the page of one organisation, country or concept.

The start page's charts are made once for each release. Each chart comes with the query that gives the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pyoxigraph import NamedNode

from harmgraph.service.context import Service
from harmgraph.service.pages.charts import Bar, HeatMap, bars, beside, heat_map
from harmgraph.service.pages.charts_by_year import Years, parted, years
from harmgraph.service.pages.examples import Example, example
from harmgraph.service.pages.facets import FACETS, FacetIndex
from harmgraph.service.pages.network import Network, network
from harmgraph.service.pages.searching import index_of
from harmgraph.service.pages.selection import Selection
from harmgraph.service.pages.world import WorldMap, shapes, world_map

_LEADING: Final = {"country": "Countries", "deployer": "Leading deployers", "developer": "Leading developers"}
_QUERIES: Final = {
    "years": "chart_years",
    "technologies": "chart_technologies",
    "country": "chart_countries",
    "deployer": "chart_deployers",
    "developer": "chart_developers",
    "issues": "chart_issues",
}
_BESIDE: Final = {
    "technology": "Technologies",
    "issue": "Issues",
    "harm": "Harms",
    "country": "Countries",
    "organisation": "Organisations",
}
"""The facets that the page of one thing shows, and what it calls them."""
_WITH_CHARTS: Final = ("organisation", "country", "technology", "issue", "sector", "harm")
_MOST_LEADING: Final = 10
_MOST_BESIDE: Final = 8
_HEAT: Final = (10, 8)


@dataclass(frozen=True, slots=True)
class Story:
    """What the start page shows."""

    by_year: Years | None
    by_technology: Years | None
    with_technology: int
    world: WorldMap | None
    in_countries: int
    lists: tuple[tuple[str, str, tuple[Bar, ...]], ...]
    heat: HeatMap
    queries: dict[str, Example]


@dataclass(frozen=True, slots=True)
class Profile:
    """What the page of one organisation, country or concept shows of its incidents."""

    total: int
    search: str
    by_year: Years | None
    lists: tuple[tuple[str, tuple[Bar, ...]], ...]
    query: Example
    together: Network | None
    together_query: Example
    compare: str
    """Where the organisation is compared with another; empty for what is none."""


async def of(service: Service, root: str) -> Story:
    """The start page's charts; kept for each path that the service is shown below, of which there is mostly one."""
    index = await index_of(service)

    async def compute() -> Story:
        return _story(index, root)

    return await service.once(f"story {root}", compute)


async def profile(service: Service, thing: NamedNode, root: str) -> Profile | None:
    """The charts of a thing; None for one by which incidents are not found."""
    for name in _WITH_CHARTS:
        facet = FACETS[name]
        if thing.value.startswith(facet.base):
            index = await index_of(service)
            return _profile(index, name, thing, root)
    return None


def _story(index: FacetIndex, root: str) -> Story:
    nothing = Selection()
    kinds = parted(index, "kind", index.all) or [("incidents", index.all)]
    return Story(
        years(index, kinds, root, nothing),
        years(index, parted(index, "technology", index.all), root, nothing),
        _stating(index, "technology"),
        world_map(index, shapes(), root),
        _stating(index, "country"),
        tuple((n, heading, bars(index, n, index.all, _MOST_LEADING, root, nothing)) for n, heading in _LEADING.items()),
        heat_map(index, "issue", "technology", _HEAT, root),
        {name: example(file) for name, file in _QUERIES.items()},
    )


def _stating(index: FacetIndex, name: str) -> int:
    """How many incidents state any value of the facet."""
    stating = 0
    for bits in index.stating(name).values():
        stating |= bits
    return stating.bit_count()


def _profile(index: FacetIndex, name: str, thing: NamedNode, root: str) -> Profile | None:
    key = thing.value.removeprefix(FACETS[name].base)
    among = index.columns[name].bits.get(key, 0)
    if not among:
        return None
    chosen = Selection().toggled(name, key)
    lists = [
        (f"Other {heading.lower()}", beside(index, n, key, among, _MOST_BESIDE, root))
        if n == name
        else (heading, bars(index, n, among, _MOST_BESIDE, root, chosen))
        for n, heading in _BESIDE.items()
    ]
    return Profile(
        among.bit_count(),
        chosen.url(f"{root}/search"),
        years(index, [("incidents", among)], root, chosen),
        tuple((heading, items) for heading, items in lists if items),
        example("chart_thing", this=thing),
        network(index, name, key, root),
        example("chart_together", this=thing),
        f"{root}/compare?a={key}" if name == "organisation" else "",
    )
