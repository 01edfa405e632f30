"""The commands that say which links to look at again, and that keep what Wikidata says of the linked items."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from pyoxigraph import NamedNode

from harmgraph.background import background
from harmgraph.cli.arguments import PROJECT
from harmgraph.cli.console import err, out, outcome
from harmgraph.cli.link_coverage import GAZETTEER
from harmgraph.iris import WD
from harmgraph.linking.checking import Finding, check_gazetteer, check_items, check_judgements, number_of, positive
from harmgraph.linking.coverage import LINKS, kind_of
from harmgraph.linking.items import Item, is_number
from harmgraph.linking.judgements import read_judgements
from harmgraph.linking.similar import read_gazetteer
from harmgraph.linking.slice import read_slice
from harmgraph.settings import Settings

SLICE = PROJECT.slice


def check(
    judgements: Annotated[
        Path | None, typer.Option("--links", metavar="FOLDER", help="The judgements; else data/links of the project.")
    ] = None,
    gazetteer: GAZETTEER = None,
    known: Annotated[
        Path | None,
        typer.Option("--slice", metavar="FILE", help="What the items were; else data/wikidata/items.jsonl."),
    ] = None,
    online: Annotated[bool, typer.Option("--online", help="Ask Wikidata what the items are now.")] = False,
    cache: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Keep the answers of Wikidata here.")] = None,
) -> None:
    """Find links that are dead, redirected, of another type, name or country, or of two things; exit 1 for an error."""
    with outcome():
        vocabulary, given = PROJECT.vocabulary(), read_judgements(judgements or PROJECT.judgements)
        found = [*check_judgements(given, vocabulary)]
        for file in gazetteer or ():
            found += check_gazetteer(given, vocabulary, read_gazetteer(file))
        path = known or (SLICE if SLICE.exists() else None)
        earlier = read_slice(path) if path is not None else {}
        if online:
            now = _items_now(filter(is_number, map(number_of, positive(given))), cache)
            found += check_items(given, vocabulary, now, earlier)
        elif earlier:
            found += check_items(given, vocabulary, earlier)
        _print(found, len(positive(given)), online, path)
    if any(each.severity == "error" for each in found):
        raise typer.Exit(1)


def _items_now(numbers: Iterable[str], cache: Path | None) -> dict[str, Item]:
    """What the items are today: not from answers that were kept, unless somebody says where."""
    from harmgraph.wikidata.client import Client  # httpx, which the other commands do not need
    from harmgraph.wikidata.entities import items

    settings = Settings.from_environment()
    with Client(settings.wikidata_api_url, cache, settings.wikidata_contact) as api:
        return items(api, numbers)


def _print(found: list[Finding], links: int, online: bool, known: Path | None) -> None:
    for each in sorted(found, key=lambda each: (each.severity, each.kind, each.thing.value)):
        out.print(f"{each.severity}: {each}", markup=False, soft_wrap=True)
    errors = sum(each.severity == "error" for each in found)
    against = "Wikidata as it is now" if online else f"the slice {known}" if known is not None else "themselves alone"
    err.print(
        f"{links:,} links, checked against {against}: {errors} errors, {len(found) - errors} warnings", markup=False
    )


def _of_concepts() -> Iterator[str]:
    """The numbers of the items that the schemes link their concepts to."""
    for quad in background(PROJECT.ontology, PROJECT.vocabulary()):
        if quad.predicate in LINKS and isinstance(quad.object, NamedNode) and quad.object.value.startswith(WD.iri):
            yield quad.object.value.removeprefix(WD.iri)


def slice_(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="Where the slice is kept.")] = SLICE,
    judgements: Annotated[
        Path | None, typer.Option("--links", metavar="FOLDER", help="The judgements; else data/links of the project.")
    ] = None,
) -> None:
    """Download what Wikidata says of the linked items: names, types, countries, owners, heads. Asks the network."""
    from harmgraph.wikidata.client import Client  # httpx, which the other commands do not need
    from harmgraph.wikidata.slicing import fetch_slice

    with outcome():
        settings = Settings.from_environment()
        links = positive(read_judgements(judgements or PROJECT.judgements))
        numbers: dict[str, set[str]] = {"concept": set(_of_concepts() if judgements is None else ())}
        for each in links:
            numbers.setdefault(kind_of(each.subject), set()).add(number_of(each))
        numbers = {kind: set(filter(is_number, found)) for kind, found in numbers.items()}
        with Client(settings.wikidata_api_url, None, settings.wikidata_contact) as api:
            found = fetch_slice(api, numbers, output)
        gone = sum(item.missing for item in found.values())
        linked = len(set[str]().union(*numbers.values()))
        out.print(f"{len(found):,} items in {output}, {linked:,} of them linked, {gone} gone", markup=False)
        err.print("next: harmgraph link check", markup=False)
