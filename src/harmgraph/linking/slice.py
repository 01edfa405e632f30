"""The slice: what harmgraph reads of the linked items ⇄ a file of JSON lines, with its date beside it.

The file is a snapshot like those of the other databases (CC0), so that checks and builds need no network.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Final

from harmgraph.errors import SnapshotUnreadable
from harmgraph.linking.dated import Dated
from harmgraph.linking.items import DATED, Item, language_of

LICENCE: Final = "https://creativecommons.org/publicdomain/zero/1.0/"
TITLE: Final = "Wikidata, the items that harmgraph links to"
_NAMES: Final = frozenset(field.name for field in fields(Item))


def write_slice(items: Iterable[Item], path: Path) -> int:
    """Write them in place of what the file held, at once, and give their number."""
    ordered = sorted(items, key=lambda item: (len(item.asked), item.asked))
    lines = [json.dumps(_filled(item), ensure_ascii=False, sort_keys=True) for item in ordered]
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    draft.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    draft.replace(path)
    return len(lines)


def read_slice(path: Path) -> dict[str, Item]:
    """The items by the numbers that they were asked for; `SnapshotUnreadable` names a line that is none."""
    found: dict[str, Item] = {}
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                item = _item(json.loads(line))
            except (ValueError, TypeError, AttributeError) as cause:
                raise SnapshotUnreadable(f"{path}:{number}: is no item ({cause}); fetch the slice again") from cause
            found[item.asked] = item
    return found


def _filled(item: Item) -> dict[str, Any]:
    written = {name: value for name, value in asdict(item).items() if value}
    for name in DATED.values() & written.keys():
        written[name] = [{key: value for key, value in each.items() if value} for each in written[name]]
    return written


def _item(found: Mapping[str, Any]) -> Item:
    if unknown := found.keys() - _NAMES:
        raise ValueError(f"{', '.join(sorted(unknown))} is none of {', '.join(sorted(_NAMES))}")
    given = {name: tuple(value) if isinstance(value, list) else value for name, value in found.items()}
    given["aliases"] = {language: tuple(each) for language, each in found.get("aliases", {}).items()}
    for name in DATED.values() & given.keys():
        given[name] = tuple(Dated(**each) for each in given[name])
    for language, address in found.get("articles", {}).items():
        if language_of(address) != language:
            raise ValueError(f"{address!r} is no article of the Wikipedia in {language!r}")
    return Item(**given)  # type: ignore[arg-type]  # the names are checked, the values are what `write_slice` wrote
