"""A name of a public body → the country that it says and the rest of it, in whatever order a source writes the two.

"Ukrainian Ministry of Defense", "Ministry of Defence (MoD), Ukraine" and "MoD of Ukraine" say the same. Only public
bodies are read so: "HSBC UK" is a part of HSBC, but "UK Home Office" is the Home Office.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from harmgraph import names
from harmgraph.organisations import Organisation

PUBLIC: Final = frozenset({"government", "police", "armed-forces", "court"})
"""Kinds of organisations whose names many countries and cities have, so that a place in a name tells them apart."""

_ACRONYM: Final = re.compile(r"(?=.*[A-Z].*[A-Z])[A-Z][A-Za-z&.-]{1,9}")
_ASIDE: Final = re.compile(r"\s*\(([^()]+)\)")
_POSSESSIVE: Final = re.compile(r"(?<=\w)['’]s?(?=\s)")
_LINKS: Final = names.word_set("of the for in")
_SHORT: Final = {"mod": "ministry of defence", "moj": "ministry of justice", "dod": "department of defence"}
_LONGEST: Final = 8
"""No name of a country has more words."""


class Bodies:
    """The curated public bodies by country and by the rest of their names."""

    def __init__(self, organisations: Mapping[str, Organisation], countries: Mapping[str, str]) -> None:
        """``countries`` has the alpha-3 code by the key of every name and adjective of a country."""
        self._countries = countries
        self._named: dict[tuple[str, str], Organisation | None] = {}
        for each in organisations.values():
            if each.kind in PUBLIC and each.country is not None:
                for name in (each.label, *each.aliases):
                    said = {reading for reading in self.readings(name) if reading[0] == each.country}
                    for reading in said or {(each.country, body_key(names.key(name).split()))}:
                        # Two bodies of one country with the same rest are told apart by their whole names only.
                        known = self._named.setdefault(reading, each)
                        self._named[reading] = each if known is each else None

    def resolve(self, name: str) -> Organisation | None:
        """The body of a country that the name says, if that country has one that is called like the rest of it."""
        found = {each.slug: each for reading in self.readings(name) if (each := self._named.get(reading)) is not None}
        return next(iter(found.values())) if len(found) == 1 else None

    def country(self, name: str) -> str | None:
        """The alpha-3 code of the country that this is a name or an adjective of."""
        return self._countries.get(names.key(name))

    def readings(self, name: str) -> Iterator[tuple[str, str]]:
        """Each way to read the name as one of a country and of a body: the code, and the body as it is compared."""
        within = [text for text in _ASIDE.findall(name) if self.country(text) is not None]
        bare = _ASIDE.sub(lambda match: "" if is_acronym_like(match[1]) or match[1] in within else match[0], name)
        words = names.key(_POSSESSIVE.sub("", bare)).split()
        for text in within:
            yield self._countries[names.key(text)], body_key(words)
        for size in range(1, min(_LONGEST, len(words) - 1) + 1):
            for said, rest in ((words[:size], words[size:]), (words[-size:], words[:-size])):
                if (code := self._countries.get(" ".join(said))) is not None and (body := body_key(rest)):
                    yield code, body

    def agrees(self, found: Organisation, aside: str) -> bool:
        """Whether what stands in parentheses after a body's name may be said of this one.

        An acronym or its own country is; a place or an office is not: the "Metropolitan Police (Buenos Aires)" is
        not London's.
        """
        if not aside or found.kind not in PUBLIC or is_acronym_like(aside):
            return True
        return found.country is not None and self.country(aside) == found.country


def is_acronym_like(text: str) -> bool:
    """Whether it looks like the short name of the name before it: "DfE", "RCMP".

    >>> is_acronym_like("MoD"), is_acronym_like("Paris"), is_acronym_like("UK Gov")
    (True, False, False)
    """
    return _ACRONYM.fullmatch(text) is not None


def body_key(words: list[str]) -> str:
    """The words of a body's name as they are compared, without what only joins it to its country.

    >>> body_key("defence ministry of".split()), body_key("ministry of the interior".split()), body_key(["mod"])
    ('ministry of defence', 'ministry of interior', 'ministry of defence')
    """
    kept = list(words)
    while kept and kept[-1] in _LINKS:
        kept.pop()
    while kept and kept[0] in _LINKS:
        del kept[0]
    if len(kept) > 1 and kept[-1] in ("ministry", "department") and kept[0] not in ("ministry", "department"):
        kept = [kept[-1], "of", *kept[:-1]]
    kept = [word for word in kept if word != "the"]
    if kept[:2] == ["ministry", "for"]:
        kept[1] = "of"
    text = " ".join(kept)
    return _SHORT.get(text, text)


def spells_out(acronym: str, name: str) -> bool:
    """Whether these are the capitals of the name's words: so "LSE (London School of Economics)" is the latter.

    >>> spells_out("FBI", "Federal Bureau of Investigation"), spells_out("ICE", "Department of Homeland Security")
    (True, False)
    """
    initials = "".join(word[0] for word in re.findall(r"\w+", name) if word[0].isupper())
    return len(acronym) > 1 and acronym.isupper() and acronym == initials
