"""Entities → an index of their names and identifiers, which finds the candidates for a name as somebody wrote it.

Identifiers, exact names and values are looked up; names that look like the text come from a text index for each type.
It finds more than it should: `harmgraph.service.reconciliation.scoring` says which candidate is how good. One index
serves one release and is never changed, so threads share it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from harmgraph.names import key, key_without_legal_form, without_parenthesis, word_set
from harmgraph.service.reconciliation.entities import SPACE, Entity, read
from harmgraph.service.reconciliation.schema import TYPES, Type
from harmgraph.service.reconciliation.text_index import Hit, TextIndex

CANDIDATES: Final = 25
"""How many entities are compared with a name."""
_SMALL: Final = word_set("a an and for in of on the to")
_QID: Final = re.compile(r"(?:https?://(?:www\.)?wikidata\.org/(?:entity|wiki)/)?(Q[1-9]\d*)", re.IGNORECASE)
_AIID: Final = re.compile(r"AIID[ #:-]*(?:INCIDENT)?[ #:-]*0*([1-9]\d*)")


class NameIndex:
    """The entities of one release, found by name, identifier, item of Wikidata, web page or value."""

    def __init__(self, entities: Mapping[str, Entity]) -> None:
        self.entities = entities
        self.exact: dict[str, list[Entity]] = defaultdict(list)
        self.by_identifier: dict[str, list[Entity]] = defaultdict(list)
        self.by_item: dict[str, list[Entity]] = defaultdict(list)
        self.by_page: dict[str, list[Entity]] = defaultdict(list)
        self.by_value: dict[tuple[str, str], list[Entity]] = defaultdict(list)
        self.by_initials: dict[str, list[Entity]] = defaultdict(list)
        self.keys: dict[str, tuple[str, ...]] = {}
        """The forms of each entity's names that are compared, by its identifier."""
        self.short: dict[str, str] = {}
        """Those that end in a legal form → without it."""
        self._short: dict[str, list[Entity]] = defaultdict(list)
        self._order = [each for each in entities.values() if each.type is not None]
        for each in entities.values():
            for item in each.facts.get("wikidata", ()):
                self.by_item[item].append(each)
        self._texts = {
            each.id: TextIndex(name for entity in self._order if entity.type is each for name in self._noted(entity))
            for each in TYPES.values()
        }
        self._sorted = sorted((name, number) for number, each in enumerate(self._order) for name in self.keys[each.id])

    def __len__(self) -> int:
        return len(self._order)

    def _noted(self, entity: Entity) -> Iterator[tuple[Entity, str, list[str]]]:
        """Each name with what is known; notes on the way what else finds the entity."""
        keys = tuple(dict.fromkeys(each for name in entity.names for each in _keys(name)))
        self.keys[entity.id] = keys
        for each in entity.identifiers:
            self.by_identifier[each.upper()].append(entity)
        for page in entity.facts.get("page", ()):
            self.by_page[page_key(page)].append(entity)
        facts: set[str] = set()
        for property_id, values in entity.facts.items():
            for value in values:
                if value in self.entities:
                    self.by_value[property_id, value].append(entity)
                facts.add(fact(property_id, value))
        for name in keys:
            self.exact[name].append(entity)
            short = key_without_legal_form(name)
            if short != name:
                self.short[name] = short
                self._short[short].append(entity)
            words = name.split()
            if entity.type is TYPES["Organisation"] and len(words) > 2:
                self.by_initials["".join(word[0] for word in words if word not in _SMALL)].append(entity)
            yield entity, name, sorted(facts)

    def identified(self, text: str) -> list[Entity]:
        """The entities that this text names by an identifier: our IRI or its end, a source's, Wikidata's, a page."""
        text = text.strip()
        entity = self.entities.get(text.removeprefix(SPACE))
        if entity is not None:
            return [entity]
        if (item := _QID.fullmatch(text)) is not None:
            return self.by_item.get(item[1].upper(), [])
        if text.startswith(("http://", "https://")):
            return self.by_page.get(page_key(text), [])
        plain = text.upper()
        if len(plain) < 4 and plain != text:  # "us" and "it" are words
            return []
        if (number := _AIID.fullmatch(plain)) is not None:
            plain = f"AIID-{number[1]}"
        return self.by_identifier.get(plain, [])

    def candidates(self, text: str, types: Iterable[Type] = (), facts: Iterable[str] = ()) -> list[Entity]:
        """The entities, of these types or any, that have words or letters in common with the text; best first.

        Among those, the ones that have some of the facts come before others.
        """
        wanted = key(text)
        found = {each.id: each for each in self.exact.get(wanted, ())}
        found |= {each.id: each for each in self.exact.get(key_without_legal_form(text), ())}
        found |= {each.id: each for each in self._short.get(wanted, ())}
        found |= {each.id: each for each in self.by_initials.get(wanted, ())[:CANDIDATES]}
        hints = list(facts)
        hits = [hit for each in types or TYPES.values() for hit in self._texts[each.id].like(wanted, hints, CANDIDATES)]
        return list((found | _best(hits, CANDIDATES)).values())

    def weights(self, wanted: str) -> dict[str, dict[str, float]]:
        """For each type, how much each word of this name tells: the rarer, the more. Words that no name has are out."""
        words = [word for word in set(wanted.split()) if any(each.frequency(word) for each in self._texts.values())]
        return {name: {word: 1 / max(each.frequency(word), 1) for word in words} for name, each in self._texts.items()}

    def beginning(self, prefix: str, limit: int) -> list[Entity]:
        """The entities with a name that begins like this, in the order of their names."""
        wanted = key(prefix)
        found: dict[str, Entity] = {}
        for name, number in self._sorted[bisect_left(self._sorted, (wanted, 0)) :] if wanted else ():
            if not name.startswith(wanted) or len(found) >= limit:
                break
            found.setdefault(self._order[number].id, self._order[number])
        return list(found.values())

    def completed(self, prefix: str, limit: int) -> list[Entity]:
        """The entities with every word of this in a name, the last of which may be only the beginning of one."""
        words = key(prefix).split()
        if not words:
            return []
        hits = [hit for each in self._texts.values() for hit in each.completed(words, limit)]
        return list(_best(hits, limit).values())


