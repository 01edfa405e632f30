"""The query string of ``/search`` ↔ what is looked for: words, chosen values of facets, an order and a page.

Writes the query strings of links, too: with one value more or less, in another order, on another page. Asks nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import parse_qsl, urlencode

from starlette.exceptions import HTTPException

from harmgraph.service.pages.facets import FACETS

LONGEST: Final = 500
"""Characters of the words that are looked for."""
MOST_VALUES: Final = 50
"""Values that may be chosen at once."""
ORDERS: Final = {"relevance": "best match", "date": "newest"}


@dataclass(frozen=True, slots=True)
class Selection:
    """What somebody looks for; ``whole`` names the facet of which they want to see every value."""

    words: str = ""
    choice: dict[str, frozenset[str]] = field(default_factory=dict)
    order: str = ""
    page: int = 1
    whole: str = ""

    @property
    def sorted_by(self) -> str:
        """The order of the list: the best first where words are looked for, else the newest."""
        return (self.order or "relevance") if self.words else "date"

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is looked for, so that everything is found."""
        return not self.words and not any(self.choice.values())

    def has(self, name: str, key: str) -> bool:
        """Whether the value is chosen."""
        return key in self.choice.get(name, frozenset())

    def toggled(self, name: str, key: str) -> Selection:
        """With the value chosen, or no longer, from the first page on."""
        keys = self.choice.get(name, frozenset()) ^ {key}
        return replace(self, choice={**self.choice, name: keys}, page=1, whole="")

    def pairs(self) -> list[tuple[str, str]]:
        """The parameters in a settled order, without those that say what holds anyway."""
        chosen = [(name, key) for name in FACETS for key in sorted(self.choice.get(name, ()))]
        found = [("q", self.words), *chosen, ("sort", self.order), ("all", self.whole)]
        return [(name, value) for name, value in found if value] + ([("page", str(self.page))] if self.page > 1 else [])

    def url(self, path: str) -> str:
        """The link to what is looked for below this path."""
        query = urlencode(self.pairs())
        return f"{path}?{query}" if query else path


def search_for(path: str, name: str, key: str) -> str:
    """The link to all that has this one value."""
    return Selection().toggled(name, key).url(path)


def selected(query_string: bytes) -> Selection:
    """What a request looks for; 400 for a parameter whose value cannot be meant, 404 for no number of a page."""
    try:
        pairs = parse_qsl(query_string.decode(), errors="strict", max_num_fields=200)
    except ValueError as cause:  # UnicodeDecodeError is one
        raise HTTPException(400, f"the query string cannot be read: {cause}") from cause
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value.strip())
    choice = {name: frozenset(filter(None, values[name])) for name in FACETS if name in values}
    if sum(map(len, choice.values())) > MOST_VALUES:
        raise HTTPException(400, f"more than {MOST_VALUES} values are chosen; choose fewer")
    return Selection(
        words=_words(_last(values, "q")),
        choice=choice,
        order=_one_of(values, "sort", ORDERS),
        page=_page(_last(values, "page") or "1"),
        whole=_one_of(values, "all", FACETS),
    )


def _last(values: dict[str, list[str]], name: str) -> str:
    return values[name][-1] if name in values else ""


def _words(text: str) -> str:
    if len(text) > LONGEST:
        raise HTTPException(400, f"q has {len(text)} characters; write at most {LONGEST}")
    return text


def _one_of(values: dict[str, list[str]], name: str, known: Iterable[str]) -> str:
    value = _last(values, name)
    if value and value not in known:
        raise HTTPException(400, f"{name}={value} is none of {', '.join(known)}")
    return value


def _page(raw: str) -> int:
    if not raw.isascii() or not raw.isdigit() or len(raw) > 7 or int(raw) < 1:
        raise HTTPException(404, f"page={raw} is not the number of a page")
    return int(raw)
