"""A narrative → the places, organisations and systems that it names, with where it names them.

Curated names only, found as they are written: the longest at each place, from left to right, at word boundaries,
without overlaps. Case counts where a name begins, for acronyms and for names that are common words too; the rules
of ``mentions.csv`` keep the worst of those out, for a false mention is worse than a missed one. Countries are
found by name and by demonym ("Russian soldiers"), but not as the language ("in Russian").

A dictionary from the first word of each name to its names, looked up at every word, does it: with 5,000 names a
page takes about a millisecond, which no automaton of another package would better by enough to be worth having.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from harmgraph.model import Actor, Mention, Place, System
from harmgraph.names import fold_look_alikes
from harmgraph.vocabulary import Vocabulary

_WORD: Final = re.compile(r"\w+")
# Where names of companies stand for nothing but themselves: addresses, domains, handles, hashtags.
_ADDRESS: Final = re.compile(r"https?://\S+|www\.\S+|[@#]\w+|\w+@\w+|\b\w+\.(?:\w+\.)*\w+/\S*")
_GOES_ON: Final = re.compile(r"\w|\.[a-z]")
_SENTENCE_START: Final = re.compile(r"(?:^|[.!?:;•\n][\"'”’)\]]*)\s*[\"'“‘(\[]*$")
# A demonym stands before what it is said of; "in Russian", "English, French" and "French translation" are languages.
_ADJECTIVE: Final = re.compile(r"[ -](?!(?:and|or|to|translations?|subtitles|languages?|speak\w+)\b)\w")
_OTHERS_BEFORE: Final = re.compile(
    r"\b(?:in|into|from|speaks?|spoken|native|african|latin|south|north|central|asian|anglo|old)[ -]$", re.IGNORECASE
)
_CAPITALISED_BEFORE: Final = re.compile(
    r"\b(?!(?:According|After|And|As|At|Both|But|By|For|From|If|In|It|Now|On|Per|So|That|The|Then|This|Under|What|When"
    r"|While|With|Yet) )[A-Z][\w'’.-]+ $"
)
_CAPITALISED_AFTER: Final = re.compile(r" [A-Z][a-z]")


@dataclass(frozen=True, slots=True)
class _Name:
    """A name as it is compared: folded, with the places where it has capitals and whether all case counts."""

    folded: str
    capitals: tuple[int, ...]
    exact: str | None
    thing: Actor | Place | System
    rules: frozenset[str]


class Gazetteer:
    """The names of one vocabulary, ready to be found."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        rules: dict[str, set[str]] = {}
        for each in vocabulary.mention_rules:
            if each.place is None:
                rules.setdefault(each.label.casefold(), set()).add(each.rule)
        self._starting: dict[str, list[_Name]] = {}
        known: set[str] = set()
        for name, thing, rule in _names(vocabulary):
            of_name = frozenset(rules.get(name.casefold(), {rule} - {""}))
            folded = fold(name)
            first = _WORD.match(folded)
            if first is None or "never" in of_name or len(folded) < 2 or folded in known:
                continue
            known.add(folded)
            capitals = tuple(position for position, letter in enumerate(name) if letter.isupper())
            exact = _unaccented(name) if _is_exact(name, of_name) else None
            self._starting.setdefault(first[0], []).append(_Name(folded, capitals, exact, thing, of_name))
        for names in self._starting.values():
            names.sort(key=lambda name: -len(name.folded))

    def mentions(self, text: str) -> tuple[Mention, ...]:
        """Every mention in the text, in its order; ``text[m.start:m.end] == m.text`` for each."""
        found = list(self._matches(text))
        settled = {name.thing for name, start, end in found if not _is_doubtful(name, text, start, end)}
        return tuple(
            Mention(name.thing, start, end, text[start:end])
            for name, start, end in found
            if name.thing in settled and not _is_other(name, text, start, end)
        )

    def _matches(self, text: str) -> Iterator[tuple[_Name, int, int]]:
        plain, folded = _unaccented(text), fold(text)
        hidden = [match.span() for match in _ADDRESS.finditer(folded)]
        end = 0
        for word in _WORD.finditer(folded):
            start = word.start()
            while hidden and hidden[0][1] <= start:
                del hidden[0]
            if start < end or (hidden and hidden[0][0] <= start):
                continue
            for name in self._starting.get(word[0], ()):
                if folded.startswith(name.folded, start) and _fits(name, plain, start):
                    end = start + len(name.folded)
                    yield name, start, end
                    break