def _best(hits: list[Hit], limit: int) -> dict[str, Entity]:
    """The entities of the best hits, by identifier."""
    hits.sort(key=lambda hit: -hit[0])
    return {entity.id: entity for _, entity in hits[:limit]}


def index_of(graph: bytes) -> NameIndex:
    """The index of the entities in this N-Triples document."""
    return NameIndex(read(graph))


def fact(property_id: str, value: str) -> str:
    """A property with its value as one word; of dates the year counts.

    >>> fact("country", "country/UKR"), fact("latestDate", "2022-03-31")
    ('country=country/UKR', 'year=2022')
    """
    return f"year={value[:4]}" if property_id.endswith("Date") else f"{property_id}={value[:100]}"


def page_key(url: str) -> str:
    """The form in which addresses of pages are compared: without scheme, ``www.``, fragment and closing slash.

    >>> page_key("HTTP://www.Example.org/A/#b") == page_key("https://example.org/A")
    True
    """
    bare = url.strip().partition("://")[2].partition("#")[0].rstrip("/")
    host, slash, path = bare.partition("/")
    return host.lower().removeprefix("www.") + slash + path


def _keys(name: str) -> Iterator[str]:
    """The forms in which a name is compared: whole, without what stands in parentheses, and that by itself."""
    whole = key(name)
    if whole:
        yield whole
    before, inside = without_parenthesis(name)
    if inside:
        yield from filter(None, (key(before), key(inside) if inside.isupper() else ""))
