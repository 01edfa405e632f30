"""The numbers of the linked items → the slice of Wikidata that harmgraph keeps, with a sidecar that says of when it is.

The linked items first, then those that they name as owner, parent, headquarters or exchange, and the classes of all
of them with what these are subclasses of, some steps up: what the federated queries ask for. Of whoever founded or
leads a linked organisation only the labels come, since nothing else of a person is asked of Wikidata.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from harmgraph.checksums import sha256
from harmgraph.fetching.sidecar import Sidecar
from harmgraph.linking.items import HUMAN, Item
from harmgraph.linking.slice import LICENCE, TITLE, write_slice
from harmgraph.wikidata.client import Client
from harmgraph.wikidata.entities import ARTICLES, EVERYTHING, LABELS, items

STEPS: Final = 4
"""How far up the classes are followed; beyond, they are of everything."""


def fetch_slice(api: Client, numbers: Mapping[str, Iterable[str]], path: Path) -> dict[str, Item]:
    """Write the slice of the items of these kinds of things, and give it.

    A concept gets the articles about it, an organisation its founders and chief executives, a place its memberships.
    The slice of before stays until the new one has come whole.
    """
    linked = _linked(api, {kind: frozenset(each) for kind, each in numbers.items()})
    named = {
        other
        for item in linked.values()
        for other in (*item.parents, *item.owners, *item.headquarters, *item.exchanges)
    }
    others = items(api, sorted(named - linked.keys()))
    found = linked | {number: _kept(item, frozenset()) for number, item in others.items()}
    above = {kind for item in found.values() for kind in (*item.types, *item.superclasses)}
    for _ in range(STEPS):
        new = items(api, sorted(above - found.keys()))
        found |= {number: _kept(item, frozenset()) for number, item in new.items() if not item.missing}
        above = {kind for item in new.values() for kind in item.superclasses}
    people = {each for item in linked.values() for each in item.founders}
    people |= {each.value for item in linked.values() for each in item.chief_executives}
    named_only = items(api, sorted(people - found.keys()), LABELS)
    found |= {number: item for number, item in named_only.items() if not item.missing}
    write_slice(found.values(), path)
    now = datetime.now(UTC)
    checksum = sha256(path)
    Sidecar(
        version=now.date().isoformat(),
        date=now.date().isoformat(),
        title=TITLE,
        licence=LICENCE,
        url=api.url,
        fetched=now.isoformat(timespec="seconds"),
        sha256=checksum,
        contents=checksum,
    ).write(path)
    return found


def _linked(api: Client, numbers: Mapping[str, frozenset[str]]) -> dict[str, Item]:
    concepts = numbers.get("concept", frozenset())
    others = frozenset[str]().union(*numbers.values()) - concepts
    found = items(api, sorted(others)) | items(api, sorted(concepts), (*EVERYTHING, ARTICLES))
    kinds = {number: frozenset(kind for kind, each in numbers.items() if number in each) for number in found}
    return {number: _kept(item, kinds[number]) for number, item in found.items()}


def _kept(item: Item, kinds: frozenset[str]) -> Item:
    """The item with what is kept of things of these kinds; of a human being, the labels alone.

    The type stays where a human is linked, which `harmgraph link check` calls an error.
    """
    if HUMAN in item.types:
        return Item(item.id, item.asked, item.labels, types=item.types if kinds else ())
    is_organisation = "organisation" in kinds  # cities have founders too
    return replace(
        item,
        founders=item.founders if is_organisation else (),
        chief_executives=item.chief_executives if is_organisation else (),
        memberships=tuple(each for each in item.memberships if each.since) if "place" in kinds else (),
    )
