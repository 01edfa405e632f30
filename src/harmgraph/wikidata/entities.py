"""Names → items by search, and numbers of items → what harmgraph reads of them, by the API of Wikidata.

Fifty items are asked for at once, which is as many as the API gives to anybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

from harmgraph.errors import LookupFailed
from harmgraph.linking.items import LANGUAGES, Item, is_number, read_item
from harmgraph.wikidata.client import MAXLAG, Client

BATCH: Final = 50
EVERYTHING: Final = ("labels", "descriptions", "aliases", "claims")
"""The parts of an item that are read, unless fewer or more are asked for."""
LABELS: Final = ("labels",)
ARTICLES: Final = "sitelinks/urls"
"""One more part: the articles of Wikipedias, in our languages."""
_WIKIPEDIAS: Final = "|".join(f"{language}wiki" for language in LANGUAGES if language != "mul")


def search(client: Client, name: str, most: int = 7) -> list[str]:
    """The numbers of the items that have a name beginning like this, as Wikidata ranks them."""
    answer = client.get(
        {
            "action": "wbsearchentities",
            "search": name,
            "language": "en",
            "uselang": "en",
            "type": "item",
            "limit": str(most),
            "format": "json",
            "maxlag": MAXLAG,
        }
    )
    found = answer.get("search", [])
    return [each["id"] for each in found if isinstance(each, dict) and is_number(each.get("id"))]


def items(client: Client, numbers: Iterable[str], parts: tuple[str, ...] = EVERYTHING) -> dict[str, Item]:
    """The items by the numbers that they were asked for; one that does not exist is there too, as `Item.missing`.

    Nothing but these parts of them leaves Wikidata.
    """
    found: dict[str, Item] = {}
    for batch in _batches(dict.fromkeys(numbers), BATCH):
        found |= _batch(client, batch, parts)
    return found


def _batch(client: Client, numbers: list[str], parts: tuple[str, ...]) -> dict[str, Item]:
    answer = client.get(
        {
            "action": "wbgetentities",
            "ids": "|".join(numbers),
            "props": "|".join(("info", *parts)),  # in info stands what redirects
            "languages": "|".join(LANGUAGES),
            **({"sitefilter": _WIKIPEDIAS} if ARTICLES in parts else {}),
            "redirects": "yes",
            "format": "json",
            "maxlag": MAXLAG,
        }
    )
    entities = answer.get("entities")
    if not isinstance(entities, dict):
        raise LookupFailed(f"{client.url}: the answer has no entities; is this the API of Wikidata?")
    asked = dict(_asked(entities))
    found = {number: read_item(number, asked[number]) for number in numbers if number in asked}
    if absent := [number for number in numbers if number not in asked]:
        if len(numbers) == 1:
            raise LookupFailed(f"{client.url}: the answer leaves out {absent[0]}, which was asked for")
        # The API ends an answer at some 12 MB with no more than a warning, and countries have a megabyte each.
        for part in _batches(absent, -(-len(absent) // 2) if absent == numbers else len(absent)):
            found |= _batch(client, part, parts)
    return found


def _asked(entities: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each entity by the number that it was asked for, under which the API puts it, or says what redirects to it."""
    for key, entity in entities.items():
        if isinstance(entity, dict):
            yield key, entity
            match entity.get("redirects"):
                case {"from": str(before)}:
                    yield before, entity


def _batches(values: Iterable[str], size: int) -> Iterator[list[str]]:
    left = iter(values)
    while batch := list(islice(left, size)):
        yield batch
