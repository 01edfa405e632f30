"""Measures search with facets: the index of a release, its counts against the same counts in SPARQL, and whole pages.

    python benchmarks/facets.py RELEASE

``RELEASE`` is a release directory with an index of text, such as `harmgraph build` makes. The counts of both sides are
compared and must agree. Times are medians and 95th percentiles in milliseconds; pages go through the whole application
in process, without the network.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import io
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx

from harmgraph.iris import PREFIXES
from harmgraph.service.app import create_app
from harmgraph.service.pages.facets import FACETS, Choice, Facet, FacetIndex
from harmgraph.service.pages.searching import index_of
from harmgraph.service.pages.selection import Selection
from harmgraph.settings import Settings
from harmgraph.store.base import Query, Store
from harmgraph.store.local.embedded import EmbeddedStore

CHOICES: tuple[Choice, ...] = (
    {},
    {"country": frozenset({"USA"})},
    {"technology": frozenset({"biometrics"})},
    {"technology": frozenset({"artificial-intelligence"}), "country": frozenset({"USA"})},
    {"year": frozenset({"2023", "2024"}), "issue": frozenset({"accuracy-reliability"})},
)
WORDS = ("", "facial recognition", "chatbot", "police", "data OR privacy")
PATHS = {
    "country": "hg:jurisdiction",
    "organisation": "hg:deployer|hg:developer",
    "source": "^foaf:primaryTopic/prov:wasDerivedFrom/dct:isVersionOf",
    "kind": "hg:incidentKind",
}
"""How SPARQL gets from an incident to the values of a facet, where it is not a concept and those broader."""


def group(facet: Facet, key: str | None = None) -> str:
    """Which incidents have which values of a facet as ``?v``, or this one value; what pyoxigraph evaluates quickly."""
    if facet.name == "year":
        chosen = "" if key is None else f'FILTER (STRSTARTS(STR(?date), "{key}"))'
        return f"{{ SELECT ?i ?v WHERE {{ ?i hg:earliestDate ?date {chosen} BIND (SUBSTR(STR(?date), 1, 4) AS ?v) }} }}"
    value = "?v" if key is None else f"<{facet.base}{key}>"
    if facet.name in PATHS:
        return f"{{ ?i {PATHS[facet.name]} {value} }}"
    if key is not None:
        return f"{{ ?i hg:{facet.name}/skos:broader* {value} }}"
    return f"{{ ?i hg:{facet.name} ?stated . ?stated skos:broader* ?v }}"


def live(name: str, choice: Choice) -> str:
    """The query that counts the values of one facet under what is chosen in the others."""
    limits = [
        f"{{ SELECT DISTINCT ?i WHERE {{ {' UNION '.join(group(FACETS[other], key) for key in sorted(keys))} }} }}"
        for other, keys in choice.items()
        if other != name
    ]
    prefixes = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in PREFIXES.items())
    return (
        f"{prefixes}SELECT ?v (COUNT(DISTINCT ?i) AS ?n) WHERE {{ {' '.join(limits)} "
        f"{group(FACETS[name])} ?i a hg:Incident }} GROUP BY ?v"
    )


async def live_counts(store: Store, choice: Choice) -> dict[str, dict[str, int]]:
    """The counts of all facets, one query for each, all at once."""

    async def one(name: str) -> dict[str, int]:
        answer = await store.query(Query(live(name, choice), 60, results_format="text/csv"))
        rows = csv.DictReader(io.StringIO((await answer.read()).decode()))
        base = FACETS[name].base
        return {row["v"].removeprefix(base): int(row["n"]) for row in rows if row["v"].startswith(base)}

    return dict(zip(FACETS, await asyncio.gather(*map(one, FACETS)), strict=True))


def index_counts(index: FacetIndex, choice: Choice) -> dict[str, dict[str, int]]:
    """The same counts from the index."""
    return {
        name: {value.key: value.count for value in index.counts(name, index.chosen(choice, without=name))}
        for name in FACETS
    }


async def timed(act: Callable[[], Awaitable[object]], times: int) -> list[float]:
    """Milliseconds of each time."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        await act()
        taken.append((time.perf_counter() - begun) * 1e3)
    return sorted(taken)


def told(taken: list[float]) -> str:
    """The median and the 95th percentile."""
    return f"p50 {statistics.median(taken):8.2f} ms   p95 {taken[int(len(taken) * 0.95)]:8.2f} ms"


async def measure(release: Path) -> None:
    """Prints everything."""
    settings = Settings(releases=release.parent, store="memory")
    store = await EmbeddedStore.open(release, settings)
    app = create_app(store, settings)
    service = app.state.serving.current
    begun = time.perf_counter()
    index = await index_of(service)
    values = sum(len(column.bits) for column in index.columns.values())
    print(f"index: {len(index.incidents):,} incidents, {values:,} values, {time.perf_counter() - begun:.2f} s")
    ratios = []
    for choice in CHOICES:
        assert index_counts(index, choice) == await live_counts(store, choice), f"counts differ for {choice}"

        async def ours(choice: Choice = choice) -> None:
            index_counts(index, choice)

        async def theirs(choice: Choice = choice) -> None:
            await live_counts(store, choice)

        fast, slow = await timed(ours, 50), await timed(theirs, 5)
        ratios.append(statistics.median(slow) / statistics.median(fast))
        shown = Selection(choice=dict(choice)).url("") or "everything"
        print(f"counts of {shown}\n  index  {told(fast)}\n  SPARQL {told(slow)}   {ratios[-1]:,.0f} times")
    print(f"geometric mean: {statistics.geometric_mean(ratios):,.0f} times as fast as live SPARQL")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        for words in WORDS:
            taken = []
            for number in range(20):
                choice = CHOICES[number % len(CHOICES)]
                url = Selection(words=words, choice=dict(choice)).url("/search")

                async def page(url: str = url) -> None:
                    (await client.get(url)).raise_for_status()

                taken += await timed(page, 3)
            print(f"page, words {words!r}: {told(sorted(taken))}")
    await store.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("release", type=Path)
    asyncio.run(measure(parser.parse_args().release))