def mentions(text: str, vocabulary: Vocabulary) -> tuple[Mention, ...]:
    """What this narrative mentions, by the names of this vocabulary."""
    return gazetteer(vocabulary).mentions(text)


@lru_cache(maxsize=4)
def gazetteer(vocabulary: Vocabulary) -> Gazetteer:
    """The gazetteer of a vocabulary, made once."""
    return Gazetteer(vocabulary)


def _names(vocabulary: Vocabulary) -> Iterator[tuple[str, Actor | Place | System, str]]:
    """Names with what they name and their rule; where two things share a name the first wins."""
    for rule in vocabulary.mention_rules:
        if rule.place is not None:
            yield rule.label, rule.place, rule.rule
    for label, place in vocabulary.place_names.items():
        if not set(label) & set(",("):
            yield label, place, ""
    for organisation in vocabulary.organisations:
        for label in (organisation.label, *organisation.aliases):
            yield label, organisation.actor, ""
            if label.startswith("The ") and " " in (bare := label.removeprefix("The ")):
                yield bare, organisation.actor, ""
    for system in vocabulary.known_systems:
        for label in (system.label, *system.aliases):
            yield label, system.system, ""


def _is_exact(name: str, rules: frozenset[str]) -> bool:
    """Whether all case counts: for acronyms, and for words that are common ones or of two letters."""
    return bool(rules) or (name.isupper() and len(name) <= 6) or len(name) <= 3


@lru_cache(maxsize=1 << 12)
def _base(letter: str) -> str:
    """The letter without its accents, if that is one letter; apostrophes and spaces of one kind each."""
    if letter in "’‘ʼ`´":
        return "'"
    if letter.isspace() and letter != "\n":
        return " "
    base = "".join(c for c in unicodedata.normalize("NFD", letter) if not unicodedata.combining(c))
    return base if len(base) == 1 else letter


def _unaccented(text: str) -> str:
    folded = fold_look_alikes(text)[0]
    return folded if folded.isascii() and "`" not in folded else "".join(map(_base, folded))


def fold(text: str) -> str:
    """The text as names are compared with it, every character at its old offset.

    >>> fold("Crédit\\xa0Agricole’s İ")
    "credit agricole's i"
    """
    bare = _unaccented(text)
    return bare.lower() if bare.isascii() else "".join(c.lower() if len(c.lower()) == 1 else c for c in bare)


def _fits(name: _Name, text: str, start: int) -> bool:
    """Whether the name ends at a word's end and has its capitals, or all its case where that counts."""
    if _GOES_ON.match(text, start + len(name.folded)):
        return False
    if name.exact is not None:
        return text.startswith(name.exact, start)
    article = name.folded.startswith("the ")  # "the Guardian" is The Guardian
    firsts = (
        position
        for position in name.capitals
        if (position == 0 and not article) or (position > 0 and not name.folded[position - 1].isalnum())
    )
    return all(text[start + position].isupper() for position in firsts)


def _is_doubtful(name: _Name, text: str, start: int, end: int) -> bool:
    """Whether a mention counts only if the text has a better one: a common word where any word has a capital."""
    return _is_other(name, text, start, end) or (
        "mid-sentence" in name.rules and _SENTENCE_START.search(text, max(0, start - 40), start) is not None
    )


def _is_other(name: _Name, text: str, start: int, end: int) -> bool:
    """Whether the words around say that something else is meant: a language, other people, a person's name."""
    before, after = text[max(0, start - 24) : start], text[end : end + 16]
    if "demonym" in name.rules:
        return _ADJECTIVE.match(after) is None or _OTHERS_BEFORE.search(before) is not None
    if "alone" in name.rules and (_CAPITALISED_AFTER.match(after) or _CAPITALISED_BEFORE.search(before)):
        return True
    return "mid-sentence" in name.rules and after.startswith("-")
