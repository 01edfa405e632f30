"""The numbers of the linked items → the slice of Wikidata that harmgraph keeps, with a sidecar that says of when it is.

The linked items first, then those that they name as owner, parent, headquarters or exchange, and the classes of all
of them with what these are subclasses of, some steps up: what the federated queries ask for.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from harmgraph.checksums import sha256
from harmgraph.fetching.sidecar import Sidecar
from harmgraph.linking.items import Item
from harmgraph.linking.slice import LICENCE, TITLE, write_slice
from harmgraph.wikidata.client import Client
from harmgraph.wikidata.entities import items

STEPS: Final = 4
"""How far up the classes are followed; beyond, they are of everything."""


def fetch_slice(api: Client, numbers: Iterable[str], path: Path) -> dict[str, Item]:
    """Write the slice of these items, and give it. The slice of before stays until the new one has come whole."""
    linked = items(api, numbers)
    named = {
        other
        for item in linked.values()
        for other in (*item.parents, *item.owners, *item.headquarters, *item.exchanges)
    }
    found = linked | items(api, sorted(named - linked.keys()))
    above = {kind for item in found.values() for kind in (*item.types, *item.superclasses)}
    for _ in range(STEPS):
        new = {number: item for number, item in items(api, sorted(above - found.keys())).items() if not item.missing}
        found |= new
        above = {kind for item in new.values() for kind in item.superclasses}
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
