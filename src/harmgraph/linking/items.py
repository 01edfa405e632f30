"""An item of Wikidata as its API gives it in JSON → what harmgraph reads of it, and what may be an item of ours.

Only best-ranked statements with a value count. Touches no file and no network: `harmgraph.wikidata` asks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeGuard

from harmgraph.errors import LookupFailed
from harmgraph.linking.dated import NUMBER, Dated, read_dated

LANGUAGES: Final = ("en", "mul", "de", "es", "fr", "it", "ja", "pt", "ru", "uk", "zh", "ar")
"""Of labels, descriptions and aliases; ``mul`` is Wikidata's for names that are the same in many languages."""
HUMAN: Final = "Q5"
NEVER: Final[Mapping[str, str]] = {
    "Q4167410": "a disambiguation page",
    "Q4167836": "a category",
    "Q11266439": "a template",
    "Q13406463": "a list",
    "Q17362920": "a duplicate",
    "Q13442814": "an article",
    HUMAN: "a human",
    "Q101352": "a family name",
    "Q202444": "a given name",
    "Q11424": "a film",
    "Q482994": "an album",
    "Q134556": "a single",
    "Q571": "a book",
}
"""Types that nothing we link is of: no organisation, system or place."""
_ARTICLE: Final = re.compile(r"https://([a-z-]+)\.wikipedia\.org/wiki/(?:[!$&-;=?-Z_a-z~]|%[0-9A-Fa-f]{2})+", re.ASCII)
PROPERTIES: Final[Mapping[str, str]] = {
    "P31": "types",
    "P279": "superclasses",
    "P17": "countries",
    "P159": "headquarters",
    "P749": "parents",
    "P127": "owners",
    "P112": "founders",
    "P1716": "brands",
    "P297": "alpha2",
    "P298": "alpha3",
    "P1278": "lei",
    "P414": "exchanges",
    "P6782": "ror",
    "P1082": "population",
}
"""Properties of Wikidata that are read, and what they are called here."""
DATED: Final[Mapping[str, str]] = {"P169": "chief_executives", "P463": "memberships"}
"""Those of which each statement is read with the time for which it holds."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item. ``asked`` is the number that it was asked for by: another one where that is a redirect."""

    id: str
    asked: str
    labels: Mapping[str, str] = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    types: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    headquarters: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    alpha2: tuple[str, ...] = ()
    alpha3: tuple[str, ...] = ()
    lei: tuple[str, ...] = ()
    superclasses: tuple[str, ...] = ()
    exchanges: tuple[str, ...] = ()
    ror: tuple[str, ...] = ()
    population: tuple[str, ...] = ()
    founders: tuple[str, ...] = ()
    chief_executives: tuple[Dated, ...] = ()
    memberships: tuple[Dated, ...] = ()
    articles: Mapping[str, str] = field(default_factory=dict)
    """The addresses of the articles of Wikipedias, by language."""
    missing: bool = False
    """It does not exist: it was deleted, or never was."""

    @property
    def redirected(self) -> bool:
        return self.id != self.asked

    @property
    def label(self) -> str:
        """Its name in English, or in whatever language it has one; else its number."""
        return next((self.labels[each] for each in LANGUAGES if each in self.labels), self.id)

    @property
    def description(self) -> str:
        return next((self.descriptions[each] for each in LANGUAGES if each in self.descriptions), "")

    @property
    def names(self) -> tuple[str, ...]:
        """Every label and alias, each once."""
        more = (alias for aliases in self.aliases.values() for alias in aliases)
        return tuple(dict.fromkeys((*self.labels.values(), *more)))

    @property
    def is_never(self) -> str | None:
        """What it is that we never link, if it is that."""
        return next((NEVER[each] for each in self.types if each in NEVER), None)


def is_number(text: object) -> TypeGuard[str]:
    """Whether this is the number of an item; the API refuses a whole batch for one that is none.

    >>> is_number("Q95"), is_number("P31"), is_number("Q95x")
    (True, False, False)
    """
    return isinstance(text, str) and NUMBER.fullmatch(text) is not None


def language_of(address: str) -> str | None:
    """The language of the Wikipedia of which this is the address of an article; None if it is none, or no IRI.

    >>> language_of("https://fr.wikipedia.org/wiki/Biom%C3%A9trie"), language_of("https://fr.wikivoyage.org/wiki/Lyon")
    ('fr', None)
    """
    found = _ARTICLE.fullmatch(address)
    return found[1] if found is not None else None


def read_item(asked: str, entity: Mapping[str, Any]) -> Item:
    """The item of one entry of ``wbgetentities``; raises `LookupFailed` for what is no entity."""
    number = entity.get("id")
    if not isinstance(number, str):
        raise LookupFailed(f"{asked}: the answer has no id for it; it is no entity of Wikidata")
    if entity.get("missing", False) is not False:  # "" in the old format, true in the new one
        return Item(number, asked, missing=True)
    claims = entity.get("claims")
    statements = claims if isinstance(claims, dict) else {}  # PHP writes an empty object as []
    values = {name: tuple(_values(statements.get(number, ()))) for number, name in PROPERTIES.items()}
    dated = {name: tuple(read_dated(statements.get(number, ()))) for number, name in DATED.items()}
    return Item(
        id=number,
        asked=asked,
        labels=_texts(entity.get("labels")),
        descriptions=_texts(entity.get("descriptions")),
        aliases=_lists(entity.get("aliases")),
        articles=_articles(entity.get("sitelinks")),
        **values,  # type: ignore[arg-type]  # the names are those of `PROPERTIES`, all of them tuples
        **dated,  # type: ignore[arg-type]  # and of `DATED`
    )


def _texts(found: object) -> dict[str, str]:
    if not isinstance(found, dict):
        return {}
    return {language: str(each["value"]) for language, each in found.items() if isinstance(each, dict)}


def _lists(found: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(found, dict):
        return {}
    return {language: tuple(str(each["value"]) for each in aliases) for language, aliases in found.items()}


def _articles(found: object) -> dict[str, str]:
    """The articles by language; links to other wikis, and what is no address, are none."""
    links = found.values() if isinstance(found, dict) else ()
    addresses = [str(each["url"]) for each in links if isinstance(each, dict) and "url" in each]
    return {language: address for address in addresses if (language := language_of(address)) is not None}


def _values(statements: Any) -> Iterator[str]:
    """The values of the best rank: preferred ones where there are any, never deprecated ones."""
    ranked = [each for each in statements if each.get("rank") != "deprecated"]
    best = [each for each in ranked if each.get("rank") == "preferred"] or ranked
    for each in best:
        match each.get("mainsnak"):
            case {"snaktype": "value", "datavalue": {"value": {"id": str(number)}}}:
                yield number
            case {"snaktype": "value", "datavalue": {"value": {"amount": str(amount)}}}:
                yield amount.removeprefix("+")
            case {"snaktype": "value", "datavalue": {"value": str(text)}}:
                yield text
